"""The gateway: all machines of a folder, one buffer, one plant, in one loop.

A machine's fault stays with that machine; a plant that is away costs nothing but room on the disk.
"""

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import structlog

from adapters.clock import CLOCK, now_ms
from adapters.machines import health, outgoing
from adapters.machines.buffer import Buffer
from adapters.machines.commands.claiming import Commands
from adapters.machines.config.lines import Finding
from adapters.machines.config.plan import MachinePlan
from adapters.machines.config.reading import Folder
from adapters.machines.config.watching import changes
from adapters.machines.forwarding import Forwarder
from adapters.machines.plant import ApiProblem, Plant, Unreachable
from adapters.machines.signals import Row, Telemetry
from adapters.machines.supervisor import Link, Supervisor

HEALTH_SECONDS = 2.0
CANCEL_SECONDS = 1.0
BUFFER = "gateway.db"
NOT_FOUND = 404
NAME_TAKEN = "/problems/gateway-name-taken"

log: structlog.stdlib.BoundLogger = structlog.get_logger()


class Gateway:
    """Runs until it is told to stop.

    Args:
        folder: where the files are, watched for changes.
        found: what is in it now.
        plant: where everything goes; who closes it is the caller.

    Raises:
        BufferInUse: if another gateway has the buffer.
    """

    def __init__(self, folder: Path, found: Folder, plant: Plant) -> None:
        self.folder, self.plan, self.plant = folder, found.gateway, plant
        self.machines: dict[Path, Supervisor] = {}
        self.buffer = Buffer(self.plan.buffer / BUFFER, self.plan.quota_bytes)
        self._source = self.buffer.source  # as long as we run, whatever the file is called later
        self.forwarder = Forwarder(self.buffer, plant, self.plan.name)
        self.commands = Commands(
            plant,
            self.buffer,
            self.plan.name,
            list(self.plan.topics),
            self.machine,
            self._commanded,
        )
        self._found = found
        self._running: dict[Path, asyncio.Task[None]] = {}
        self._cycles: dict[tuple[str, str], int] = {}
        self._problems: dict[Path, str] = {}
        self._undeclared = 0  # changes that the plant has not been told
        self._known = False
        self._news = asyncio.Event()  # there is something to declare
        self._others: dict[str, str] = {}  # unit -> the gateway that has it
        self._clock_wrong = False
        self._health = health.Health()
        self._plant_problem: str | None = None

    def machine(self, unit: str) -> Supervisor | None:
        """The machine of a unit."""
        return next((m for m in self.machines.values() if m.plan.unit == unit), None)

    async def run(self, stop: asyncio.Event) -> None:
        """Run; returns after `stop`, when what is known is in the buffer's file."""
        self._cycles = await asyncio.wrap_future(self.buffer.do(outgoing.cycles))
        await self._apply(self._found)
        parts = (self.forwarder.run(), self.commands.run(), self._tell(), self._watch())
        tasks = [asyncio.create_task(part) for part in parts]
        ended = asyncio.create_task(stop.wait())
        try:
            done, _ = await asyncio.wait([*tasks, ended], return_when=asyncio.FIRST_COMPLETED)
            for task in done - {ended}:
                task.result()  # none of them ends by itself: raise what ended it
        finally:
            await _cancelled([*tasks, ended])
            await _cancelled(list(self._running.values()))
            await asyncio.to_thread(self.buffer.close)

    # ---- machines ----

    async def _apply(self, found: Folder) -> None:
        """Start what is new, end what is gone, change the rest tag by tag.

        A file that is broken now leaves its machine as it was.
        """
        self._note(found.findings)
        for file in list(self.machines):
            plan = found.machines.get(file)
            gone = plan is None and file not in self._problems
            if gone or (plan is not None and plan.unit != self.machines[file].plan.unit):
                await self._end(file)
        for file, plan in found.machines.items():
            machine = self.machines.get(file)
            if machine is None:
                self._add(file, plan)
            elif machine.plan != plan:
                log.info("machine_changed", unit=plan.unit, digest=plan.digest)
                machine.apply(plan)
        self._undeclared += 1
        self._news.set()

    def _note(self, findings: Sequence[Finding]) -> None:
        problems: dict[Path, str] = {}
        for finding in findings:
            problems.setdefault(finding.file, str(finding))
            if str(finding) not in self._problems.values():
                log.error("file_refused", finding=str(finding))
        self._problems = problems

    def _add(self, file: Path, plan: MachinePlan) -> None:
        """It runs when the plant was asked whether another gateway has it."""
        cycles = {tag: n for (unit, tag), n in self._cycles.items() if unit == plan.unit}
        self.machines[file] = Supervisor(plan, self._told, cycles)

    async def _end(self, file: Path) -> None:
        await self._halt(file)
        machine = self.machines.pop(file)
        log.info("machine_removed", unit=machine.plan.unit)

    async def _halt(self, file: Path) -> None:
        if file in self._running:
            await _cancelled([self._running.pop(file)])

    # ---- one unit, one gateway ----

    async def _share(self, others: Mapping[str, str], reason: str | None = None) -> None:
        """Run the machines that nobody else has, and let go of those that another gateway has."""
        self._others = dict(others)
        for file, machine in list(self.machines.items()):
            by = self._others.get(machine.plan.unit)
            if by is not None:
                await self._stand_by(file, machine, reason or _stands_by(machine.plan.unit, by))
            elif file not in self._running:
                self._run(file, machine)

    def _run(self, file: Path, machine: Supervisor) -> None:
        plan = machine.plan
        if machine.link is Link.STANDBY:
            log.info("machine_taken_over", unit=plan.unit)
            machine = self.machines[file] = Supervisor(plan, self._told, machine.signals.cycles)
        self._running[file] = asyncio.create_task(machine.run(), name=plan.unit)

    async def _stand_by(self, file: Path, machine: Supervisor, reason: str) -> None:
        if machine.link is not Link.STANDBY:
            log.warning("machine_stands_by", unit=machine.plan.unit, reason=reason)
        machine.stand_by(reason)
        await self.commands.let_go(machine.plan.unit)
        await self._halt(file)

    def _told(
        self,
        rows: Sequence[Row],
        telemetry: Sequence[Telemetry],
        cycles: dict[tuple[str, str], int],
    ) -> None:
        if rows or telemetry:
            self.buffer.put(rows, telemetry, cycles)

    def _commanded(self) -> list[str]:
        if not self._known:
            return []
        plans = [machine.plan for machine in self.machines.values()]
        return [p.unit for p in plans if p.actions and p.unit not in self._others]

    async def _watch(self) -> None:
        async for found in changes(self.folder, self._found.prints):
            if isinstance(found, str):
                log.error("folder_refused", finding=found)
                continue
            if found.gateway != self.plan:
                log.warning("gateway_changed", cure="gateway.yaml counts after a restart")
            await self._apply(found)

    # ---- telling the plant how it is ----

    async def _tell(self) -> None:
        while True:
            self._news.clear()
            try:
                while self._undeclared:
                    await self._declare()
                await self._share(await self.plant.health(self.plan.name, await self._report()))
                self._undeclared += bool(self._others)  # ask again: a gateway may fall silent
                self._plant_problem = None
            except (Unreachable, ApiProblem) as problem:
                await self._not_told(problem)
            self._look_at_clock()
            with suppress(TimeoutError):
                async with asyncio.timeout(HEALTH_SECONDS):
                    await self._news.wait()

    async def _declare(self) -> None:
        """A change while it is sent is declared again."""
        number = self._undeclared
        plans = [machine.plan for machine in self.machines.values()]
        told = health.declaration(plans)
        await self._share(await self.plant.declare(self.plan.name, self._source, told))
        self._undeclared -= number
        self._known = True

    async def _not_told(self, problem: Unreachable | ApiProblem) -> None:
        """A plant that is away does not keep machines waiting; one that refuses our name does."""
        others = self._others
        if isinstance(problem, ApiProblem):
            if problem.status == NOT_FOUND:
                self._undeclared += 1  # the plant was restored from before we came
            if self._plant_problem is None:
                log.error("health_refused", reason=problem.detail)
            if problem.type == NAME_TAKEN:
                self._undeclared = max(1, self._undeclared)
                others = {m.plan.unit: self.plan.name for m in self.machines.values()}
        self._plant_problem = str(problem)
        await self._share(others, str(problem) if others is not self._others else None)

    def _look_at_clock(self) -> None:
        if CLOCK.wrong != self._clock_wrong:
            self._clock_wrong = CLOCK.wrong
            if CLOCK.wrong:
                log.error("clock_wrong", ahead_ms=CLOCK.ahead_ms, cure=health.SET_THE_CLOCK)
            else:
                log.info("clock_right")

    async def _report(self) -> dict[str, object]:
        fill: outgoing.Fill | None = None
        with suppress(Exception):  # a full disk is told by `failing`
            fill = await asyncio.wrap_future(self.buffer.do(outgoing.fill))
        fill = fill or outgoing.Fill(0, None, 0, 0)
        lost: Counter[str] = Counter(self.buffer.lost)
        machines = [
            self._health.machine(m, self.commands, lost[m.plan.unit], self._problems.get(file))
            for file, m in self.machines.items()
        ]
        failing, problem = self.buffer.failing, self.forwarder.problem
        return {
            "machines": machines,
            "buffer": health.buffer(fill, failing, problem, now_ms()),
            "source": self._source,
            "warnings": health.clock(CLOCK.ahead_ms if CLOCK.wrong else None),
            "findings": list(self._problems.values()),
        }


def _stands_by(unit: str, by: str) -> str:
    return (
        f"The gateway {by} has {unit}, and one gateway speaks for a unit. This one stands by until "
        f"{by} falls silent; if that is not meant, take the machine's file out of one of them."
    )


async def _cancelled(tasks: Sequence["asyncio.Task[object]"]) -> None:
    """End tasks; a library that swallows a cancellation is told again."""
    left = set(tasks)
    while left:
        for task in left:
            task.cancel()
        _, left = await asyncio.wait(left, timeout=CANCEL_SECONDS)
    await asyncio.gather(*tasks, return_exceptions=True)
