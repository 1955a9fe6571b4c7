"""Reading from a machine for a command: what fails is counted, when it was heard of is known."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

import structlog

from adapters.machines.commands.breaker import Breaker
from adapters.machines.commands.record import Dropped, Ended, Outcome, Record, Step
from adapters.machines.commands.ways import Seen, Way
from adapters.machines.core import Adapter
from adapters.machines.supervisor import Supervisor

READ_SECONDS = 5.0  # adapters give up earlier, by themselves
PAUSE = 0.1

log: structlog.stdlib.BoundLogger = structlog.get_logger()
T = TypeVar("T")


class Contact:
    """One machine, asked for one command; instants are those of `time.monotonic`.

    `heard` is when it answered last, `back` when it did so for the first time after a silence.
    """

    def __init__(self, record: Record, machine: Supervisor, breaker: Breaker) -> None:
        self.record, self.machine, self.breaker = record, machine, breaker
        self.plan = machine.plan
        self.heard = self.back = time.monotonic()
        self._missed = False

    @property
    def silence(self) -> float:
        """Seconds since it answered last."""
        return time.monotonic() - self.heard

    @property
    def reason(self) -> str:
        """Why it cannot be reached."""
        return self.machine.error or "it is not connected"

    async def ask(self, timeout: float, question: Callable[[Adapter], Awaitable[T]]) -> T:
        """The answer to a question that changes nothing, as soon as the machine gives one.

        Raises:
            Ended: offline, if that takes too long.
            Dropped: if the job goes to others meanwhile.
        """
        deadline = time.monotonic() + timeout
        reason = self.reason
        while True:
            self.still_ours()
            adapter = self.machine.adapter
            if adapter is None:
                reason = self.reason
            else:
                try:
                    async with asyncio.timeout(READ_SECONDS):
                        answer = await question(adapter)
                except Ended:
                    raise
                except Exception as error:
                    reason = self._failed(error)
                else:
                    self._answered()
                    return answer
            if time.monotonic() >= deadline:
                told = f"{self.record.unit} cannot be reached, nothing was sent: {reason}."
                raise Ended(Outcome.OFFLINE, told)
            await asyncio.sleep(PAUSE)

    async def look(self, how: Way) -> Seen | None:
        """What it shows of the command; None if it cannot be asked now."""
        adapter = self.machine.adapter
        if adapter is None:
            self._missed = True
            return None
        try:
            async with asyncio.timeout(READ_SECONDS):
                seen = await how.look(adapter, self.record.number)
        except Exception as error:
            self._failed(error)
            return None
        if self._missed and self.record.step is Step.SENT:
            self.record.doubt = True  # it may have lost its power, and with it what it was told
        self._answered()
        return seen

    def still_ours(self) -> None:
        """Let pass a command that is wanted, and that no other gateway can have.

        Raises:
            Dropped: if it is not so.
        """
        if self.record.cancelled or self.record.stale:
            raise Dropped

    def _failed(self, error: Exception) -> str:
        self.breaker.failed()
        self._missed = True
        reason = str(error) or type(error).__name__
        log.debug("machine_not_asked", unit=self.record.unit, reason=reason)
        return reason

    def _answered(self) -> None:
        self.breaker.answered()
        self.heard = time.monotonic()
        if self._missed:
            self.back, self._missed = self.heard, False
