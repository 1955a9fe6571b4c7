"""One command from its checks to its end at the machine; reporting it comes after.

The order is what makes it safe: checks, the record durable as *sent*, one write, then only looking.
A write without an answer is in doubt, never failed: the machine is asked what it has, and only a
machine that tells numbers apart may be sent the same number again.
"""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import structlog

from adapters.clock import now_ms
from adapters.machines.commands.checks import checked_values, declared_action
from adapters.machines.commands.contact import PAUSE, READ_SECONDS, Contact
from adapters.machines.commands.preparing import Preparing
from adapters.machines.commands.record import Ended, Ledger, Outcome, Step
from adapters.machines.commands.trace import results, writing
from adapters.machines.commands.ways import FourPhase, Seen, StartBit, Way, way
from adapters.machines.config.plan import ActionPlan, Progress
from adapters.machines.core import Adapter, NotSent, Refused, Unknown, Value

WRITE_SECONDS = 2.0
FIRST_LOOK, LONGEST_LOOK = 0.02, 0.25
NEAR = 1.0  # seconds since it was heard of, for what is concluded from what it does not show
TRIES = 10  # of the same number, all in doubt

log: structlog.stdlib.BoundLogger = structlog.get_logger()
STEPS = {Progress.ACCEPTED: Step.ACCEPTED, Progress.RUNNING: Step.RUNNING}


class Carrier:
    """Carries one command to its end."""

    def __init__(self, contact: Contact, preparing: Preparing, ledger: Ledger) -> None:
        self.record, self.contact = contact.record, contact
        self._preparing, self._ledger = preparing, ledger
        self._plan = contact.plan
        self._sent = time.monotonic()
        self._taken: float | None = None  # when the machine was first seen to have it
        self._waiting = False
        self._called_off = False

    async def carry(self) -> None:
        """Run it to its end, which is then in the record.

        Raises:
            Dropped: if the job went to others before anything was sent.
        """
        record, breaker = self.record, self.contact.breaker
        try:
            await self._run()
        except Ended as end:
            record.outcome, record.message = end.outcome, end.message
        record.step = Step.ENDED
        if record.outcome is Outcome.UNKNOWN:
            breaker.unknown()
        elif record.tries and record.outcome is not Outcome.OFFLINE:
            breaker.ended_well()
        await self._keep()
        told = {"unit": record.unit, "job": record.id, "command": record.number}
        log.info("command_ended", outcome=str(record.outcome), tries=record.tries, **told)

    async def _run(self) -> None:
        action, values = self._checked()
        how = way(self._plan, action)
        if self.record.step is Step.CLAIMED:
            await self._preparing.prepare(action, how)
        elif self.record.step is Step.SENT:
            self.record.doubt = True  # the gateway ended in between: it may not have been written
        while True:
            if self.record.step is Step.CLAIMED:
                await self._send(action, how, values)
            if await self._watch(action, how):
                return
            self.record.step = Step.CLAIMED  # the same number once more

    def _checked(self) -> tuple[ActionPlan, dict[str, Value]]:
        """The action and its values; once it was sent, another file cannot undo that."""
        try:
            action = declared_action(self._plan, self.record.action)
            given = self.record.job.get("parameters") or {}
            return action, checked_values(self._plan, action, given)
        except Ended as end:
            if self.record.step is Step.CLAIMED:
                raise
            told = f"{self.record.unit} was told, and cannot be asked any more: {end.message}"
            raise Ended(Outcome.UNKNOWN, told) from end

    # ---- the one write ----

    async def _send(self, action: ActionPlan, how: Way, values: Mapping[str, Value]) -> None:
        record = self.record
        deadline = time.monotonic() + action.offline_timeout_s
        while True:
            if not record.doubt:
                self.contact.still_ours()
            adapter = self.contact.machine.adapter
            reason = self.contact.reason
            if adapter is not None:
                record.step, record.tries = Step.SENT, record.tries + 1
                record.sent_ms = now_ms()
                await self._keep()
                try:
                    await self._once(adapter, how, values)
                    return
                except NotSent as error:
                    record.step, reason = Step.CLAIMED, str(error)
                    self.contact.breaker.failed()
            if time.monotonic() >= deadline:
                outcome = Outcome.UNKNOWN if record.doubt else Outcome.OFFLINE
                raise Ended(outcome, f"{record.unit} cannot be reached: {reason}.")
            await asyncio.sleep(PAUSE)

    async def _once(self, adapter: Adapter, how: Way, values: Mapping[str, Value]) -> None:
        record = self.record
        tags = how.told(record.number, values)
        async with writing(record, self._ledger, adapter, tags) as trace:
            self._sent = time.monotonic()
            try:
                await how.send(adapter, record.number, values, WRITE_SECONDS)
            except Refused as error:
                trace.outcome = "refused"
                if record.doubt:  # what went out before may be what it works on
                    return
                code = f" ({error.code})" if error.code else ""
                told = f"{record.unit} refused the command: {error}{code}."
                raise Ended(Outcome.REFUSED, told) from error
            except NotSent:
                trace.outcome = "not sent"
                raise
            except Unknown as error:
                trace.outcome = "unknown"
                log.info("command_in_doubt", unit=record.unit, job=record.id, reason=str(error))
                record.doubt = True
                self.contact.breaker.failed()
            else:
                record.doubt = False

    # ---- after ----

    async def _watch(self, action: ActionPlan, how: Way) -> bool:
        """Look until it is over; False if the same number is to be sent once more."""
        pause = FIRST_LOOK
        while True:
            seen = await self.contact.look(how)
            if seen is not None:
                seen = self._begun(action, seen)
                if await self._progress(action, how, seen):
                    return True
                if seen.progress is None and self._again(action, how, seen):
                    return False
            if self.record.cancelled and not self._called_off:
                await self._call_off(action)
            await self._deadlines(action, how)
            await asyncio.sleep(pause)
            pause = min(LONGEST_LOOK, pause * 1.5)

    def _begun(self, action: ActionPlan, seen: Seen) -> Seen:
        """With a start bit the rest before looks like the end: it counts once it has run."""
        self._waiting = seen.waiting
        begun = self._taken is not None or self.record.step is not Step.SENT
        if action.done and seen.progress is Progress.DONE and not begun:
            return replace(seen, progress=None)
        return seen

    async def _progress(self, action: ActionPlan, how: Way, seen: Seen) -> bool:
        """Take note of what the machine shows; True when that was the end."""
        record, progress = self.record, seen.progress
        if progress is None:
            return False
        if progress in STEPS:
            await self._note(STEPS[progress])
            return False
        if progress is Progress.DONE:
            record.variables = await self._results(action)
            record.outcome = Outcome.DONE
        if isinstance(how, FourPhase):
            await self._release(how)
        code = f" (code {seen.code})" if seen.code else ""
        if progress is Progress.REFUSED:
            raise Ended(Outcome.REFUSED, f"{record.unit} refused the command{code}.")
        if progress is Progress.FAILED:
            raise Ended(Outcome.FAILED, f"{record.unit} began and did not finish{code}.")
        return True

    async def _note(self, step: Step) -> None:
        """It is accepted, or runs: no doubt any more."""
        record = self.record
        if self._taken is None:
            self._taken = time.monotonic()
        if record.step is not step or record.doubt:
            record.step, record.doubt = step, False
            await self._keep()

    def _again(self, action: ActionPlan, how: Way, seen: Seen) -> bool:
        """Whether to send the same number again: the machine is there, has not got it, and what
        was under way has had its time to arrive."""
        record = self.record
        patience = action.grace_s
        if not how.exact:
            patience = max(patience, action.accept_timeout_s)
        if not record.doubt or time.monotonic() - self._sent < patience:
            return False
        if how.exact and not seen.later and record.tries < TRIES and not record.cancelled:
            return True
        if seen.waiting:
            return False  # the request stands: it may still be taken
        told = f"{record.unit} was told, gave no answer, and shows nothing of it"
        raise Ended(Outcome.UNKNOWN, f"{told}; look at the machine before it is told again.")

    async def _deadlines(self, action: ActionPlan, how: Way) -> None:
        now, record, silence = time.monotonic(), self.record, self.contact.silence
        if self._taken is None and record.step is not Step.SENT:
            self._taken = now  # taken before this gateway started
        if self._taken is None:
            if silence > action.unknown_timeout_s:
                told = f"{record.unit} was told and has been out of reach for {silence:.0f} seconds"
                raise Ended(Outcome.UNKNOWN, f"{told}; look at the machine.")
            waited = now - max(self._sent, self.contact.back)
            decided = self._waiting or not record.doubt
            if decided and silence < NEAR and waited > action.accept_timeout_s:
                await self._not_taken(action, how)
            return
        if now - self._taken > action.done_timeout_s:
            told = f"{record.unit} took the command and was not done within"
            told = f"{told} {action.done_timeout_s:g} seconds"
            if silence > READ_SECONDS:
                raise Ended(Outcome.UNKNOWN, f"{told}; it is out of reach now.")
            raise Ended(Outcome.TIMEOUT, f"{told}.")

    async def _not_taken(self, action: ActionPlan, how: Way) -> None:
        """It was told and does not react; a request is taken back, and that may be too late."""
        told = f"{self.record.unit} did not take the command within {action.accept_timeout_s:g} s"
        if isinstance(how, StartBit):
            raise Ended(Outcome.UNKNOWN, f"{told}, or was through with it before it was looked at.")
        if isinstance(how, FourPhase):
            await self._release(how)
            seen = await self.contact.look(how)
            if seen is None:
                raise Ended(Outcome.UNKNOWN, f"{told}, and then could not be asked.")
            if seen.progress is not None:
                return
        raise Ended(Outcome.NO_ACK, f"{told}.")

    async def _results(self, action: ActionPlan) -> dict[str, Any]:
        """The values that complete the job; a tag without one is None, the work is done anyway."""
        adapter = self.contact.machine.adapter
        tags = {name: self._plan.tags[tag] for name, tag in action.results.items()}
        if adapter is None or not tags:
            return dict.fromkeys(tags)
        try:
            async with asyncio.timeout(READ_SECONDS):
                samples = await adapter.read([tag.wire for tag in tags.values()])
        except Exception as error:
            log.warning("results_not_read", unit=self.record.unit, reason=repr(error))
            return dict.fromkeys(tags)
        return results(tags, samples)

    # ---- writes beside the one ----

    async def _release(self, how: FourPhase) -> None:
        adapter = self.contact.machine.adapter
        if adapter is None:
            return
        try:
            await how.release(adapter)
        except Exception as error:  # the next command finds it standing, and waits
            log.warning("request_not_released", unit=self.record.unit, reason=repr(error))

    async def _call_off(self, action: ActionPlan) -> None:
        """The process went on without it: the machine is told, if it can be; its end is awaited."""
        adapter = self.contact.machine.adapter
        cancel = self._plan.actions.get(action.cancel or "")
        if adapter is None and cancel is not None:
            return
        self._called_off = True
        if adapter is None or cancel is None:
            return
        how = way(self._plan, cancel)
        values = {n: p.default for n, p in cancel.parameters.items() if p.default is not None}
        told = how.told(self.record.number, values)
        async with writing(self.record, self._ledger, adapter, told) as trace:
            try:
                await how.send(adapter, self.record.number, values, WRITE_SECONDS)
            except Exception as error:
                trace.outcome = repr(error)

    async def _keep(self) -> None:
        """Durable; a full disk keeps a command from being sent, not from being watched."""
        while True:
            try:
                await self._ledger.save(self.record)
                return
            except Exception as error:
                log.error("record_not_kept", unit=self.record.unit, reason=str(error))
                await asyncio.sleep(1.0)
