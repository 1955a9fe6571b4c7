"""Modbus against libmodbus (C) and modbus-serial (JavaScript), which nobody here wrote."""

from pathlib import Path

import pytest

from adapters.machines.core import NotSent, Quality, Refused, Tag, Unknown, Value, Write
from adapters.machines.protocols.modbus import Machine
from tests.support.machines.peers import Peer, libmodbus, modbus_serial
from tests.support.machines.samples import Samples, is_lost, run, until

FAST = 0.02
NUMBER, RECIPE, STROBE = (
    Tag("number", "holding:100", "uint32"),
    Tag("recipe", "holding:102"),
    Tag("strobe", "holding:103"),
)
LAST = Tag("last", "holding:110", "uint32")


async def connected(peer: Peer, **options: object) -> Machine:
    machine = Machine.make(peer.url, options)
    await machine.connect()
    return machine


async def values(machine: Machine, *tags: Tag) -> list[Value]:
    return [sample.value for sample in await machine.read(tags)]


async def command(machine: Machine, number: int, timeout: float = 2.0) -> None:
    await machine.write(
        [Write(NUMBER, number), Write(RECIPE, 7), Write(STROBE, 1)], timeout=timeout
    )


def test_libmodbus_every_type_and_table() -> None:
    async def walk() -> None:
        with libmodbus() as peer:
            machine = await connected(peer)
            assert await values(
                machine,
                Tag("abcd", "holding:0", "float32"),
                Tag("cdab", "holding:2", "float32", "CDAB"),
                Tag("number", "holding:4", "uint32"),
                Tag("negative", "holding:6", "int16"),
                Tag("name", "holding:10", "string", length=4),
                Tag("nan", "holding:20", "float32"),
                Tag("bit", "holding:5.7"),
                Tag("input", "input:5"),
                Tag("coil", "coil:7"),
                Tag("discrete", "discrete:7"),
            ) == [123.5, 123.5, 100_000, -5, "PRESS-01", None, True, 1005, True, False]
            await machine.write([Write(Tag("coil", "coil:8"), True)], timeout=1)
            await machine.write([Write(Tag("one", "holding:50"), 4242)], timeout=1)
            for order in ("ABCD", "CDAB", "BADC", "DCBA"):
                tag = Tag("real", "holding:60", "float64", order)
                await machine.write([Write(tag, -1.25)], timeout=1)
                assert await values(machine, tag) == [-1.25]
            assert await values(machine, Tag("coil", "coil:8"), Tag("one", "holding:50")) == [
                True,
                4242,
            ]
            with pytest.raises(Refused) as refused:
                await machine.write([Write(Tag("none", "holding:1500"), 1)], timeout=1)
            assert refused.value.code == "ILLEGAL_DATA_ADDRESS"
            refusals = await machine.subscribe([Tag("none", "holding:1500")], Samples())
            assert refusals == {"none": "ILLEGAL_DATA_ADDRESS"}
            await machine.close()

    run(walk())


def test_modbus_serial_lies_about_registers_that_it_does_not_have() -> None:
    async def walk() -> None:
        with modbus_serial() as peer:
            machine, sink = await connected(peer), Samples()
            tags = [Tag("real", "holding:0", "float32", interval=FAST), Tag("none", "holding:5000")]
            assert await machine.subscribe(tags, sink) == {}
            await sink.until(lambda s: len(s.of("real")) > 3)
            assert sink.values("real")[0] == 123.5
            # 0 and no exception: only a heartbeat can tell that a register is the right one.
            assert (sink.of("none")[0].value, sink.of("none")[0].quality) == (0, Quality.GOOD)
            await machine.write(
                [Write(Tag("a", "holding:50"), 7), Write(Tag("b", "holding:51"), 8)], timeout=1
            )
            assert await values(machine, Tag("b", "holding:51"), Tag("input", "input:3")) == [
                8,
                1003,
            ]
            await machine.close()

    run(walk())


def test_killed_and_started_again_libmodbus_is_found_by_a_new_machine() -> None:
    async def walk() -> None:
        with libmodbus() as peer:
            machine, sink = await connected(peer, timeout=0.2), Samples()
            await machine.subscribe([Tag("a", "holding:6", "int16", interval=FAST)], sink)
            peer.kill()
            await until(lambda: is_lost(machine))
            with pytest.raises(NotSent):
                await command(machine, 1)
            await machine.close()
            peer.start()
            again = await connected(peer)
            sink.clear()
            await again.subscribe([Tag("a", "holding:6", "int16", interval=FAST)], sink)
            await sink.until(lambda s: s.values("a")[:1] == [-5])
            await again.close()

    run(walk())


def test_a_frozen_libmodbus_is_lost_and_its_late_write_executed_once(tmp_path: Path) -> None:
    async def walk() -> None:
        log = tmp_path / "executed"
        with libmodbus(log) as peer:
            machine, sink = await connected(peer, timeout=0.1), Samples()
            await machine.subscribe([Tag("a", "holding:6", "int16", interval=FAST)], sink)
            await command(machine, 1)
            peer.freeze()
            with pytest.raises(Unknown):
                await command(machine, 2, timeout=0.2)
            await until(lambda: is_lost(machine))
            assert log.read_text() == "1\n"
            peer.thaw()
            await until(lambda: log.read_text() == "1\n2\n")
            await machine.close()
            again = await connected(peer)
            assert await values(again, LAST) == [2]
            await command(again, 2)  # to send the same number again is safe
            assert log.read_text() == "1\n2\n"
            await again.close()

    run(walk())


def test_a_slow_answer_does_not_make_a_write_run_twice(tmp_path: Path) -> None:
    """With the library's own retries one call was executed twice, and returned good."""

    async def walk() -> None:
        log = tmp_path / "executed"
        with libmodbus(log, delay_ms=300) as peer:
            machine = await connected(peer)
            with pytest.raises(Unknown):
                await command(machine, 1, timeout=0.1)
            await until(lambda: log.exists())
            assert log.read_text() == "1\n"
            await command(machine, 2, timeout=5)
            assert log.read_text() == "1\n2\n"
            await machine.close()

    run(walk())


def test_executed_and_then_dead_is_unknown_and_the_echo_tells(tmp_path: Path) -> None:
    async def walk() -> None:
        log = tmp_path / "executed"
        with libmodbus(log, die=100) as peer:
            machine = await connected(peer)
            with pytest.raises(Unknown):
                await command(machine, 41, timeout=1)
            await machine.close()
            peer.kill()
            peer.start()
            again = await connected(peer)
            assert await values(again, LAST, Tag("echo", "holding:112")) == [41, 3]
            await again.close()
        assert log.read_text() == "41\n"

    run(walk())


def test_two_machines_of_one_gateway_do_not_wait_for_each_other() -> None:
    async def walk() -> None:
        with libmodbus() as one, libmodbus() as other:
            frozen, well = await connected(one, timeout=0.5), await connected(other)
            await frozen.subscribe([Tag("a", "holding:6", interval=FAST)], Samples())
            one.freeze()
            sink = Samples()
            await well.subscribe([Tag("b", "holding:5", interval=FAST)], sink)
            await sink.until(lambda s: len(s.of("b")) > 10, seconds=2)
            one.thaw()
            await frozen.close()
            await well.close()

    run(walk())
