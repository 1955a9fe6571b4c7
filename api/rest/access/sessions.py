"""Sessions: people sign in with a name and a password, or at a station with badge and PIN."""

from typing import Any

from flask import Response, g, request
from flask_smorest import Blueprint

from api.callers import Session, session_of
from api.permissions import (
    OPEN,
    SESSION_COOKIE,
    STATION_COOKIE,
    at_station,
    check_origin,
)
from api.rest.access.schemas import (
    PreferencesIn,
    SessionIn,
    SessionOut,
    SessionQuery,
    SessionRowOut,
)
from api.rest.route import Call, route
from api.rest.schemas.basics import page_of
from engine.access import commands, credentials, passwords, presence, sessions, stations
from engine.access.credentials import Claim, NotProven, Proof, Purpose, Secret, badge_digest
from engine.access.people import UserChanges
from engine.access.permissions import Permission, permissions_of
from engine.access.presence import Station
from engine.access.sessions import Ending, Method
from engine.kernel.actor import Actor
from engine.kernel.clock import iso
from engine.kernel.errors import FieldProblem, Invalid, NotFound, NotSignedIn
from engine.kernel.ids import from_text

blueprint = Blueprint("sessions", __name__, description="Who is signed in, and where")
SESSION_PREFIX = "rcs_"
STATION_SECONDS = 400 * 86_400  # no browser keeps a cookie longer
CURRENT = "/sessions/current"


class SignInRefused(NotSignedIn):
    """Who signs in is not who they say, or may not for a while."""

    code = "sign-in-refused"
    title = "Sign-in refused"


@route(
    blueprint,
    "POST",
    "/sessions",
    permission=OPEN,
    answer=SessionOut,
    body=SessionIn,
    status=201,
    replays=False,
    sets_cookie=True,
)
def sign_in(call: Call) -> Response:
    """Sign in with name and password, or at an enrolled station with badge (or name) and PIN.

    The cookie it sets ends the session that the device had, and at a station the one before.
    """
    check_origin()
    station = at_station()
    claim = _claim(call, station)
    with call.callers.attempts.by(request.remote_addr):
        proof = _proven(call, claim, station)
    secret, digest = passwords.new_secret(SESSION_PREFIX)
    former = request.cookies.get(SESSION_COOKIE)
    found = call.store.run(
        sessions.sign_in,
        proof=proof,
        digest=digest,
        method=Method.PASSWORD if claim.kind is Secret.PASSWORD else Method.BADGE,
        station=station and station.key,
        former=passwords.digest_of(former) if former else None,
    )
    call.callers.forget()
    response = call.answer(_shown(session_of(found, secret)), 201)
    set_cookie(response, SESSION_COOKIE, secret)
    if station is not None:  # for another 400 days
        set_cookie(response, STATION_COOKIE, request.cookies[STATION_COOKIE], STATION_SECONDS)
    return response


@route(blueprint, "GET", CURRENT, permission=Permission.READ, answer=SessionOut)
def current(call: Call) -> Response:
    """The session of this device's cookie."""
    return call.answer(_shown(_mine()))


@route(
    blueprint,
    "PATCH",
    CURRENT,
    permission=Permission.READ,
    answer=SessionOut,
    body=PreferencesIn,
)
def prefer(call: Call) -> Response:
    """Choose one's own language and looks; they hold wherever one signs in."""
    _mine()
    call.store.run(
        commands.change_user,
        name=call.actor.name,
        changes=UserChanges(**personal(call.body)),
        actor=call.actor,
    )
    call.callers.forget()
    return call.answer(_shown(call.callers.of_session(request.cookies[SESSION_COOKIE], acted=True)))


@route(
    blueprint,
    "DELETE",
    CURRENT,
    permission=Permission.READ,
    answer=SessionRowOut,
    sets_cookie=True,
)
def sign_out(call: Call) -> Response:
    """Sign out of this device."""
    response = call.run(
        sessions.end_session, key=_mine().key, how=Ending.SIGNED_OUT, shown=_row_shown
    )
    call.callers.forget()
    response.delete_cookie(SESSION_COOKIE, httponly=True, samesite="Strict", secure=is_secure())
    return response


@route(
    blueprint,
    "GET",
    "/sessions",
    permission=Permission.READ,
    answer=page_of(SessionRowOut),
    query=SessionQuery,
)
def list_sessions(call: Call) -> Response:
    """Open sessions, newest first: one's own, and everybody's for who manages users."""
    if not _manages(call.actor):
        asked = call.args["user"]
        if asked is not None and asked.lower() != call.actor.name:
            return call.answer({"items": [], "next": None})
        call.args["user"] = call.actor.name
    page = call.read(presence.open_sessions, site=call.actor.site, **call.args)
    return call.answer(page | {"items": [_row_shown(item) for item in page["items"]]})


@route(
    blueprint,
    "DELETE",
    "/sessions/<string:session>",
    permission=Permission.READ,
    answer=SessionRowOut,
)
def revoke(call: Call, session: str) -> Response:
    """End a session at once: one of one's own, or anybody's for who manages users."""
    response = call.run(
        sessions.end_session,
        key=from_text(session, "session"),
        how=Ending.REVOKED,
        user=None if _manages(call.actor) else call.actor.name,
        shown=_row_shown,
    )
    call.callers.forget()
    return response


# ---- what is sent -------------------------------------------------------------------------------


def _claim(call: Call, station: Station | None) -> Claim:
    body = call.body
    given = {name for name, value in body.items() if value is not None}
    if given not in ({"name", "password"}, {"badge", "pin"}, {"name", "pin"}):
        told = "Give name and password, or at a station badge and PIN."
        raise Invalid(told, errors=[FieldProblem("", told)])
    if "password" in given:
        return Claim(call.actor.site, body["password"], name=body["name"])
    if station is None:
        raise stations.StationNeeded(
            "Badge and PIN let in at an enrolled station only. Sign in with name and password, or "
            "have this device enrolled under Stations."
        )
    badge = badge_digest(body["badge"], station.site) if "badge" in given else None
    return Claim(station.site, body["pin"], Secret.PIN, body.get("name"), badge)


def _proven(call: Call, claim: Claim, station: Station | None) -> Proof:
    if station is not None and claim.kind is Secret.PIN:
        call.store.run(stations.count_try, key=station.key)
    try:
        return credentials.check(call.store, claim, Purpose.SIGN_IN, actor=call.actor)
    except NotProven as refused:
        raise SignInRefused(refused.detail) from refused


def personal(body: dict[str, Any]) -> dict[str, Any]:
    """Changes of what is known of a person: null takes away, what is not there stays."""
    without = frozenset(name for name, value in body.items() if value is None)
    return {"without": without} | {n: v for n, v in body.items() if v is not None}


# ---- what is answered ---------------------------------------------------------------------------


def set_cookie(response: Response, name: str, secret: str, seconds: int | None = None) -> None:
    """A cookie that no script reads and no other site's page makes the browser send.

    Args:
        seconds: how long it is kept; None until the browser is closed.
    """
    response.set_cookie(
        name, secret, seconds, httponly=True, samesite="Strict", secure=is_secure(), path="/"
    )


def is_secure() -> bool:
    """Whether the browser's side is encrypted, be it by us or by a proxy before us."""
    return request.is_secure or request.headers.get("Origin", "").startswith("https://")


def _mine() -> Session:
    session: Session | None = g.session
    if session is None:
        raise NotFound("There is no session here: the request came with a token.")
    return session


def _manages(actor: Actor) -> bool:
    return Permission.USER_MANAGE in permissions_of(actor.roles)


def _shown(session: Session) -> dict[str, Any]:
    station = session.station
    return {
        "id": session.id,
        "user": session.actor.name,
        "full_name": session.full_name,
        "roles": sorted(session.actor.roles),
        "permissions": sorted(permissions_of(session.actor.roles)),
        "method": session.method,
        "station": None
        if station is None
        else {
            "id": station.id,
            "name": station.name,
            "equipment": station.equipment,
            "language": station.language,
            "theme": station.theme,
            "scanner_gap_ms": station.scanner_gap_ms,
            "scanner_prefix": station.scanner_prefix,
        },
        "language": session.language or (station.language if station else None),
        "theme": session.theme,
        "csrf": session.csrf,
        "idle_seconds": session.idle_seconds,
        "expires": iso(session.expires),
    }


def _row_shown(item: dict[str, Any]) -> dict[str, Any]:
    session: Session | None = g.session
    return item | {"current": session is not None and session.id == item["id"]}
