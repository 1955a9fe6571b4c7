"""A machine that fails again and again is left alone for a while."""

import time

FAILURES, UNKNOWNS = 5, 3
SECONDS = 30.0
APART_SECONDS = 1.0


class Breaker:
    """Opens after five I/O failures in a row, or three commands that nobody can account for."""

    def __init__(self) -> None:
        self._failures = self._unknowns = 0
        self._until = self._failed_at = 0.0

    @property
    def open(self) -> bool:
        """Whether commands fail at once; after its time one may try again."""
        return time.monotonic() < self._until

    @property
    def seconds(self) -> float:
        """How long it stays open."""
        return max(0.0, self._until - time.monotonic())

    def failed(self) -> None:
        """A read or a write failed; what fails within a second is one failure."""
        now = time.monotonic()
        if now - self._failed_at < APART_SECONDS:
            return
        self._failed_at = now
        self._failures += 1
        if self._failures >= FAILURES:
            self._open()

    def unknown(self) -> None:
        """A command ended unknown."""
        self._unknowns += 1
        if self._unknowns >= UNKNOWNS:
            self._open()

    def answered(self) -> None:
        """The machine answered."""
        self._failures = 0

    def ended_well(self) -> None:
        """A command came to an end that is known."""
        self._failures = self._unknowns = 0

    def _open(self) -> None:
        """One more failure opens it again: it is half open when the time is over."""
        self._until = time.monotonic() + SECONDS
        self._failures, self._unknowns = FAILURES - 1, UNKNOWNS - 1
