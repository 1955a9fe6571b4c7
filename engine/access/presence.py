"""Who is signed in where: what a cookie of a session or of a station stands for."""

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from engine.access.queries import stored_name
from engine.access.tables import session, station, user_account
from engine.kernel import db
from engine.kernel.actor import Actor
from engine.kernel.clock import iso
from engine.kernel.ids import from_cursor, to_text
from engine.kernel.store.uow import Row, Uow


@dataclass(frozen=True, slots=True)
class Station:
    """The station that a device is; None of a setting leaves it to the person or the browser.

    Args:
        roles: who may act there; None is everybody.
    """

    key: bytes
    name: str
    site: int
    equipment: str | None
    language: str | None
    theme: str | None
    scanner_gap_ms: int | None
    scanner_prefix: str | None
    roles: frozenset[str] | None

    @property
    def id(self) -> str:
        """Its id, as addresses have it."""
        return to_text(self.key)


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Whom a session stands for now, on which station, and until when (milliseconds)."""

    key: bytes
    actor: Actor
    full_name: str
    language: str | None
    theme: str | None
    method: str
    station: Station | None
    last_seen: int
    idle: int
    expires: int

    @property
    def id(self) -> str:
        """Its id, as addresses have it."""
        return to_text(self.key)

    def open_at(self, now: int) -> bool:
        """Whether it is still open at an instant, as far as time goes."""
        return now < min(self.expires, self.last_seen + self.idle)


# ---- queries ------------------------------------------------------------------------------------


def whose(uow: Uow, *, digest: bytes) -> SignedIn | None:
    """Whom a session stands for now, by the digest of its secret; None if it is not open.

    At a station for some roles only, these are all that anybody has there.
    """
    row = uow.one(_WHOSE, digest=digest, now=uow.now_ms)
    if row is None:
        return None
    key, site, user, full_name, roles, language, theme, method, last_seen, idle, expires = row[:11]
    at = None if row[11] is None else _station(row[11:])
    held = frozenset(roles.split(","))
    if at is not None and at.roles is not None:
        held &= at.roles
    return SignedIn(
        bytes(key),
        Actor(user, held, site),
        full_name or user,
        language,
        theme,
        method,
        at,
        last_seen,
        idle,
        expires,
    )


def station_of(uow: Uow, *, digest: bytes) -> Station | None:
    """The station that a device is, by the digest of its secret; None if it is none."""
    row = uow.one(_DEVICE, digest=digest)
    return None if row is None else _station(row)


def open_sessions(
    uow: Uow, *, site: int, limit: int, user: str | None = None, cursor: str | None = None
) -> dict[str, Any]:
    """Open sessions, newest first, of one user or of all; the cursor is the last id seen."""
    values = {
        "site": site,
        "before": b"\xff" * 16 if cursor is None else from_cursor(cursor),
        "limit": limit + 1,
        "now": uow.now_ms,
    }
    if user is None:
        rows = uow.all(_LIST, **values)
    else:
        rows = uow.all(_LIST_USER, user=stored_name(user) or "", **values)
    items = [session_view(row) for row in rows[:limit]]
    return {"items": items, "next": items[-1]["id"] if len(rows) > limit else None}


def session_view(row: Row) -> dict[str, Any]:
    """A session from a row of `SESSION_COLUMNS`: all but its digest."""
    return {
        "id": to_text(row[0]),
        "user": row[1],
        "method": row[2],
        "station": None if row[3] is None else to_text(row[3]),
        "created": iso(row[4]),
        "last_seen": iso(row[5]),
        "expires": iso(row[6]),
        "ended": iso(row[7]),
    }


def _station(row: Row) -> Station:
    key, name, site, equipment, language, theme, gap, prefix, roles = row
    held = None if roles is None else frozenset(roles.split(","))
    return Station(bytes(key), name, site, equipment, language, theme, gap, prefix, held)


# ---- statements ---------------------------------------------------------------------------------

_c, _s, _u = session.c, station.c, user_account.c
_SITE = _c.site_id == sa.bindparam("site", type_=sa.Integer)
_NOW = sa.bindparam("now", type_=sa.BigInteger)
SESSION_COLUMNS = (
    _c.id,
    _c.user_name,
    _c.method,
    _c.station_id,
    _c.created,
    _c.last_seen,
    _c.expires,
    _c.ended,
)
_STATION_COLUMNS = (
    _s.id,
    _s.name,
    _s.site_id,
    _s.equipment,
    _s.language,
    _s.theme,
    _s.scanner_gap_ms,
    _s.scanner_prefix,
    _s.roles,
)
_DEVICE = db.Statement(
    sa.select(*_STATION_COLUMNS).where(_s.device == sa.bindparam("digest"), _s.revoked.is_(None))
)
_OPEN_NOW = sa.and_(_c.ended.is_(None), _c.expires > _NOW, _c.last_seen + _c.idle > _NOW)
_WHOSE = db.Statement(
    sa.select(
        _c.id,
        _c.site_id,
        _u.name,
        _u.full_name,
        _u.roles,
        _u.language,
        _u.theme,
        _c.method,
        _c.last_seen,
        _c.idle,
        _c.expires,
        *_STATION_COLUMNS,
    )
    .join_from(session, user_account, sa.and_(_u.site_id == _c.site_id, _u.name == _c.user_name))
    .join(station, _s.id == _c.station_id, isouter=True)
    .where(_c.digest == sa.bindparam("digest"), _OPEN_NOW, _u.active == 1)
)
_PAGE = (
    sa.select(*SESSION_COLUMNS)
    .where(_SITE, _OPEN_NOW, _c.id < sa.bindparam("before", type_=sa.LargeBinary))
    .order_by(_c.id.desc())
    .limit(sa.bindparam("limit", type_=sa.Integer))
)
_LIST = db.Statement(_PAGE)
_LIST_USER = db.Statement(_PAGE.where(_c.user_name == sa.bindparam("user")))
