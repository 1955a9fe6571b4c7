"""One machine under watch: connected anew for ever, its tags offered until it takes them.

An adapter is made for each attempt and thrown away when it is lost or silent: connections that
mend themselves were seen to end connected and mute. Nothing here waits for another machine.
"""

import asyncio
import random
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from enum import StrEnum

import structlog

from adapters.clock import now_ms
from adapters.machines.config.making import options_of
from adapters.machines.config.plan import MachinePlan, Signal, TagPlan
from adapters.machines.core import Adapter, Quality, Sample, SecurityRefused, Value
from adapters.machines.noticing import Noticing
from adapters.machines.protocol import protocol
from adapters.machines.signals import Row, Signals, Telemetry
from adapters.machines.values import STALE, Reading, Values

RECONCILE_SECONDS = 2.0
REFRESH_TAGS = 500
LOOK_SECONDS = 0.5
FIRST_WAIT, LONGEST_WAIT = 0.5, 5.0
AWAY_WAIT = 1.0  # for one that does not answer: to ask costs little, and it may be back any moment
REFUSED_WAIT = 30.0
CONNECT_SECONDS = 15.0
CLOSE_SECONDS = 2.0
SETTLED_SECONDS = 10.0  # a connection that lasts so long was a good one: waits begin anew

log: structlog.stdlib.BoundLogger = structlog.get_logger()
Told = Callable[[Sequence[Row], Sequence[Telemetry], dict[tuple[str, str], int]], None]


class Link(StrEnum):
    """How it is between us and a machine."""

    CONNECTED = "connected"
    DEGRADED = "degraded"
    CONNECTING = "connecting"
    LOST = "lost"
    REFUSED = "refused"
    STOPPED = "stopped"
    STANDBY = "standby"


class Silent(Exception):
    """The machine has given no sign of life for longer than it may."""


class Supervisor:
    """Keeps one machine connected, and turns its samples into rows.

    Args:
        plan: what its file says; `apply` has another one later.
        told: takes the rows; called in the loop, must not block.
        cycles: the last cycle numbers that were told, by tag.
    """

    def __init__(self, plan: MachinePlan, told: Told, cycles: dict[str, int] | None = None) -> None:
        self.plan = plan
        self.values = Values(plan.tags.values())
        self.signals = Signals(plan.unit, self.values.current, cycles)
        self.noticing = Noticing(plan.unit)
        self.adapter: Adapter | None = None  # connected, or None
        self.link, self.since_ms = Link.CONNECTING, now_ms()
        self.error: str | None = None
        self.generation = 0
        self.refused: dict[str, str] = {}  # tag -> why
        self.samples = 0
        self.lags: list[int] = []  # milliseconds from the machine's time to ours, since last asked
        self.changed = asyncio.Event()  # set at every sample and every change of the link
        self._told = told
        self._offered: dict[str, TagPlan] = {}
        self._new_plan = asyncio.Event()
        self._beat: tuple[Value, float] | None = None
        self._proof = time.monotonic()  # when the machine last showed that it is there
        self._silent = False
        self._told_lost = False
        self._listening = False  # what still comes of a connection that is lost does not count
        self._reached = False  # whether the last connection got as far as values

    async def run(self) -> None:
        """Supervise until cancelled."""
        wait = FIRST_WAIT
        try:
            while True:
                began = time.monotonic()
                failure = await self._one_connection()
                if time.monotonic() - began > SETTLED_SECONDS:
                    wait = FIRST_WAIT
                refused = isinstance(failure, SecurityRefused)
                pause = REFUSED_WAIT if refused else wait * random.uniform(0.5, 1.0)
                self._new_plan.clear()
                with suppress(TimeoutError):  # another plan may be the cure: try it at once
                    async with asyncio.timeout(pause):
                        await self._new_plan.wait()
                wait = min(LONGEST_WAIT if self._reached else AWAY_WAIT, wait * 2)
        finally:
            if self.link is not Link.STANDBY:
                self._set(Link.STOPPED)
            self._emit(self.values.disconnected(now_ms()))
            self._told(self.signals.lost(now_ms(), "gateway stopped"), [], {})

    def apply(self, plan: MachinePlan) -> None:
        """Work by another plan; tags that stay the same go on undisturbed."""
        self.plan = plan
        self.values.change(plan.tags.values())
        self._new_plan.set()

    def stand_by(self, reason: str) -> None:
        """Say nothing any more: another gateway has the unit. Whoever runs this one ends it."""
        self._told = _nobody
        self._set(Link.STANDBY, reason)

    @property
    def ready(self) -> bool:
        """Whether a command can be sent now."""
        return self.adapter is not None and not self._silent

    @property
    def silence(self) -> float:
        """Seconds since the machine last proved that it is there."""
        return max(0.0, time.monotonic() - self._proof)

    # ---- one connection ----

    async def _one_connection(self) -> Exception:
        """Connect, and watch until it fails; the failure, told before leave is taken."""
        adapter: Adapter | None = None
        self._reached = False
        try:
            plan = self.plan
            adapter = protocol(plan.protocol).make(plan.url, options_of(plan))
            self._set(Link.CONNECTING)
            async with asyncio.timeout(CONNECT_SECONDS):
                await adapter.connect()
            self.generation += 1
            self.values.connected()
            self._offered, self.refused, self._beat = {}, {}, None
            self._listening = True
            await self._reconcile(adapter)
            self.adapter, self._proof = adapter, time.monotonic()
            self._reached = True
            self._regained()
            await self._watch(adapter, plan)
            return self._drop(ConnectionResetError("the configuration has another address"))
        except Exception as error:  # libraries raise anything, even AssertionError
            return self._drop(error)
        finally:
            self.adapter = None
            if adapter is not None:
                self.noticing.over(adapter)
                with suppress(Exception):
                    async with asyncio.timeout(CLOSE_SECONDS):
                        await adapter.close()

    async def _watch(self, adapter: Adapter, plan: MachinePlan) -> None:
        due = time.monotonic() + RECONCILE_SECONDS
        while self.plan.connection == plan.connection:
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_SECONDS):
                    await self._new_plan.wait()
            self._proof = adapter.alive()
            if self.silence > self.plan.stale_s:
                raise Silent(f"no sign of life for {self.silence:.1f} seconds")
            if self._tick():
                await self._refresh(adapter)
            self.noticing.look(adapter, self.values.skew_ms)
            if self._new_plan.is_set() or time.monotonic() >= due:
                self._new_plan.clear()
                await self._reconcile(adapter)
                due = time.monotonic() + RECONCILE_SECONDS

    async def _reconcile(self, adapter: Adapter) -> None:
        """Offer what is wanted and not there; take back what is no longer wanted."""
        wanted = dict(self.plan.tags)
        gone = [name for name in self._offered if name not in wanted]
        if gone:
            await adapter.unsubscribe(gone)
        missing = [
            tag.wire
            for name, tag in wanted.items()
            if name in self.refused or self._offered.get(name) != tag
        ]
        if missing:
            answer = await adapter.subscribe(missing, self._take)
            tried = {wire.name for wire in missing}
            kept = {n: why for n, why in self.refused.items() if n not in tried and n in wanted}
            self._note_refused(kept | dict(answer))
        self._offered = wanted
        if self.adapter is not None:
            self._settle()

    def _note_refused(self, refused: dict[str, str]) -> None:
        if refused.keys() != self.refused.keys():
            unit, names = self.plan.unit, sorted(refused)[:5]
            log.info("tags_refused", unit=unit, number=len(refused), first=names)
        self.refused = refused

    def _settle(self) -> None:
        if self._silent:
            self._set(Link.DEGRADED, "the heartbeat of the machine stands still")
        elif self.refused:
            name, why = next(iter(self.refused.items()))
            more = f" and {len(self.refused) - 1} more" if len(self.refused) > 1 else ""
            self._set(Link.DEGRADED, f"tag {name}{more} refused: {why}")
        else:
            self._set(Link.CONNECTED)

    # ---- what comes ----

    def _take(self, samples: Sequence[Sample]) -> None:
        if not self._listening:
            return
        self.samples += len(samples)
        for sample in samples:
            if sample.source_ms is not None and len(self.lags) < 1000:
                self.lags.append(sample.received_ms - sample.source_ms)
        readings = self.values.take(samples)
        self._heart(samples)
        self._emit(readings)
        self.changed.set()

    def _heart(self, samples: Sequence[Sample]) -> None:
        """A machine whose heartbeat is configured lives as long as it changes."""
        for sample in samples:
            tag = self.plan.tags.get(sample.tag)
            if tag is None or tag.signal is not Signal.HEARTBEAT or sample.quality is Quality.BAD:
                continue
            if self._beat is None or self._beat[0] != sample.value:
                self._beat = (sample.value, time.monotonic())

    async def _refresh(self, adapter: Adapter) -> None:
        """Everything once more: what did not change while the heartbeat stood is not sent again."""
        wires = [tag.wire for name, tag in self.plan.tags.items() if name not in self.refused]
        for first in range(0, len(wires), REFRESH_TAGS):
            self._take(await adapter.read(wires[first : first + REFRESH_TAGS]))

    def _tick(self) -> bool:
        """What happens because nothing came; True if the heart beats again."""
        now, back = now_ms(), False
        heart = next((t for t in self.plan.tags.values() if t.signal is Signal.HEARTBEAT), None)
        if heart is not None and self._beat is not None and heart.stale_s is not None:
            silent = time.monotonic() - self._beat[1] > heart.stale_s
            if silent != self._silent:
                self._silent, back = silent, not silent
                self._settle()
            if silent:
                self._told(self.signals.lost(now, STALE), [], {})
                self._emit(self.values.stale(now, all_of_them=True))
        self._emit([*self.values.stale(now), *self.values.repeats(now)])
        self._told(self.signals.skew(self.values.skew_ms, now), [], {})
        return back

    def _emit(self, readings: Sequence[Reading]) -> None:
        if not readings:
            return
        before = dict(self.signals.cycles)
        rows, telemetry = self.signals.told(readings)
        cycles = self.signals.cycles
        new = {(self.plan.unit, t): n for t, n in cycles.items() if before.get(t) != n}
        self._told(rows, telemetry, new)

    # ---- the link ----

    def _drop(self, failure: Exception) -> Exception:
        """The machine is lost: said once, however often it is tried again."""
        self.adapter, self._listening = None, False
        refused = isinstance(failure, SecurityRefused)
        reason = str(failure) or type(failure).__name__
        self._set(Link.REFUSED if refused else Link.LOST, reason)
        if not self._told_lost:
            log.warning(
                "machine_lost", unit=self.plan.unit, reason=reason, generation=self.generation
            )
        self._told_lost = True
        self._silent = False
        now = now_ms()
        self._emit(self.values.disconnected(now))
        self._told(self.signals.lost(now, reason[:200]), [], {})
        return failure

    def _regained(self) -> None:
        self._settle()
        if self._told_lost:
            log.info("machine_regained", unit=self.plan.unit, generation=self.generation)
        self._told_lost = False

    def _set(self, link: Link, error: str | None = None) -> None:
        """Note a change; an attempt to connect does not hide that, and why, it is lost."""
        if link is Link.CONNECTING and self.link in (Link.LOST, Link.REFUSED):
            return
        if self.link is Link.STANDBY:
            link = self.link
        if link is not self.link:
            self.link, self.since_ms = link, now_ms()
        if link is not Link.STOPPED:
            self.error = error
        self.changed.set()


def _nobody(
    rows: Sequence[Row], telemetry: Sequence[Telemetry], cycles: dict[tuple[str, str], int]
) -> None:
    """Takes what is told and forgets it."""
