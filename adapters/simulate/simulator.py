"""What every simulated machine has: time, memory, a wire, and faults that can be asked for."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Self

from adapters.simulate.handshake import Code, Echo, Handshake, Memory
from adapters.simulate.wire import HOST, Wire

STEP_SECONDS = 0.05
IDLE, RUNNING, SETUP, DOWN = range(4)

Fault = Callable[..., Awaitable[None]]


class UnknownFault(LookupError):
    """No machine has such a fault; the message names those that there are."""


@dataclass
class Wrong:
    """What is wrong with a machine at present; times are seconds of `time.monotonic`."""

    busy_until: float = 0.0
    nan_until: float = 0.0
    bad_until: float = 0.0
    skew_seconds: float = 0.0
    refuse_next: bool = False
    fail_next: bool = False
    repeat_cycle: bool = False
    die_after: float | None = None


class Simulator:
    """A machine on loopback, reproducible by its seed.

    Args:
        seed: of everything that varies.
        speed: how much faster than a real one it works.
        memory: the file of its retentive memory.
        produce: whether it makes parts without being told to.
    """

    scheme: ClassVar[str] = "tcp"
    path: ClassVar[str] = ""

    def __init__(
        self,
        *,
        seed: int = 1,
        speed: float = 1.0,
        memory: Path | None = None,
        produce: bool = False,
    ) -> None:
        self.random = random.Random(seed)
        self.speed = speed
        self.produce = produce
        self.memory = Memory(memory)
        self.handshake = Handshake(self.memory)
        self.wrong = Wrong()
        self.wire = Wire()
        self.state = IDLE
        self.breakdown = 0  # its code, 0 if none
        self.repaired_at = 0.0
        self.clock = 0.0  # seconds that the machine has lived
        self._tasks: set[asyncio.Task[None]] = set()

    # What each machine does

    async def serve(self) -> int:
        """Start the protocol's server on any port; the port."""
        raise AssertionError("a machine serves")

    async def unserve(self) -> None:
        """Stop the protocol's server."""

    def step(self, seconds: float) -> None:
        """Let so much time of the machine pass."""

    async def show(self) -> None:
        """Let the values be seen."""

    # Life

    @property
    def url(self) -> str:
        """Where the gateway finds it."""
        return f"{self.scheme}://{HOST}:{self.wire.port}{self.path}"

    async def start(self, port: int = 0) -> None:
        """Boot, and be reachable."""
        self.memory.boot()
        await self.wire.open(await self.serve(), port)
        self._spawn(self._live())

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def stop(self) -> None:
        """Switch it off."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.wire.close()
        await self.unserve()

    def _spawn(self, work: Awaitable[None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _live(self) -> None:
        clock = asyncio.get_running_loop().time
        last = clock()
        while True:
            await asyncio.sleep(STEP_SECONDS)
            now = clock()
            self.advance((now - last) * self.speed)
            last = now
            await self.show()

    def advance(self, seconds: float) -> None:
        """Let time pass; a breakdown ends by itself."""
        self.clock += seconds
        if self.breakdown and time.monotonic() >= self.repaired_at:
            self.breakdown, self.state = 0, IDLE
        self.step(seconds)

    # Commands

    def refusal(self) -> Code:
        """Why a command cannot be taken now, `NONE` if it can."""
        if self.wrong.refuse_next:
            self.wrong.refuse_next = False
            return Code.ON_REQUEST
        return Code.NONE if self.state == IDLE else Code.NOT_READY

    def taken(self) -> None:
        """A command has been carried out so far that it would not come twice; now one can die."""
        if self.wrong.die_after is not None:
            seconds, self.wrong.die_after = self.wrong.die_after, None
            self._spawn(self.wire.off(seconds))

    def finished(self) -> None:
        """The command has come to its end, or fails there if that was asked for."""
        if self.wrong.fail_next:
            self.wrong.fail_next = False
            self.handshake.tell(Echo.FAILED, Code.ON_REQUEST)
        else:
            self.handshake.tell(Echo.DONE)

    def count(self, good: bool) -> None:
        """One part more, and one cycle, unless the same number was asked for again."""
        data = self.memory.data
        if good:
            data.good = (data.good + 1) % 2**32
        else:
            data.scrap = (data.scrap + 1) % 2**32
        if self.wrong.repeat_cycle:
            self.wrong.repeat_cycle = False
        else:
            data.cycle = (data.cycle + 1) % 2**32
        self.memory.keep()

    # Faults

    async def fault(self, name: str, **arguments: float) -> None:
        """Let something go wrong.

        Raises:
            UnknownFault: if there is none of this name.
            TypeError: if it takes other arguments.
        """
        known = self.faults()
        if name not in known:
            raise UnknownFault(f"{name} is no fault; there are {', '.join(sorted(known))}")
        await known[name](**arguments)

    def faults(self) -> dict[str, Fault]:
        """The faults of this machine by name."""
        prefix = "fault_"
        return {
            name.removeprefix(prefix): getattr(self, name)
            for name in dir(self)
            if name.startswith(prefix)
        }

    async def fault_freeze(self, seconds: float = 10.0) -> None:
        """Stand still: connections stay open, nothing is answered, and it goes on later."""
        self.wire.freeze()
        self._spawn(self._later(seconds, self.wire.thaw))

    async def fault_late(self, seconds: float = 1.5, lasting: float = 10.0) -> None:
        """Answer late."""
        self.wire.late = seconds
        self._spawn(self._later(lasting, self._punctual))

    def _punctual(self) -> None:
        self.wire.late = 0.0

    async def fault_half(self, seconds: float = 10.0) -> None:
        """Send half of the next answer, then nothing."""
        self.wire.half = True
        self._spawn(self._later(seconds, self.wire.thaw))

    async def fault_drop(self) -> None:
        """Reset all connections."""
        self.wire.cut()

    async def fault_off(self, seconds: float = 5.0) -> None:
        """Be without power for the network for a while."""
        self._spawn(self.wire.off(seconds))

    async def fault_die(self, seconds: float = 2.0) -> None:
        """Carry out the next command, and be gone before the answer."""
        self.wrong.die_after = seconds

    async def fault_refuse(self) -> None:
        """Refuse the next command."""
        self.wrong.refuse_next = True

    async def fault_fail(self) -> None:
        """Let the next command, or the present one, fail at its end."""
        self.wrong.fail_next = True

    async def fault_breakdown(self, code: float = 7, seconds: float = 30.0) -> None:
        """Break down, with an alarm, and be repaired later."""
        if self.handshake.busy:
            self.handshake.tell(Echo.FAILED, Code.BREAKDOWN)
        self.breakdown, self.state = int(code), DOWN
        self.repaired_at = time.monotonic() + seconds

    async def fault_nan(self, seconds: float = 5.0) -> None:
        """Send no number where there is a measurement."""
        self.wrong.nan_until = time.monotonic() + seconds

    async def fault_reset(self) -> None:
        """Set all counters to zero, as people do."""
        self.memory.data.good = self.memory.data.scrap = 0

    async def fault_rollover(self) -> None:
        """Put the counter of good parts just before its end."""
        self.memory.data.good = 2**32 - 2

    async def fault_jump(self, parts: float = 100_000) -> None:
        """Let the counter of good parts jump."""
        self.memory.data.good = (self.memory.data.good + int(parts)) % 2**32

    async def fault_repeat(self) -> None:
        """Show the next cycle under the number of the one before."""
        self.wrong.repeat_cycle = True

    async def fault_none(self) -> None:
        """Let everything be well again."""
        self.wrong = Wrong()
        self.wire.late, self.wire.half = 0.0, False
        self.wire.thaw()
        self.repaired_at = 0.0

    async def _later(self, seconds: float, act: Callable[[], None]) -> None:
        with suppress(asyncio.CancelledError):
            await asyncio.sleep(seconds)
        act()

    @property
    def sends_nan(self) -> bool:
        """Whether measurements are no numbers at present."""
        return time.monotonic() < self.wrong.nan_until
