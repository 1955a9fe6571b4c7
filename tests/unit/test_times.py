"""What durations, dates and cycles mean where clocks change and months end, and their caps."""

from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

import pytest

from engine.kernel import calendars
from engine.workflow.definition.times import (
    Occurrence,
    TimeRefused,
    add,
    due_at,
    endless,
    first,
    following,
    read_cycle,
    read_date,
    read_duration,
)

BERLIN, NEW_YORK = ZoneInfo("Europe/Berlin"), ZoneInfo("America/New_York")
NOW = datetime(2026, 3, 2, 6, tzinfo=UTC)


def local(text: str, zone: tzinfo) -> datetime:
    """The instant of a wall-clock time; one with an offset stands for itself."""
    given = datetime.fromisoformat(text)
    return (given if given.tzinfo else given.replace(tzinfo=zone)).astimezone(UTC)


def shown(instant: datetime, zone: tzinfo) -> str:
    """The wall clock at an instant, with its offset."""
    return instant.astimezone(zone).isoformat(timespec="minutes")


def never() -> tzinfo:
    """A zone that must not be asked for."""
    raise AssertionError("the zone costs a query")


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


# ---- cycles ----


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


# ---- working time ----


class DayShift:
    """Working time is from 6 to 14 in UTC, every day."""

    def later(self, start: datetime, duration: timedelta) -> datetime:
        """The instant when that much working time has passed."""
        begin = max(start, start.replace(hour=6, minute=0))
        if begin.hour >= 14:
            begin = begin.replace(hour=6, minute=0) + timedelta(days=1)
        days, rest = divmod(begin - begin.replace(hour=6, minute=0) + duration, timedelta(hours=8))
        if not rest and duration:
            days, rest = days - 1, timedelta(hours=8)
        return begin.replace(hour=6, minute=0) + timedelta(days=days) + rest


class Short:
    """A calendar that ends."""

    def later(self, start: datetime, duration: timedelta) -> datetime:
        """Nothing is known."""
        raise ValueError("it ends in 2026.")


@pytest.fixture(autouse=True)
def day_shift(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two calendars, for these tests."""
    monkeypatch.setattr(calendars, "_calendars", {})
    calendars.calendar("day_shift")(DayShift)
    calendars.calendar("short")(Short)


def test_calendars_are_known_by_name() -> None:
    assert calendars.names() == ("day_shift", "short")
    assert isinstance(calendars.find("day_shift"), DayShift)
    assert calendars.find("night_shift") is None


@pytest.mark.parametrize(
    ("text", "due"),
    [
        ("PT2H", "2026-03-02T08:00"),
        ("PT8H", "2026-03-02T14:00"),
        ("PT9H", "2026-03-03T07:00"),
        ("PT24H", "2026-03-04T14:00"),
        ("2026-03-02T23:00:00Z", "2026-03-02T23:00"),
    ],
)
def test_a_calendar_makes_a_duration_working_time(text: str, due: str) -> None:
    assert due_at(text, NOW, never, "day_shift") == local(due, UTC)
    kind = "duration" if text.startswith("P") else "date"
    assert first(kind, text, NOW, never, "day_shift") == Occurrence(local(due, UTC), 1, None)


@pytest.mark.parametrize("text", ["P1D", "P1W", "P1M", "P1Y", "P1DT2H"])
def test_working_time_has_no_days(text: str) -> None:
    for refuse in (
        lambda: due_at(text, NOW, never, "day_shift"),
        lambda: read_cycle(f"R3/{text}", never, "day_shift"),
        lambda: read_duration(text, "anything"),
    ):
        with pytest.raises(TimeRefused, match="counts working time; write hours, such as PT8H"):
            refuse()


def test_an_unknown_calendar_is_named() -> None:
    with pytest.raises(TimeRefused, match="There is no calendar 'night_shift'"):
        due_at("PT2H", NOW, never, "night_shift")
    with pytest.raises(TimeRefused, match="There is no calendar 'night_shift'"):
        first("cycle", "R3/PT2H", NOW, never, "night_shift")


def test_a_calendar_that_does_not_reach_so_far_says_so() -> None:
    with pytest.raises(TimeRefused, match="'short' cannot tell the time: it ends in 2026"):
        due_at("PT2H", NOW, never, "short")


def test_a_cycle_of_working_time_keeps_its_calendar_and_its_grid() -> None:
    found = first("cycle", "R4/PT5H", NOW, never, "day_shift")
    assert found.at == local("2026-03-02T11:00", UTC)
    assert found.repeat is not None
    after = following(found.repeat, found.at, found.at + timedelta(minutes=5), never, 4)
    assert after is not None
    assert after.at == local("2026-03-03T08:00", UTC)
    late = following(found.repeat, found.at, local("2026-03-09T10:30", UTC), never, 4)
    assert late is not None
    assert late.at == local("2026-03-10T07:00", UTC)
