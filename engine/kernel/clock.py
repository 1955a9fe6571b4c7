"""Where the time comes from: one object, so that a test can hold it."""

from datetime import UTC, datetime, timedelta
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
    return from_ms(milliseconds).isoformat(timespec="milliseconds").replace("+00:00", "Z")
