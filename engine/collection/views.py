"""Rows of machine data as the API shows them."""

from decimal import Decimal
from typing import Any

from engine.collection import tables as t
from engine.collection.states import Interval
from engine.kernel.clock import iso
from engine.kernel.ids import to_text

Item = dict[str, Any]
Row = tuple[Any, ...]

_c, _m, _a = t.production_count.c, t.measurement.c, t.alarm.c
COUNT_COLUMNS = (
    *(_c.at, _c.id, _c.origin, _c.good, _c.scrap, _c.counted, _c.change, _c.counter, _c.tag),
    *(_c.raw, _c.asked, _c.reading_start, _c.reading_end, _c.actor, _c.note),
    *(_c.confirmed_by, _c.confirmed),
)
MEASUREMENT_COLUMNS = (
    *(_m.at, _m.id, _m.name, _m.value, _m.unit_of_measure, _m.serial, _m.lower, _m.upper),
    *(_m.quality, _m.reason, _m.boot, _m.cycle),
)
ALARM_COLUMNS = (_a.raised, _a.id, _a.code, _a.text, _a.severity, _a.cleared)


def count_view(row: Row) -> Item:
    """A count from a row of `COUNT_COLUMNS`; `open` says that a jump waits to be confirmed."""
    return {
        "id": to_text(row[1]),
        "at": iso(row[0]),
        "origin": row[2],
        "good": row[3],
        "scrap": row[4],
        "counted": bool(row[5]),
        "change": row[6],
        "counter": row[7],
        "tag": row[8],
        "raw": row[9],
        "asked": row[10],
        "open": row[10] is not None and row[16] is None,
        "reading_start": row[11],
        "reading_end": row[12],
        "actor": row[13],
        "note": row[14],
        "confirmed_by": row[15],
        "confirmed": iso(row[16]),
    }


def measurement_view(row: Row) -> Item:
    """A measurement from a row of `MEASUREMENT_COLUMNS`."""
    return {
        "id": to_text(row[1]),
        "at": iso(row[0]),
        "name": row[2],
        "value": _number(row[3]),
        "unit_of_measure": row[4],
        "serial": row[5],
        "lower": _number(row[6]),
        "upper": _number(row[7]),
        "quality": row[8],
        "reason": row[9],
        "boot": row[10],
        "cycle": row[11],
    }


def current_view(row: Row) -> Item:
    """The newest measurement of a name."""
    name, at, value, unit, quality, reason = row
    return {
        "name": name,
        "at": iso(at),
        "value": _number(value),
        "unit_of_measure": unit,
        "quality": quality,
        "reason": reason,
    }


def alarm_view(row: Row) -> Item:
    """An alarm from a row of `ALARM_COLUMNS`."""
    return {
        "id": to_text(row[1]),
        "raised": iso(row[0]),
        "code": row[2],
        "text": row[3],
        "severity": row[4],
        "cleared": iso(row[5]),
    }


def interval_view(interval: Interval) -> Item:
    """How long a unit was in one state."""
    return {
        "state": interval.state,
        "reason": interval.reason,
        "began": iso(interval.began),
        "ended": iso(interval.ended),
    }


def _number(digits: str | None) -> Decimal | None:
    return None if digits is None else Decimal(digits)
