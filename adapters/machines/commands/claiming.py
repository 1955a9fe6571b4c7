"""Jobs for the machines of this gateway: claimed one a unit, carried, reported, resumed."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import structlog

from adapters.machines.buffer import Buffer
from adapters.machines.commands.breaker import Breaker
from adapters.machines.commands.carrying import Carrier
from adapters.machines.commands.contact import Contact
from adapters.machines.commands.preparing import Preparing
from adapters.machines.commands.record import Dropped, Ledger, Outcome, Record, Step
from adapters.machines.commands.reporting import LEASE_SECONDS, keep_lease, report
from adapters.machines.plant import ApiProblem, Plant, Unreachable
from adapters.machines.supervisor import Supervisor

CLAIM_SECONDS = 0.2
LONGEST_WAIT = 5.0
UNITS = 200  # of one claim
NOT_FOUND = 404

log: structlog.stdlib.BoundLogger = structlog.get_logger()


class Commands:
    """All commands of a gateway.

    Args:
        worker: the gateway's name, under which jobs are claimed.
        machine: the supervisor of a unit, None if there is no such machine (any more).
        units: the units that have actions.
    """

    def __init__(
        self,
        plant: Plant,
        buffer: Buffer,
        worker: str,
        topics: list[str],
        machine: Callable[[str], Supervisor | None],
        units: Callable[[], list[str]],
    ) -> None:
        self._plant, self._ledger = plant, Ledger(buffer)
        self._worker, self._topics = worker, topics
        self._machine, self._units = machine, units
        self._busy: dict[str, Record] = {}  # unit -> what it works on
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._waiting: dict[str, Record] = {}  # job -> ended, and to be claimed again
        self._breakers: dict[str, Breaker] = {}
        self._turns: dict[str, float] = {}
        self._ended: Counter[tuple[str, str]] = Counter()
        self._free = asyncio.Event()
        self._problem: str | None = None

    def states(self, unit: str) -> dict[str, int]:
        """How many commands of a unit are where, and how many ended how since the start."""
        counts = {how: n for (u, how), n in self._ended.items() if u == unit}
        if unit in self._busy:
            counts[str(self._busy[unit].step)] = 1
        return counts

    async def run(self) -> None:
        """Resume what was under way, and claim until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            for record in await self._ledger.all():
                log.info("command_resumed", unit=record.unit, job=record.id, step=str(record.step))
                self._begin(tasks, record)
            wait = CLAIM_SECONDS
            while True:
                claimed = await self._claim(tasks)
                wait = CLAIM_SECONDS if claimed else min(LONGEST_WAIT, wait * 2)
                self._free.clear()
                with suppress(TimeoutError):
                    async with asyncio.timeout(wait):
                        await self._free.wait()

    # ---- claiming ----

    def _idle(self) -> list[str]:
        """Units that a job can be carried to now; an open breaker ends one fast, and says why."""
        return [
            unit
            for unit in self._units()
            if unit not in self._busy
            and (machine := self._machine(unit)) is not None
            and (machine.ready or self._breaker(unit).open)
        ]

    async def _claim(self, tasks: asyncio.TaskGroup) -> bool:
        """Take what there is; False if the plant gave no answer."""
        idle = self._idle()
        for first in range(0, len(idle), UNITS):
            units = idle[first : first + UNITS]
            try:
                jobs = await self._plant.claim(self._topics, self._worker, units, LEASE_SECONDS)
            except (Unreachable, ApiProblem) as problem:
                if self._problem is None:
                    log.warning("jobs_not_claimed", reason=str(problem))
                self._problem = str(problem)
                return False
            self._problem = None
            for job in jobs:
                await self._claimed(tasks, job)
        return True

    async def _claimed(self, tasks: asyncio.TaskGroup, job: dict[str, Any]) -> None:
        record = self._waiting.pop(str(job["id"]), None)
        if record is not None and record.number != job["command"]:
            record = None  # it was opened again, with a number of its own
        if record is None:
            record = Record(job, first=job.get("attempt") == 1)
        record.job, record.stale = job, False
        try:
            await self._ledger.save(record)
        except Exception as error:  # the disk is full: the lease runs out, nothing was sent
            log.error("job_not_kept", job=record.id, reason=str(error))
            return
        self._begin(tasks, record)

    def _begin(self, tasks: asyncio.TaskGroup, record: Record) -> None:
        if record.unit in self._busy:  # two records of one unit after a restart: one at a time
            self._waiting[record.id] = record
            return
        self._busy[record.unit] = record
        self._tasks[record.unit] = tasks.create_task(self._work(record))

    async def let_go(self, unit: str) -> None:
        """Another gateway has the unit: it takes up what is under way here, by the same number.

        What has ended is reported all the same, for as long as the job is ours.
        """
        record = self._busy.get(unit)
        if record is None or record.step is Step.ENDED:
            return
        task = self._tasks[unit]
        task.cancel()
        await asyncio.wait([task])
        log.info("job_let_go", unit=unit, job=record.id, step=str(record.step))
        await self._ledger.forget(record)

    # ---- one job ----

    async def _work(self, record: Record) -> None:
        keeper = asyncio.create_task(keep_lease(self._plant, record))
        try:
            if record.step is not Step.ENDED:
                await self._carry(record)
            if await report(self._plant, self._ledger, record):
                self._ended[record.unit, str(record.outcome)] += 1
            else:
                self._waiting[record.id] = record
        except Dropped:
            log.info("job_dropped", unit=record.unit, job=record.id)
            await self._ledger.forget(record)
        except Exception as error:  # a fault of ours must not end the other machines' commands
            log.exception("command_broken", unit=record.unit, job=record.id, reason=repr(error))
        finally:
            keeper.cancel()
            del self._busy[record.unit], self._tasks[record.unit]
            self._free.set()

    async def _carry(self, record: Record) -> None:
        machine = self._machine(record.unit)
        if machine is None:
            sent = record.step is not Step.CLAIMED
            record.outcome = Outcome.UNKNOWN if sent else Outcome.OFFLINE
            record.message = f"The gateway has no machine {record.unit} any more."
            record.step = Step.ENDED
            return
        contact = Contact(record, machine, self._breaker(record.unit))

        async def allowed() -> bool | None:
            return await self._allowed(record.unit)

        async def turn(rate: float) -> None:
            await self._turn(record.unit, rate)

        await Carrier(contact, Preparing(contact, allowed, turn), self._ledger).carry()

    async def _allowed(self, unit: str) -> bool | None:
        try:
            return await self._plant.commands_enabled(unit)
        except Unreachable:
            return None
        except ApiProblem as problem:
            return False if problem.status == NOT_FOUND else None

    async def _turn(self, unit: str, rate: float) -> None:
        """Wait until a machine may be told something again."""
        due = self._turns.get(unit, 0.0) + rate
        self._turns[unit] = max(due, time.monotonic())
        await asyncio.sleep(max(0.0, due - time.monotonic()))

    def _breaker(self, unit: str) -> Breaker:
        return self._breakers.setdefault(unit, Breaker())
