"""One row of what a gateway sends: read strictly, so that a bad one is refused and no other."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from engine.collection.states import STATES, present_at
from engine.kernel.errors import Invalid

NAME_LENGTH = 200
TEXT_LENGTH = 1_000
MOST = 2**62
COUNTERS = ("good", "scrap")
QUALITIES = ("good", "uncertain", "bad")


@dataclass(frozen=True, slots=True)
class State:
    """The machine is in a state from now on."""

    state: str
    reason: str | None


@dataclass(frozen=True, slots=True)
class Count:
    """A counter of the machine shows a value."""

    counter: str
    raw: int
    rollover: int | None
    max_step: int
    tag: str


@dataclass(frozen=True, slots=True)
class Measurement:
    """A process value; None where the machine had none."""

    name: str
    value: Decimal | None
    unit_of_measure: str | None
    serial: str | None = None
    lower: Decimal | None = None
    upper: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Cycle:
    """The machine has finished a run, known by its number in this life of the machine."""

    number: int
    boot: str
    good: int | None
    scrap: int | None
    serial: str | None
    values: tuple[Measurement, ...]


@dataclass(frozen=True, slots=True)
class Alarm:
    """The machine complains, or no longer does."""

    code: str
    text: str
    severity: int
    active: bool


@dataclass(frozen=True, slots=True)
class Drop:
    """The gateway had to throw something away."""

    lost: int
    what: str
    since: int
    until: int


@dataclass(frozen=True, slots=True)
class Skew:
    """How far the machine's clock is ahead."""

    milliseconds: int


@dataclass(frozen=True, slots=True)
class Written:
    """The gateway wrote to the machine, or tried to: for the audit trail."""

    detail: Mapping[str, Any]


Body = State | Count | Measurement | Cycle | Alarm | Drop | Skew | Written


@dataclass(frozen=True, slots=True)
class Signal:
    """What one row says: of which unit, when (milliseconds UTC, never ahead of us), and what."""

    seq: int
    unit: str
    at: int
    quality: str
    reason: str | None
    body: Body


def read_signal(row: Mapping[str, Any], now: int) -> Signal:
    """The signal of a row.

    Raises:
        Invalid: naming what cannot be used, and what is expected.
    """
    fields = _Fields(row)
    kind = fields.text("kind")
    reader = _READERS.get(kind)
    if reader is None:
        raise Invalid(f"There is no kind {kind[:40]!r}; the kinds are {', '.join(_READERS)}.")
    fields.known(reader)
    return Signal(
        fields.whole("seq", 1),
        fields.text("unit"),
        present_at(fields.whole("at", 0), now),
        fields.chosen("quality", QUALITIES, "good"),
        fields.maybe_prose("reason"),
        reader(fields),
    )


class _Fields:
    """The fields of a row, each read as what it must be."""

    __slots__ = ("row",)

    def __init__(self, row: Mapping[str, Any]) -> None:
        self.row = row

    def known(self, reader: Callable[["_Fields"], Body]) -> None:
        """Refuse a field that the kind does not have: a typing error is never ignored."""
        for name in self.row:
            if name not in _COMMON and name not in _OWN[reader]:
                raise Invalid(f"The field {name[:40]!r} is unknown here.")

    def whole(self, name: str, least: int, *, optional: bool = False) -> Any:
        value = self.row.get(name)
        if value is None and optional:
            return None
        if type(value) is not int or not least <= value <= MOST:
            raise Invalid(f"`{name}` is a whole number from {least} on.")
        return value

    def pieces(self, name: str) -> int | None:
        """How many, as machines say it: a bit, or a real number that is a whole one."""
        value = self.row.get(name)
        if isinstance(value, bool):
            return int(value)
        if isinstance(value, Decimal) and value == value.to_integral_value():
            value = int(value)
        found: int | None = _Fields({name: value}).whole(name, 0, optional=True)
        return found

    def text(self, name: str) -> str:
        value = self.row.get(name)
        if not isinstance(value, str) or not 0 < len(value) <= NAME_LENGTH:
            raise Invalid(f"`{name}` is a text of 1 to {NAME_LENGTH} characters.")
        if not value.isprintable():
            raise Invalid(f"`{name}` holds a control character.")
        return value

    def maybe_text(self, name: str) -> str | None:
        return None if self.row.get(name) is None else self.text(name)

    def maybe_prose(self, name: str) -> str | None:
        """A machine's own words: what is too long is cut, what cannot be shown becomes a space."""
        value = self.row.get(name)
        if value is None:
            return None
        if not isinstance(value, str):
            raise Invalid(f"`{name}` is a text.")
        shown = "".join(c if c.isprintable() else " " for c in value[: TEXT_LENGTH + 1])
        return shown if len(shown) <= TEXT_LENGTH else shown[:TEXT_LENGTH] + "…"

    def chosen(self, name: str, values: Any, default: str | None = None) -> str:
        value = self.row.get(name, default)
        if not isinstance(value, str) or value not in values:
            raise Invalid(f"`{name}` is one of {', '.join(sorted(values))}.")
        return value

    def number(self, name: str) -> Decimal | None:
        return _number(name, self.row.get(name))

    def truth(self, name: str) -> bool:
        value = self.row.get(name)
        if not isinstance(value, bool):
            raise Invalid(f"`{name}` is true or false.")
        return value


def _number(name: str, value: object) -> Decimal | None:
    if value is None or (isinstance(value, Decimal) and value.is_finite()):
        return value
    if type(value) is not int:
        raise Invalid(f"`{name}` is a number, or null where there is none.")
    return Decimal(value)


# ---- the kinds ----


def _state(fields: _Fields) -> State:
    return State(fields.chosen("state", STATES), fields.maybe_prose("reason"))


def _count(fields: _Fields) -> Count:
    rollover = fields.whole("rollover", 1, optional=True)
    raw = fields.whole("raw", 0)
    if rollover is not None and raw > rollover:
        raise Invalid(f"`raw` is {raw}, but the counter's highest value is {rollover}.")
    return Count(
        fields.chosen("counter", COUNTERS),
        raw,
        rollover,
        fields.whole("max_step", 1),
        fields.text("tag"),
    )


def _measurement(fields: _Fields) -> Measurement:
    return Measurement(
        fields.text("name"),
        fields.number("value"),
        fields.maybe_text("unit_of_measure"),
        fields.maybe_text("serial"),
        fields.number("lower"),
        fields.number("upper"),
    )


def _cycle(fields: _Fields) -> Cycle:
    boot = fields.row.get("boot")
    serial = fields.maybe_text("serial")
    return Cycle(
        fields.whole("number", 0),
        "" if boot is None else str(boot) if type(boot) is int else fields.text("boot"),
        fields.pieces("good"),
        fields.pieces("scrap"),
        serial,
        tuple(_values(fields.row.get("values") or {}, serial)),
    )


def _values(values: object, serial: str | None) -> list[Measurement]:
    if not isinstance(values, dict):
        raise Invalid("`values` is an object: {name: {value, unit_of_measure}}.")
    found = []
    for name, value in values.items():
        if not isinstance(value, dict):
            raise Invalid(f"`values` of {name[:40]!r} is an object: {{value, unit_of_measure}}.")
        inner = _Fields({"name": name, **value})
        unit = inner.maybe_text("unit_of_measure") or inner.maybe_text("unit")
        measured = inner.number("value")
        limits = (inner.number("lower"), inner.number("upper"))
        found.append(Measurement(inner.text("name"), measured, unit, serial, *limits))
    return found


def _alarm(fields: _Fields) -> Alarm:
    return Alarm(
        fields.text("code"),
        fields.maybe_prose("text") or "",
        fields.whole("severity", 0, optional=True) or 0,
        fields.row.get("active") is None or fields.truth("active"),
    )


def _drop(fields: _Fields) -> Drop:
    return Drop(
        fields.whole("lost", 1),
        fields.text("what"),
        fields.whole("since", 0),
        fields.whole("until", 0),
    )


def _skew(fields: _Fields) -> Skew:
    return Skew(fields.whole("milliseconds", -MOST))


def _write(fields: _Fields) -> Written:
    """What was written by which job, what stood there before and after, with which outcome."""
    tags = fields.row.get("tags")
    if not isinstance(tags, dict) or not all(isinstance(tag, dict) for tag in tags.values()):
        raise Invalid("`tags` is an object: {tag: {before, value, after}}.")
    named = {name: fields.text(name) for name in ("job", "action", "outcome")}
    whole = {name: fields.whole(name, 0) for name in ("command", "milliseconds")}
    return Written({**named, **whole, "tags": tags})


_READERS: Mapping[str, Callable[[_Fields], Body]] = {
    "state": _state,
    "count": _count,
    "cycle": _cycle,
    "measurement": _measurement,
    "alarm": _alarm,
    "drop": _drop,
    "skew": _skew,
    "write": _write,
}
_COMMON = frozenset(["seq", "unit", "kind", "at", "received", "quality", "reason", "backfilled"])
_OWN: Mapping[Callable[[_Fields], Body], frozenset[str]] = {
    _state: frozenset(["state"]),
    _count: frozenset(["counter", "raw", "rollover", "max_step", "tag"]),
    _cycle: frozenset(["number", "boot", "good", "scrap", "serial", "values"]),
    _measurement: frozenset(["name", "value", "unit_of_measure", "serial", "lower", "upper"]),
    _alarm: frozenset(["code", "text", "severity", "active"]),
    _drop: frozenset(["lost", "what", "since", "until"]),
    _skew: frozenset(["milliseconds"]),
    _write: frozenset(["job", "action", "command", "outcome", "milliseconds", "tags"]),
}
