"""When a unit stood long enough for a downtime, and what becomes of downtimes when news come late.

Nothing here knows a database. Instants are milliseconds UTC; an end of None is not over yet. Two
downtimes of one unit never overlap.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

FOREVER = 2**62


class Interval(Protocol):
    """How long a unit was in one state."""

    @property
    def state(self) -> str:
        """The state."""
        ...

    @property
    def began(self) -> int:
        """Since when."""
        ...

    @property
    def ended(self) -> int | None:
        """Until when."""
        ...


@dataclass(frozen=True, slots=True)
class Stop:
    """How long a unit stood, whatever it was called meanwhile; `state` is how it began."""

    began: int
    ended: int | None
    state: str

    @property
    def end(self) -> int:
        """Its end, or later than anything."""
        return FOREVER if self.ended is None else self.ended

    def lasts(self, now: int) -> int:
        """How long it has lasted."""
        return (now if self.ended is None else self.ended) - self.began


@dataclass(frozen=True, slots=True)
class Downtime:
    """A downtime as it is recorded.

    Args:
        explained: a person gave its reason.
        by_hand: a person drew its bounds; states do not move them, only end it.
    """

    key: bytes
    began: int
    ended: int | None
    explained: bool = False
    by_hand: bool = False

    @property
    def end(self) -> int:
        """Its end, or later than anything."""
        return FOREVER if self.ended is None else self.ended


@dataclass(frozen=True, slots=True)
class Outcome:
    """What is to be recorded.

    Args:
        opened: stops that are downtimes from now on.
        moved: downtimes with the bounds that they have from now on.
        withdrawn: downtimes that were none.
        again: the beginning of a stop that is not long enough yet, and when it will be.
    """

    opened: tuple[Stop, ...] = ()
    moved: tuple[Downtime, ...] = ()
    withdrawn: tuple[bytes, ...] = ()
    again: tuple[int, int] | None = None


def stops(intervals: Iterable[Interval], standing: frozenset[str]) -> Iterator[Stop]:
    """The stretches without a gap in which a unit stood, in order."""
    present: Stop | None = None
    for each in intervals:
        if each.state not in standing:
            if present is not None:
                yield present
            present = None
        elif present is not None and present.ended == each.began:
            present = replace(present, ended=each.ended)
        else:
            if present is not None:
                yield present
            present = Stop(each.began, each.ended, each.state)
    if present is not None:
        yield present


def reconcile(
    found: Sequence[Stop],
    recorded: Sequence[Downtime],
    *,
    threshold: int | None,
    news: int,
    now: int,
) -> Outcome:
    """What the downtimes of a unit are to become, now that its stops are known to be these.

    Args:
        found: the stops of a period, in order.
        recorded: the downtimes that overlap the period.
        threshold: how many milliseconds of standing make a downtime; None for never.
        news: since when the states may be others than at the last look.
    """
    drawn = {d: _ended(d, found, news) for d in recorded if d.by_hand}
    by_hand = sorted((d for d in drawn.values() if d is not None), key=lambda d: d.began)
    free = sorted((d for d in recorded if not d.by_hand), key=lambda d: d.began)
    opened: list[Stop] = []
    moved = [new for old, new in drawn.items() if new is not None and new != old]
    again: tuple[int, int] | None = None
    for part in _parts(found, by_hand):
        kept = _kept(part, free, threshold, now)
        free = [d for d in free if d not in kept]
        moved += [new for old, new in _divided(part, kept) if new != old]
        if kept or threshold is None:
            continue
        if part.lasts(now) >= threshold:
            opened.append(part)
        elif part.ended is None:
            again = part.began, part.began + threshold
    free += [old for old, new in drawn.items() if new is None]
    return Outcome(tuple(opened), tuple(moved), tuple(d.key for d in free), again)


def _kept(
    part: Stop, free: Sequence[Downtime], threshold: int | None, now: int
) -> Sequence[Downtime]:
    """Which downtimes stand for a stop: all with a reason, else the first if it is long enough."""
    own = [d for d in free if d.began < part.end and part.began < d.end]
    enough = threshold is None or part.lasts(now) >= threshold
    return [d for d in own if d.explained] or (own[:1] if enough else [])


def _parts(found: Sequence[Stop], by_hand: Sequence[Downtime]) -> Iterator[Stop]:
    """What of the stops nobody has drawn bounds in."""
    for stop in found:
        began = stop.began
        for drawn in by_hand:
            if drawn.began < stop.end and began < drawn.end:
                if began < drawn.began:
                    yield replace(stop, began=began, ended=drawn.began)
                began = max(began, drawn.end)
        if began < stop.end:
            yield replace(stop, began=began)


def _divided(part: Stop, kept: Sequence[Downtime]) -> Iterator[tuple[Downtime, Downtime]]:
    """The downtimes of one stop, one beginning where the one before it ends."""
    for place, each in enumerate(kept):
        last = place + 1 == len(kept)
        began = part.began if place == 0 else each.began
        yield each, replace(each, began=began, ended=part.ended if last else kept[place + 1].began)


def _ended(drawn: Downtime, found: Sequence[Stop], news: int) -> Downtime | None:
    """A downtime with bounds of a person: if it goes on, it ends with the stop that went on.

    None for one that went on, and where the unit, as is known now, did not stand any more.
    """
    if drawn.ended is not None:
        return drawn
    mine = next((s for s in found if s.end >= news and s.end > drawn.began), None)
    return None if mine is None else replace(drawn, ended=mine.ended)
