"""The time on a box whose clock may be wrong, or be set while we run.

What a gateway tells has the time of the plant. The clock of its box counts as long as it agrees
with the plant's; if it does not, or jumps while the plant is away, time goes on steadily from
where both agreed last.
"""

import threading
import time

FOLLOWED_MS = 1_000  # a smaller step is NTP at work, or the time between two looks
WRONG_MS = 5_000


class BoxClock:
    """Milliseconds UTC, by the box's clock as far as it can be trusted."""

    def __init__(self) -> None:
        self.ahead_ms: int | None = None  # of the plant's clock; None until it was compared
        self._anchor = _wall() - _steady()
        self._lock = threading.Lock()

    def now_ms(self) -> int:
        """The present."""
        with self._lock:
            box = _wall() - _steady()
            if abs(box - self._anchor) <= FOLLOWED_MS:
                self._anchor = box
            return _steady() + self._anchor

    def compare(self, plant_ms: int, seconds: float) -> None:
        """Hear what the plant's clock showed, at some moment of the last so many seconds.

        What the way took is no fault of a clock: `ahead_ms` is the least that it can be.
        """
        with self._lock:
            steady, box = _steady(), _wall() - _steady()
            least, most = plant_ms - steady, plant_ms - steady + round(seconds * 1000)
            self.ahead_ms = box - min(max(box, least), most)
            if not self.wrong:
                self._anchor = box
            elif not least - FOLLOWED_MS <= self._anchor <= most + FOLLOWED_MS:
                self._anchor = (least + most) // 2

    @property
    def wrong(self) -> bool:
        """Whether the box's clock is too far from the plant's."""
        return self.ahead_ms is not None and abs(self.ahead_ms) > WRONG_MS


def _wall() -> int:
    return time.time_ns() // 1_000_000


def _steady() -> int:
    return time.monotonic_ns() // 1_000_000


CLOCK = BoxClock()
now_ms = CLOCK.now_ms
