"""What others may read of downtimes: one with all that it was, and lists."""

from functools import lru_cache
from typing import Any

import sqlalchemy as sa

from engine.equipment import queries as equipment
from engine.equipment.queries import Unit
from engine.kernel import db
from engine.kernel.errors import Invalid
from engine.kernel.ids import from_cursor, to_text
from engine.kernel.store.uow import Uow
from engine.performance.downtimes import reasons, rows
from engine.performance.downtimes.reasons import Reason
from engine.performance.downtimes.rows import Row
from engine.performance.downtimes.tables import downtime

Item = dict[str, Any]


def downtime_item(uow: Uow, *, key: bytes, site: int) -> Item:
    """One downtime as the API shows it, a withdrawn one too.

    Raises:
        DowntimeNotFound: if there is none on this site.
    """
    row = rows.read(uow, key, site)
    unit = equipment.unit_by_key(uow, key=bytes(row["unit_id"]))
    return _view(row, unit, reasons.by_code(uow, site=site), uow.now_ms)


def downtime_detail(uow: Uow, *, key: bytes, site: int) -> Item:
    """One downtime with what it was before each change, the newest first.

    Raises:
        DowntimeNotFound: if there is none on this site.
    """
    return downtime_item(uow, key=key, site=site) | {"changes": rows.changes(uow, key)}


def downtime_list(
    uow: Uow, *, site: int, limit: int, cursor: str | None = None, **filters: Any
) -> Item:
    """Downtimes, the latest first.

    Args:
        filters: `unit` (a code), `open`, `unexplained`, `withdrawn` (True or False), `start` and
            `end` (ms UTC: what lasted into that period), `reason`.

    Raises:
        EquipmentNotFound: if there is no such unit.
    """
    given = {name: value for name, value in filters.items() if value is not None}
    if "unit" in given:
        given["unit"] = equipment.unit_of(uow, code=given["unit"], site=site).id
    given.setdefault("withdrawn", False)
    flags = tuple((name, given.pop(name)) for name in sorted(_FLAGS & given.keys()))
    started, last = _read_cursor(cursor)
    page = {"site": site, "started": started, "last": last, "limit": limit + 1}
    found = uow.all(_list(tuple(sorted(given)), flags), **page, **given)
    known = reasons.by_code(uow, site=site)
    units = {unit.id: unit for unit in equipment.units(uow, site=site)} if found else {}
    shown = [dict(zip(_NAMES, row, strict=True)) for row in found[:limit]]
    items = [_view(row, units[bytes(row["unit_id"])], known, uow.now_ms) for row in shown]
    more = len(found) > limit
    return {"items": items, "next": f"{shown[-1]['started']}.{items[-1]['id']}" if more else None}


def _view(row: Row, unit: Unit, known: dict[str, Reason], now: int) -> Item:
    end = now if row["ended"] is None else row["ended"]
    reason = known.get(row["reason"] or "")
    return rows.shown(row) | {
        "id": to_text(row["id"]),
        "unit": unit.code,
        "unit_name": unit.name,
        "state": row["state"],
        "seconds": max(0, end - row["started"]) // 1000,
        "open": row["ended"] is None and row["withdrawn"] is None,
        "unexplained": row["reason"] is None and row["withdrawn"] is None,
        "reason_name": None if reason is None else reasons.full_name(reason, known),
        "planned": None if reason is None else reason.planned,
        "revision": row["revision"],
    }


def _read_cursor(cursor: str | None) -> tuple[int, bytes]:
    if cursor is None:
        return 2**62, b""
    started, _, last = cursor.partition(".")
    if not (started.isascii() and started.isdigit() and len(started) < 19):
        raise Invalid("The cursor is not one that this list gave.")
    return int(started), from_cursor(last)


# ---- statements ----

_d = downtime.c
_NAMES = tuple(downtime.c.keys())
_FLAGS = frozenset(["open", "unexplained", "withdrawn"])
_NULL = {"open": _d.ended, "unexplained": _d.reason, "withdrawn": _d.withdrawn}
_BIG = sa.BigInteger
_FILTERS: dict[str, sa.ColumnElement[bool]] = {
    "unit": _d.unit_id == sa.bindparam("unit"),
    "reason": _d.reason == sa.bindparam("reason", type_=sa.Text),
    "start": sa.or_(_d.ended.is_(None), _d.ended > sa.bindparam("start", type_=_BIG)),
    "end": _d.started < sa.bindparam("end", type_=_BIG),
}


@lru_cache
def _list(filters: tuple[str, ...], flags: tuple[tuple[str, bool], ...]) -> db.Statement:
    chosen = [_FILTERS[name] for name in filters]
    for name, wanted in flags:
        is_null = wanted != (name == "withdrawn")
        chosen.append(_NULL[name].is_(None) if is_null else _NULL[name].is_not(None))
    before = sa.tuple_(_d.started, _d.id) < sa.tuple_(
        sa.bindparam("started", type_=_BIG), sa.bindparam("last", type_=sa.LargeBinary)
    )
    if "unit" not in filters:  # a unit is of one site, and has an index of its own
        chosen.append(_d.site_id == sa.bindparam("site", type_=sa.Integer))
    return db.Statement(
        sa.select(*downtime.columns)
        .where(before, *chosen)
        .order_by(_d.started.desc(), _d.id.desc())
        .limit(sa.bindparam("limit", type_=sa.Integer))
    )
