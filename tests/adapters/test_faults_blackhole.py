"""A network that swallows packets: no answer, and no reset that would tell of it."""

import asyncio
import threading
import time
from collections.abc import Coroutine, Iterator
from pathlib import Path
from typing import Any

import pytest
from asyncua import Server, ua
from pymodbus.server import ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice

from tests.support.machines.network import THERE, Network, network
from tests.support.machines.shop import GatewayThread, MachineProcess
from tests.support.machines.stand import Stand, standing
from tests.support.waiting import until

URI = "urn:routecard:tests:far"
STALE_SECONDS = 3
NOTICED = STALE_SECONDS + 3  # it looks twice a second, and on a busy box
BACK = 12  # five seconds between two attempts, and one attempt of up to four
TAGS = """\
stale_s: 3
groups: {fast: 0.1}
tags:
"""
MAP = "map: {0: idle, 1: running}"
OPCUA = f"""\
unit: OPC
protocol: opcua
url: opc.tcp://{THERE}:4840/far
options: {{timeout: 2.0}}
{TAGS}  - {{name: state, signal: state, address: "nsu={URI};s=State", {MAP}}}
"""
MODBUS = f"""\
unit: MODBUS
protocol: modbus
url: tcp://{THERE}:1502
{TAGS}  - {{name: state, signal: state, address: "holding:0", type: uint16, {MAP}}}
"""
FAR = ("OPC", "MODBUS")


class Machines:
    """An OPC UA server and a Modbus device behind the cable, on a loop of their own."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="far")
        self._thread.start()
        self._do(self._start())

    def _do(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(20)

    async def _start(self) -> None:
        self._opcua = Server()
        await self._opcua.init()
        self._opcua.set_endpoint(f"opc.tcp://{THERE}:4840/far")
        index = await self._opcua.register_namespace(URI)
        objects = self._opcua.nodes.objects
        self._state = await objects.add_variable(
            ua.NodeId("State", index), ua.QualifiedName("State", index), 0, ua.VariantType.UInt16
        )
        await self._opcua.start()
        data = [SimData(0, values=[0] * 10, datatype=DataType.REGISTERS)]
        self._modbus = ModbusTcpServer(SimDevice(id=1, simdata=data), address=(THERE, 1502))
        await self._modbus.serve_forever(background=True)

    def set(self, state: int) -> None:
        """Both are in another state."""

        async def change() -> None:
            await self._state.write_value(ua.Variant(state, ua.VariantType.UInt16))
            await self._modbus.async_setValues(1, 3, 0, [state])

        self._do(change())

    def close(self) -> None:
        async def stop() -> None:
            await self._modbus.shutdown()  # type: ignore[no-untyped-call]
            await self._opcua.stop()

        self._do(stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(20)
        self._loop.close()


class Floor:
    """A gateway with two machines behind the cable, and one on its own side."""

    def __init__(self, place: Path, cable: Network, stand: Stand, url: str) -> None:
        self.cable, self.stand, self._url = cable, stand, url
        with cable.there():
            self.far = Machines()
        self.near = MachineProcess(place / "NEAR").start()
        self._folder = place / "machines"
        self._folder.mkdir()
        for unit, plan in (("OPC", OPCUA), ("MODBUS", MODBUS), ("NEAR", self.near.plan("NEAR"))):
            (self._folder / f"{unit}.yaml").write_text(plan)
        self.gateway: GatewayThread | None = None
        self._good = 0

    def open(self) -> None:
        self.gateway = GatewayThread(self._folder, self._url)

    def states(self, unit: str) -> list[str]:
        return [row["state"] for row in self.stand.of("state", unit)]

    def are(self, *states: str, seconds: float) -> None:
        """Wait until both far machines have had these states."""
        until(lambda: all(self.states(unit) == list(states) for unit in FAR), seconds)

    def goes_on(self) -> None:
        """The near machine is heard as if nothing were wrong."""
        self._good += 1
        self.near.set(values={"good": self._good})
        began = time.monotonic()
        until(lambda: self.stand.of("count", "NEAR")[-1]["raw"] == self._good, 5)
        assert time.monotonic() - began < 3

    def links(self) -> list[str]:
        told = {m["unit"]: m["state"] for m in self.stand.machines()}
        return [told.get(unit, "") for unit in FAR]

    def close(self) -> None:
        try:
            if self.gateway is not None:
                self.gateway.stop()
        finally:
            self.near.kill()
            self.far.close()


@pytest.fixture
def floor(tmp_path: Path) -> Iterator[Floor]:
    stand = Stand()
    with network() as cable, standing(stand) as url:
        made = Floor(tmp_path, cable, stand, url)
        try:
            yield made
        finally:
            made.close()


def test_a_cable_cut_while_connected_is_noticed_and_its_mending_too(floor: Floor) -> None:
    floor.open()
    floor.are("idle", seconds=10)
    floor.goes_on()
    floor.cable.cut()
    floor.far.set(1)
    floor.goes_on()
    floor.are("idle", "unknown", seconds=NOTICED)
    assert all(row["reason"] for unit in FAR for row in floor.stand.of("state", unit)[-1:])
    until(lambda: floor.links() == ["lost", "lost"], 5)
    floor.goes_on()
    floor.cable.mend()
    floor.are("idle", "unknown", "running", seconds=BACK)
    floor.goes_on()
    assert floor.states("NEAR") == ["idle"]


def test_a_cable_cut_at_the_start_costs_nobody_else_and_is_waited_for(floor: Floor) -> None:
    floor.cable.cut()
    floor.open()
    until(lambda: floor.states("NEAR") == ["idle"], 5)
    floor.goes_on()
    until(lambda: floor.links() == ["lost", "lost"], 20)
    floor.goes_on()
    floor.cable.mend()
    until(lambda: all(floor.states(unit)[-1:] == ["idle"] for unit in FAR), BACK)
    until(lambda: floor.links() == ["connected", "connected"], 5)
