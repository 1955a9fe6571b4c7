"""Users: who works here, and with which roles."""

from collections.abc import Callable
from typing import Any

from flask import Response, g
from flask_smorest import Blueprint

from api.callers import Session
from api.rest.access.sessions import personal
from api.rest.route import Call, by_revision, route
from api.rest.schemas.access import PasswordIn, PinIn, UserChangeIn, UserIn, UserOut
from api.rest.schemas.basics import PageQuery, page_of
from engine.access import commands, credentials, passwords, queries
from engine.access.credentials import Claim, Proof, Purpose, badge_digest
from engine.access.people import UserChanges
from engine.access.permissions import Permission, require
from engine.access.queries import stored_name
from engine.kernel.errors import FieldProblem, Invalid

blueprint = Blueprint("users", __name__, description="People and their roles")
ONE = "/users/<string:name>"
PERSONAL = ("full_name", "language", "theme", "badge", "pin")


@route(
    blueprint,
    "POST",
    "/users",
    permission=Permission.USER_MANAGE,
    answer=UserOut,
    body=UserIn,
    status=201,
    etag=True,
)
def create(call: Call) -> Response:
    """Add a user; with a password they may sign in, with badge and PIN at a station."""
    name = call.body["name"]
    return call.run(
        commands.create_user,
        name=name,
        roles=call.body["roles"],
        password_hash=_hashed(name, call.body["password"]),
        about=UserChanges(**_personal(call)),
        etag=by_revision,
    )


@route(
    blueprint,
    "GET",
    "/users",
    permission=Permission.READ,
    answer=page_of(UserOut),
    query=PageQuery,
)
def list_users(call: Call) -> Response:
    """Users, ordered by name."""
    return call.answer(call.read(queries.users, site=call.actor.site, **call.args))


@route(blueprint, "GET", ONE, permission=Permission.READ, answer=UserOut, etag=True)
def get_user(call: Call, name: str) -> Response:
    """One user."""
    item = call.read(queries.user, name=name, site=call.actor.site)
    return call.answer(item, etag=by_revision(item))


@route(
    blueprint,
    "PATCH",
    ONE,
    permission=Permission.USER_MANAGE,
    answer=UserOut,
    body=UserChangeIn,
    if_match=True,
    etag=True,
)
def change(call: Call, name: str) -> Response:
    """Change a user, or whether they may sign in at all; null takes away badge, PIN or name."""
    changes = UserChanges(
        roles=call.body.get("roles"),
        active=call.body.get("active"),
        password_hash=_hashed(name, call.body.get("password")),
        unlock="locked" in call.body,
        **_personal(call),
    )
    response = call.run(
        commands.change_user, name=name, changes=changes, expected=call.expected, etag=by_revision
    )
    call.callers.forget()
    return response


@route(
    blueprint,
    "POST",
    f"{ONE}/password",
    permission=Permission.READ,
    answer=UserOut,
    body=PasswordIn,
    replays=False,
)
def set_password(call: Call, name: str) -> Response:
    """Change one's own password, which ends all other sessions; or reset somebody's, as admin."""
    new, current = call.body["new"], call.body.get("current")
    if new == current:
        raise _at("/new", "This is your password already; choose another one.")
    made = _checked("/new", lambda: _hashed(name, new))
    return _changed(call, name, "/current", current, UserChanges(password_hash=made))


@route(
    blueprint,
    "POST",
    f"{ONE}/pin",
    permission=Permission.READ,
    answer=UserOut,
    body=PinIn,
    replays=False,
)
def set_pin(call: Call, name: str) -> Response:
    """Change one's own PIN by one's password; or somebody's, as admin."""
    made = _checked("/new", lambda: _pin_hash(call.body["new"]))
    changes = UserChanges(pin_hash=made)
    return _changed(call, name, "/password", call.body.get("password"), changes)


def _changed(
    call: Call, name: str, pointer: str, password: str | None, changes: UserChanges
) -> Response:
    """The user with a new secret: one's own if the password proves it, others' by permission."""
    if stored_name(name) != call.actor.name:
        require(call.actor, Permission.USER_MANAGE)
        item = call.store.run(commands.change_user, name=name, changes=changes, actor=call.actor)
    else:
        session: Session | None = g.session
        item = call.store.run(
            commands.change_own,
            proof=_proof(call, pointer, password),
            changes=changes,
            keep=session and session.key,
            actor=call.actor,
        )
    call.callers.forget()
    return call.answer(item)


def _proof(call: Call, pointer: str, password: str | None) -> Proof:
    if password is None:
        raise _at(pointer, "Write your present password, so that nobody else changes it.")
    claim = Claim(call.actor.site, password, name=call.actor.name)
    return credentials.check(call.store, claim, Purpose.OWN_SECRET, actor=call.actor)


def _personal(call: Call) -> dict[str, Any]:
    """Changes of what is known of a person, with badge and PIN in the form they are stored in."""
    given = {name: call.body[name] for name in PERSONAL if name in call.body}
    pin, badge = given.pop("pin", ""), given.get("badge")
    if badge is not None:
        if badge == pin:
            raise _at("/pin", "The PIN must not be the number of the badge.")
        given["badge"] = badge_digest(badge, call.actor.site)
    if pin != "":
        given["pin_hash"] = None if pin is None else _pin_hash(pin)
    return personal(given)


def _hashed(name: str, password: str | None) -> str | None:
    """The password's hash; made before the store's door, because it takes long on purpose."""
    if password is None:
        return None
    passwords.check_policy(name, password)
    return passwords.hash_password(password)


def _pin_hash(pin: str) -> str:
    passwords.check_pin(pin)
    return passwords.hash_password(pin)


def _checked(pointer: str, make: Callable[[], str | None]) -> str | None:
    """What is made of a new secret; if it is refused, at the place where it was written."""
    try:
        return make()
    except Invalid as refused:
        raise _at(pointer, refused.detail) from None


def _at(pointer: str, problem: str) -> Invalid:
    return Invalid(problem, errors=[FieldProblem(pointer, problem)])
