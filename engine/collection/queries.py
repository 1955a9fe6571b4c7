"""What others may read of machine data: states, counts, measurements, alarms, what is now."""

from collections.abc import Callable, Sequence
from typing import Any

import sqlalchemy as sa

from engine.collection import tables as t
from engine.collection import views
from engine.collection.states import Interval, Mark, intervals
from engine.equipment.queries import unit_of
from engine.kernel import db
from engine.kernel.clock import iso
from engine.kernel.errors import Invalid
from engine.kernel.ids import from_cursor, to_text
from engine.kernel.store.uow import Uow

Item = dict[str, Any]
Page = dict[str, Any]
END = 2**62


def state_intervals(uow: Uow, *, unit: bytes, start: int, end: int | None) -> list[Interval]:
    """How a unit stood between two instants, without a gap from its first news on.

    Args:
        unit: the key of the equipment.
        end: None leaves the last interval open.
    """
    rows = uow.all(_MARKS, unit=unit, start=start, end=END if end is None else end)
    before = uow.one(_BEFORE, unit=unit, start=start)
    marks = [Mark(at, seq, "", state, reason) for at, seq, state, reason in rows]
    if before is not None:
        marks.append(Mark(before[0], before[1], "", before[2], before[3]))
    return intervals(marks, start=start, end=end)


def states(uow: Uow, *, unit: str, site: int, start: int, end: int | None) -> Page:
    """The intervals of a unit's states in a period, oldest first."""
    found = unit_of(uow, code=unit, site=site)
    shown = state_intervals(uow, unit=found.id, start=start, end=end)
    return {"items": [views.interval_view(interval) for interval in shown], "next": None}


def counts(
    uow: Uow, *, unit: str, site: int, start: int, end: int, limit: int, cursor: str | None = None
) -> Page:
    """Counts of a unit in a period, newest first."""
    found = unit_of(uow, code=unit, site=site)
    return _page(uow, _COUNTS, found.id, (start, end), (limit, cursor), views.count_view)


def sums(uow: Uow, *, unit: str, site: int, start: int, end: int) -> Item:
    """The sums of a period: what `machine` and `person` counted, and what of it holds."""
    found = unit_of(uow, code=unit, site=site)
    added = {name: {"good": 0, "scrap": 0} for name in ("machine", "person", "counted")}
    for origin, holds, good, scrap in uow.all(_SUMS, unit=found.id, start=start, end=end):
        names = ["person" if origin == "person" else "machine", *(["counted"] if holds else [])]
        for name in names:
            added[name]["good"] += int(good)
            added[name]["scrap"] += int(scrap)
    return {"counts": found.counts, **added}


def measurements(
    uow: Uow,
    *,
    unit: str,
    site: int,
    start: int,
    end: int,
    limit: int,
    cursor: str | None = None,
    name: str | None = None,
    serial: str | None = None,
) -> Page:
    """Measurements of a unit in a period, newest first; all filters given must fit."""
    found = unit_of(uow, code=unit, site=site)
    given = {k: v for k, v in {"name": name, "serial": serial}.items() if v is not None}
    statement = _MEASUREMENTS[tuple(given)]
    how = (limit, cursor)
    return _page(uow, statement, found.id, (start, end), how, views.measurement_view, **given)


def alarms(
    uow: Uow,
    *,
    unit: str,
    site: int,
    start: int,
    end: int,
    limit: int,
    cursor: str | None = None,
    active: bool = False,
) -> Page:
    """Alarms of a unit that were raised in a period, newest first; with `active` what stands."""
    found = unit_of(uow, code=unit, site=site)
    statement = _ACTIVE if active else _ALARMS
    return _page(uow, statement, found.id, (start, end), (limit, cursor), views.alarm_view)


def present(uow: Uow, *, unit: str, site: int) -> Item:
    """What a unit's machine says now: state, counters, newest measurements, alarms that stand."""
    found = unit_of(uow, code=unit, site=site)
    state = uow.one(_NOW, unit=found.id)
    spoken = uow.one(_GATEWAY, unit=found.id)
    counters = ("tag", "counter", "raw", "at")
    return {
        "unit": unit,
        "state": state and state[0],
        "reason": state and state[1],
        "state_at": iso(state[2]) if state else None,
        "gateway": spoken and spoken[0],
        "skew_ms": spoken and spoken[1],
        "counters": [
            dict(zip(counters, (*row[:3], iso(row[3])), strict=True))
            for row in uow.all(_COUNTERS, unit=found.id)
        ],
        "measurements": [views.current_view(row) for row in uow.all(_CURRENT, unit=found.id)],
        "alarms": [views.alarm_view(row) for row in uow.all(_STANDING, unit=found.id)],
        "jumps": [views.count_view(row) for row in uow.all(_JUMPS, unit=found.id)],
    }


def newest_measurement(uow: Uow, *, unit: bytes, name: str, since: int) -> Item | None:
    """The newest good measurement of a name since an instant; None if there is none."""
    row = uow.one(_NEWEST, unit=unit, name=name, since=since)
    return None if row is None else views.measurement_view(row)


def measurement_since(uow: Uow, *, key: bytes, since: int) -> tuple[bytes, Item] | None:
    """The unit and the measurement of a key, if it is a good one since an instant."""
    row = uow.one(_MEASURED, id=key, since=since)
    return None if row is None else (bytes(row[0]), views.measurement_view(row[1:]))


# ---- pages ----


def _page(
    uow: Uow,
    statement: db.Statement,
    unit: bytes,
    period: tuple[int, int],
    how: tuple[int, str | None],
    view: Callable[[tuple[Any, ...]], Item],
    **given: Any,
) -> Page:
    """A page of rows that begin with instant and id, newest first."""
    (start, end), (limit, cursor) = period, how
    at, last = (end, b"") if cursor is None else _read_cursor(cursor)
    rows = uow.all(statement, unit=unit, start=start, at=at, last=last, limit=limit + 1, **given)
    shown = rows[:limit]
    following = f"{shown[-1][0]}.{to_text(shown[-1][1])}" if len(rows) > limit else None
    return {"items": [view(row) for row in shown], "next": following}


def _read_cursor(cursor: str) -> tuple[int, bytes]:
    at, _, last = cursor.partition(".")
    if not (at.isascii() and at.isdigit() and len(at) < 19):
        raise Invalid("The cursor is not one that this list gave.")
    return int(at), from_cursor(last)


# ---- statements ----

_s, _c, _m, _a = t.machine_state.c, t.production_count.c, t.measurement.c, t.alarm.c
_k, _w, _g = t.counter_state.c, t.measurement_current.c, t.gateway_unit.c
_BIG = sa.BigInteger
_UNIT = sa.bindparam("unit", type_=sa.LargeBinary)
_START = sa.bindparam("start", type_=_BIG)
_AT = sa.bindparam("at", type_=_BIG)
_ONE: sa.ColumnElement[int] = sa.literal_column("1")

_MARK = sa.select(_s.at, _s.seq, _s.state, _s.reason).where(_s.unit_id == _UNIT)
_MARKS = db.Statement(
    _MARK.where(_s.at >= _START, _s.at < sa.bindparam("end", type_=_BIG)).order_by(_s.at)
)
_BEFORE = db.Statement(_MARK.where(_s.at < _START).order_by(_s.at.desc()).limit(_ONE))
_NOW = db.Statement(
    sa.select(_s.state, _s.reason, _s.at)
    .where(_s.unit_id == _UNIT)
    .order_by(_s.at.desc())
    .limit(_ONE)
)


def _newest_first(columns: Sequence[Any], *conditions: sa.ColumnElement[bool]) -> db.Statement:
    """A page of a unit's rows; the first two columns are instant and id."""
    at, key = columns[0], columns[1]
    before = sa.or_(at < _AT, sa.and_(at == _AT, key < sa.bindparam("last", type_=sa.LargeBinary)))
    unit = at.table.c.unit_id == _UNIT
    return db.Statement(
        sa.select(*columns)
        .where(unit, at >= _START, at <= _AT, before, *conditions)
        .order_by(at.desc(), key.desc())
        .limit(sa.bindparam("limit", type_=sa.Integer))
    )


_COUNTS = _newest_first(views.COUNT_COLUMNS)
_ALARMS = _newest_first(views.ALARM_COLUMNS)
_ACTIVE = _newest_first(views.ALARM_COLUMNS, _a.cleared.is_(None))
_FILTERS = {"name": _m.name == sa.bindparam("name"), "serial": _m.serial == sa.bindparam("serial")}
_MEASUREMENTS: dict[tuple[str, ...], db.Statement] = {
    names: _newest_first(views.MEASUREMENT_COLUMNS, *(_FILTERS[name] for name in names))
    for names in ((), ("name",), ("serial",), ("name", "serial"))
}
_SUMS = db.Statement(
    sa.select(_c.origin, _c.counted, sa.func.sum(_c.good), sa.func.sum(_c.scrap))
    .where(_c.unit_id == _UNIT, _c.at >= _START, _c.at < sa.bindparam("end", type_=_BIG))
    .group_by(_c.origin, _c.counted)
)
_COUNTERS = db.Statement(
    sa.select(_k.tag, _k.counter, _k.raw, _k.at).where(_k.unit_id == _UNIT).order_by(_k.tag)
)
_CURRENT = db.Statement(
    sa.select(_w.name, _w.at, _w.value, _w.unit_of_measure, _w.quality, _w.reason)
    .where(_w.unit_id == _UNIT)
    .order_by(_w.name)
)
_STANDING = db.Statement(
    sa.select(*views.ALARM_COLUMNS)
    .where(_a.unit_id == _UNIT, _a.cleared.is_(None))
    .order_by(_a.severity.desc(), _a.raised)
)
_JUMPS = db.Statement(
    sa.select(*views.COUNT_COLUMNS)
    .where(_c.unit_id == _UNIT, _c.asked.is_not(None), _c.confirmed.is_(None))
    .order_by(_c.at)
)
_GATEWAY = db.Statement(sa.select(_g.gateway, _g.skew).where(_g.unit_id == _UNIT))
_IS_GOOD = (
    _m.at >= sa.bindparam("since", type_=_BIG),
    _m.quality == sa.literal_column("'good'"),
    _m.value.is_not(None),
)
_MEASURED = db.Statement(
    sa.select(_m.unit_id, *views.MEASUREMENT_COLUMNS).where(_m.id == sa.bindparam("id"), *_IS_GOOD)
)
_NEWEST = db.Statement(
    sa.select(*views.MEASUREMENT_COLUMNS)
    .where(_m.unit_id == _UNIT, _m.name == sa.bindparam("name"), *_IS_GOOD)
    .order_by(_m.at.desc(), _m.id.desc())
    .limit(_ONE)
)
