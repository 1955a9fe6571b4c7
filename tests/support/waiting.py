"""Waiting for what nobody tells us: the state of a queue, or of another server."""

import threading
import time
from collections.abc import Callable

SECONDS = 10.0


def until(condition: Callable[[], bool], seconds: float = SECONDS) -> None:
    """Return once the condition holds; fail if it never does."""
    last = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < last, "waited in vain"
        threading.Event().wait(0.001)
