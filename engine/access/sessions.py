"""Sessions: a person signed in on a device, from the sign-in to whatever ends it.

The secret is in the device's cookie and nowhere else; its digest finds the session. A session ends
by itself when nobody acted for a while and when it is old, and at once when somebody ends it.
"""

from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from engine.access import credentials
from engine.access.credentials import NotProven, Proof
from engine.access.presence import SESSION_COLUMNS, SignedIn, session_view, whose
from engine.access.settings import site_settings
from engine.access.tables import session, station
from engine.kernel import db
from engine.kernel.actor import Actor
from engine.kernel.errors import NotFound, NotPermitted
from engine.kernel.ids import new_id, to_text
from engine.kernel.store.uow import Row, Uow
from engine.records.audit import audit

HOUR_MS = 3_600_000
KEPT_MS = 30 * 24 * HOUR_MS


class Method(StrEnum):
    """How somebody signed in."""

    PASSWORD = "password"
    BADGE = "badge"


class Ending(StrEnum):
    """What ended a session before its time."""

    SIGNED_OUT = "signed_out"
    SWITCHED = "switched"
    REVOKED = "revoked"
    PASSWORD = "password_changed"


# ---- commands -----------------------------------------------------------------------------------


def sign_in(
    uow: Uow,
    *,
    proof: Proof,
    digest: bytes,
    method: Method,
    station: bytes | None = None,
    former: bytes | None = None,
) -> SignedIn:
    """Open a session for somebody who has just proven who they are.

    Args:
        digest: of the secret that the device keeps.
        station: where; whoever is signed in there is signed out.
        former: digest of the session that the device had, which ends.

    Raises:
        NotProven: if the secret was changed since it was checked, or the station revoked.
        NotPermitted: if the station is for other roles.
    """
    actor = proof.actor
    if not credentials.stands(uow, proof=proof):
        raise NotProven("Something changed while you signed in; sign in again.")
    if station is not None:
        _enter(uow, station, actor)
        end_at_station(uow, station=station, how=Ending.SWITCHED, actor=actor)
    if former is not None:
        _end(uow, uow.all(_END_FORMER, digest=former, **_how(uow, Ending.SWITCHED)), actor)
    _open(uow, actor, digest, method, station)
    found = whose(uow, digest=digest)
    assert found is not None
    return found


def touch(uow: Uow, *, key: bytes) -> None:
    """Note that somebody acted in a session now."""
    uow.write(_TOUCH, {"id": key, "now": uow.now_ms})


def end_session(
    uow: Uow, *, key: bytes, how: Ending, actor: Actor, user: str | None = None
) -> dict[str, Any]:
    """End a session at once; one that has ended stays as it is.

    Args:
        user: whose it has to be; None lets it be anybody's.

    Raises:
        NotFound: if there is none of that user on this site.
    """
    row = uow.one(_LOCK, id=key, site=actor.site)
    if row is None or user not in (None, row[1]):
        raise NotFound(f"There is no session {to_text(key)}.")
    _end(uow, uow.all(_END_ONE, id=key, **_how(uow, how)), actor)
    after = uow.one(_LOCK, id=key, site=actor.site)
    assert after is not None
    return session_view(after)


def end_of_user(uow: Uow, *, user: str, keep: bytes | None, how: Ending, actor: Actor) -> None:
    """End every session of a user but one."""
    values = {"site": actor.site, "user": user, "keep": keep or b""}
    _end(uow, uow.all(_END_USER, **values, **_how(uow, how)), actor)


def end_at_station(uow: Uow, *, station: bytes, how: Ending, actor: Actor) -> None:
    """End whatever session a station has."""
    _end(uow, uow.all(_END_STATION, station=station, **_how(uow, how)), actor)


def oldest(uow: Uow) -> bool:
    """Whether a session ran out more than thirty days ago."""
    return uow.one(_OLDEST, before=uow.now_ms - KEPT_MS) is not None


def forget(uow: Uow, limit: int = 500) -> int:
    """Drop sessions that ran out more than thirty days ago, a slice at a time; the number dropped.

    The audit trail keeps who signed in.
    """
    return uow.write(_FORGET, {"before": uow.now_ms - KEPT_MS, "limit": limit})


def _open(uow: Uow, actor: Actor, digest: bytes, method: Method, station: bytes | None) -> None:
    rules = site_settings(uow, site=actor.site)
    key = new_id()
    row = {
        "id": key,
        "site_id": actor.site,
        "digest": digest,
        "user_name": actor.name,
        "method": method,
        "station_id": station,
        "created": uow.now_ms,
        "last_seen": uow.now_ms,
        "idle": rules.idle_ms(station is not None),
        "expires": uow.now_ms + rules.session_hours * HOUR_MS,
        "ended": None,
        "ended_how": None,
    }
    uow.write(_OPEN, row)
    detail: dict[str, object] = {"by": method, "session": to_text(key)}
    if station is not None:
        detail["station"] = to_text(station)
    audit(uow, actor, "user.signed_in", f"user:{actor.name}", detail)


def _enter(uow: Uow, key: bytes, actor: Actor) -> None:
    row = uow.one(_STATION_ROLES, id=key, site=actor.site)
    if row is None:
        raise NotProven("This station was revoked; enrol the device again.")
    if row[1] is not None and not actor.roles & frozenset(row[1].split(",")):
        raise NotPermitted(f"The station {row[0]} is for the roles {row[1].replace(',', ', ')}.")


def _end(uow: Uow, ended: list[Row], actor: Actor) -> None:
    for key, user, how in ended:
        detail = {"how": how, "session": to_text(key)}
        audit(uow, actor, "user.signed_out", f"user:{user}", detail)


def _how(uow: Uow, how: Ending) -> dict[str, Any]:
    return {"now": uow.now_ms, "how": how}


# ---- statements ---------------------------------------------------------------------------------

_c, _s = session.c, station.c
_OPEN = db.insert(session)
_TOUCH = db.Statement(
    sa.text(
        "UPDATE session SET last_seen = :now WHERE id = :id AND last_seen < :now AND ended IS NULL"
    )
)
_STATION_ROLES = db.Statement(
    sa.select(_s.name, _s.roles)
    .where(
        _s.id == sa.bindparam("id"),
        _s.site_id == sa.bindparam("site", type_=sa.Integer),
        _s.revoked.is_(None),
    )
    .with_for_update()
)
_LOCK = db.Statement(
    sa.select(*SESSION_COLUMNS)
    .where(_c.id == sa.bindparam("id"), _c.site_id == sa.bindparam("site"))
    .with_for_update()
)


def _ending(condition: str) -> db.Statement:
    return db.Statement(
        sa.text(
            "UPDATE session SET ended = :now, ended_how = :how"
            f" WHERE {condition} AND ended IS NULL AND expires > :now"
            " RETURNING id, user_name, ended_how"
        )
    )


_END_ONE = _ending("id = :id")
_END_FORMER = _ending("digest = :digest")
_END_USER = _ending("site_id = :site AND user_name = :user AND id <> :keep")
_END_STATION = _ending("station_id = :station")

_OLDEST = db.Statement(
    sa.select(_c.id)
    .where(_c.expires < sa.bindparam("before", type_=sa.BigInteger))
    .limit(sa.literal_column("1"))
)
_FORGET = db.Statement(
    sa.delete(session).where(
        _c.id.in_(
            sa.select(_c.id)
            .where(_c.expires < sa.bindparam("before", type_=sa.BigInteger))
            .limit(sa.bindparam("limit", type_=sa.Integer))
        )
    )
)
