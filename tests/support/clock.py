"""A clock that stands still until a test moves it."""

from datetime import UTC, datetime, timedelta

from engine.workflow.definition.times import read_duration

START = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)  # a Monday, seven o'clock in Berlin


class ManualClock:
    """Tells the instant it was set to; nobody waits for it."""

    def __init__(self, start: datetime = START) -> None:
        self._now = start

    def now(self) -> datetime:
        """The present instant, tz-aware UTC."""
        return self._now

    def advance(self, by: timedelta | float) -> datetime:
        """Move on by a duration, or by seconds, and answer the new instant."""
        self._now += by if isinstance(by, timedelta) else timedelta(seconds=by)
        return self._now


def elapsed(duration: str) -> float:
    """The seconds of an ISO 8601 duration, a day taken as 24 hours."""
    read = read_duration(duration)
    return timedelta(days=read.days).total_seconds() + read.elapsed.total_seconds()
