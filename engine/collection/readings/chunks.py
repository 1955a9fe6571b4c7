"""One hour of one tag in a few bytes: columns, their bytes by rank, then zlib.

The layout, little-endian: a byte with the number of this format (1), four with the number of
values; the steps between the instants (milliseconds, 4 bytes each), the values (binary64, NaN for
none), the qualities (1 byte each), and JSON of what few values have: [[index, text, reason] …].
Bytes of the same rank stand together, because neighbours differ in the last ones only.
"""

import json
import math
import struct
import sys
import zlib
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

FORMAT = 1
HOUR_MS = 3_600_000
BAD = 2
LEVEL = 6
_HEAD = struct.Struct("<BI")


@dataclass(frozen=True, slots=True)
class Value:
    """A stored reading: a number, or a text, or neither; `at` in milliseconds UTC."""

    at: int
    number: float | None
    text: str | None
    quality: int
    reason: str | None


@dataclass(frozen=True, slots=True)
class Summary:
    """What trends need to know of some values: `low`, `high`, `total` of the good numbers."""

    n: int
    numbers: int
    bad: int
    low: float | None
    high: float | None
    total: float | None

    def plus(self, other: "Summary") -> "Summary":
        """Both together."""
        return Summary(
            self.n + other.n,
            self.numbers + other.numbers,
            self.bad + other.bad,
            min((x for x in (self.low, other.low) if x is not None), default=None),
            max((x for x in (self.high, other.high) if x is not None), default=None),
            _sum(self.total, other.total),
        )


NOTHING = Summary(0, 0, 0, None, None, None)


def summary(values: Sequence[Value]) -> Summary:
    """What some values come to; the bad ones are only counted."""
    numbers = [v.number for v in values if v.number is not None and v.quality != BAD]
    bad = sum(1 for v in values if v.quality == BAD)
    if not numbers:
        return Summary(len(values), 0, bad, None, None, None)
    total = math.fsum(numbers)
    return Summary(len(values), len(numbers), bad, min(numbers), max(numbers), total)


def pack(values: Sequence[Value], began: int) -> bytes:
    """The values of the hour that began then, in the order of their instants."""
    instants = [value.at - began for value in values]
    steps = [b - a for a, b in zip([0, *instants], instants, strict=False)]
    numbers = [math.nan if v.number is None else v.number for v in values]
    rest = [[i, v.text, v.reason] for i, v in enumerate(values) if not (v.text is v.reason is None)]
    parts = (
        _HEAD.pack(FORMAT, len(values)),
        _ranked(_little(array("I", steps))),
        _ranked(_little(array("d", numbers))),
        bytes(value.quality for value in values),
        json.dumps(rest, separators=(",", ":")).encode() if rest else b"",
    )
    return zlib.compress(b"".join(parts), LEVEL)


def unpack(data: bytes, began: int) -> list[Value]:
    """What `pack` was given.

    Raises:
        ValueError: if it is of a format that this program does not know.
    """
    raw = zlib.decompress(data)
    version, n = _HEAD.unpack_from(raw)
    if version != FORMAT:
        raise ValueError(f"a chunk of readings has the format {version}, known is {FORMAT}")
    at = _HEAD.size
    steps = _unranked("I", raw[at : at + 4 * n])
    at += 4 * n
    numbers = _unranked("d", raw[at : at + 8 * n])
    at += 8 * n
    qualities = raw[at : at + n]
    rest = {i: (text, why) for i, text, why in json.loads(raw[at + n :] or b"[]")}
    nothing = (None, None)
    return [
        Value(began + offset, None if number != number else number, text, quality, reason)
        for offset, number, quality, (text, reason) in zip(
            accumulate(map(int, steps)),
            numbers,
            qualities,
            (rest.get(i, nothing) for i in range(n)),
            strict=True,
        )
    ]


def _sum(one: float | None, other: float | None) -> float | None:
    return other if one is None else one if other is None else one + other


def _little(column: "array[int] | array[float]") -> "array[int] | array[float]":
    if sys.byteorder == "big":
        column.byteswap()
    return column


def _ranked(column: "array[int] | array[float]") -> bytes:
    raw, size = column.tobytes(), column.itemsize
    return b"".join(raw[rank::size] for rank in range(size))


def _unranked(code: str, ranked: bytes) -> "array[int] | array[float]":
    column: array[int] | array[float] = array(code)
    size = column.itemsize
    raw = bytearray(len(ranked))
    n = len(ranked) // size
    for rank in range(size):
        raw[rank::size] = ranked[rank * n : (rank + 1) * n]
    column.frombytes(bytes(raw))
    return _little(column)
