"""An hour of readings in few bytes: what is packed comes back as it was."""

import math
import struct
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.collection.readings.chunks import (
    BAD,
    HOUR_MS,
    NOTHING,
    Summary,
    Value,
    pack,
    summary,
    unpack,
)

BEGAN = 1_772_000_000 // 3600 * 3600 * 1000
NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
VALUES = st.lists(
    st.builds(
        Value,
        st.integers(BEGAN, BEGAN + HOUR_MS - 1),
        st.one_of(st.none(), NUMBERS),
        st.one_of(st.none(), st.text(max_size=5)),
        st.integers(0, 2),
        st.one_of(st.none(), st.sampled_from(["nan", "not_connected"])),
    ),
    max_size=40,
).map(lambda values: sorted(values, key=lambda value: value.at))


@given(VALUES)
def test_what_is_packed_comes_back(values: list[Value]) -> None:
    assert unpack(pack(values, BEGAN), BEGAN) == values


@given(VALUES, st.integers(0, 40))
def test_a_summary_of_parts_is_that_of_the_whole(values: list[Value], place: int) -> None:
    whole = summary(values)
    parts = summary(values[:place]).plus(summary(values[place:]))
    assert (parts.n, parts.numbers, parts.bad) == (whole.n, whole.numbers, whole.bad)
    assert (parts.low, parts.high) == (whole.low, whole.high)
    assert NOTHING.plus(whole) == whole
    if whole.total is None:
        assert parts.total is None
    else:
        assert parts.total is not None
        scale = math.fsum(abs(v.number or 0) for v in values) or 1.0
        if math.isfinite(scale):
            assert abs(parts.total - whole.total) <= scale * 1e-12


def test_bad_values_are_only_counted() -> None:
    values = [
        Value(BEGAN, 5.0, None, 0, None),
        Value(BEGAN + 1, 900.0, None, BAD, "BadSensorFailure"),
        Value(BEGAN + 2, None, "on", 0, None),
        Value(BEGAN + 3, 7.0, None, 1, None),
    ]
    assert summary(values) == Summary(4, 2, 1, 5.0, 7.0, 12.0)


def test_a_steady_signal_takes_few_bytes() -> None:
    values = [
        Value(BEGAN + 1000 * n, round(180 + math.sin(n / 60), 1), None, 0, None)
        for n in range(3600)
    ]
    assert len(pack(values, BEGAN)) < 2 * len(values)


def test_a_format_of_the_future_is_not_guessed_at() -> None:
    with pytest.raises(ValueError, match="format 2"):
        unpack(zlib.compress(struct.pack("<BI", 2, 0)), BEGAN)
