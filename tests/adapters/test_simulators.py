"""Simulated machines, seen through our own protocols: physics, commands taken once, faults."""

import json
from collections.abc import Callable, Coroutine
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from adapters.machines.config.reading import read_machine
from adapters.machines.core import Lost, NotSent, Refused, Tag, Unknown, Value, Write
from adapters.machines.protocols import modbus
from adapters.simulate.cnc import Cnc
from adapters.simulate.door import Door
from adapters.simulate.handshake import Code, Echo
from adapters.simulate.leak_tester import LIMIT, LeakTester, following
from adapters.simulate.oven import Oven, recipe_crc
from adapters.simulate.press import CYCLE_SECONDS, Press
from adapters.simulate.simulator import DOWN, IDLE, RUNNING, Simulator
from tests.house.tree import ROOT
from tests.support.machines.samples import run, until

Walk = Callable[[], Coroutine[Any, Any, None]]

NUMBER = Tag("number", "holding:100", "uint32")
RECIPE, PARTS, STROBE = (
    Tag("recipe", "holding:102"),
    Tag("parts", "holding:103"),
    Tag("strobe", "holding:106"),
)
FORCE = Tag("force", "holding:104", "float32")
ECHO = [
    Tag("last", "holding:110", "uint32"),
    Tag("echo", "holding:112"),
    Tag("code", "holding:113"),
]


async def gateway(machine: Simulator, timeout: float = 1.0) -> modbus.Machine:
    made = modbus.Machine.make(machine.url, {"timeout": timeout})
    await made.connect()
    return made


async def press_parts(
    line: modbus.Machine, number: int, parts: int, recipe: int = 1, timeout: float = 2.0
) -> None:
    writes: list[tuple[Tag, Value]] = [
        (NUMBER, number),
        (RECIPE, recipe),
        (PARTS, parts),
        (FORCE, 100.0),
        (STROBE, 1),
    ]
    await line.write([Write(tag, value) for tag, value in writes], timeout=timeout)


async def echo(line: modbus.Machine) -> list[Value]:
    return [sample.value for sample in await line.read(ECHO)]


def test_a_press_takes_a_number_once_and_tells_what_became_of_it() -> None:
    async def walk() -> None:
        async with Press(speed=200) as press:
            line = await gateway(press)
            await press_parts(line, 5, 3)
            await until(lambda: press.memory.data.echo == Echo.DONE)
            assert await echo(line) == [5, Echo.DONE, 0]
            assert press.memory.data.good + press.memory.data.scrap == 3
            await press_parts(line, 5, 3)  # the same again: the answer was lost, say
            await press_parts(line, 4, 3)  # an old one
            assert (press.state, press.memory.data.last) == (IDLE, 5)
            await press_parts(line, 6, 1, recipe=9)
            assert await echo(line) == [6, Echo.REFUSED, Code.BAD_PARAMETER]
            assert press.memory.data.cycle == 3
            await line.close()

    run(walk())


def test_one_command_at_a_time() -> None:
    """The echo of the one that runs stays; the other number is not taken, and may come again."""
    press = Press(seed=3)
    press._command(1, 1, 1, 150.0)
    press._command(2, 1, 1, 150.0)
    data = press.memory.data
    assert (data.last, data.echo, press.state) == (1, Echo.RUNNING, RUNNING)
    press.advance(CYCLE_SECONDS)
    assert (data.last, data.echo, data.cycle) == (1, Echo.DONE, 1)
    press._command(2, 1, 1, 150.0)
    assert (data.last, data.echo) == (2, Echo.RUNNING)


def test_a_press_shows_its_stroke_in_the_orders_that_its_page_says() -> None:
    press = Press(seed=3)
    press.memory.data.good = 0x00010002
    assert press.handshake.take(1, Code.NONE)
    press.handshake.tell(Echo.DONE)
    press._command(2, 1, 2, 150.0)
    forces = []
    for _ in range(80):
        press.advance(CYCLE_SECONDS / 40)
        forces.append(press.force)
    assert max(forces) == pytest.approx(150.0, rel=0.05)
    assert forces[5] == 0.0  # the ram comes down
    assert press.memory.data.cycle == 2
    press.refresh()
    assert press.registers[2:4] == [0x0002 + 2, 0x0001]


def test_two_percent_of_what_is_pressed_is_scrap() -> None:
    press = Press(seed=7, produce=True)
    for _ in range(4000):
        press.advance(CYCLE_SECONDS / 2)
    made = press.memory.data
    assert made.good + made.scrap == 2000
    assert 20 <= made.scrap <= 60


def test_executed_and_then_gone_is_unknown_and_told_by_the_echo(tmp_path: Path) -> None:
    async def walk() -> None:
        async with Press(speed=200, memory=tmp_path / "press.json") as press:
            line = await gateway(press)
            await press.fault("die", seconds=0.05)
            with pytest.raises((Unknown, NotSent)):
                await press_parts(line, 8, 1, timeout=0.2)
            await line.close()
            await until(lambda: press.memory.data.echo == Echo.DONE)
            again = await reached(press)
            assert await echo(again) == [8, Echo.DONE, 0]
            await again.close()
        assert json.loads((tmp_path / "press.json").read_text())["last"] == 8

    run(walk())


async def reached(machine: Simulator) -> modbus.Machine:
    """A connection, as soon as the machine is there again."""
    for _ in range(200):
        try:
            return await gateway(machine)
        except Lost:
            await until(lambda: True)
    raise AssertionError("not reached")


def test_power_lost_in_a_cycle_is_a_failed_command(tmp_path: Path) -> None:
    file = tmp_path / "press.json"
    before = Press(memory=file)
    before.memory.boot()
    before._command(3, 1, 5, 100.0)
    assert before.state == RUNNING
    after = Press(memory=file)
    after.memory.boot()
    data = after.memory.data
    assert (data.last, data.echo, data.code, data.boot) == (3, Echo.FAILED, Code.POWER_LOST, 2)


def test_a_breakdown_fails_the_command_and_is_repaired() -> None:
    async def walk() -> None:
        async with Press(speed=10) as press:
            line = await gateway(press)
            await press_parts(line, 1, 50)
            await press.fault("breakdown", code=8, seconds=0.2)
            assert await echo(line) == [1, Echo.FAILED, Code.BREAKDOWN]
            assert press.state == DOWN
            await press_parts(line, 2, 1)
            assert await echo(line) == [2, Echo.REFUSED, Code.NOT_READY]
            await until(lambda: press.state == IDLE)
            await press_parts(line, 3, 1)
            assert (await echo(line))[:2] != [3, Echo.REFUSED]
            await line.close()

    run(walk())


def test_faults_of_the_wire_and_of_values_are_seen_as_such() -> None:
    async def walk() -> None:
        async with Press(speed=50, produce=True) as press:
            line = await gateway(press, timeout=0.1)
            peak, good = (
                Tag("peak", "holding:12", "float32"),
                Tag("n", "holding:2", "uint32", "CDAB"),
            )
            await press.fault("nan", seconds=30)
            assert [s.reason for s in await line.read([peak])] == ["nan"]
            await press.fault("jump", parts=1000)
            await press.fault("rollover")
            [sample] = await line.read([good])
            assert isinstance(sample.value, int)
            assert sample.value >= 2**32 - 2 or sample.value < 10
            await press.fault("busy", seconds=30)
            [sample] = await line.read([good])
            assert sample.reason == "SERVER_DEVICE_BUSY"
            await press.fault("none")
            await press.fault("freeze", seconds=0.15)
            with pytest.raises(Lost):
                await line.read([good])
            await until(lambda: press.wire.kept > 0)
            await press.fault("half", seconds=0.15)
            with pytest.raises(Lost):
                await line.read([good])
            await line.close()

    run(walk())


def test_an_oven_heats_soaks_and_cools_as_ovens_do() -> None:
    oven = Oven(seed=1)
    oven._command(1, 1, 20)
    minutes = 0
    while oven.state != IDLE and minutes < 600:
        oven.advance(60)
        minutes += 1
    assert 30 < minutes < 180
    assert oven.last_peak == pytest.approx(850, abs=15)
    assert (oven.memory.data.echo, oven.memory.data.good) == (Echo.DONE, 1)
    assert max(oven.zones) <= 81


def test_an_oven_takes_a_recipe_only_with_the_right_checksum() -> None:
    async def walk() -> None:
        async with Oven() as oven:
            line = await gateway(oven)
            block = [17, 3, 500, 510, 520, 520, 510, 500]
            good = recipe_crc(block)

            async def load(crc: int) -> None:
                words = [*block, crc >> 16, crc & 0xFFFF]
                tags = [Tag(f"w{n}", f"holding:{200 + n}") for n in range(10)]
                pairs = zip(tags, words, strict=True)
                await line.write([Write(tag, word) for tag, word in pairs], timeout=2)

            with pytest.raises(Refused, match="ILLEGAL_DATA_VALUE"):
                await load(good ^ 1)
            await load(good)
            active = [Tag("id", "holding:30"), Tag("crc", "holding:32", "uint32")]
            assert [s.value for s in await line.read(active)] == [17, good]
            assert oven.points == [500, 510, 520, 520, 510, 500]
            await line.close()

    run(walk())


def test_a_job_that_a_machine_knows_is_not_started_again() -> None:
    cnc = Cnc(seed=2)
    assert cnc.take_job("LATHE-1-4", Code.NONE) is True
    cnc._begin("SHAFT-25", 2)
    assert cnc.take_job("LATHE-1-4", Code.NOT_READY) is False
    cnc.advance(61)
    assert (cnc.job_state, cnc.jobs) == ("Ended", {"LATHE-1-4": "Ended"})
    assert cnc.memory.data.cycle == 2
    assert cnc.take_job("LATHE-1-4", Code.NONE) is False
    assert cnc.take_job("LATHE-1-5", Code.NOT_READY) is not True
    assert 24.9 < cnc.diameter < 25.1


def test_the_part_counter_rolls_over() -> None:
    cnc = Cnc(produce=True)
    cnc.memory.data.good = 2**32 - 2
    for _ in range(4):
        cnc.advance(30.001)
    assert cnc.memory.data.good == 2


def test_a_leak_tester_judges_each_part_and_counts_its_serial_numbers() -> None:
    tester = LeakTester(seed=5)
    tester._begin("SN-0099", 2)
    tester.advance(6.001)
    assert (tester.serial, tester.next_serial) == ("SN-0099", "SN-0100")
    assert (tester.leak <= LIMIT) == (tester.result == 1)
    tester.advance(6.001)
    assert (tester.serial, tester.state, tester.memory.data.cycle) == ("SN-0100", IDLE, 2)
    assert following("BATCH") == "BATCH-2"


def test_one_part_in_a_hundred_leaks() -> None:
    tester = LeakTester(seed=5, produce=True)
    for _ in range(3000):
        tester.advance(6)
    assert 0.005 < tester.memory.data.scrap / 3000 < 0.04


def test_a_repeated_cycle_number_counts_a_part_all_the_same() -> None:
    tester = LeakTester(produce=True)
    tester.advance(6.001)
    tester.wrong.repeat_cycle = True
    tester.advance(6)
    data = tester.memory.data
    assert (data.cycle, data.good + data.scrap) == (1, 2)


def test_the_door_lets_faults_in_and_refuses_what_is_none() -> None:
    async def walk() -> None:
        press = Press()
        door = Door(press)
        status, told = await door.answer("GET", "/", b"")
        assert status == 200
        assert {"freeze", "busy", "die", "half", "rollover"} <= set(told["faults"])  # type: ignore[call-overload]
        assert await door.answer("POST", "/faults/refuse", b"") == (200, {})
        assert press.wrong.refuse_next
        for path, body in (("/faults/rust", b""), ("/faults/nan", b'{"hours": 1}')):
            status, told = await door.answer("POST", path, body)
            assert status == 400
        assert (await door.answer("DELETE", "/", b""))[0] == 404

    run(walk())


@pytest.mark.parametrize("name", ["press", "oven", "cnc", "leak_tester"])
def test_the_demonstrations_files_are_right(name: str) -> None:
    plan = read_machine(ROOT / "processes" / "demo" / "machines" / f"{name}.yaml")
    assert plan.actions
    assert plan.writes_enabled
    module = import_module(f"adapters.simulate.{name}")
    assert f"adapters.simulate.{name} --port" in plan.file.read_text("utf-8")
    assert module.__doc__


def test_one_seed_is_one_course_of_events() -> None:
    def course(seed: int) -> list[int]:
        press = Press(seed=seed, produce=True)
        for _ in range(300):
            press.advance(CYCLE_SECONDS)
        return [press.memory.data.good, round(press.last_peak * 1000)]

    assert course(1) == course(1)
    assert course(1) != course(2)
