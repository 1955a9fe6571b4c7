"""How often an OPC UA server publishes: asyncua's keeps to the interval it began with."""

import time

import pytest

from adapters.machines.core import Tag
from adapters.machines.protocols.opcua import Machine
from tests.support.machines.opcua import Floor, Press, at
from tests.support.machines.samples import Samples

SLOW, FAST = Tag("slow", at("Count"), interval=2.0), Tag("fast", at("Temp"), interval=0.1)
CHANGES = 12


async def watching(press: Press, *tags: Tag) -> tuple[Machine, Samples]:
    """A machine that watches tags, each added to what runs already."""
    machine, sink = Machine.make(press.url, {}), Samples()
    await machine.connect()
    for tag in tags:
        assert await machine.subscribe([tag], sink) == {}
    await sink.until(lambda s: all(s.of(tag.name) for tag in tags))
    return machine, sink


async def shown(press: Press, sink: Samples, value: float) -> None:
    await press.set("Temp", value)
    await sink.until(lambda s: value in s.values("fast"))


async def seconds_a_change(press: Press, sink: Samples, first: float) -> float:
    """How long it takes from a change of the fast tag until it is here."""
    began = time.monotonic()
    for number in range(CHANGES):
        await shown(press, sink, first + number)
    return (time.monotonic() - began) / CHANGES


def test_a_faster_tag_beside_a_slow_one_comes_as_fast_as_it_is_asked_for(floor: Floor) -> None:
    async def walk() -> None:
        press = floor.press
        machine, sink = await watching(press, SLOW, FAST)
        assert await seconds_a_change(press, sink, 100.0) < 0.3  # the slow one: once a second
        await press.set("Count", 8)
        await sink.until(lambda s: 8 in s.values("slow"))
        assert machine.drops == 0  # each subscription counts its publications itself
        await machine.unsubscribe(["slow", "fast"])
        sink.clear()
        again = Tag("again", at("Name"), interval=0.1)
        await press.set("Temp", 1.0)
        await press.set("Count", 1)
        assert await machine.subscribe([again], sink) == {}
        await sink.until(lambda s: s.values("again") == ["PRESS-01"])
        assert (sink.of("fast"), sink.of("slow")) == ([], [])
        await machine.close()

    floor.run(walk())


def test_a_further_subscription_is_made_for_what_is_faster_alone(floor: Floor) -> None:
    async def walk() -> None:
        service = floor.press.server.iserver.subscription_service
        before = set(service.subscriptions)  # of sessions that may end meanwhile
        slower = Tag("slower", at("Name"), interval=1.0)
        machine, _ = await watching(floor.press, FAST, SLOW, slower)
        assert len(service.subscriptions.keys() - before) == 1
        await machine.close()
        before = set(service.subscriptions)
        machine, _ = await watching(floor.press, SLOW, FAST, slower)
        assert len(service.subscriptions.keys() - before) == 2
        await machine.close()

    floor.run(walk())


def test_a_server_without_a_further_subscription_brings_it_as_fast_as_it_can(
    floor: Floor, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def walk() -> None:
        press = floor.press
        server = press.server.iserver
        there = len(server.subscription_service.subscriptions)
        monkeypatch.setattr(server, "max_subscriptions", there + 1)
        machine, sink = await watching(press, SLOW, FAST)
        await shown(press, sink, 77.0)
        await machine.close()

    floor.run(walk())


def test_a_server_that_promises_to_be_silent_for_longer_is_believed(
    floor: Floor, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def walk() -> None:
        service = floor.press.server.iserver.subscription_service
        monkeypatch.setattr(service, "_clamp_keep_alive_count", lambda asked: 4 * asked)
        machine, _ = await watching(floor.press, SLOW)  # a sign of life in four seconds, not in one
        assert 2 < machine.alive() - time.monotonic() <= 3
        await machine.close()

    floor.run(walk())
