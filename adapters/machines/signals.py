"""From readings to what the plant is told: rows of `POST /signals`, and telemetry."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import orjson

from adapters.machines.config.plan import COUNTERS, Signal, TagPlan, text_of
from adapters.machines.core import Quality, Value
from adapters.machines.values import SKEW_ALARM_MS, Reading, shortest

Row = dict[str, Any]
# unit, tag, its unit, at, value, quality, reason: what becomes a row of POST /readings
Telemetry = tuple[str, str, str | None, int, float | int | None, int, str | None]

QUALITIES = {Quality.GOOD: 0, Quality.UNCERTAIN: 1, Quality.BAD: 2}
TRENDED = (Signal.RAW, Signal.RECIPE_ACTIVE)  # a measurement belongs to a piece, and is kept
UNKNOWN = "unknown"


class Signals:
    """What the tags of one machine mean, with the memory that this takes.

    Args:
        unit: the code of the equipment that the machine stands for.
        current: the newest reading of a tag.
        cycles: the last cycle number of each tag that was told before this start.
    """

    def __init__(
        self,
        unit: str,
        current: Callable[[str], Reading | None],
        cycles: Mapping[str, int] | None = None,
    ) -> None:
        self.unit = unit
        self._current = current
        self._state: str | None = None
        self.cycles = dict(cycles or {})  # tag -> number
        self._alarms: dict[str, set[str]] = {}
        self._kept: dict[str, tuple[object, ...]] = {}  # tag -> what was told of it last
        self._skewed = False

    def told(self, readings: Sequence[Reading]) -> tuple[list[Row], list[Telemetry]]:
        """The rows and the telemetry of some readings; cycles last, their parts came with them."""
        rows: list[Row] = []
        late: list[Reading] = []
        telemetry = []
        for reading in readings:
            signal = reading.tag.signal
            if signal in TRENDED:
                telemetry += self._telemetry(reading)
            if signal is Signal.CYCLE_COMPLETE:
                late.append(reading)
            elif signal in _ROWS:
                rows += _ROWS[signal](self, reading)
        for reading in late:
            rows += self._cycle(reading)
        return rows, telemetry

    def lost(self, now_ms: int, reason: str) -> list[Row]:
        """The machine is not connected, or silent: its state is unknown."""
        if self._state == UNKNOWN:
            return []
        self._state = UNKNOWN
        return [self._row("state", now_ms, state=UNKNOWN, reason=reason)]

    def skew(self, milliseconds: int | None, now_ms: int) -> list[Row]:
        """An alarm when the machine's clock is wrong, and when it is right again."""
        wrong = milliseconds is not None and abs(milliseconds) > SKEW_ALARM_MS
        if wrong == self._skewed or milliseconds is None:
            return []
        self._skewed = wrong
        return [self._row("skew", now_ms, milliseconds=milliseconds)]

    # ---- one signal each ----

    def _row(self, kind: str, at_ms: int, **parts: object) -> Row:
        given = {name: value for name, value in parts.items() if value is not None}
        return {"unit": self.unit, "kind": kind, "at": at_ms, **given}

    def _of(self, kind: str, reading: Reading, **parts: object) -> Row:
        row = self._row(kind, reading.at_ms, **parts)
        row["received"] = reading.received_ms
        row["quality"] = str(reading.quality)
        if reason := reading.reason or ("skew" if reading.skewed else None):
            row["reason"] = reason
        return row

    def _telemetry(self, reading: Reading) -> list[Telemetry]:
        value = reading.value
        if isinstance(value, str):
            return []
        number = int(value) if isinstance(value, bool) else value
        tag = reading.tag
        quality = QUALITIES[reading.quality]
        return [(self.unit, tag.name, tag.unit, reading.at_ms, number, quality, reading.reason)]

    def _state_rows(self, reading: Reading) -> list[Row]:
        """A value that means no state is unknown: the machine is there, its state is not."""
        state = reading.value if isinstance(reading.value, str) else UNKNOWN
        if state == self._state:
            return []
        self._state = state
        return [self._of("state", reading, state=state)]

    def _is_kept(self, tag: TagPlan, *told: object) -> bool:
        """Whether the plant has just this already: a value that is only seen again is no news."""
        before, self._kept[tag.name] = self._kept.get(tag.name), told
        return before == told

    def _count_rows(self, reading: Reading) -> list[Row]:
        tag, value = reading.tag, reading.value
        if not isinstance(value, int | float) or value < 0 or self._is_kept(tag, value):
            return []
        counter = "good" if tag.signal is Signal.GOOD_COUNT else "scrap"
        row = self._of(
            "count",
            reading,
            counter=counter,
            raw=int(value),
            rollover=tag.rollover,
            max_step=tag.max_step,
            tag=tag.name,
        )
        return [row]

    def _measurement_rows(self, reading: Reading) -> list[Row]:
        tag, value = reading.tag, reading.value
        serial = self._text(tag.serial)
        if isinstance(value, str) or self._is_kept(tag, value, reading.quality, serial):
            return []
        row = self._of("measurement", reading, name=tag.name, unit_of_measure=tag.unit)
        row["value"] = int(value) if isinstance(value, bool) else shortest(value)
        if serial is not None:
            row["serial"] = serial
        if tag.limits is not None:
            row["lower"], row["upper"] = tag.limits
        return [row]

    def _alarm_rows(self, reading: Reading) -> list[Row]:
        """A bit is one alarm; a number or text names the one that is active, 0 and "" none.

        A text like `{"code": …, "text": …, "severity": …, "active": …}` is an event of one alarm.
        """
        if reading.quality is Quality.BAD:
            return []
        tag = reading.tag
        event = _event(reading.value)
        if event is not None:
            return [self._of("alarm", reading, **event)]
        now = _active(tag, reading.value)
        before = self._alarms.get(tag.name, set())
        self._alarms[tag.name] = now
        changes = [(code, False) for code in before - now] + [(code, True) for code in now - before]
        return [
            self._of(
                "alarm",
                reading,
                code=code,
                text=(tag.map or {}).get(code, code),
                severity=tag.severity,
                active=active,
            )
            for code, active in changes
        ]

    def _cycle(self, reading: Reading) -> list[Row]:
        """The cycle of a number, and those before it that nobody saw."""
        number = reading.value
        if isinstance(number, bool | str) or number is None or number < 0:
            return []
        tag, number = reading.tag, int(number)
        before = self.cycles.get(tag.name)
        self.cycles[tag.name] = number
        if before == number:
            return []
        missed: Iterable[int] = ()
        if before is not None and 1 < number - before <= tag.max_step:
            missed = range(before + 1, number)
        boot = None if tag.cycle is None else self._text(tag.cycle.boot)
        rows = [
            self._of("cycle", reading, number=n, boot=boot) | {"backfilled": True} for n in missed
        ]
        return [*rows, self._of("cycle", reading, number=number, boot=boot, **self._parts(tag))]

    def _parts(self, tag: TagPlan) -> dict[str, object]:
        cycle = tag.cycle
        if cycle is None:
            return {}
        values = {}
        for name in cycle.values:
            seen = self._current(name)
            if seen is not None and not isinstance(seen.value, bool | str):
                values[name] = {"value": shortest(seen.value), "unit_of_measure": seen.tag.unit}
        return {
            "serial": self._text(cycle.serial),
            "good": self._value(cycle.good),
            "scrap": self._value(cycle.scrap),
            "values": values or None,
        }

    def _value(self, name: str | None) -> Value:
        seen = None if name is None else self._current(name)
        return None if seen is None or seen.quality is Quality.BAD else seen.value

    def _text(self, name: str | None) -> str | None:
        """The text of a tag; an empty one, as a tester without a part shows, is none."""
        value = self._value(name)
        return None if value is None else text_of(value) or None


def _event(value: Value) -> dict[str, Any] | None:
    if not isinstance(value, str) or not value.startswith("{"):
        return None
    try:
        told = orjson.loads(value)
    except ValueError:
        return None
    return {name: told.get(name) for name in ("code", "text", "severity", "active")}


def _active(tag: TagPlan, value: Value) -> set[str]:
    if isinstance(value, bool):
        return {tag.name} if value else set()
    if value is None or value in (0, ""):
        return set()
    return {text_of(value)}


_ROWS: Mapping[Signal, Callable[[Signals, Reading], list[Row]]] = {
    Signal.STATE: Signals._state_rows,
    **dict.fromkeys(COUNTERS, Signals._count_rows),
    Signal.MEASUREMENT: Signals._measurement_rows,
    Signal.ALARM: Signals._alarm_rows,
}
