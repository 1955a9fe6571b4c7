"""Before a command is sent: both switches, the breaker, the machine's own state, its rate."""

import asyncio
import time
from collections.abc import Awaitable, Callable

from adapters.clock import now_ms
from adapters.machines.commands.checks import not_ready
from adapters.machines.commands.contact import PAUSE, Contact
from adapters.machines.commands.record import Ended, Outcome, Step
from adapters.machines.commands.ways import FourPhase, Way
from adapters.machines.config.plan import ActionPlan
from adapters.machines.core import Adapter

SWITCH_PAUSE = 0.5
Allowed = Callable[[], Awaitable[bool | None]]
Turn = Callable[[float], Awaitable[None]]


class Preparing:
    """Waits until a command may be sent, or ends it.

    Args:
        allowed: asks the plant for the second switch; None while the plant cannot be reached.
        turn: waits until the machine's rate allows another command.
    """

    def __init__(self, contact: Contact, allowed: Allowed, turn: Turn) -> None:
        self._contact, self._allowed, self._turn = contact, allowed, turn
        self._record = contact.record

    async def prepare(self, action: ActionPlan, how: Way) -> None:
        """Return when everything is true that has to be.

        A machine that shows the number already has got it from a gateway before this one: then the
        record says so, and it is only watched.

        Raises:
            Ended: refused or offline; nothing was sent.
        """
        unit = self._record.unit
        if self._contact.breaker.open:
            seconds = self._contact.breaker.seconds
            told = f"{unit} failed again and again; it is left alone for"
            raise Ended(Outcome.OFFLINE, f"{told} {seconds:.0f} seconds more.")
        if not self._record.first and not how.exact:
            told = f"{unit} may have been told by another gateway, and cannot say so"
            raise Ended(Outcome.UNKNOWN, f"{told}; look at the machine before it is told again.")
        await self._switched_on()
        deadline = time.monotonic() + action.ready_timeout_s
        while (why := await self._why_not(action, how)) is not None:
            if time.monotonic() >= deadline:
                raise Ended(Outcome.REFUSED, f"{unit} is not ready: {why}.")
            await asyncio.sleep(PAUSE)
        if self._record.step is Step.CLAIMED:
            await self._turn(action.rate_s)

    async def _switched_on(self) -> None:
        while True:
            self._contact.still_ours()
            allowed = await self._allowed()
            if allowed:
                return
            if allowed is not None:
                told = f"The plant does not let {self._record.unit} be commanded"
                raise Ended(Outcome.REFUSED, f"{told}: its commands_enabled is false.")
            await asyncio.sleep(SWITCH_PAUSE)

    async def _why_not(self, action: ActionPlan, how: Way) -> str | None:
        plan = self._contact.plan
        tags = [plan.tags[name].wire for name in action.require]

        async def ask(adapter: Adapter) -> str | None:
            trace = await self._trace(adapter, how)
            if trace is not None or self._record.step is Step.SENT:
                return trace
            samples = await adapter.read(tags) if tags else []
            found = {sample.tag: sample for sample in samples}
            return not_ready(plan, action, found, now_ms())

        return await self._contact.ask(action.offline_timeout_s, ask)

    async def _trace(self, adapter: Adapter, how: Way) -> str | None:
        """What the machine still shows of this command, or of the one before."""
        record = self._record
        if isinstance(how, FourPhase):
            seen = await how.look(adapter, record.number)
            if seen.progress is None and not seen.waiting:
                return None
            await how.release(adapter)
            return "the handshake of the command before is not through"
        if not how.exact:
            return None
        seen = await how.look(adapter, record.number)
        if seen.progress is None and not seen.later:
            return None
        if seen.progress is not None and not record.first:
            record.step = Step.SENT
            return None
        told = f"{record.unit} shows a number that nobody has sent: {record.number} or more"
        raise Ended(Outcome.REFUSED, f"{told}; reset its last number, or raise the plant's.")
