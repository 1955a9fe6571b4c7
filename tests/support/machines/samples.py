"""What came from a machine, and waiting for it."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, TypeVar

from adapters.machines.core import Adapter, Lost, Sample

SECONDS = 10.0
T = TypeVar("T")


def run(coroutine: Coroutine[Any, Any, T], seconds: float = 30.0) -> T:
    """Run to the end, on a loop of its own, within reason."""
    return asyncio.run(asyncio.wait_for(coroutine, seconds))


def is_lost(adapter: Adapter) -> bool:
    """Whether a connection knows that it is of no use any more."""
    try:
        adapter.alive()
    except Lost:
        return True
    return False


class Samples:
    """A sink that remembers."""

    def __init__(self) -> None:
        self.all: list[Sample] = []
        self._came = asyncio.Event()

    def __call__(self, samples: Sequence[Sample]) -> None:
        self.all += samples
        self._came.set()

    def of(self, tag: str) -> list[Sample]:
        return [sample for sample in self.all if sample.tag == tag]

    def values(self, tag: str) -> list[object]:
        return [sample.value for sample in self.of(tag)]

    def clear(self) -> None:
        self.all.clear()

    async def until(self, condition: Callable[["Samples"], bool], seconds: float = SECONDS) -> None:
        """Return once the samples satisfy the condition; fail if they never do."""
        async with asyncio.timeout(seconds):
            while not condition(self):
                self._came.clear()
                await self._came.wait()


async def until(condition: Callable[[], bool], seconds: float = SECONDS) -> None:
    """Return once the condition holds, which nobody tells us."""
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.002)
