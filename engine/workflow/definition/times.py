"""ISO 8601 durations, dates and cycles, with caps: what a timer or a due time may say.

Years, months, weeks and days are counted on the plant's wall clock, hours, minutes and seconds are
time that passes: where the clocks change, `P1D` is the same time of day and `PT24H` is 24 hours.
A wall-clock time that is skipped is the instant it would have been, had the clocks not changed; of
one that comes twice the first is meant.
"""

import re
from calendar import monthrange
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from decimal import Decimal
from functools import lru_cache

from engine.kernel import calendars

MAX_YEARS = 50
MAX_REPEATS = 1_000
MAX_LENGTH = 100
KEPT = 1_024
MIN_PERIOD = timedelta(seconds=1)
EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_CYCLE = re.compile(r"R(\d*)/(.+)", re.ASCII)
_DURATION = re.compile(
    r"P(?=.)(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?"
    r"(?:T(?=.)(?:(\d+(?:[.,]\d+)?)H)?(?:(\d+(?:[.,]\d+)?)M)?(?:(\d+(?:[.,]\d+)?)S)?)?",
    re.ASCII,
)
_FRACTION_INSIDE = re.compile(r"[.,]\d+[HM]\d")

Zone = tzinfo | Callable[[], tzinfo]


class TimeRefused(ValueError):
    """A text that is no time, or one beyond the caps."""


@dataclass(frozen=True, slots=True)
class Duration:
    """Months and days of the wall clock, then time that passes."""

    months: int
    days: int
    elapsed: timedelta

    def __mul__(self, times: int) -> "Duration":
        return Duration(self.months * times, self.days * times, self.elapsed * times)


@dataclass(frozen=True, slots=True)
class Cycle:
    """`R3/PT10M`: how often (None is without end), the period between, and from when."""

    repeats: int | None
    period: Duration
    start: datetime | None = None


@dataclass(frozen=True, slots=True)
class Occurrence:
    """When a timer is due, in UTC, and how often in all from then on (None is without end).

    `repeat` is the cycle with the instant that its rounds are counted from, and its calendar;
    None for what happens once.
    """

    at: datetime
    remaining: int | None
    repeat: str | None


def read_duration(text: str, calendar: str | None = None) -> Duration:
    """A duration such as `PT2H`, `P1DT12H` or `P6M`, not negative, at most 50 years.

    Whole numbers, but for the last of hours, minutes and seconds; exact to a millisecond. With a
    calendar only hours, minutes and seconds, as its days differ.

    Raises:
        TimeRefused: naming the text and what to write.

    Source: ISO 8601-1:2019 section 5.5.2.
    """
    duration = _duration(text.strip())
    if calendar is not None and (duration.months or duration.days):
        raise TimeRefused(
            f"{_shown(text)} has days or longer, but the calendar {calendar!r} counts working "
            "time; write hours, such as PT8H."
        )
    return duration


@lru_cache(KEPT)
def _duration(text: str) -> Duration:
    """The texts of a plant's diagrams come again with every token."""
    match = _DURATION.fullmatch(text) if len(text) <= MAX_LENGTH else None
    if match is None or _FRACTION_INSIDE.search(text):
        raise TimeRefused(f"{_shown(text)} is no duration; write ISO 8601, such as PT2H or P1D.")
    years, months, weeks, days = (int(part or 0) for part in match.groups()[:4])
    hours, minutes, seconds = (
        Decimal((part or "0").replace(",", ".")) for part in match.groups()[4:]
    )
    try:
        elapsed = timedelta(milliseconds=int((hours * 60 + minutes) * 60_000 + seconds * 1_000))
        duration = Duration(years * 12 + months, weeks * 7 + days, elapsed)
        too_long = add(EPOCH, duration) > EPOCH.replace(year=EPOCH.year + MAX_YEARS)
    except (OverflowError, TimeRefused):
        too_long = True
    if too_long:
        raise TimeRefused(f"The duration {_shown(text)} is longer than {MAX_YEARS} years.")
    return duration


def read_date(text: str, zone: Zone = UTC) -> datetime:
    """A date and time; without an offset it is the plant's local time. The answer is in UTC.

    Raises:
        TimeRefused: naming the text and what to write.
    """
    try:
        given = datetime.fromisoformat(text.strip())
        if given.tzinfo is None:
            given = given.replace(tzinfo=_known(zone))
        return given.astimezone(UTC)
    except (ValueError, OverflowError):
        raise TimeRefused(
            f"{_shown(text)} is no date and time; write ISO 8601, such as 2030-01-31T06:00:00Z."
        ) from None


def read_cycle(text: str, zone: Zone = UTC, calendar: str | None = None) -> Cycle:
    """A repeating interval such as `R3/PT10M` or `R/2030-01-01T06:00:00Z/P1D`.

    Raises:
        TimeRefused: naming the text and what to write; also for more than 1,000 repeats or a
            period under one second.

    Source: ISO 8601-1:2019 section 5.6; of its forms those with a period at the end.
    """
    match = _CYCLE.fullmatch(text.strip())
    if match is None:
        raise TimeRefused(f"{_shown(text)} is no cycle; write ISO 8601, such as R3/PT10M.")
    count, rest = match.groups()
    start, _, last = rest.rpartition("/")
    if start and not last.startswith("P"):
        raise TimeRefused(
            f"The cycle {_shown(text)} does not end with its period; write a start and a period, "
            "such as R3/2030-01-01T06:00:00Z/PT1H."
        )
    period = read_duration(last, calendar)
    if add(EPOCH, period) < EPOCH + MIN_PERIOD:
        raise TimeRefused(f"The period of {_shown(text)} is under one second.")
    repeats = int(count) if count and len(count) < 6 else (MAX_REPEATS + 1 if count else None)
    if repeats is not None and not 0 < repeats <= MAX_REPEATS:
        raise TimeRefused(f"The cycle {_shown(text)} does not repeat 1 to {MAX_REPEATS} times.")
    return Cycle(repeats, period, read_date(start, zone) if start else None)


def due_at(text: str, now: datetime, zone: Zone = UTC, calendar: str | None = None) -> datetime:
    """The instant a due time means: a duration counts from `now`, a date stands for itself.

    Raises:
        TimeRefused: if the text is neither.
    """
    if text.strip().upper().startswith("P"):
        return add(now, read_duration(text, calendar), zone, calendar)
    return read_date(text, zone)


def add(
    now: datetime, duration: Duration, zone: Zone = UTC, calendar: str | None = None
) -> datetime:
    """The instant a duration after another one, in UTC; with a calendar, of working time.

    Months first, cut to the last day of the month, then days, then what passes. The zone is asked
    for only if the duration has months or days.

    Raises:
        TimeRefused: beyond the year 9999, or if the calendar is unknown or does not reach so far.
    """
    try:
        begin = now.astimezone(UTC)
        if calendar is not None:
            return _worked(begin, duration.elapsed, calendar)
        if duration.months or duration.days:
            begin = _by_the_wall(begin, duration, _known(zone))
        return begin + duration.elapsed
    except (OverflowError, ValueError) as failed:
        if isinstance(failed, TimeRefused):
            raise
        raise TimeRefused("The time lies beyond the year 9999.") from None


def first(
    kind: str, text: str, now: datetime, zone: Zone, calendar: str | None = None
) -> Occurrence:
    """When a timer of kind `duration`, `date` or `cycle` is due first, if it is set `now`.

    A cycle without a start is due one period from now; one whose start has passed, at its next
    round, and it counts from there.

    Raises:
        TimeRefused: if the text is no such time.
    """
    if kind == "date":
        return Occurrence(read_date(text, zone), 1, None)
    if kind == "duration":
        return Occurrence(add(now, read_duration(text, calendar), zone, calendar), 1, None)
    cycle = read_cycle(text, zone, calendar)
    origin = _whole_ms(cycle.start or now)
    if cycle.start is not None and origin >= _whole_ms(now):
        at = origin
    else:
        at = _round_after(origin, cycle, now - _MILLISECOND, zone, calendar)
    return Occurrence(at, cycle.repeats, _pinned(text, origin, calendar))


def following(
    repeat: str,
    at: datetime,
    now: datetime,
    zone: Zone,
    remaining: int | None,
    calendar: str | None = None,
) -> Occurrence | None:
    """The next round of a cycle after the one that was due `at` and happened `now`; None if over.

    It is the first one after `now` on the grid of the cycle: rounds neither drift nor are made up
    for. `remaining` counts the one that happened.

    Raises:
        TimeRefused: if the next round cannot be told.
    """
    if remaining is not None and remaining <= 1:
        return None
    text, _, kept = repeat.partition(";")
    calendar = kept or calendar
    cycle = read_cycle(text, zone, calendar)
    origin = _whole_ms(cycle.start or at)
    after = _round_after(origin, cycle, max(at, now), zone, calendar)
    left = None if remaining is None else remaining - 1
    return Occurrence(after, left, _pinned(text, origin, calendar))


def endless(repeat: str) -> bool:
    """Whether a cycle has no count."""
    return repeat.lstrip().startswith("R/")


_MILLISECOND = timedelta(milliseconds=1)


def _round_after(
    origin: datetime, cycle: Cycle, moment: datetime, zone: Zone, calendar: str | None
) -> datetime:
    """The first round after a moment. Each is told from the origin, so that the 31st comes back
    after a short month; found by doubling and halving, as a plant may be off for years."""

    def due(number: int) -> datetime:
        return _whole_ms(add(origin, _times(cycle.period, number), zone, calendar))

    def is_past(number: int) -> bool:
        try:
            return due(number) <= moment
        except TimeRefused:
            return False

    low, high = 0, 1
    while is_past(high):
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if is_past(middle) else (low, middle)
    return due(high)


def _times(period: Duration, number: int) -> Duration:
    try:
        return period * number
    except OverflowError:
        raise TimeRefused("The time lies beyond the year 9999.") from None


def _by_the_wall(instant: datetime, duration: Duration, zone: tzinfo) -> datetime:
    wall = instant.astimezone(zone).replace(tzinfo=None, fold=0)
    year, month = divmod(wall.year * 12 + wall.month - 1 + duration.months, 12)
    day = min(wall.day, monthrange(year, month + 1)[1])
    wall = wall.replace(year=year, month=month + 1, day=day) + timedelta(days=duration.days)
    return wall.replace(tzinfo=zone).astimezone(UTC)


def _worked(start: datetime, duration: timedelta, name: str) -> datetime:
    calendar = calendars.find(name)
    if calendar is None:
        raise TimeRefused(f"There is no calendar {name!r}.")
    try:
        return calendar.later(start, duration).astimezone(UTC)
    except (OverflowError, ValueError) as failed:
        raise TimeRefused(f"The calendar {name!r} cannot tell the time: {failed}") from None


def _pinned(text: str, origin: datetime, calendar: str | None) -> str:
    """A cycle's text with the instant its rounds are counted from, and its calendar."""
    count, *_, period = text.strip().split("/")
    told = f"{count}/{origin.isoformat(timespec='milliseconds')}/{period}"
    return f"{told};{calendar}" if calendar else told


def _whole_ms(instant: datetime) -> datetime:
    """Cut to what the tables store, so that a round is never after the instant it was stored as."""
    return instant.replace(microsecond=instant.microsecond // 1_000 * 1_000).astimezone(UTC)


def _known(zone: Zone) -> tzinfo:
    return zone if isinstance(zone, tzinfo) else zone()


def _shown(text: str) -> str:
    return repr(text if len(text) <= MAX_LENGTH else text[:MAX_LENGTH] + "…")
