"""Time as a plant's wall shows it, and a calendar of working time."""

from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

from engine.kernel import calendars

BERLIN, NEW_YORK = ZoneInfo("Europe/Berlin"), ZoneInfo("America/New_York")


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


class DayShift:
    """Working time is from 6 to 14 in UTC, every day."""

    def later(self, start: datetime, duration: timedelta) -> datetime:
        """The instant when that much working time has passed."""
        morning = start.replace(hour=6, minute=0, second=0, microsecond=0)
        worked = min(max(start - morning, timedelta()), timedelta(hours=8)) + duration
        days, rest = divmod(worked, timedelta(hours=8))
        if not rest and worked:
            days, rest = days - 1, timedelta(hours=8)
        return morning + timedelta(days=days) + rest


class Short:
    """A calendar that ends."""

    def later(self, start: datetime, duration: timedelta) -> datetime:
        """Nothing is known."""
        raise ValueError("it ends in 2026.")


def register_calendars() -> None:
    """Let diagrams name `day_shift`, `night_shift` and `short`."""
    calendars.calendar("day_shift")(DayShift)
    calendars.calendar("night_shift")(DayShift)
    calendars.calendar("short")(Short)
