"""From raw samples to readings: deadbands swing, clocks are mistrusted, a fault is no value."""

import math
import struct
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.machines.config.plan import CycleParts, Deadband, Signal, TagPlan
from adapters.machines.core import Quality, Sample, Tag, Value
from adapters.machines.signals import Signals
from adapters.machines.values import Values, raw_of, refined, shortest

NOW = 1_800_000_000_000
NUMBERS = st.floats(-1e6, 1e6)


def tag(signal: Signal = Signal.RAW, **given: object) -> TagPlan:
    return TagPlan("t", signal, Tag("t", "t"), **given)  # type: ignore[arg-type]


def sample(
    value: Value,
    ms: int = NOW,
    *,
    quality: Quality = Quality.GOOD,
    reason: str | None = None,
    source: int | None = None,
) -> Sample:
    return Sample("t", value, quality, reason, source, ms)


def told(values: Values, *numbers: Value) -> list[Value]:
    return [r.value for n, v in enumerate(numbers) for r in values.take([sample(v, NOW + n)])]


def test_a_deadband_compares_with_what_was_told_last() -> None:
    """A ramp in steps smaller than the band: a band that compares neighbours is silent for ever."""
    values = Values([tag(deadband=Deadband(abs=0.95))])
    assert told(values, *(n / 10 for n in range(31))) == [0.0, 1.0, 2.0, 3.0]


def test_a_deadband_in_percent_is_of_the_range() -> None:
    values = Values([tag(deadband=Deadband(pct=10), range=(0, 50))])
    assert told(values, 0.0, 5.0, 5.1, 10.0, 10.2) == [0.0, 5.1, 10.2]


@given(st.lists(NUMBERS, min_size=1, max_size=50), st.floats(0, 1000))
def test_what_is_told_is_never_further_off_than_the_band(
    numbers: list[float], width: float
) -> None:
    values = Values([tag(deadband=Deadband(abs=width))])
    last: Value = None
    for ms, number in enumerate(numbers):
        for reading in values.take([sample(number, NOW + ms)]):
            last = reading.value
        assert isinstance(last, float)
        assert abs(last - number) <= width


@given(st.lists(NUMBERS | st.sampled_from([math.nan, math.inf, -math.inf]), max_size=40))
def test_what_is_no_number_is_told_as_bad_and_never_as_a_value(numbers: list[float]) -> None:
    values = Values([tag()])
    for ms, number in enumerate(numbers):
        [reading] = values.take([sample(number, NOW + ms)])
        if math.isfinite(number):
            assert (reading.value, reading.quality) == (number, Quality.GOOD)
        else:
            assert (reading.value, reading.quality, reading.reason) == (None, Quality.BAD, "nan")


@given(
    st.floats(0.001, 1000) | st.floats(-1000, -0.001),
    NUMBERS,
    st.integers(-30_000, 30_000),
)
def test_what_is_written_is_read_back_the_same(scale: float, offset: float, raw: int) -> None:
    plan = TagPlan("t", Signal.RAW, Tag("t", "t", type="int16"), scale=scale, offset=offset)
    value, quality, _ = refined(plan, sample(raw))
    assert quality is Quality.GOOD
    back = raw_of(plan, value)
    assert isinstance(back, int)
    assert abs(back - raw) <= max(1e-9 * abs(offset / scale), 0)


def test_a_heartbeat_tells_what_the_band_keeps_back() -> None:
    values = Values([tag(deadband=Deadband(abs=10, heartbeat_s=60))])
    assert told(values, 1.0, 2.0) == [1.0]
    assert values.repeats(NOW + 59_000) == []
    [again] = values.repeats(NOW + 60_000)
    assert (again.value, again.at_ms) == (2.0, NOW + 60_000)
    assert values.repeats(NOW + 61_000) == []


def test_a_change_of_quality_is_told_whatever_the_band() -> None:
    values = Values([tag(deadband=Deadband(abs=10))])
    values.take([sample(1.0)])
    [bad] = values.take([sample(1.0, quality=Quality.BAD, reason="BadSensorFailure")])
    assert (bad.value, bad.reason) == (None, "BadSensorFailure")
    [back] = values.take([sample(1.0)])
    assert back.value == 1.0


@given(st.floats(width=32, allow_nan=False, allow_infinity=False) | NUMBERS)
def test_fewer_digits_are_the_same_number(number: float) -> None:
    short = shortest(number)
    assert isinstance(short, float)
    assert short == pytest.approx(number, rel=1e-6)
    assert len(repr(short)) <= len(repr(number))


def test_a_number_of_32_bits_has_the_digits_that_were_meant() -> None:
    [thirty_two] = struct.unpack("f", struct.pack("f", 25.003))
    assert thirty_two != 25.003
    assert shortest(thirty_two) == 25.003
    assert shortest(25.0030001) == 25.0030001  # of 64 bits: every digit counts


def test_out_of_range_is_doubted_and_kept() -> None:
    value, quality, reason = refined(tag(range=(0, 100)), sample(180))
    assert (value, quality, reason) == (180, Quality.UNCERTAIN, "out_of_range")


@pytest.mark.parametrize(
    ("raw", "word"), [(1, "running"), (True, None), (1.0, "running"), (9, None)]
)
def test_a_map_has_a_word_or_none(raw: Value, word: str | None) -> None:
    value, quality, _ = refined(tag(Signal.STATE, map={"0": "idle", "1": "running"}), sample(raw))
    assert value == word
    assert (quality is Quality.BAD) == (word is None)


@pytest.mark.parametrize(
    ("ahead", "at", "skewed"),
    [
        (0, 0, False),
        (2_000, 2_000, False),
        (-2_000, -2_000, False),
        (2_001, 0, True),
        (-600_000, 0, True),
    ],
)
def test_the_machines_time_counts_while_it_can_be_right(ahead: int, at: int, skewed: bool) -> None:
    values = Values([tag()])
    values.take(
        [sample(0.0, source=NOW - 86_400_000)]
    )  # the first may be a day old, and is no fault
    [reading] = values.take([sample(1.0, NOW + 5, source=NOW + 5 + ahead)])
    assert (reading.at_ms - NOW - 5, reading.skewed) == (at, skewed)
    assert values.skew_ms == ahead


def test_a_wrong_clock_is_an_alarm_once_and_its_end_too() -> None:
    signals = Signals("M-1", lambda name: None)
    assert signals.skew(4_000, NOW) == []
    assert [row["milliseconds"] for row in signals.skew(-600_000, NOW)] == [-600_000]
    assert signals.skew(-600_100, NOW) == []
    assert [row["milliseconds"] for row in signals.skew(3, NOW)] == [3]


def test_every_tag_is_bad_once_while_nothing_is_connected() -> None:
    values = Values([tag()])
    values.take([sample(1.0)])
    [gap] = values.disconnected(NOW + 1)
    assert (gap.value, gap.quality, gap.reason) == (None, Quality.BAD, "not_connected")
    assert values.disconnected(NOW + 2) == []
    [back] = values.take([sample(1.0, NOW + 3)])
    assert back.value == 1.0


def test_what_was_silent_for_too_long_is_stale_once() -> None:
    values = Values([tag(stale_s=5)])
    values.take([sample(1.0)])
    assert values.stale(NOW + 5_000) == []
    [stale] = values.stale(NOW + 5_001)
    assert (stale.quality, stale.reason) == (Quality.BAD, "stale")
    assert values.stale(NOW + 9_000) == []
    assert [r.value for r in values.take([sample(1.0, NOW + 9_001)])] == [1.0]


def test_a_tag_that_stays_the_same_keeps_what_is_known() -> None:
    kept, changed = tag(), TagPlan("u", Signal.RAW, Tag("u", "u"))
    values = Values([kept, changed])
    values.take([sample(1.0)])
    values.change([kept, TagPlan("u", Signal.RAW, Tag("u", "u"), scale=2)])
    seen = values.current("t")
    assert seen is not None
    assert seen.value == 1.0


# ---- signals ----


def cycles_of(*numbers: int, before: int | None = None) -> list[tuple[int, bool]]:
    plan = TagPlan("t", Signal.CYCLE_COMPLETE, Tag("t", "t"), max_step=5, cycle=CycleParts())
    values = Values([plan])
    signals = Signals("M-1", values.current, None if before is None else {"t": before})
    rows = []
    for ms, number in enumerate(numbers):
        rows += signals.told(values.take([sample(number, NOW + ms)]))[0]
    return [(row["number"], row.get("backfilled", False)) for row in rows]


def test_cycles_that_nobody_saw_are_told_too() -> None:
    assert cycles_of(7, 7, 8, 11) == [(7, False), (8, False), (9, True), (10, True), (11, False)]
    assert cycles_of(8, before=6) == [(7, True), (8, False)]  # the gateway was away
    assert cycles_of(100, 900) == [(100, False), (900, False)]  # a jump is no thousand cycles
    assert cycles_of(5, 1) == [(5, False), (1, False)]  # a machine that began again


@given(st.lists(st.integers(0, 40), max_size=30))
def test_no_cycle_is_told_twice_in_a_row(numbers: list[int]) -> None:
    rows = [number for number, _ in cycles_of(*numbers)]
    assert all(a != b for a, b in pairwise(rows))
    assert set(numbers) <= set(rows)


def test_a_counter_is_told_as_the_machine_counts_it() -> None:
    plan = TagPlan("t", Signal.GOOD_COUNT, Tag("t", "t"), rollover=65535)
    values = Values([plan])
    signals = Signals("M-1", values.current)
    raws: list[Value] = [65_534, math.nan, 3, None, -1]
    rows = [r for v in raws for r in signals.told(values.take([sample(v)]))[0]]
    assert [(row["raw"], row["rollover"], row["max_step"]) for row in rows] == [
        (65_534, 65_535, 1000),
        (3, 65_535, 1000),
    ]


def test_a_counter_that_stands_still_is_no_news() -> None:
    values = Values([tag(Signal.GOOD_COUNT)])
    signals = Signals("M-1", values.current)
    rows = [r for v in (7, 7, 8, 7) for r in signals.told(values.take([sample(v)]))[0]]
    assert [row["raw"] for row in rows] == [7, 8, 7]


def test_a_measurement_is_kept_once_for_each_piece() -> None:
    """A tester shows its last value until the next one: what is only seen again is no news."""
    torque = tag(Signal.MEASUREMENT, serial="s")
    values = Values([torque, TagPlan("s", Signal.RAW, Tag("s", "s"))])
    signals = Signals("M-1", values.current)
    seen: list[tuple[str, Value]] = [("A", 4.2), ("A", 4.2), ("B", 4.2), ("B", 4.3), ("B", None)]
    rows = []
    for serial, value in seen:
        values.take([Sample("s", serial, Quality.GOOD, None, None, NOW)])
        rows += signals.told(values.take([sample(value)]))[0]
    assert [(row["serial"], row["value"]) for row in rows] == [
        ("A", 4.2),
        ("B", 4.2),
        ("B", 4.3),
        ("B", None),
    ]


def test_an_alarm_is_a_bit_a_number_or_an_event() -> None:
    plan = tag(Signal.ALARM, map={"3": "Door open"})
    values = Values([plan])
    signals = Signals("M-1", values.current)
    event = '{"code": "E7", "text": "Oil low", "severity": 700, "active": true}'
    raws: list[Value] = [0, 3, 5, 0, True, False, event]
    rows = [r for v in raws for r in signals.told(values.take([sample(v)]))[0]]
    assert [(row["code"], row["text"], row["active"]) for row in rows] == [
        ("3", "Door open", True),
        ("3", "Door open", False),
        ("5", "5", True),
        ("5", "5", False),
        ("t", "t", True),
        ("t", "t", False),
        ("E7", "Oil low", True),
    ]
