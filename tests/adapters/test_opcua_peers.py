"""OPC UA against node-opcua, a stack that nobody here wrote."""

import asyncio
import json
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from adapters.machines.core import Lost, NotSent, Refused, SecurityRefused, Tag, Unknown, Write
from adapters.machines.protocols import certificates
from adapters.machines.protocols.opcua import Machine
from tests.support.machines.peers import URI, Peer, node_opcua
from tests.support.machines.samples import Samples, is_lost, run, until

FAST = 0.05
START = f"nsu={URI};s=Press#StartJob"


def at(name: str) -> str:
    return f"nsu={URI};s={name}"


def watched(name: str) -> Tag:
    return Tag(name.lower(), at(name), interval=FAST)


@pytest.fixture(scope="module")
def pki(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("pki")


@pytest.fixture(scope="module")
def peer(pki: Path) -> Iterator[Peer]:
    with node_opcua(pki) as made:
        yield made


async def connected(peer: Peer, **options: object) -> Machine:
    machine = Machine.make(peer.url, options)
    await machine.connect()
    return machine


def test_values_qualities_and_what_is_refused(peer: Peer) -> None:
    async def walk() -> None:
        machine, sink = await connected(peer), Samples()
        tags = [watched(name) for name in ("Temp", "Broken", "Nan", "Name", "NoSuch")]
        assert await machine.subscribe(tags, sink) == {"nosuch": "BadNodeIdUnknown"}
        await sink.until(lambda s: len(s.of("temp")) > 3)
        first = {name: sink.of(name)[0] for name in ("broken", "nan", "name")}
        assert (first["broken"].quality, first["broken"].reason) == ("bad", "BadSensorFailure")
        assert (first["nan"].value, first["nan"].reason) == (None, "nan")
        assert first["name"].value == "PRESS-01"
        newest = sink.of("temp")[-1]
        assert newest.source_ms is not None
        assert abs(newest.source_ms - newest.received_ms) < 5000
        assert machine.drops == 0
        await machine.close()

    run(walk())


def test_writes_and_methods_have_the_servers_types(peer: Peer) -> None:
    async def walk() -> None:
        machine = await connected(peer)
        point, recipe = watched("SetPoint"), watched("Recipe")
        await machine.write([Write(point, 12.5), Write(recipe, 7)], timeout=2)
        assert [s.value for s in await machine.read([point, recipe])] == [12.5, 7]
        with pytest.raises(Refused) as refused:
            await machine.write([Write(watched("Mode"), 2)], timeout=2)
        assert refused.value.code == "BadNotWritable"
        assert await machine.call(START, ["WO-1", 7], timeout=2) == [True]
        with pytest.raises(NotSent, match="does not fit into UInt16"):
            await machine.call(START, ["WO-2", 70_000], timeout=2)
        await machine.close()

    run(walk())


def test_an_event_without_a_state_is_over_when_it_is_told(peer: Peer) -> None:
    async def walk() -> None:
        machine, sink = await connected(peer), Samples()
        tag = Tag("alarms", at("Press") + "#events", interval=FAST)
        assert await machine.subscribe([tag], sink) == {}
        await machine.call(at("Press") + "#Raise", ["Above 220 bar"], timeout=2)
        await sink.until(lambda s: len(s.of("alarms")) == 1)
        told = json.loads(str(sink.values("alarms")[0]))
        assert (told["code"], told["text"]) == ("Overpressure", "Above 220 bar")
        assert told["active"] is False
        await machine.close()

    run(walk())


def test_a_faster_tag_is_published_as_fast(peer: Peer) -> None:
    async def walk() -> None:
        machine, sink = await connected(peer), Samples()
        assert await machine.subscribe([Tag("name", at("Name"), interval=1.0)], sink) == {}
        assert await machine.subscribe([watched("Temp")], sink) == {}
        began = time.monotonic()
        await sink.until(lambda s: len({x.received_ms for x in s.of("temp")}) > 8)
        assert time.monotonic() - began < 4
        await machine.close()

    run(walk())


def test_killed_and_started_again_with_its_namespaces_shifted(pki: Path) -> None:
    async def walk() -> None:
        with node_opcua(pki) as peer:
            machine, sink = await connected(peer), Samples()
            await machine.subscribe([watched("Temp")], sink)
            await sink.until(lambda s: len(s.of("temp")) > 1)
            peer.kill()
            await until(lambda: is_lost(machine))
            await machine.close()
            given = json.loads(peer.command[-1])
            peer.command[-1] = json.dumps({**given, "fillers": 3, "late": 300})
            peer.start()
            machine = await connected(peer)
            sink.clear()
            refused = await machine.subscribe([watched("Temp")], sink)
            assert set(refused) <= {"temp"}
            while refused:  # the nodes come later; the supervisor offers them again, as we do
                refused = await machine.subscribe([watched("Temp")], sink)
            await sink.until(lambda s: len(s.of("temp")) > 1)
            await machine.close()

    run(walk())


def test_frozen_it_is_silent_and_a_write_is_executed_after_the_thaw(pki: Path) -> None:
    async def walk() -> None:
        with node_opcua(pki) as peer:
            machine, sink = await connected(peer, timeout=0.5), Samples()
            await machine.subscribe([watched("Temp")], sink)
            await machine.write([Write(watched("Recipe"), 1)], timeout=2)
            peer.freeze()
            with pytest.raises(Unknown):
                await machine.write([Write(watched("Recipe"), 2)], timeout=0.2)
            silent_since = machine.alive()
            before = time.monotonic()
            await machine.close()
            assert time.monotonic() - before < 1
            assert silent_since <= before
            with pytest.raises(Lost):
                await connected(peer, timeout=0.2)
            peer.thaw()
            again = await connected(peer)
            sink.clear()
            await again.subscribe([watched("Recipe"), watched("Temp")], sink)
            await sink.until(lambda s: s.values("recipe")[-1:] == [2])
            await sink.until(lambda s: len(s.of("temp")) > 2)  # connected, and not silent
            await again.close()

    run(walk())


def test_when_its_sessions_are_taken_the_cure_is_named(pki: Path) -> None:
    async def walk() -> None:
        with node_opcua(pki, sessions=1) as peer:
            first = await connected(peer)
            with pytest.raises(Lost, match="all its sessions are taken") as lost:
                await connected(peer)
            assert not isinstance(lost.value, SecurityRefused)
            await first.close()
            second = await connected(peer)
            await second.close()

    run(walk())


async def visit(peer: Peer, folder: Path, **changes: str) -> object:
    given = {
        "policy": "Basic256Sha256",
        "user": "mes",
        "password": "s3cret",
        "certificates": str(folder),
    }
    machine = await connected(peer, security={**given, **changes})
    [sample] = await machine.read([watched("Name")])
    await machine.close()
    return sample.value


async def trusted(peer: Peer, folder: Path, pki: Path) -> object:
    """What it answers, once it has looked at its folder again, as it does now and then."""
    async with asyncio.timeout(20):
        while True:
            accept(pki)
            try:
                return await visit(peer, folder)
            except SecurityRefused:
                continue


def test_secured_each_side_has_to_trust_the_other(pki: Path, folder: Path) -> None:
    async def walk() -> None:
        certificates.make_own(folder)
        with node_opcua(pki, secured=True) as peer:
            with pytest.raises(SecurityRefused, match="Nobody has trusted") as refused:
                await visit(peer, folder)
            server = next((pki / "own" / "certs").glob("*.pem"))
            shown = certificates.load(server.read_bytes())
            assert certificates.fingerprint(shown) in str(refused.value)
            certificates.pin(folder, shown)
            with pytest.raises(SecurityRefused, match="does not trust our certificate"):
                await visit(peer, folder)
            assert await trusted(peer, folder, pki) == "PRESS-01"
            assert await visit(peer, folder, policy="Aes256Sha256RsaPss") == "PRESS-01"
            with pytest.raises(SecurityRefused, match="user or password is wrong"):
                await visit(peer, folder, password="wrong")
            with pytest.raises(SecurityRefused, match="does not offer"):
                await connected(peer)  # without security: less than the server has

    run(walk(), seconds=60)


def accept(pki: Path) -> None:
    """What a person does on the machine: move what was rejected to what is trusted."""
    for file in (pki / "rejected").glob("*"):
        shutil.move(file, pki / "trusted" / "certs" / file.name)
