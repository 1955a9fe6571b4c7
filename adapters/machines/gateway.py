"""The gateway: all machines of a folder, one buffer, one plant, in one loop.

A machine's fault stays with that machine; a plant that is away costs nothing but room on the disk.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import structlog

from adapters.machines import health, outgoing
from adapters.machines.buffer import Buffer
from adapters.machines.commands.claiming import Commands
from adapters.machines.config.lines import Finding
from adapters.machines.config.plan import MachinePlan
from adapters.machines.config.reading import Folder
from adapters.machines.forwarding import Forwarder
from adapters.machines.plant import ApiProblem, Plant, Unreachable
from adapters.machines.signals import Row, Telemetry
from adapters.machines.supervisor import Supervisor
from adapters.machines.watching import changes

HEALTH_SECONDS = 2.0
CANCEL_SECONDS = 1.0
BUFFER = "gateway.db"
NOT_FOUND = 404

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
                self._start(file, plan)
            elif machine.plan != plan:
                log.info("machine_changed", unit=plan.unit, digest=plan.digest)
                machine.apply(plan)
        self._undeclared += 1

    def _note(self, findings: Sequence[Finding]) -> None:
        problems: dict[Path, str] = {}
        for finding in findings:
            problems.setdefault(finding.file, str(finding))
            if str(finding) not in self._problems.values():
                log.error("file_refused", finding=str(finding))
        self._problems = problems

    def _start(self, file: Path, plan: MachinePlan) -> None:
        cycles = {tag: n for (unit, tag), n in self._cycles.items() if unit == plan.unit}
        machine = self.machines[file] = Supervisor(plan, self._told, cycles)
        self._running[file] = asyncio.create_task(machine.run(), name=plan.unit)

    async def _end(self, file: Path) -> None:
        await _cancelled([self._running.pop(file)])
        machine = self.machines.pop(file)
        log.info("machine_removed", unit=machine.plan.unit)

    def _told(
        self,
        rows: Sequence[Row],
        telemetry: Sequence[Telemetry],
        cycles: dict[tuple[str, str], int],
    ) -> None:
        if rows or telemetry:
            self.buffer.put(rows, telemetry, cycles)

    def _commanded(self) -> list[str]:
        return (
            [m.plan.unit for m in self.machines.values() if m.plan.actions] if self._known else []
        )

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
            try:
                while self._undeclared:
                    await self._declare()
                await self.plant.health(self.plan.name, await self._report())
                self._plant_problem = None
            except (Unreachable, ApiProblem) as problem:
                self._not_told(problem)
            await asyncio.sleep(HEALTH_SECONDS)

    async def _declare(self) -> None:
        """A change while it is sent is declared again."""
        number = self._undeclared
        plans = [machine.plan for machine in self.machines.values()]
        await self.plant.declare(self.plan.name, health.declaration(plans))
        self._undeclared -= number
        self._known = True

    def _not_told(self, problem: Unreachable | ApiProblem) -> None:
        if isinstance(problem, ApiProblem):
            if problem.status == NOT_FOUND:
                self._undeclared += 1  # the plant was restored from before we came
            if self._plant_problem is None:
                log.error("health_refused", reason=problem.detail)
        self._plant_problem = str(problem)

    async def _report(self) -> dict[str, object]:
        now = time.time_ns() // 1_000_000
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
            "buffer": health.buffer(fill, failing, problem, now),
            "findings": list(self._problems.values()),
        }


async def _cancelled(tasks: Sequence["asyncio.Task[object]"]) -> None:
    """End tasks; a library that swallows a cancellation is told again."""
    left = set(tasks)
    while left:
        for task in left:
            task.cancel()
        _, left = await asyncio.wait(left, timeout=CANCEL_SECONDS)
    await asyncio.gather(*tasks, return_exceptions=True)
