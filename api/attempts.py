"""How often somebody at one address may guess: failures of the last minute, in this process."""

import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

from engine.kernel.errors import TooMany

FAILURES = 30
SECONDS = 60.0
MAX_ADDRESSES = 10_000


class Attempts:
    """Counts what failed, by address; what succeeds is not counted, however many people share one.

    An attempt that is under way counts as failed, so that many at once cannot outrun the limit.
    """

    def __init__(self) -> None:
        self._failed: dict[str, deque[float]] = {}
        self._lock = threading.Lock()

    @contextmanager
    def by(self, address: str | None) -> Iterator[None]:
        """One attempt, which failed if it raises.

        Raises:
            TooMany: if there were too many within a minute.
        """
        key = address or "?"
        began = self._begin(key)
        yield
        with self._lock:
            if began in self._failed.get(key, ()):
                self._failed[key].remove(began)

    def _begin(self, key: str) -> float:
        now = time.monotonic()
        with self._lock:
            if len(self._failed) >= MAX_ADDRESSES:
                self._failed.clear()
            failed = self._failed.setdefault(key, deque())
            while failed and failed[0] <= now - SECONDS:
                failed.popleft()
            if len(failed) >= FAILURES:
                raise TooMany("Too many attempts failed from this address; wait a minute.")
            failed.append(now)
        return now
