"""Modbus against devices in this process: polls, holes, writes, and everything that goes wrong."""

import asyncio
import struct
import time

import pytest
from pymodbus import FramerType
from pymodbus.constants import ExcCodes

from adapters.machines.config.making import STALE_SECONDS
from adapters.machines.core import (
    AddressInvalid,
    Lost,
    NotSent,
    Quality,
    Refused,
    Sample,
    Tag,
    Unknown,
    Write,
)
from adapters.machines.protocols import modbus
from adapters.machines.protocols.modbus import Machine
from tests.support.machines.modbus import bytes_device, device
from tests.support.machines.samples import Samples, is_lost, run, until

FAST = 0.02


async def connected(url: str, **options: object) -> Machine:
    machine = Machine.make(url, options)
    await machine.connect()
    return machine


def test_polls_bring_every_value_of_a_group() -> None:
    async def walk() -> None:
        async with device({0: [7, 0x42F7, 0, 0, 0b1000]}) as (url, server):
            machine, sink = await connected(url), Samples()
            tags = [
                Tag("count", "holding:0", "uint16", interval=FAST),
                Tag("force", "holding:1", "float32", interval=FAST),
                Tag("door", "holding:4.3", interval=FAST),
            ]
            assert await machine.subscribe(tags, sink) == {}
            assert [(s.tag, s.value) for s in sink.all[:3]] == [
                ("count", 7),
                ("force", 123.5),
                ("door", True),
            ]
            await server.async_setValues(1, 3, 0, [8])
            await sink.until(lambda s: 8 in s.values("count"))
            await machine.unsubscribe(["count"])
            sink.clear()
            await sink.until(lambda s: len(s.of("force")) > 2)
            assert sink.of("count") == []
            await machine.close()

    run(walk())


def test_a_hole_is_read_around_and_a_refused_tag_is_named() -> None:
    async def walk() -> None:
        async with device({0: [1], 5: [2]}) as (url, _):
            machine, sink = await connected(url), Samples()
            tags = [
                Tag("a", "holding:0", interval=FAST),
                Tag("hole", "holding:3", interval=FAST),
                Tag("b", "holding:5", interval=FAST),
            ]
            assert await machine.subscribe(tags, sink) == {"hole": "ILLEGAL_DATA_ADDRESS"}
            await sink.until(lambda s: len(s.of("a")) > 2 and len(s.of("b")) > 2)
            assert sink.of("hole") == []
            await machine.close()

    run(walk())


def test_a_tag_that_was_refused_is_accepted_later() -> None:
    async def walk() -> None:
        booting = True

        async def action(
            code: int, start: int, address: int, count: int, registers: list[int], new: object
        ) -> ExcCodes | None:
            return ExcCodes.DEVICE_BUSY if booting else None

        async with device(action=action) as (url, _):
            machine, sink = await connected(url), Samples()
            tag = Tag("a", "holding:0", interval=FAST)
            assert await machine.subscribe([tag], sink) == {"a": "SERVER_DEVICE_BUSY"}
            booting = False
            assert await machine.subscribe([tag], sink) == {}
            await sink.until(lambda s: s.values("a")[:1] == [0])
            await machine.close()

    run(walk())


def test_a_busy_device_gives_bad_samples_and_is_alive() -> None:
    async def walk() -> None:
        busy = False

        async def action(
            code: int, start: int, address: int, count: int, registers: list[int], new: object
        ) -> ExcCodes | None:
            return ExcCodes.DEVICE_BUSY if busy else None

        async with device(action=action) as (url, _):
            machine, sink = await connected(url), Samples()
            await machine.subscribe([Tag("a", "holding:0", interval=FAST)], sink)
            busy = True
            await sink.until(lambda s: s.all[-1].quality is Quality.BAD)
            assert sink.all[-1].reason == "SERVER_DEVICE_BUSY"
            assert time.monotonic() - machine.alive() < 1
            await machine.close()

    run(walk())


def test_one_request_writes_one_stretch() -> None:
    async def walk() -> None:
        requests: list[tuple[int, int, list[int]]] = []

        async def action(
            code: int, start: int, address: int, count: int, registers: list[int], new: object
        ) -> None:
            if isinstance(new, list):
                requests.append((code, address, list(new)))

        async with device(action=action) as (url, _):
            machine = await connected(url)
            number = Tag("number", "holding:100", "uint32")
            recipe, strobe = Tag("recipe", "holding:102"), Tag("strobe", "holding:103")
            await machine.write(
                [Write(strobe, 1), Write(number, 70_000), Write(recipe, 7)], timeout=1
            )
            assert requests == [(16, 100, [1, 4464, 7, 1])]
            with pytest.raises(NotSent, match="does not lie next to the others"):
                await machine.write([Write(number, 1), Write(strobe, 1)], timeout=1)
            with pytest.raises(NotSent, match="does not fit into uint16"):
                await machine.write([Write(Tag("recipe", "holding:102", "uint16"), -1)], timeout=1)
            with pytest.raises(Refused, match="Modbus has no methods"):
                await machine.call("StartJob", [], timeout=1)
            assert len(requests) == 1
            await machine.close()

    run(walk())


def test_a_refused_write_says_the_code() -> None:
    async def walk() -> None:
        async with device({0: [0]}) as (url, _):
            machine = await connected(url)
            with pytest.raises(Refused) as refused:
                await machine.write([Write(Tag("a", "holding:9"), 1)], timeout=1)
            assert refused.value.code == "ILLEGAL_DATA_ADDRESS"
            await machine.close()

    run(walk())


@pytest.mark.parametrize("code", [5, 11])
def test_accepted_or_sent_on_is_unknown(code: int) -> None:
    async def answer(request: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(request[:4] + b"\0\3" + request[6:7] + bytes([request[7] | 0x80, code]))

    async def walk() -> None:
        async with bytes_device(answer) as url:
            machine = await connected(url)
            with pytest.raises(Unknown, match="may be done"):
                await machine.write([Write(Tag("a", "holding:0"), 1)], timeout=1)
            await machine.close()

    run(walk())


def test_a_late_write_is_unknown_sent_once_and_executed_later() -> None:
    async def walk() -> None:
        executed: list[int] = []
        thawed = asyncio.Event()

        async def action(
            code: int, start: int, address: int, count: int, registers: list[int], new: object
        ) -> None:
            if isinstance(new, list):
                await thawed.wait()
                executed.extend(new)

        async with device(action=action) as (url, _):
            machine = await connected(url)
            with pytest.raises(Unknown):
                await machine.write([Write(Tag("a", "holding:0"), 5)], timeout=0.05)
            assert executed == []
            thawed.set()
            await until(lambda: executed == [5])
            await machine.write([Write(Tag("a", "holding:0"), 6)], timeout=1)
            assert executed == [5, 6]
            await machine.close()

    run(walk())


def test_nothing_is_sent_to_a_device_that_is_off() -> None:
    async def walk() -> None:
        async with device() as (url, _):
            machine = await connected(url)
        with pytest.raises(NotSent):
            await machine.write([Write(Tag("a", "holding:0"), 1)], timeout=1)
        await until(lambda: is_lost(machine))
        await machine.close()
        with pytest.raises(Lost, match="does not accept a connection"):
            await connected(url, timeout=0.2)

    run(walk())


def test_a_machine_that_is_looked_at_seldom_proves_its_life_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(modbus, "PROOF_SECONDS", 0.05)

    async def walk() -> None:
        async with device() as (url, _):
            machine, sink = await connected(url), Samples()
            await machine.subscribe([Tag("a", "holding:0", interval=3600)], sink)
            first = machine.alive()
            await until(lambda: machine.alive() > first)
            assert len(sink.all) == 1
            await machine.close()

    run(walk())


def test_half_an_answer_and_silence_is_a_loss() -> None:
    async def answer(request: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(request[:4] + b"\0\5" + request[6:8] + b"\2")  # the value is missing

    async def walk() -> None:
        async with bytes_device(answer) as url:
            machine, sink = await connected(url, timeout=0.05), Samples()
            with pytest.raises(Lost):
                await machine.subscribe([Tag("a", "holding:0", interval=FAST)], sink)
            assert sink.all == []
            await machine.close()

    run(walk())


def test_a_silent_device_is_lost_after_three_polls() -> None:
    async def walk() -> None:
        silent = False

        async def answer(request: bytes, writer: asyncio.StreamWriter) -> None:
            if not silent:
                writer.write(request[:4] + b"\0\5" + request[6:8] + b"\2\0\1")

        async with bytes_device(answer) as url:
            machine, sink = await connected(url, timeout=0.05), Samples()
            await machine.subscribe([Tag("a", "holding:0", interval=FAST)], sink)
            await sink.until(lambda s: len(s.all) > 2)
            silent = True
            await until(lambda: is_lost(machine))
            assert machine.late > 0
            before = time.monotonic()
            await machine.close()
            assert time.monotonic() - before < 1

    run(walk())


def test_on_a_bus_a_late_answer_is_nobodys() -> None:
    """RTU has no transaction numbers: without a pause the old value would be the new one."""

    async def walk() -> None:
        given_up = asyncio.Event()

        async def action(
            code: int, start: int, address: int, count: int, registers: list[int], new: object
        ) -> None:
            await given_up.wait()

        registers = {0: [11, 22]}
        async with device(registers, action=action, framer=FramerType.RTU) as (url, _):
            machine = await connected(url, timeout=0.1)
            with pytest.raises(Lost):
                await machine.read([Tag("first", "holding:0")])
            given_up.set()
            [second] = await machine.read([Tag("second", "holding:1")])
            assert second.value == 22
            await machine.close()

    run(walk())


def test_reading_answers_each_tag_in_order() -> None:
    async def walk() -> None:
        nan = list(struct.unpack(">2H", struct.pack(">f", float("nan"))))
        async with device({0: [1, *nan]}) as (url, _):
            machine = await connected(url)
            tags = [
                Tag("nan", "holding:1", "float32"),
                Tag("none", "holding:50"),
                Tag("one", "holding:0"),
            ]
            assert [brief(s) for s in await machine.read(tags)] == [
                ("nan", None, "bad", "nan"),
                ("none", None, "bad", "ILLEGAL_DATA_ADDRESS"),
                ("one", 1, "good", None),
            ]
            await machine.close()

    run(walk())


def brief(sample: Sample) -> tuple[str, object, str, str | None]:
    return (sample.tag, sample.value, sample.quality.value, sample.reason)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"unit": 1}, "Option unit is not known"),
        ({"device_id": 300}, "0 to 255"),
        ({"timeout": "1"}, "seconds to wait"),
        ({"max_words": 126}, "4 to 125"),
    ],
)
def test_a_wrong_option_is_refused(options: dict[str, object], message: str) -> None:
    with pytest.raises(AddressInvalid, match=message):
        Machine.check(options, [])


@pytest.mark.parametrize(
    "url",
    ["http://x", "tcp://", "serial:///dev/ttyS0?speed=1", "tls://plc", "serial:///x?parity=Z"],
)
def test_a_wrong_url_is_refused(url: str) -> None:
    with pytest.raises(AddressInvalid):
        Machine.make(url, {})


def test_a_value_longer_than_a_request_is_refused() -> None:
    with pytest.raises(AddressInvalid, match="but one request has 4"):
        Machine.check({"max_words": 4}, [Tag("t", "holding:0", "string", length=5)])


def test_a_device_that_is_seldom_looked_at_may_lose_one_answer_and_is_not_silent() -> None:
    asked: list[float] = []

    async def answer(request: bytes, writer: asyncio.StreamWriter) -> None:
        asked.append(time.monotonic())
        if len(asked) != 2:  # the first proof of life after the first value
            writer.write(request[:4] + b"\0\5" + request[6:8] + b"\2\0\7")

    async def walk() -> None:
        async with bytes_device(answer) as url:
            machine = await connected(url)
            assert await machine.subscribe([Tag("a", "holding:0", interval=60)], Samples()) == {}
            await until(lambda: len(asked) == 3)
            assert asked[2] - asked[0] < STALE_SECONDS
            await machine.close()

    run(walk())
