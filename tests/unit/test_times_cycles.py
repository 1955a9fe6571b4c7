"""The rounds of cycles: on their grid, not made up for, as often as they say."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from engine.workflow.definition.times import (
    Occurrence,
    TimeRefused,
    endless,
    first,
    following,
    read_cycle,
)
from tests.support.wall_clock import BERLIN, NEW_YORK, local, never, shown

NOW = datetime(2026, 3, 2, 6, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("PT1H", "is no cycle"),
        ("R3", "is no cycle"),
        ("R-1/PT1H", "is no cycle"),
        ("r3/PT1H", "is no cycle"),
        ("R3/soon", "is no duration"),
        ("R3/2030-01-01T00:00:00Z/2030-01-02T00:00:00Z", "does not end with its period"),
        ("R3/PT1H/2030-01-02T00:00:00Z", "does not end with its period"),
        ("R3/soon/PT1H", "is no date"),
        ("R3/PT1H/PT1H", "is no date"),
        ("R0/PT1H", "does not repeat 1 to 1000 times"),
        ("R1001/PT1H", "does not repeat 1 to 1000 times"),
        ("R" + "9" * 5000 + "/PT1H", "does not repeat 1 to 1000 times"),
        ("R3/PT0.999S", "under one second"),
        ("R3/P0D", "under one second"),
        ("R3/P60Y", "longer than 50 years"),
    ],
)
def test_what_is_no_cycle_is_refused(text: str, message: str) -> None:
    with pytest.raises(TimeRefused, match=message):
        read_cycle(text)


def rounds(text: str, now: str, zone: ZoneInfo, *, most: int = 10) -> list[str]:
    """The wall clock at each round of a cycle that always happens when it is due."""
    found: list[Occurrence] = []
    one: Occurrence | None = first("cycle", text, local(now, zone), zone)
    while one is not None and len(found) < most:
        found.append(one)
        assert one.repeat is not None
        one = following(one.repeat, one.at, one.at, zone, one.remaining)
    return [shown(one.at, zone) for one in found]


@pytest.mark.parametrize(
    ("zone", "text", "now", "expected"),
    [
        (
            BERLIN, "R3/P1D", "2026-03-28T02:30",
            ["2026-03-29T03:30+02:00", "2026-03-30T02:30+02:00", "2026-03-31T02:30+02:00"],
        ),
        (
            BERLIN, "R3/P1D", "2026-10-24T02:30",
            ["2026-10-25T02:30+02:00", "2026-10-26T02:30+01:00", "2026-10-27T02:30+01:00"],
        ),
        (
            NEW_YORK, "R3/2026-03-07T06:00/P1D", "2026-03-01T00:00",
            ["2026-03-07T06:00-05:00", "2026-03-08T06:00-04:00", "2026-03-09T06:00-04:00"],
        ),
        (
            NEW_YORK, "R3/PT1H", "2026-11-01T00:30",
            ["2026-11-01T01:30-04:00", "2026-11-01T01:30-05:00", "2026-11-01T02:30-05:00"],
        ),
        (
            BERLIN, "R3/PT1H", "2026-03-29T00:30",
            ["2026-03-29T01:30+01:00", "2026-03-29T03:30+02:00", "2026-03-29T04:30+02:00"],
        ),
        (
            BERLIN, "R4/P1M", "2026-01-31T06:00",
            ["2026-02-28T06:00+01:00", "2026-03-31T06:00+02:00", "2026-04-30T06:00+02:00",
             "2026-05-31T06:00+02:00"],
        ),
        (
            BERLIN, "R4/P1Y", "2028-02-29T06:00",
            ["2029-02-28T06:00+01:00", "2030-02-28T06:00+01:00", "2031-02-28T06:00+01:00",
             "2032-02-29T06:00+01:00"],
        ),
    ],
)  # fmt: skip
def test_rounds_keep_the_time_of_day_and_the_day(
    zone: ZoneInfo, text: str, now: str, expected: list[str]
) -> None:
    assert rounds(text, now, zone) == expected


@pytest.mark.parametrize(
    ("start", "hour", "minute"),
    [
        ("2026-03-02T09:00:00Z", 9, 0),
        ("2026-03-02T06:00:00Z", 6, 0),
        ("2026-03-02T05:59:00Z", 6, 59),
        ("2026-03-02T03:30:00Z", 6, 30),
        ("1970-01-01T00:10:00Z", 6, 10),
    ],
)
def test_a_cycle_whose_start_has_passed_goes_on_at_its_next_round(
    start: str, hour: int, minute: int
) -> None:
    found = first("cycle", f"R5/{start}/PT1H", NOW, never)
    assert (found.at, found.remaining) == (NOW.replace(hour=hour, minute=minute), 5)


def test_rounds_count_down_and_end() -> None:
    one: Occurrence | None = first("cycle", "R3/PT10M", NOW, never)
    left = []
    while one is not None:
        left.append(one.remaining)
        assert one.repeat is not None
        one = following(one.repeat, one.at, one.at, never, one.remaining)
    assert left == [3, 2, 1]


def test_a_cycle_without_a_count_has_no_end() -> None:
    found = first("cycle", "R/PT10M", NOW, never)
    assert found.repeat is not None
    assert endless(found.repeat)
    assert found.remaining is None
    after = following(found.repeat, found.at, found.at, never, None)
    assert after == Occurrence(NOW + timedelta(minutes=20), None, found.repeat)
    assert not endless("R3/PT10M")


@pytest.mark.parametrize(
    ("late", "minutes"),
    [(0, 20), (1, 20), (599, 20), (600, 30), (601, 30), (7 * 86_400, 10 + 7 * 1440 + 10)],
)
def test_a_late_round_does_not_move_the_next_and_missed_ones_are_left_out(
    late: int, minutes: int
) -> None:
    found = first("cycle", "R5/PT10M", NOW, never)
    assert found.repeat is not None
    after = following(found.repeat, found.at, found.at + timedelta(seconds=late), never, 5)
    assert after is not None
    assert (after.at, after.remaining) == (NOW + timedelta(minutes=minutes), 4)


def test_a_clock_that_went_back_does_not_bring_a_round_again() -> None:
    found = first("cycle", "R5/PT10M", NOW, never)
    assert found.repeat is not None
    after = following(found.repeat, found.at, NOW - timedelta(days=1), never, 5)
    assert after is not None
    assert after.at == NOW + timedelta(minutes=20)


def test_a_round_that_was_put_off_does_not_move_the_grid() -> None:
    found = first("cycle", "R5/PT10M", NOW, never)
    assert found.repeat is not None
    put_off = found.at + timedelta(seconds=90)
    after = following(found.repeat, put_off, put_off, never, 5)
    assert after is not None
    assert after.at == NOW + timedelta(minutes=20)


def test_a_round_is_told_to_the_millisecond_it_is_stored_as() -> None:
    """Else the round that was just due would come again a fraction later."""
    found = first("cycle", "R5/PT10M", NOW + timedelta(microseconds=1_999), never)
    assert found.at == NOW + timedelta(minutes=10, milliseconds=1)
    assert found.repeat is not None
    after = following(found.repeat, found.at, found.at, never, 5)
    assert after is not None
    assert after.at == NOW + timedelta(minutes=20, milliseconds=1)


def test_a_cycle_stored_without_its_origin_counts_from_when_it_was_due() -> None:
    after = following("R/PT10M", NOW, NOW + timedelta(minutes=25), never, None)
    assert after is not None
    assert after.at == NOW + timedelta(minutes=30)


def test_a_second_since_long_ago_is_found_quickly() -> None:
    found = first("cycle", "R/0001-01-01T00:00:00Z/PT1S", NOW, never)
    assert found.at == NOW


def test_a_round_beyond_the_last_year_is_refused() -> None:
    with pytest.raises(TimeRefused, match="beyond the year 9999"):
        following("R/P50Y", datetime(9990, 1, 1, tzinfo=UTC), NOW, UTC, None)
