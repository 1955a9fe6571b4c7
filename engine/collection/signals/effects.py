"""What signals do: they are gathered row by row and written together.

Nothing is written before `write`, but a cycle: whether it is a new one only its table can say.
"""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from engine.collection import units
from engine.collection.counters import Change, step
from engine.collection.signals import alarms, statements
from engine.collection.signals.rows import (
    Alarm,
    Count,
    Cycle,
    Drop,
    Measurement,
    Signal,
    Skew,
    State,
    Written,
)
from engine.equipment.queries import Unit
from engine.kernel import db
from engine.kernel.actor import Actor
from engine.kernel.clock import iso
from engine.kernel.ids import new_id
from engine.kernel.store.uow import Uow
from engine.records.audit import audit

Values = dict[str, Any]


class Effects:
    """The effects of some rows of one source."""

    def __init__(
        self, uow: Uow, source: str, gateway: str, known: Mapping[str, Unit], actor: Actor
    ) -> None:
        self.uow, self.source, self.gateway, self.site = uow, source, gateway, actor.site
        self.actor = actor
        self._known = known
        self._counters: dict[tuple[bytes, str], Values | None] = {}
        self._changed: set[tuple[bytes, str]] = set()
        self._rows: dict[db.Statement, list[Values]] = {}
        self._current: dict[tuple[bytes, str], Values] = {}
        self._stood: dict[bytes, tuple[Unit, int]] = {}

    def add(self, signal: Signal) -> None:
        """Gather what one row does."""
        unit, body = self._known[signal.unit], signal.body
        match body:
            case State():
                self._state(signal, unit, body)
            case Count():
                self._count(signal, unit, body)
            case Cycle():
                self._cycle(signal, unit, body)
            case Measurement():
                self._measure(signal, unit, body)
            case Alarm():
                alarms.tell(self.uow, unit.id, self.site, signal.at, body)
            case Drop() | Skew():
                self._tell(signal, unit, body)
            case Written():
                detail = {"at": iso(signal.at), "gateway": self.gateway, **body.detail}
                audit(self.uow, self.actor, "machine.written", f"equipment:{unit.code}", detail)

    def write(self) -> None:
        """Write what was gathered, then show where the units stand now."""
        for key in self._changed:
            counter = self._counters[key]
            assert counter is not None
            self._add(statements.PUT_COUNTER, counter)
        for current in self._current.values():
            self._add(statements.PUT_CURRENT, current)
        for statement, rows in self._rows.items():
            self.uow.write(statement, rows)
        for unit, since in self._stood.values():
            units.stands(self.uow, unit, since)

    def _add(self, statement: db.Statement, values: Values) -> None:
        self._rows.setdefault(statement, []).append(values | {"site_id": self.site})

    # ---- states ----

    def _state(self, signal: Signal, unit: Unit, body: State) -> None:
        self._add(
            statements.PUT_STATE,
            {
                "unit_id": unit.id,
                "at": signal.at,
                "state": body.state,
                "reason": body.reason or signal.reason,
                "seq": signal.seq,
                "origin": self.source,
            },
        )
        _, since = self._stood.get(unit.id, (unit, signal.at))
        self._stood[unit.id] = unit, min(since, signal.at)

    # ---- counts ----

    def _count(self, signal: Signal, unit: Unit, body: Count) -> None:
        """A late value of another source says nothing: the newer one has it in it."""
        key = unit.id, body.tag
        last = self._counter(key)
        if last is not None and last["source"] != self.source and signal.at < last["at"]:
            return
        made = step(
            None if last is None else last["raw"],
            body.raw,
            rollover=body.rollover,
            max_step=body.max_step,
        )
        self._changed.add(key)
        self._counters[key] = {
            "unit_id": unit.id,
            "tag": body.tag,
            "counter": body.counter,
            "raw": body.raw,
            "at": signal.at,
            "source": self.source,
        }
        if made.made or made.change is not Change.COUNTED:
            pieces = {body.counter: made.made}
            details = {
                "change": str(made.change),
                "counter": body.counter,
                "tag": body.tag,
                "raw": body.raw,
                "asked": made.asked,
            }
            self._counted(signal, unit, "counter", pieces, details)

    def _counted(
        self,
        signal: Signal,
        unit: Unit,
        origin: str,
        pieces: Mapping[str, int],
        details: Mapping[str, Any],
    ) -> None:
        self._add(
            statements.PUT_COUNT,
            statements.NO_COUNT
            | {
                "id": new_id(),
                "unit_id": unit.id,
                "at": signal.at,
                "origin": origin,
                "good": pieces.get("good", 0),
                "scrap": pieces.get("scrap", 0),
                "counted": units.machine_counts(unit),
                **details,
            },
        )

    def _counter(self, key: tuple[bytes, str]) -> Values | None:
        if key not in self._counters:
            row = self.uow.one(_COUNTER, unit=key[0], tag=key[1])
            names = ("counter", "raw", "at", "source")
            known = None if row is None else dict(zip(names, row, strict=True))
            self._counters[key] = known
        return self._counters[key]

    def _has_counter(self, unit: Unit, counter: str) -> bool:
        """Whether a counter of the unit counts these pieces already."""
        for (owner, _tag), known in self._counters.items():
            if owner == unit.id and known is not None and known["counter"] == counter:
                return True
        return self.uow.one(_HAS_COUNTER, unit=unit.id, counter=counter) is not None

    # ---- cycles and measurements ----

    def _cycle(self, signal: Signal, unit: Unit, body: Cycle) -> None:
        """A run that is known by its number already is no news."""
        key = {"unit_id": unit.id, "boot": body.boot, "number": body.number}
        values = {"at": signal.at, "good": body.good, "scrap": body.scrap, "serial": body.serial}
        if not self.uow.write(statements.PUT_CYCLE, key | values | {"site_id": self.site}):
            return
        given = {"good": body.good or 0, "scrap": body.scrap or 0}
        pieces = {name: n for name, n in given.items() if n and not self._has_counter(unit, name)}
        if pieces:
            self._counted(signal, unit, "cycle", pieces, {"raw": body.number})
        for value in body.values:
            self._measure(signal, unit, value, body)

    def _measure(
        self, signal: Signal, unit: Unit, body: Measurement, cycle: Cycle | None = None
    ) -> None:
        quality, reason = signal.quality, signal.reason
        if body.value is None and quality == "good":
            quality, reason = "bad", reason or "no_value"
        newest = {
            "unit_id": unit.id,
            "name": body.name,
            "at": signal.at,
            "value": _digits(body.value),
            "unit_of_measure": body.unit_of_measure,
            "quality": quality,
            "reason": reason,
        }
        self._add(
            statements.PUT_MEASUREMENT,
            newest
            | {
                "id": new_id(),
                "serial": body.serial,
                "lower": _digits(body.lower),
                "upper": _digits(body.upper),
                "boot": cycle and cycle.boot,
                "cycle": cycle and cycle.number,
            },
        )
        key = unit.id, body.name
        if key not in self._current or self._current[key]["at"] <= signal.at:
            self._current[key] = newest

    # ---- the rest ----

    def _tell(self, signal: Signal, unit: Unit, body: Drop | Skew) -> None:
        if isinstance(body, Skew):
            values = {"unit_id": unit.id, "gateway": self.gateway, "skew": body.milliseconds}
            self._add(statements.PUT_SKEW, values)
            return
        values = {"id": new_id(), "gateway": self.gateway, "unit_id": unit.id, "lost": body.lost}
        values |= {"what": body.what, "since": body.since, "until": body.until}
        self._add(statements.PUT_LOSS, values)


def _digits(value: object) -> str | None:
    return None if value is None else str(value)


_k = statements.counter_state.c
_COUNTER = db.Statement(
    sa.select(_k.counter, _k.raw, _k.at, _k.source).where(
        _k.unit_id == sa.bindparam("unit"), _k.tag == sa.bindparam("tag")
    )
)
_HAS_COUNTER = db.Statement(
    sa.select(_k.tag)
    .where(_k.unit_id == sa.bindparam("unit"), _k.counter == sa.bindparam("counter"))
    .limit(sa.literal_column("1"))
)
