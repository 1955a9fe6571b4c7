"""Users: who works here, and with which roles."""

from typing import Any

from flask import Response
from flask_smorest import Blueprint

from api.rest.route import Call, route
from api.rest.schemas.access import UserChangeIn, UserIn, UserOut
from api.rest.schemas.basics import PageQuery, page_of
from engine.access import commands, passwords, queries
from engine.access.commands import UserChanges
from engine.access.permissions import Permission

blueprint = Blueprint("users", __name__, description="People and their roles")
ONE = "/users/<string:name>"


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
    """Add a user; with a password they may sign in."""
    name = call.body["name"]
    return call.run(
        commands.create_user,
        name=name,
        roles=call.body["roles"],
        password_hash=_hashed(name, call.body["password"]),
        etag=_etag,
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
    return call.answer(item, etag=_etag(item))


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
    """Change roles, password, or whether the user may sign in at all."""
    changes = UserChanges(
        roles=call.body.get("roles"),
        active=call.body.get("active"),
        password_hash=_hashed(name, call.body.get("password")),
    )
    response = call.run(
        commands.change_user, name=name, changes=changes, expected=call.expected, etag=_etag
    )
    call.callers.forget()
    return response


def _hashed(name: str, password: str | None) -> str | None:
    """The password's hash; made before the store's door, because it takes long on purpose."""
    if password is None:
        return None
    passwords.check_policy(name, password)
    return passwords.hash_password(password)


def _etag(item: dict[str, Any]) -> str:
    return str(item["revision"])
