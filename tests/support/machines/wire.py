"""A wire to a port that can be cut, and on which everything can stand still."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from adapters.simulate.wire import Wire


@asynccontextmanager
async def wire(port: int) -> AsyncIterator[Wire]:
    """A wire to this port; its own is `port`."""
    made = Wire()
    await made.open(port)
    try:
        yield made
    finally:
        await made.close()
