"""The states of a machine as intervals without a gap, whatever order the news comes in."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import zip_longest

FUTURE_MS = 2_000


class MachineState(StrEnum):
    """What a unit does; `unknown` is one that nobody can hear."""

    RUNNING = "running"
    IDLE = "idle"
    SETUP = "setup"
    BLOCKED = "blocked"
    STARVED = "starved"
    DOWN = "down"
    MAINTENANCE = "maintenance"
    OFF = "off"
    UNKNOWN = "unknown"


STATES = frozenset(str(state) for state in MachineState)


@dataclass(frozen=True, slots=True, order=True)
class Mark:
    """News of a state: from `at` (milliseconds UTC) on the unit was in it.

    Of two with the same instant the higher `seq` holds, then the higher `origin`: so it makes no
    difference which of them came first.
    """

    at: int
    seq: int
    origin: str
    state: str
    reason: str | None = None

    def beats(self, other: "Mark") -> bool:
        """Whether it holds instead of another one of the same instant."""
        return (self.seq, self.origin) > (other.seq, other.origin)


@dataclass(frozen=True, slots=True)
class Interval:
    """How long a unit was in one state; `ended` is None while it lasts."""

    state: str
    reason: str | None
    began: int
    ended: int | None


def present_at(at: int, now: int) -> int:
    """The instant that counts for news: one that is too far ahead is taken as of its arrival.

    A machine's clock may be wrong; what it says of now still holds now, and not later.
    """
    return now if at > now + FUTURE_MS else at


def intervals(marks: Iterable[Mark], *, start: int, end: int | None = None) -> list[Interval]:
    """The intervals between two instants: one follows the other, and neighbours differ.

    Args:
        marks: of one unit, in any order, with the last one before `start` if there is one.
        start: what began before is cut here.
        end: what goes on after is cut here; None leaves the last interval open.
    """
    merged: list[Interval] = []
    for found in _cut(marks, start, end):
        last = merged[-1] if merged else None
        if last is not None and (last.state, last.reason) == (found.state, found.reason):
            merged[-1] = Interval(last.state, last.reason, last.began, found.ended)
        else:
            merged.append(found)
    return merged


def _cut(marks: Iterable[Mark], start: int, end: int | None) -> Iterator[Interval]:
    """What lies between two instants of the stretches from one mark to the next."""
    holding: dict[int, Mark] = {}
    for mark in marks:
        other = holding.get(mark.at)
        if other is None or mark.beats(other):
            holding[mark.at] = mark
    ordered = [holding[at] for at in sorted(holding)]
    ends = [mark.at for mark in ordered[1:]]
    for mark, next_at in zip_longest(ordered, ends):
        began = max(mark.at, start)
        ended = end if next_at is None else next_at
        if ended is not None and end is not None:
            ended = min(ended, end)
        if ended is None or began < ended:
            yield Interval(mark.state, mark.reason, began, ended)
