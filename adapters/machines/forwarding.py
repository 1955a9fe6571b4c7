"""The buffer's rows on their way to the plant: in order, and until they are acknowledged."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

import structlog

from adapters.machines import outgoing
from adapters.machines.buffer import Buffer
from adapters.machines.outgoing import SIGNALS, Batch
from adapters.machines.plant import ApiProblem, Plant, Unreachable

FIRST_WAIT, LONGEST_WAIT = 0.5, 15.0  # seconds
LOOK_SECONDS = 1.0
BAD_REQUEST = (400, 413, 422)  # the content is at fault, whoever sends it

log: structlog.stdlib.BoundLogger = structlog.get_logger()


class Forwarder:
    """Two paths, so that telemetry never keeps a count waiting."""

    def __init__(self, buffer: Buffer, plant: Plant, gateway: str) -> None:
        self._buffer, self._plant, self._gateway = buffer, plant, gateway
        self._news = {"signal": asyncio.Event(), "chunk": asyncio.Event()}
        self._limit = SIGNALS
        self.reachable = True
        self.problem: str | None = None

    async def run(self) -> None:
        """Send until cancelled."""
        loop = asyncio.get_running_loop()

        def wake() -> None:
            loop.call_soon_threadsafe(self._wake)

        self._buffer.wake = wake
        try:
            await self._retried(self._check_source)
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._path("signal", self._signals))
                tasks.create_task(self._path("chunk", self._readings))
        finally:
            self._buffer.wake = lambda: None

    def _wake(self) -> None:
        for event in self._news.values():
            event.set()

    async def _path(self, table: str, send: Callable[[], Awaitable[int]]) -> None:
        news = self._news[table]
        while True:
            news.clear()
            if not await self._retried(send):
                with suppress(TimeoutError):
                    async with asyncio.timeout(LOOK_SECONDS):
                        await news.wait()

    async def _retried(self, send: Callable[[], Awaitable[Any]]) -> Any:
        wait = FIRST_WAIT
        while True:
            try:
                done = await send()
            except (Unreachable, ApiProblem) as problem:
                self._lost(str(problem))
            except Exception as error:  # the disk is full, the answer is no JSON …
                self._lost(repr(error))
            else:
                self._regained()
                return done
            await asyncio.sleep(wait * random.uniform(0.5, 1.0))
            wait = min(LONGEST_WAIT, wait * 2)

    def _lost(self, reason: str) -> None:
        if self.problem is None:
            log.warning("plant_lost", url=self._plant.url, reason=reason)
        self.reachable, self.problem = False, reason

    def _regained(self) -> None:
        if self.problem is not None:
            log.info("plant_regained", url=self._plant.url)
        self.reachable, self.problem = True, None

    # ---- requests ----

    async def _check_source(self) -> None:
        """Before anything is sent: a plant that knows later numbers than we do met this file before
        it was restored, and would skip what we number now."""
        buffer = self._buffer
        empty = outgoing.signal_batch([], buffer.source, self._gateway)
        marks = (await self._plant.signals(empty.content))["ack"]
        nothing = outgoing.Batch(empty.content.replace(b'"rows"', b'"tags":[],"rows"'), 0, 0)
        later = (await self._plant.readings(nothing.content))["ack"]
        if marks > buffer.opened_at[0] or later > buffer.opened_at[1]:
            log.warning("buffer_was_restored", file=str(buffer.file), source=buffer.source)
            work = buffer.do(lambda db: outgoing.renew(db, buffer.opened_at, (marks, later)))
            buffer.source = await asyncio.wrap_future(work)

    async def _signals(self) -> int:
        limit = self._limit
        batch: Batch = await asyncio.wrap_future(
            self._buffer.do(
                lambda db: outgoing.signals(
                    db, source=self._buffer.source, gateway=self._gateway, limit=limit
                )
            )
        )
        if not batch.rows:
            return 0
        try:
            answer = await self._plant.signals(batch.content)
        except ApiProblem as problem:
            if problem.status not in BAD_REQUEST:
                raise
            return await self._narrow(batch, problem)
        self._limit = min(SIGNALS, limit * 2)
        await self._acknowledge("signal", answer["ack"], answer.get("refused", []))
        return batch.rows

    async def _narrow(self, batch: Batch, problem: ApiProblem) -> int:
        """Look for the row that spoils its batch; alone, it is put aside and the others go on."""
        if batch.rows > 1:
            self._limit = batch.rows // 2
            return batch.rows
        refused = [{"seq": batch.last, "detail": problem.detail}]
        await self._acknowledge("signal", batch.last, refused)
        return 1

    async def _readings(self) -> int:
        batch: Batch = await asyncio.wrap_future(
            self._buffer.do(
                lambda db: outgoing.readings(db, source=self._buffer.source, gateway=self._gateway)
            )
        )
        if not batch.rows:
            return 0
        try:
            answer = await self._plant.readings(batch.content)
        except ApiProblem as problem:
            if problem.status not in BAD_REQUEST:
                raise
            await self._refused(batch.last, None, problem.detail)
            answer = {"ack": batch.last}
        if refused := answer.get("refused"):
            numbers = {row["seq"] for row in refused}
            await self._refused(answer["ack"], numbers, refused[0]["detail"])
        await self._acknowledge("chunk", answer["ack"], [])
        return batch.rows

    async def _refused(self, upto: int, numbers: set[int] | None, reason: str) -> None:
        """Readings are not put aside, as rows are: they would fill the disk. They are counted."""
        log.error("readings_refused", number=numbers and len(numbers), upto=upto, reason=reason)
        await asyncio.wrap_future(self._buffer.tell_refused(upto, numbers))

    async def _acknowledge(self, table: str, upto: int, refused: list[dict[str, Any]]) -> None:
        if refused:
            log.warning("rows_quarantined", number=len(refused), first=refused[0]["detail"])
        work = self._buffer.do(lambda db: outgoing.acknowledge(db, table, upto, refused))
        await asyncio.wrap_future(work)
