"""Laws of time that hold for every duration, cycle and zone."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from engine.workflow.definition.times import (
    Duration,
    Occurrence,
    add,
    due_at,
    first,
    following,
    read_duration,
)

ZONES = st.sampled_from(
    ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe",
     "Africa/Casablanca", "America/Santiago", "Pacific/Chatham"]
).map(ZoneInfo)  # fmt: skip
SOME_DAY = datetime(2000, 1, 1, tzinfo=UTC)
INSTANTS = st.timedeltas(timedelta(), timedelta(days=80 * 365)).map(lambda since: SOME_DAY + since)


@st.composite
def written(draw: st.DrawFn, *, least: int = 0) -> tuple[str, Duration]:
    """A duration as text, and what it says."""
    years, months, weeks, days = (draw(st.integers(0, n)) for n in (3, 20, 5, 40))
    hours, minutes = draw(st.integers(0, 50)), draw(st.integers(0, 90))
    milliseconds = draw(st.integers(least, 90_000))
    text = f"P{years}Y{months}M{weeks}W{days}DT{hours}H{minutes}M{milliseconds / 1000:.3f}S"
    elapsed = timedelta(hours=hours, minutes=minutes, milliseconds=milliseconds)
    return text, Duration(years * 12 + months, weeks * 7 + days, elapsed)


@given(written())
def test_a_duration_reads_as_written(given: tuple[str, Duration]) -> None:
    text, meant = given
    assert read_duration(text) == meant


@given(INSTANTS, INSTANTS, written(), ZONES)
def test_who_is_set_later_is_due_no_earlier(
    one: datetime, other: datetime, given: tuple[str, Duration], zone: ZoneInfo
) -> None:
    """But for the hour that comes twice, where a day later is the same time of day."""
    text, meant = given
    early, late = sorted((one, other))
    fold = timedelta(hours=1) if meant.months or meant.days else timedelta()
    assert due_at(text, early, zone) <= due_at(text, late, zone) + fold
    assert due_at(text, early, zone) >= early


@given(INSTANTS, st.integers(0, 20), st.integers(0, 400), ZONES)
def test_days_keep_the_wall_clock(now: datetime, months: int, days: int, zone: ZoneInfo) -> None:
    """Unless that time is skipped on the day; then the instant is as if it were not."""
    after = add(now, Duration(months, days, timedelta()), zone)
    if not (months or days):
        assert after == now
        return
    wall, was = after.astimezone(zone), now.astimezone(zone)
    skipped = wall.replace(tzinfo=None) - wall.replace(
        tzinfo=None, hour=was.hour, minute=was.minute
    )
    assert wall.time() == was.time() or timedelta() < skipped <= timedelta(hours=1)
    assert wall.fold == 0


@given(INSTANTS, st.timedeltas(timedelta(), timedelta(days=900)), ZONES)
def test_what_passes_does_not_mind_the_wall_clock(
    now: datetime, elapsed: timedelta, zone: ZoneInfo
) -> None:
    assert add(now, Duration(0, 0, elapsed), zone) == now + elapsed


@given(
    INSTANTS,
    written(least=1_000),
    st.lists(st.timedeltas(timedelta(), timedelta(days=500)), max_size=6),
    ZONES,
)
def test_rounds_rise_stay_on_the_grid_and_skip_nothing_to_come(
    now: datetime, given: tuple[str, Duration], delays: list[timedelta], zone: ZoneInfo
) -> None:
    text, period = given
    origin = now.replace(microsecond=now.microsecond // 1000 * 1000)
    grid = [add(origin, period * number, zone) for number in range(1, 8)]
    one: Occurrence | None = first("cycle", f"R/{text}", now, zone)
    for delay in delays:
        assert one is not None
        assert one.repeat is not None
        happened = one.at + delay
        after = following(one.repeat, one.at, happened, zone, one.remaining)
        assert after is not None
        assert after.at > happened
        if after.at <= grid[-1]:
            assert after.at == next(at for at in grid if at > happened)
        one = after


@given(INSTANTS, INSTANTS, st.integers(1, 100_000), ZONES)
def test_a_round_after_a_passed_start_is_a_whole_number_of_periods_from_it(
    start: datetime, now: datetime, seconds: int, zone: ZoneInfo
) -> None:
    start, now = (x.replace(microsecond=0) for x in (start, now))
    found = first("cycle", f"R9/{start.isoformat()}/PT{seconds}S", now, zone)
    away, rest = divmod(found.at - start, timedelta(seconds=seconds))
    assert (rest, found.remaining) == (timedelta(), 9)
    assert away == 0 or now <= found.at < now + timedelta(seconds=seconds)
