"""What an adapter notices reaches the plant: counts over connections, and what should be done."""

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from asyncua import ua
from structlog.testing import capture_logs

from adapters.machines import noticing
from adapters.machines.core import Notice, Tag
from adapters.machines.noticing import Noticing
from adapters.machines.protocols.opcua import Machine
from tests.support.machines import peers
from tests.support.machines.modbus import device
from tests.support.machines.opcua import Floor, at
from tests.support.machines.peers import node_opcua
from tests.support.machines.samples import Samples, run
from tests.support.machines.shop import GatewayThread
from tests.support.machines.stand import Stand, standing
from tests.support.machines.wire import wire
from tests.support.waiting import until

OPCUA = """\
unit: M-1
protocol: opcua
url: opc.tcp://127.0.0.1:{port}/press
stale_s: 60
groups: {{fast: 0.05}}
tags:
  - {{name: temp, signal: raw, address: "{address}"}}
"""
MODBUS = """\
unit: M-1
protocol: modbus
url: tcp://127.0.0.1:{port}
groups: {{fast: 0.02}}
tags:
  - {{name: temp, signal: raw, address: "holding:0", type: uint16}}
"""


class Said:
    """What the gateway says of the machine, last."""

    def __init__(self, stand: Stand) -> None:
        self.stand = stand

    @property
    def machine(self) -> dict[str, Any]:
        found = self.stand.machines()
        return found[0] if found else {"warnings": [], "generation": 0}

    def kinds(self) -> list[str]:
        return [warning["kind"] for warning in self.machine["warnings"]]

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait in a thread, so that a server on this loop goes on."""
        await asyncio.to_thread(until, condition, 20.0)


@contextmanager
def gateway(tmp_path: Path, text: str) -> Iterator[Said]:
    folder = tmp_path / "machines"
    folder.mkdir()
    (folder / "m.yaml").write_text(text)
    stand = Stand()
    with standing(stand) as url:
        running = GatewayThread(folder, url)
        try:
            yield Said(stand)
        finally:
            running.stop()


class Connection:
    """An adapter as far as it is looked at here."""

    def __init__(self, *, drops: int = 0, late: int = 0, warnings: tuple[Notice, ...] = ()) -> None:
        self.drops, self.late, self.warnings = drops, late, warnings


def kinds(noticed: Noticing) -> list[str]:
    return [notice.kind for notice in noticed.current]


def look(noticed: Noticing, connection: Any, skew_ms: int | None = None) -> list[str]:
    noticed.look(connection, skew_ms)
    return kinds(noticed)


# ---- counts and sentences ----


def test_counts_add_up_over_connections() -> None:
    noticed, first, second = Noticing("M-1"), Connection(drops=3, late=1), Connection(drops=2)
    assert look(noticed, first) == ["drops"]
    first.drops = 4  # between the last look and the end
    noticed.over(first)  # type: ignore[arg-type]
    assert (noticed.drops, noticed.late, kinds(noticed)) == (4, 1, [])
    look(noticed, second)
    assert (noticed.drops, noticed.late) == (6, 1)
    assert "(6 so far)" in noticed.current[0].text


def test_one_late_poll_is_a_hiccup_and_going_on_is_not() -> None:
    noticed = Noticing("M-1")
    assert [look(noticed, Connection(late=n)) for n in (1, 1, 9)] == [[], [], []]
    assert look(noticed, Connection(late=10)) == ["late"]


def test_what_did_not_grow_for_long_is_history(monkeypatch: pytest.MonkeyPatch) -> None:
    noticed, connection = Noticing("M-1"), Connection(drops=1)
    assert look(noticed, connection) == ["drops"]
    monkeypatch.setattr(noticing, "RECENT_SECONDS", -1.0)
    assert look(noticed, connection) == []
    assert noticed.drops == 1


def test_a_clock_counts_as_wrong_beyond_five_seconds() -> None:
    noticed = Noticing("M-1")
    assert look(noticed, Connection(), 5_000) == []
    assert look(noticed, Connection(), 61_000) == ["clock"]
    assert "61 s ahead of the gateway's" in noticed.current[0].text
    look(noticed, Connection(), -7_200_000)
    assert "7200 s behind the gateway's" in noticed.current[0].text
    assert "set the clock" in noticed.current[0].text


def test_a_warning_is_logged_when_it_appears_and_when_it_is_over() -> None:
    noticed, ends = Noticing("M-1"), Notice("own_certificate", "Our certificate ends.", {})
    with capture_logs() as logged:
        for _ in range(3):
            look(noticed, Connection(warnings=(ends,)))
        noticed.over(Connection(warnings=(ends,)))  # type: ignore[arg-type]
        look(noticed, Connection(warnings=(ends,)))  # a new connection is no news
        look(noticed, Connection())
    assert [(entry["event"], entry["kind"]) for entry in logged] == [
        ("machine_warned", "own_certificate"),
        ("machine_warning_over", "own_certificate"),
    ]


# ---- real machines ----


def test_a_slow_device_is_told_as_late_and_its_count_survives_a_reconnection(
    tmp_path: Path,
) -> None:
    async def walk() -> None:
        async with device({0: [7]}) as (url, _), wire(int(url.rpartition(":")[2])) as line:
            line.late = 0.1
            with gateway(tmp_path, MODBUS.format(port=line.port)) as said:
                await said.until(lambda: said.kinds() == ["late"])
                counted = said.machine["late_polls"]
                assert counted >= noticing.LATE_LOOKS
                assert "slower group" in said.machine["warnings"][0]["text"]
                line.late = 0.0
                line.cut()
                await said.until(lambda: said.machine["generation"] == 2)
                assert said.machine["late_polls"] >= counted
                assert said.machine["machine_drops"] == 0

    run(walk(), 60)


def test_what_a_server_throws_away_is_counted_and_told(tmp_path: Path) -> None:
    async def walk(peer: peers.Peer, port: int) -> None:
        address = f"nsu={peers.URI};s=Temp"
        async with wire(port) as line:
            with gateway(tmp_path, OPCUA.format(port=line.port, address=address)) as said:
                await said.until(lambda: said.machine.get("accepted") == 1)
                assert said.machine["machine_drops"] == 0
                line.freeze()
                beside, sink = Machine.make(peer.url, {}), Samples()
                await beside.connect()
                await beside.subscribe([Tag("temp", address, interval=0.05)], sink)
                await sink.until(lambda s: len(s.of("temp")) > 40)  # four times what is queued
                await beside.close()
                line.thaw()
                await said.until(lambda: said.kinds() == ["drops"])
                assert said.machine["machine_drops"] > 0
                assert said.machine["generation"] == 1
                assert said.machine["drops"] == 0  # nothing was thrown away here

    with peers.kept_pki() as pki, node_opcua(pki) as peer:
        run(walk(peer, int(peer.url.rpartition(":")[2].partition("/")[0])), 60)


def test_a_wrong_clock_is_told_with_what_to_do(floor: Floor, tmp_path: Path) -> None:
    async def walk() -> None:
        press = floor.press
        text = OPCUA.format(port=press.port, address=at("Temp"))
        with gateway(tmp_path, text) as said:
            await said.until(lambda: said.machine.get("accepted") == 1)
            for value in (21.0, 22.0):
                ahead = time.time_ns() // 1_000_000 + 90_000
                await press.set("Temp", value, ua.StatusCodes.Good, ahead)
            await said.until(lambda: said.kinds() == ["clock"])
            [warning] = said.machine["warnings"]
            assert warning["facts"] == {"seconds": 90, "ahead": 1}
            assert "set the clock that is wrong" in warning["text"]
            await said.until(lambda: said.stand.of("skew") != [])
            assert said.stand.of("skew")[0]["milliseconds"] > 80_000

    floor.run(walk(), 60)
