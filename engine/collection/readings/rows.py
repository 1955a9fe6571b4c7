"""The readings of a request, checked before the door: a bad row is refused alone."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from engine.collection.marks import check_numbers
from engine.collection.readings.chunks import BAD
from engine.kernel.errors import FieldProblem, Invalid

MOST_MS = 2**52
TEXT_LENGTH = 1_000
WIDTH = 6
_QUALITIES = (0, 1, BAD)
NOT_A_NUMBER = "nan"
Row = tuple[int, int, int, float | None, str | None, int, str | None]


@dataclass(frozen=True, slots=True)
class Named:
    """A tag of a unit, as a request names it once for all its rows."""

    unit: bytes
    tag: str
    unit_of_measure: str | None


@dataclass(frozen=True, slots=True)
class Batch:
    """Readings of one source, ready to be stored.

    Args:
        tags: by their place in the request; None where there is no such unit.
        rows: (seq, place of the tag, at, number, text, quality, reason), `seq` ascending.
        refused: (seq, why).
        last: the highest `seq`, refused ones included.
    """

    source: str
    gateway: str
    tags: Sequence[Named | None]
    rows: Sequence[Row]
    refused: tuple[tuple[int, str], ...]
    last: int


def read_batch(
    *,
    source: str,
    gateway: str,
    tags: Sequence[Any],
    rows: Sequence[Any],
    units: Mapping[str, bytes],
) -> Batch:
    """The batch of a request.

    Args:
        units: the keys of the units by their codes.

    Raises:
        Invalid: if the list of tags cannot be read, or rows have no numbers of their own.
    """
    named = [_named(index, tag, units) for index, tag in enumerate(tags)]
    check_numbers([row[0] if isinstance(row, list) and row else None for row in rows])
    good: list[Row] = []
    refused: list[tuple[int, str]] = []
    for row in rows:
        try:
            good.append(_read(row, named, tags))
        except Invalid as problem:
            refused.append((row[0], problem.detail))
    last = rows[-1][0] if rows else 0
    return Batch(source, gateway, named, good, tuple(refused), last)


def _named(index: int, tag: Any, units: Mapping[str, bytes]) -> Named | None:
    fits = isinstance(tag, list) and len(tag) == 3 and _is_name(tag[0]) and _is_name(tag[1])
    if not fits or not (tag[2] is None or _is_name(tag[2])):
        problem = FieldProblem(
            f"/tags/{index}", "Expected [code of the unit, name of the tag, unit of measure|null]."
        )
        raise Invalid("The tags are not understood.", errors=[problem])
    key = units.get(tag[0])
    return None if key is None else Named(key, tag[1], tag[2])


def _is_name(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= 200 and value.isprintable()


def _read(row: list[Any], named: Sequence[Named | None], tags: Sequence[Any]) -> Row:
    if len(row) != WIDTH:
        raise Invalid(f"A row has {WIDTH} values: seq, tag, at, value, quality, reason.")
    seq, place, at, value, quality, reason = row
    if type(place) is not int or not 0 <= place < len(named):
        raise Invalid(f"There is no tag at place {place!r} of the list `tags`.")
    if named[place] is None:
        raise Invalid(f"There is no equipment {tags[place][0]!r}; create it, or correct its code.")
    if type(at) is not int or not 0 <= at <= MOST_MS:
        raise Invalid("`at` is a whole number of milliseconds since 1970.")
    if quality not in _QUALITIES or type(quality) is not int:
        raise Invalid("`quality` is 0 (good), 1 (uncertain) or 2 (bad).")
    if reason is not None and not _is_name(reason):
        raise Invalid("`reason` is a text of up to 200 characters, or null.")
    number, text = _value(value)
    if number is not None and not math.isfinite(number):
        return seq, place, at, None, None, BAD, reason or NOT_A_NUMBER
    return seq, place, at, number, text, quality, reason


def _value(value: object) -> tuple[float | None, str | None]:
    """A value as number and text; a number that no column can hold is infinite."""
    if value is None:
        return None, None
    if isinstance(value, Decimal | int | float):
        try:
            return float(value), None
        except OverflowError:
            return math.inf, None
    if isinstance(value, str):
        return None, _shown(value)
    raise Invalid("`value` is a number, a text, true, false or null.")


def _shown(text: str) -> str:
    return "".join(c if c.isprintable() else " " for c in text[:TEXT_LENGTH])
