"""How a long-running command ends: by Ctrl-C or SIGTERM, at a place of its own choice."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager

ENDING = ("SIGINT", "SIGTERM", "SIGBREAK")  # not every system has all of them


@contextmanager
def on_signal(stop: Callable[[], None]) -> Iterator[None]:
    """Let the signals that end a program call `stop` instead."""
    signals = [getattr(signal, name) for name in ENDING if hasattr(signal, name)]
    before = [signal.signal(number, lambda *_: stop()) for number in signals]
    try:
        yield
    finally:
        for number, handler in zip(signals, before, strict=True):
            signal.signal(number, handler)
