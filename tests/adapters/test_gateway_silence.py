"""How soon silence is told and a return noticed, by a file that says nothing about time."""

import asyncio
import json
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import pytest

from adapters.machines import protocol, supervisor
from tests.support.machines.line_protocol import LineMachine
from tests.support.machines.peers import URI, Peer, libmodbus, node_opcua
from tests.support.machines.shop import GatewayThread, MachineProcess
from tests.support.machines.stand import Stand, standing
from tests.support.waiting import until

PLACES = {"opcua": f"nsu={URI};s=Mode", "modbus": "holding:103"}
TOLD, BACK = 5.0, 2.0  # seconds


def plan(kind: str, url: str, **options: float) -> str:
    tag = {"name": "state", "signal": "state", "address": PLACES[kind]}
    tag |= {"type": "uint16"} if kind == "modbus" else {}
    words = {"map": {"0": "idle", "1": "running"}}
    told = {"unit": kind, "protocol": kind, "url": url, "options": options}
    return json.dumps(told | {"tags": [tag | words]})


def states(stand: Stand, unit: str) -> list[str]:
    return [row["state"] for row in stand.of("state", unit)]


@pytest.fixture
def peers(tmp_path: Path) -> Iterator[dict[str, Peer]]:
    with node_opcua(tmp_path / "pki") as ua, libmodbus() as modbus:
        yield {"opcua": ua, "modbus": modbus}


def test_other_peoples_machines_fall_silent_and_return(
    tmp_path: Path, peers: dict[str, Peer]
) -> None:
    stand, folder = Stand(), tmp_path / "machines"
    folder.mkdir()
    for name, peer in peers.items():
        (folder / f"{name}.yaml").write_text(plan(name, peer.url))
    with standing(stand) as url:
        gateway = GatewayThread(folder, url)
        try:
            until(lambda: all(len(states(stand, name)) == 1 for name in peers))
            for peer in peers.values():
                peer.freeze()
            until(lambda: all(states(stand, name)[1:] == ["unknown"] for name in peers), TOLD)
            for peer in peers.values():
                peer.thaw()
            until(lambda: all(len(states(stand, name)) == 3 for name in peers), BACK)
        finally:
            gateway.stop()


def test_a_machine_that_is_away_is_tried_every_second(tmp_path: Path) -> None:
    """It takes the connection and hangs up, again and again."""
    tried: list[float] = []
    folder = tmp_path / "machines"
    folder.mkdir()
    with socket.create_server(("127.0.0.1", 0)) as listener, standing(Stand()) as url:
        port = listener.getsockname()[1]
        told = plan("modbus", f"tcp://127.0.0.1:{port}", timeout=0.05)
        (folder / "modbus.yaml").write_text(told)
        gateway = GatewayThread(folder, url)
        try:
            for _ in range(7):
                listener.accept()[0].close()
                tried.append(time.monotonic())
        finally:
            gateway.stop()
    assert tried[-1] - tried[0] < 6.5


class SlowLeave(LineMachine):
    """A connection that cannot be closed before a test lets it."""

    may_leave = threading.Event()
    left: ClassVar[list[str]] = []

    async def close(self) -> None:
        await asyncio.to_thread(self.may_leave.wait, 10)
        await super().close()
        self.left.append("left")

    def _take(self, message: dict[str, Any]) -> None:
        super()._take(message)
        if values := message.get("push"):
            self.left.extend(f"state {row[0]}" for name, row in values.items() if name == "state")


def test_silence_is_told_before_leave_is_taken_and_nothing_that_comes_after_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(protocol._added, "slow", SlowLeave)
    monkeypatch.setattr(supervisor, "CLOSE_SECONDS", 10.0)
    stand, folder = Stand(), tmp_path / "machines"
    folder.mkdir()
    machine = MachineProcess(tmp_path / "M-1").start()
    text = machine.plan("M-1").replace("protocol: line", "protocol: slow")
    (folder / "M-1.yaml").write_text(text)
    with standing(stand) as url:
        gateway = GatewayThread(folder, url)
        try:
            until(lambda: states(stand, "M-1") == ["idle"])
            machine.freeze()
            until(lambda: states(stand, "M-1") == ["idle", "unknown"])
            assert "left" not in SlowLeave.left
            machine.thaw()
            machine.set(values={"state": 1})
            until(lambda: SlowLeave.left[-1] == "state 1")
            machine.set(values={"state": 0})
            until(lambda: SlowLeave.left[-1] == "state 0")
            SlowLeave.may_leave.set()
            until(lambda: len(states(stand, "M-1")) > 2)
            assert states(stand, "M-1") == ["idle", "unknown", "idle"]
        finally:
            SlowLeave.may_leave.set()
            gateway.stop()
            machine.kill()
