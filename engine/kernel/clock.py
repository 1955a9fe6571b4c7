"""Where the time comes from: one object, so that a test can hold it."""

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Protocol

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


class Clock(Protocol):
    """Tells the present instant."""

    def now(self) -> datetime:
        """The present instant, tz-aware UTC."""
        ...


class SystemClock:
    """The clock of the machine."""

    def now(self) -> datetime:
        """The present instant, tz-aware UTC."""
        return datetime.now(UTC)


def to_ms(instant: datetime) -> int:
    """Whole milliseconds since 1970-01-01T00:00Z, as the tables store instants."""
    return (instant - EPOCH) // _MILLISECOND


def from_ms(milliseconds: int) -> datetime:
    """The instant of a stored number of milliseconds, tz-aware UTC."""
    return EPOCH + timedelta(milliseconds=milliseconds)


def iso(milliseconds: int | None) -> str | None:
    """RFC 3339 text of a stored instant, in UTC with milliseconds; None stays None."""
    if milliseconds is None:
        return None
    seconds, rest = divmod(milliseconds, 1000)
    return f"{_second(seconds)}.{rest:03d}Z"


@lru_cache(4096)
def _second(seconds: int) -> str:
    """A list shows the same instants again and again."""
    return (EPOCH + timedelta(seconds=seconds)).isoformat()[:19]
