"""What hinders a machine though it is connected: counted over connections, told in sentences."""

import time
from collections import deque
from collections.abc import Iterator

import structlog

from adapters.machines.core import Adapter, Notice
from adapters.machines.values import SKEW_ALARM_MS

RECENT_SECONDS = 600.0  # what did not grow for so long is history
# One late poll is a hiccup; polls that go on being late are a plan that is too tight.
LATE_LOOKS = 3

log: structlog.stdlib.BoundLogger = structlog.get_logger()


class Noticing:
    """The counts and warnings of one machine; a warning is logged once, when it appears."""

    def __init__(self, unit: str) -> None:
        self.current: list[Notice] = []
        self._unit = unit
        self._drops, self._late = _Count(1), _Count(LATE_LOOKS)
        self._logged: set[str] = set()

    @property
    def drops(self) -> int:
        """Values that the machine's side threw away since the gateway has this machine."""
        return self._drops.total

    @property
    def late(self) -> int:
        """Polls that were skipped since the gateway has this machine."""
        return self._late.total

    def look(self, adapter: Adapter, skew_ms: int | None) -> None:
        """See how the present connection is."""
        now = time.monotonic()
        self._drops.see(adapter.drops, now)
        self._late.see(adapter.late, now)
        self.current = [*adapter.warnings, *self._counted(now), *_clock(skew_ms)]
        kinds = {notice.kind for notice in self.current}
        for notice in self.current:
            if notice.kind not in self._logged:
                log.warning("machine_warned", unit=self._unit, kind=notice.kind, text=notice.text)
        for kind in self._logged - kinds:
            log.info("machine_warning_over", unit=self._unit, kind=kind)
        self._logged = kinds

    def over(self, adapter: Adapter) -> None:
        """The connection is over: its counts stay, and why it is lost goes before its warnings."""
        now = time.monotonic()
        for count, number in ((self._drops, adapter.drops), (self._late, adapter.late)):
            count.see(number, now)
            count.keep()
        self.current = []

    def _counted(self, now: float) -> Iterator[Notice]:
        if self._drops.grows(now):
            number = self._drops.total
            yield Notice(
                "drops",
                f"Values were thrown away before they could be fetched ({number} so far); look at "
                "the load of the machine's server and of the network, or give fast tags a slower "
                "group",
                {"number": number},
            )
        if self._late.grows(now):
            number = self._late.total
            yield Notice(
                "late",
                f"The machine answers more slowly than it is asked ({number} polls left out so "
                "far); give its tags a slower group, or look at the line to it",
                {"number": number},
            )


class _Count:
    """A number that begins anew with every connection, added up.

    Args:
        needed: at how many looks it has to have grown lately before anybody is told.
    """

    def __init__(self, needed: int) -> None:
        self._kept = self._present = 0
        self._grown: deque[float] = deque(maxlen=needed)
        self._needed = needed

    @property
    def total(self) -> int:
        return self._kept + self._present

    def see(self, number: int, now: float) -> None:
        if number > self._present:
            self._grown.append(now)
        self._present = number

    def keep(self) -> None:
        self._kept, self._present = self.total, 0

    def grows(self, now: float) -> bool:
        full = len(self._grown) == self._needed
        return full and now - self._grown[0] <= RECENT_SECONDS


def _clock(skew_ms: int | None) -> Iterator[Notice]:
    if skew_ms is None or abs(skew_ms) <= SKEW_ALARM_MS:
        return
    seconds = round(abs(skew_ms) / 1000)
    way = "ahead of" if skew_ms > 0 else "behind"
    yield Notice(
        "clock",
        f"The machine's clock is {seconds} s {way} the gateway's, whose time counts instead; set "
        "the clock that is wrong, and let NTP keep both",
        {"seconds": seconds, "ahead": int(skew_ms > 0)},
    )
