"""ISO 8601 durations, dates and cycles, with caps: what a timer or a due time may say."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

import isodate

MAX_YEARS = 50
MAX_REPEATS = 1_000
MIN_PERIOD = timedelta(seconds=1)
_CYCLE = re.compile(r"R(\d*)/(.+)", re.ASCII)


class TimeRefused(ValueError):
    """A text that is no time, or one beyond the caps."""


@dataclass(frozen=True, slots=True)
class Cycle:
    """`R3/PT10M`: how often (None is without end) and the period between."""

    repeats: int | None
    period: isodate.Duration | timedelta
    start: datetime | None = None


def read_duration(text: str) -> isodate.Duration | timedelta:
    """A duration such as `PT2H`, `P1DT12H` or `P6M`, not negative, at most 50 years.

    Raises:
        TimeRefused: naming the text and what to write.

    Source: ISO 8601-1:2019 section 5.5.2.
    """
    try:
        duration = isodate.parse_duration(text.strip())
        reach = EPOCH + duration
    except (ValueError, OverflowError, TypeError):
        raise TimeRefused(
            f"{text!r} is no duration; write ISO 8601, such as PT2H or P1D."
        ) from None
    if reach < EPOCH or reach.year - EPOCH.year > MAX_YEARS:
        raise TimeRefused(f"The duration {text!r} is not between 0 and {MAX_YEARS} years.")
    return duration


def read_date(text: str, zone: tzinfo = UTC) -> datetime:
    """A date and time; without an offset it is the plant's local time. The answer is in UTC.

    Raises:
        TimeRefused: naming the text and what to write.
    """
    try:
        given = datetime.fromisoformat(text.strip())
        if given.tzinfo is None:
            given = given.replace(tzinfo=zone)
        return given.astimezone(UTC)
    except (ValueError, OverflowError):
        raise TimeRefused(
            f"{text!r} is no date and time; write ISO 8601, such as 2030-01-31T06:00:00Z."
        ) from None


def read_cycle(text: str, zone: tzinfo = UTC) -> Cycle:
    """A repeating interval such as `R3/PT10M` or `R/2030-01-01T06:00:00Z/P1D`.

    Raises:
        TimeRefused: naming the text and what to write; also for more than 1,000 repeats or a
            period under one second.

    Source: ISO 8601-1:2019 section 5.6.
    """
    match = _CYCLE.fullmatch(text.strip())
    if match is None:
        raise TimeRefused(f"{text!r} is no cycle; write ISO 8601, such as R3/PT10M.")
    count, rest = match.groups()
    first, _, last = rest.rpartition("/")
    period = read_duration(last)
    if EPOCH + period < EPOCH + MIN_PERIOD:
        raise TimeRefused(f"The period of {text!r} is under one second.")
    repeats = int(count) if count and len(count) < 6 else (MAX_REPEATS + 1 if count else None)
    if repeats is not None and not 0 < repeats <= MAX_REPEATS:
        raise TimeRefused(f"The cycle {text!r} does not repeat 1 to {MAX_REPEATS} times.")
    return Cycle(repeats, period, read_date(first, zone) if first else None)


def due_at(text: str, now: datetime, zone: tzinfo = UTC) -> datetime:
    """The instant a due time means: a duration counts from `now`, a date stands for itself.

    Raises:
        TimeRefused: if the text is neither.
    """
    if text.strip().upper().startswith("P"):
        return add(now, read_duration(text))
    return read_date(text, zone)


def add(now: datetime, duration: isodate.Duration | timedelta) -> datetime:
    """The instant a duration after another one; months and years by the calendar.

    Raises:
        TimeRefused: beyond the year 9999.
    """
    try:
        later: datetime = now + duration
    except (OverflowError, ValueError):
        raise TimeRefused("The time lies beyond the year 9999.") from None
    return later


EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
