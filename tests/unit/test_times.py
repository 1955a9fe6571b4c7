"""What durations, dates and cycles mean where clocks change and months end, and their caps."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from engine.workflow.definition.times import (
    TimeRefused,
    add,
    due_at,
    first,
    read_date,
    read_duration,
)
from tests.support.wall_clock import BERLIN, NEW_YORK, local, never, shown

NOW = datetime(2026, 3, 2, 6, tzinfo=UTC)


# ---- durations ----


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("PT0S", 0),
        ("P0D", 0),
        ("PT2H", 7200),
        (" PT90M ", 5400),
        ("PT1H30M5S", 5405),
        ("PT0.5H", 1800),
        ("PT1,5M", 90),
        ("PT0.25S", 0.25),
        ("PT0.0019S", 0.001),
        ("PT1H0.5M", 3630),
        ("P1D", 86_400),
        ("P1W", 7 * 86_400),
        ("P1W1DT1S", 8 * 86_400 + 1),
        ("P50Y", 18_263 * 86_400),
    ],
)
def test_a_duration_is_added_part_by_part(text: str, seconds: float) -> None:
    start = datetime(2000, 1, 1, tzinfo=UTC)
    assert add(start, read_duration(text)) - start == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    "text",
    [
        "", "P", "PT", "P1DT", "1H", "PT1", "PT1D", "P1H", "PT1S1H", "P1D1M", "-PT1H", "+PT1H",
        "PT-1H", "pt1h", "PT1.H", "PT.5H", "P1.5D", "P0.5Y", "PT1.5H30M", "PT1.5M1S", "PT 1H",
        "PT1H PT1H", "P0001-01-01T00:00:00", "PT\N{ARABIC-INDIC DIGIT ONE}H",
        "PT1H\nPT1H", "soon", "PT" + "1" * 5000 + "H",
    ],
)  # fmt: skip
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(TimeRefused, match="is no duration; write ISO 8601"):
        read_duration(text)


@pytest.mark.parametrize(
    "text", ["P50Y1M", "P51Y", "P99999999999D", "PT" + "9" * 60 + "S", "P" + "9" * 60 + "Y"]
)
def test_a_duration_over_fifty_years_is_refused(text: str) -> None:
    with pytest.raises(TimeRefused, match="longer than 50 years"):
        read_duration(text)


def test_a_refusal_shows_little_of_a_long_text() -> None:
    with pytest.raises(TimeRefused) as refused:
        read_date("x" * 100_000)
    assert len(str(refused.value)) < 250


# ---- where the clocks change ----


@pytest.mark.parametrize(
    ("zone", "start", "text", "due"),
    [
        # forward: Berlin on 29 March at 2, New York on 8 March at 2
        (BERLIN, "2026-03-28T06:00", "P1D", "2026-03-29T06:00+02:00"),
        (BERLIN, "2026-03-28T06:00", "PT24H", "2026-03-29T07:00+02:00"),
        (BERLIN, "2026-03-28T06:00", "P1DT1H", "2026-03-29T07:00+02:00"),
        (BERLIN, "2026-03-22T06:00", "P1W", "2026-03-29T06:00+02:00"),
        (BERLIN, "2026-02-28T06:00", "P1M1D", "2026-03-29T06:00+02:00"),
        (BERLIN, "2026-03-28T02:30", "P1D", "2026-03-29T03:30+02:00"),  # 2:30 is skipped
        (BERLIN, "2026-03-28T02:30", "P2D", "2026-03-30T02:30+02:00"),
        (BERLIN, "2026-03-29T01:30", "PT1H", "2026-03-29T03:30+02:00"),
        (NEW_YORK, "2026-03-07T06:00", "P1D", "2026-03-08T06:00-04:00"),
        (NEW_YORK, "2026-03-07T06:00", "PT24H", "2026-03-08T07:00-04:00"),
        (NEW_YORK, "2026-03-07T02:30", "P1D", "2026-03-08T03:30-04:00"),
        # back: Berlin on 25 October at 3, New York on 1 November at 2
        (BERLIN, "2026-10-24T06:00", "P1D", "2026-10-25T06:00+01:00"),
        (BERLIN, "2026-10-24T06:00", "PT24H", "2026-10-25T05:00+01:00"),
        (BERLIN, "2026-10-24T02:30", "P1D", "2026-10-25T02:30+02:00"),  # 2:30 comes twice
        (BERLIN, "2026-10-25T02:30", "PT1H", "2026-10-25T02:30+01:00"),
        (BERLIN, "2026-10-25T02:30+01:00", "P1D", "2026-10-26T02:30+01:00"),
        (BERLIN, "2026-10-25T02:30+01:00", "P0D", "2026-10-25T02:30+01:00"),
        (BERLIN, "2026-10-25T02:30+01:00", "P53W", "2027-10-31T02:30+02:00"),
        (NEW_YORK, "2026-10-31T06:00", "P1D", "2026-11-01T06:00-05:00"),
        (NEW_YORK, "2026-10-31T06:00", "PT24H", "2026-11-01T05:00-05:00"),
        (NEW_YORK, "2026-10-31T01:30", "P1D", "2026-11-01T01:30-04:00"),
        (NEW_YORK, "2026-11-01T01:30-05:00", "P1D", "2026-11-02T01:30-05:00"),
    ],
)
def test_a_day_is_the_same_time_of_day(zone: ZoneInfo, start: str, text: str, due: str) -> None:
    assert shown(add(local(start, zone), read_duration(text), zone), zone) == due


@pytest.mark.parametrize(
    ("zone", "text", "due"),
    [
        (BERLIN, "2026-03-29T02:30:00", "2026-03-29T03:30+02:00"),
        (BERLIN, "2026-10-25T02:30:00", "2026-10-25T02:30+02:00"),
        (BERLIN, "2026-10-25T02:30:00+01:00", "2026-10-25T02:30+01:00"),
        (BERLIN, "2026-07-01", "2026-07-01T00:00+02:00"),
        (BERLIN, "2026-07-01T00:00:00Z", "2026-07-01T02:00+02:00"),
        (NEW_YORK, "2026-03-08T02:30:00", "2026-03-08T03:30-04:00"),
        (NEW_YORK, "2026-11-01T01:30:00", "2026-11-01T01:30-04:00"),
        (NEW_YORK, "2026-11-01T01:30:00-05:00", "2026-11-01T01:30-05:00"),
    ],
)
def test_a_date_without_offset_is_the_plants_own(zone: ZoneInfo, text: str, due: str) -> None:
    assert shown(read_date(text, zone), zone) == due
    assert due_at(text, NOW, lambda: zone) == read_date(text, zone)


@pytest.mark.parametrize("text", ["", "soon", "2026-02-30T00:00:00Z", "9999-12-31T23:59:59-12:00"])
def test_what_is_no_date_is_refused(text: str) -> None:
    with pytest.raises(TimeRefused, match="is no date and time"):
        read_date(text)


def test_the_zone_is_asked_for_only_when_it_matters() -> None:
    assert due_at("PT2H", NOW, never) == NOW + timedelta(hours=2)
    assert due_at("2026-03-02T08:00:00Z", NOW, never) == NOW + timedelta(hours=2)
    assert first("cycle", "R3/2026-03-02T05:00:00Z/PT2H", NOW, never).at.hour == 7


# ---- where months and years end ----


@pytest.mark.parametrize(
    ("start", "text", "due"),
    [
        ("2026-01-31", "P1M", "2026-02-28"),
        ("2028-01-31", "P1M", "2028-02-29"),
        ("2026-01-31", "P2M", "2026-03-31"),
        ("2026-12-31", "P2M", "2027-02-28"),
        ("2026-08-31", "P1M1D", "2026-10-01"),
        ("2028-02-29", "P1Y", "2029-02-28"),
        ("2028-02-29", "P4Y", "2032-02-29"),
        ("2028-02-28", "P1D", "2028-02-29"),
        ("2027-02-28", "P1D", "2027-03-01"),
        ("2026-11-15", "P14M", "2028-01-15"),
    ],
)
def test_months_are_cut_to_their_last_day(start: str, text: str, due: str) -> None:
    after = add(local(start, BERLIN), read_duration(text), BERLIN)
    assert shown(after, BERLIN)[:16] == f"{due}T00:00"


@pytest.mark.parametrize("text", ["P50Y", "PT400000H", "P18000D"])
def test_a_time_beyond_the_last_year_is_refused(text: str) -> None:
    with pytest.raises(TimeRefused, match="beyond the year 9999"):
        add(datetime(9990, 1, 1, tzinfo=UTC), read_duration(text), BERLIN)
