"""Which working calendars a diagram may name: a name for an object that knows working time.

A package registers its calendars when `engine.registry` imports it; the workflow package knows
only this registry. `mes:calendar` on a timer event or a task makes its durations working time.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Protocol, TypeVar


class WorkingTime(Protocol):
    """When is worked, as far as adding to an instant needs it."""

    def later(self, start: datetime, duration: timedelta) -> datetime:
        """The instant when that much working time has passed since `start`, both tz-aware.

        Not before `start`; twice the duration is the same as the duration twice, one after the
        other, so that the rounds of a cycle do not drift.

        Raises:
            ValueError: a sentence, if the calendar does not reach that far.
        """
        ...


_calendars: dict[str, WorkingTime] = {}
C = TypeVar("C", bound=WorkingTime)


def calendar(name: str) -> Callable[[type[C]], type[C]]:
    """Register a class, made without arguments, under the name that diagrams use."""

    def register(target: type[C]) -> type[C]:
        _calendars[name] = target()
        return target

    return register


def find(name: str) -> WorkingTime | None:
    """The calendar of that name, or None."""
    return _calendars.get(name)


def names() -> tuple[str, ...]:
    """Every name a diagram may use, sorted."""
    return tuple(sorted(_calendars))
