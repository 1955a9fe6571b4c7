"""Stations: devices of the shop floor at which people sign in by badge and PIN.

A station is made by somebody who may, and enrolled once by whoever stands at the device with the
code. From then on a secret in the device's cookie says which station it is, until it is revoked.
"""

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from engine.access import sessions
from engine.access.passwords import digest_of
from engine.access.tables import station
from engine.kernel import db
from engine.kernel.actor import ROLES, SIGN_IN, Actor
from engine.kernel.clock import iso
from engine.kernel.errors import Conflict, FieldProblem, Invalid, NotFound, Stale, TooMany
from engine.kernel.ids import from_cursor, new_id, to_text
from engine.kernel.store.uow import Row, Uow
from engine.records.audit import audit

CODE_MS = 15 * 60_000
PIN_TRIES = 10  # a minute at one station, whoever they are
MINUTE_MS = 60_000
# Neither 0 and O nor 1, I and L: a code is read from one screen and typed at another. 31^8 > 2^39.
LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
CODE_LENGTH = 8
DEVICE_PREFIX = "rcd_"


class StationExists(Conflict):
    """Another station has this name."""

    code = "station-exists"
    title = "Station exists already"


class CodeRefused(Conflict):
    """The code enrols nothing, or no longer."""

    code = "code-refused"
    title = "Code not accepted"


class StationNeeded(Conflict):
    """This is done at an enrolled station only."""

    code = "station-needed"
    title = "Not an enrolled station"


@dataclass(frozen=True, slots=True)
class StationChanges:
    """What a station is; of a change what is not in `values` stays.

    Args:
        values: `name`, `equipment`, `language`, `theme`, `scanner_gap_ms`, `scanner_prefix` as
            stored, and `roles` as a list: only these act there, None means everybody.
    """

    values: Mapping[str, Any]


def new_code() -> tuple[str, bytes]:
    """A code as it is read out, `K7QM-4T2P`, and the digest that is stored."""
    text = "".join(secrets.choice(LETTERS) for _ in range(CODE_LENGTH))
    return f"{text[:4]}-{text[4:]}", code_digest(text)


def code_digest(code: str) -> bytes:
    """What is stored of a code, however it was typed."""
    plain = "".join(letter for letter in code.upper() if letter.isalnum())
    return digest_of(f"code:{plain}")


# ---- commands -----------------------------------------------------------------------------------


def create_station(
    uow: Uow, *, station: StationChanges, code: bytes, actor: Actor
) -> dict[str, Any]:
    """Create a station that the code of `new_code` enrols within fifteen minutes.

    Raises:
        StationExists: if another one that is not revoked has its name.
        Invalid: for an unknown role.
    """
    values = _stored(station)
    _check_name(uow, values["name"], actor.site)
    empty: dict[str, Any] = dict.fromkeys(_NULLABLE)
    values = empty | values
    row = values | {
        "id": new_id(),
        "site_id": actor.site,
        "revision": 1,
        "created": uow.now_ms,
        "created_by": actor.name,
        "code": code,
        "code_expires": uow.now_ms + CODE_MS,
        "tries": 0,
        "tries_since": 0,
    }
    uow.write(_CREATE, row)
    audit(uow, actor, "station.created", _subject(row["id"]), {"name": row["name"]})
    return station_view(tuple(row[column.name] for column in STATION_COLUMNS))


def change_station(
    uow: Uow,
    *,
    key: bytes,
    changes: StationChanges,
    actor: Actor,
    expected: str | None = None,
) -> dict[str, Any]:
    """Change what is named of a station.

    Raises:
        NotFound: if there is none on this site that is not revoked.
        Stale: if `expected` is not the present revision.
        StationExists: if another one has the new name.
        Invalid: for an unknown role.
    """
    row = _lock(uow, key, actor.site)
    before = dict(zip(_COLUMN_NAMES, row, strict=True))
    if expected is not None and expected != str(before["revision"]):
        raise Stale("The station changed since you read it; read it again.")
    values = {n: v for n, v in _stored(changes).items() if v != before[n]}
    if not values:
        return station_view(row)
    if "name" in values:
        _check_name(uow, values["name"], actor.site)
    after = before | values | {"revision": before["revision"] + 1}
    uow.write(_CHANGE, {"id": key} | {n: after[n] for n in ("name", "revision", *_NULLABLE[:6])})
    detail = {name: {"from": before[name], "to": after[name]} for name in values}
    audit(uow, actor, "station.changed", _subject(key), detail)
    return station_view(tuple(after[name] for name in _COLUMN_NAMES))


def renew_code(uow: Uow, *, key: bytes, code: bytes, actor: Actor) -> dict[str, Any]:
    """Give a station another code, for a new device or after the first one ran out.

    The device that it has stays until the code is used.

    Raises:
        NotFound: if there is none on this site that is not revoked.
    """
    row = _lock(uow, key, actor.site)
    uow.write(_NEW_CODE, {"id": key, "code": code, "expires": uow.now_ms + CODE_MS})
    audit(uow, actor, "station.code_made", _subject(key))
    after = dict(zip(_COLUMN_NAMES, row, strict=True)) | {"code_expires": uow.now_ms + CODE_MS}
    return station_view(tuple(after[name] for name in _COLUMN_NAMES))


def enrol(uow: Uow, *, code: bytes, device: bytes) -> dict[str, Any]:
    """Make the device whose cookie has this secret's digest the station of a code, once.

    Raises:
        CodeRefused: if the code is unknown, used or older than fifteen minutes.
    """
    row = uow.one(_BY_CODE, code=code, now=uow.now_ms)
    if row is None:
        raise CodeRefused(
            "The code is unknown, used already, or older than fifteen minutes. Make a new one "
            "under Stations."
        )
    key = bytes(row[0])
    uow.write(_ENROL, {"id": key, "device": device, "now": uow.now_ms})
    actor = Actor(SIGN_IN.name, site=row[1])
    sessions.end_at_station(uow, station=key, how=sessions.Ending.REVOKED, actor=actor)
    audit(uow, actor, "station.enrolled", _subject(key))
    after = dict(zip(_COLUMN_NAMES, row[2:], strict=True))
    after |= {"enrolled": uow.now_ms, "code_expires": None}
    return station_view(tuple(after[name] for name in _COLUMN_NAMES))


def revoke_station(uow: Uow, *, key: bytes, actor: Actor) -> dict[str, Any]:
    """End a station and whoever is signed in there, at once; one that is revoked stays so.

    Raises:
        NotFound: if there is none on this site.
    """
    row = _lock(uow, key, actor.site, revoked=True)
    after = dict(zip(_COLUMN_NAMES, row, strict=True))
    if after["revoked"] is None:
        uow.write(_REVOKE, {"id": key, "now": uow.now_ms})
        sessions.end_at_station(uow, station=key, how=sessions.Ending.REVOKED, actor=actor)
        audit(uow, actor, "station.revoked", _subject(key))
        after |= {"revoked": uow.now_ms, "code_expires": None}
    return station_view(tuple(after[name] for name in _COLUMN_NAMES))


def count_try(uow: Uow, *, key: bytes) -> None:
    """Count a PIN that is given at a station, before it is looked at.

    Raises:
        TooMany: if there were ten within the minute.
        StationNeeded: if the station is no longer one.
    """
    row = uow.one(_TRIES, id=key)
    if row is None:
        raise StationNeeded("This device is no station any more; enrol it again.")
    tries, since = row
    if since + MINUTE_MS <= uow.now_ms:
        tries, since = 0, uow.now_ms
    if tries >= PIN_TRIES:
        raise TooMany("Too many PINs were tried at this station; wait a minute.")
    uow.write(_COUNT_TRY, {"id": key, "tries": tries + 1, "since": since})


# ---- queries ------------------------------------------------------------------------------------


def stations(uow: Uow, *, site: int, limit: int, cursor: str | None = None) -> dict[str, Any]:
    """Stations, newest first, the revoked ones too; the cursor is the last id seen."""
    before = b"\xff" * 16 if cursor is None else from_cursor(cursor)
    rows = uow.all(_LIST, site=site, before=before, limit=limit + 1)
    items = [station_view(row) for row in rows[:limit]]
    return {"items": items, "next": items[-1]["id"] if len(rows) > limit else None}


def one_station(uow: Uow, *, key: bytes, site: int) -> dict[str, Any]:
    """One station as the API shows it.

    Raises:
        NotFound: if there is none on this site.
    """
    row = uow.one(_ONE, id=key, site=site)
    if row is None:
        raise _missing(key)
    return station_view(row)


def station_view(row: Row) -> dict[str, Any]:
    """A station from a row of `STATION_COLUMNS`: all but its secrets."""
    found = dict(zip(_COLUMN_NAMES, row, strict=True))
    roles = found["roles"]
    return found | {
        "id": to_text(found["id"]),
        "roles": None if roles is None else roles.split(","),
        "created": iso(found["created"]),
        "code_expires": iso(found["code_expires"]),
        "enrolled": iso(found["enrolled"]),
        "revoked": iso(found["revoked"]),
    }


# ---- rules --------------------------------------------------------------------------------------


def _stored(changes: StationChanges) -> dict[str, Any]:
    values = dict(changes.values)
    roles: Iterable[str] | None = values.get("roles")
    if roles is not None:
        unknown = sorted(set(roles) - ROLES)
        if unknown or not roles:
            known = ", ".join(sorted(ROLES))
            named = f"There is no role {unknown[0][:80]!r}" if unknown else "Name at least one role"
            problem = f"{named}; the roles are: {known}."
            raise Invalid(problem, errors=[FieldProblem("/roles", problem)])
        values["roles"] = ",".join(sorted(set(roles)))
    return values


def _check_name(uow: Uow, name: str, site: int) -> None:
    uow.alone(f"station:{site}:{name}")
    if uow.one(_NAMED, site=site, name=name) is not None:
        raise StationExists(f"There is a station {name!r} already; choose another name.")


def _lock(uow: Uow, key: bytes, site: int, *, revoked: bool = False) -> Row:
    row = uow.one(_LOCK, id=key, site=site)
    if row is None or (row[_COLUMN_NAMES.index("revoked")] is not None and not revoked):
        raise _missing(key)
    return row


def _missing(key: bytes) -> NotFound:
    return NotFound(f"There is no station {to_text(key)}.")


def _subject(key: bytes) -> str:
    return f"station:{to_text(key)}"


# ---- statements ---------------------------------------------------------------------------------

_c = station.c
STATION_COLUMNS = (
    _c.id,
    _c.name,
    _c.equipment,
    _c.language,
    _c.theme,
    _c.scanner_gap_ms,
    _c.scanner_prefix,
    _c.roles,
    _c.revision,
    _c.created,
    _c.created_by,
    _c.code_expires,
    _c.enrolled,
    _c.revoked,
)
_COLUMN_NAMES = tuple(str(column.name) for column in STATION_COLUMNS)
_NULLABLE = (
    "equipment",
    "language",
    "theme",
    "scanner_gap_ms",
    "scanner_prefix",
    "roles",
    "device",
    "enrolled",
    "revoked",
)
_ID = _c.id == sa.bindparam("id")
_SITE = _c.site_id == sa.bindparam("site", type_=sa.Integer)
_CREATE = db.insert(station)
_ONE = db.Statement(sa.select(*STATION_COLUMNS).where(_ID, _SITE))
_LOCK = db.Statement(sa.select(*STATION_COLUMNS).where(_ID, _SITE).with_for_update())
_NAMED = db.Statement(
    sa.select(_c.id).where(_SITE, _c.name == sa.bindparam("name"), _c.revoked.is_(None))
)
_CHANGE = db.Statement(
    sa.text(
        "UPDATE station SET name = :name, equipment = :equipment, language = :language,"
        " theme = :theme, scanner_gap_ms = :scanner_gap_ms, scanner_prefix = :scanner_prefix,"
        " roles = :roles, revision = :revision WHERE id = :id"
    )
)
_NEW_CODE = db.Statement(
    sa.text("UPDATE station SET code = :code, code_expires = :expires WHERE id = :id")
)
_BY_CODE = db.Statement(
    sa.select(_c.id, _c.site_id, *STATION_COLUMNS)
    .where(
        _c.code == sa.bindparam("code"),
        _c.code_expires > sa.bindparam("now", type_=sa.BigInteger),
        _c.revoked.is_(None),
    )
    .with_for_update()
)
_ENROL = db.Statement(
    sa.text(
        "UPDATE station SET device = :device, enrolled = :now, code = NULL, code_expires = NULL"
        " WHERE id = :id"
    )
)
_REVOKE = db.Statement(
    sa.text(
        "UPDATE station SET revoked = :now, device = NULL, code = NULL, code_expires = NULL"
        " WHERE id = :id"
    )
)
_TRIES = db.Statement(
    sa.select(_c.tries, _c.tries_since).where(_ID, _c.revoked.is_(None)).with_for_update()
)
_COUNT_TRY = db.Statement(
    sa.text("UPDATE station SET tries = :tries, tries_since = :since WHERE id = :id")
)
_LIST = db.Statement(
    sa.select(*STATION_COLUMNS)
    .where(_SITE, _c.id < sa.bindparam("before", type_=sa.LargeBinary))
    .order_by(_c.id.desc())
    .limit(sa.bindparam("limit", type_=sa.Integer))
)
