"""Machines: 1,000 OPC UA tags of node-opcua, and 50 Modbus devices, into the sink of a gateway.

The machines are processes of their own, so what is read is the CPU of the protocol alone: from the
socket to samples, without buffer and plant. Without peers (`make peers`) there are no figures.
"""

import asyncio
import tempfile
import time
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from adapters.machines.core import Sample, Tag
from adapters.machines.protocols.modbus import Machine as Modbus
from adapters.machines.protocols.opcua import Machine as OpcUa
from tests.bench.databases import Database
from tests.bench.readings import Around, Reading
from tests.support.machines.peers import URI, absent, libmodbus, node_opcua

TAGS, EVERY = 1000, 0.1
DEVICES, REGISTERS, POLL = 50, 125, 0.25
SECONDS, SETTLE = 10.0, 2.0


class Counter:
    """A sink that counts, and knows how old values are when they come."""

    def __init__(self) -> None:
        self.values = 0
        self.lags: list[int] = []

    def __call__(self, samples: Sequence[Sample]) -> None:
        self.values += len(samples)
        first = samples[0]
        if first.source_ms is not None:
            self.lags.append(first.received_ms - first.source_ms)


class Meter:
    """What was used and delivered while it ran."""

    def __init__(self, sink: Counter, sent: Callable[[], Awaitable[int]] | None = None) -> None:
        self._sink = sink
        self._sent = sent
        self.sent = 0

    async def run(self) -> None:
        await asyncio.sleep(SETTLE)
        first = await self._sent() if self._sent else 0
        self._sink.values, self._sink.lags = 0, []
        began, cpu = time.perf_counter(), time.process_time()
        await asyncio.sleep(SECONDS)
        self.cpu = time.process_time() - cpu
        self.seconds = time.perf_counter() - began
        self.values = self._sink.values
        self.lags = sorted(self._sink.lags)
        self.sent = await self._sent() - first if self._sent else 0


async def rounds(machine: OpcUa) -> int:
    """How often the server has changed all tags: starved, it does so less often than asked."""
    [sample] = await machine.read([Tag("rounds", f"nsu={URI};s=Rounds")])
    return int(str(sample.value))


def protocols(_: Database, number: int) -> Mapping[str, list[Reading]]:
    """CPU per OPC UA value, the share delivered; share of a core for Modbus, the share on time."""
    if absent() is not None:
        return {}
    found: dict[str, list[Reading]] = {
        key: [] for key in ("ua_value", "ua_delivered", "mb_core", "mb_on_time")
    }
    for _round in range(number):
        for key, reading in (*_measure(opc_ua()), *_measure(modbus())):
            found[key].append(reading)
    return found


def _measure(
    work: Coroutine[Any, Any, Mapping[str, tuple[float, Mapping[str, Any]]]],
) -> list[tuple[str, Reading]]:
    with Around() as around:
        results = asyncio.run(work)
    return [
        (key, Reading(value, around.calibration, dict(detail)))
        for key, (value, detail) in results.items()
    ]


async def opc_ua() -> Mapping[str, tuple[float, Mapping[str, Any]]]:
    """All tags change with every publication."""
    with tempfile.TemporaryDirectory() as pki:
        period = int(EVERY * 1000)
        with node_opcua(Path(pki), tags=TAGS, period=period) as peer:
            machine, sink = OpcUa.make(peer.url, {}), Counter()
            await machine.connect()
            tags = [Tag(f"t{n}", f"nsu={URI};s=t{n}", interval=EVERY) for n in range(TAGS)]
            assert await machine.subscribe(tags, sink) == {}
            meter = Meter(sink, lambda: rounds(machine))
            await meter.run()
            drops = machine.drops
            await machine.close()
    expected = TAGS * meter.sent
    middle = meter.lags[len(meter.lags) // 2]
    late = meter.lags[int(len(meter.lags) * 0.99)]
    detail = {
        "values": meter.values,
        "sent": expected,
        "lag_p50_ms": middle,
        "lag_p99_ms": late,
        "drops": drops,
    }
    return {
        "ua_value": (meter.cpu / meter.values * 1e6, detail),
        "ua_delivered": (meter.values / expected, detail),
    }


async def modbus() -> Mapping[str, tuple[float, Mapping[str, Any]]]:
    """Each device answers one block of 125 registers, four times a second."""
    with ExitStack() as opened:
        peers = [opened.enter_context(libmodbus()) for _ in range(DEVICES)]
        machines, sink = [Modbus.make(peer.url, {}) for peer in peers], Counter()
        tags = [Tag(f"r{n}", f"holding:{n}", "uint16", interval=POLL) for n in range(REGISTERS)]
        for machine in machines:
            await machine.connect()
            await machine.subscribe(tags, sink)
        meter = Meter(sink)
        await meter.run()
        late = sum(machine.late for machine in machines)
        for machine in machines:
            await machine.close()
    polls = DEVICES / POLL * meter.seconds
    detail = {"values": meter.values, "late": late, "polls": round(polls)}
    return {
        "mb_core": (meter.cpu / meter.seconds * 100, detail),
        "mb_on_time": (1 - late / polls, detail),
    }
