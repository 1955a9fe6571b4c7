"""Values that lie: torn in two, dated wrongly, in the wrong order, begun again from nought."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pymodbus.constants import ExcCodes

from adapters.clock import now_ms
from adapters.machines.core import Tag
from adapters.machines.protocols.modbus import Machine
from tests.support.machines.hall import Hall, hall
from tests.support.machines.modbus import device
from tests.support.machines.samples import Samples, run
from tests.support.waiting import until

LOW, HIGH = 0x0000FFFF, 0x00010000  # one piece apart, and different in both registers


@pytest.fixture
def floor(tmp_path: Path) -> Iterator[Hall]:
    with hall(tmp_path) as made:
        yield made


def measured(floor: Hall) -> list[dict[str, Any]]:
    """Every value of the force, newest first."""
    found: list[dict[str, Any]] = floor.get("/equipment/M-1/measurements", name="force")["items"]
    return found


def tell(floor: Hall, force: float, source_ms: int) -> None:
    """The machine says a force with a time of its own, and the plant has it."""
    floor.machine.set(values={"force": force}, quality={"force": ["good", None, source_ms]})
    until(lambda: force in [item["value"] for item in measured(floor)])


def test_a_number_of_two_registers_is_never_torn() -> None:
    """The device goes on between two requests: read in two, half of each would be one number."""
    numbers = [f"n{at}" for at in range(1, 250, 2)]

    async def walk() -> None:
        looked = 0

        async def go_on(
            code: int, start: int, at: int, count: int, registers: list[int], new: object
        ) -> ExcCodes | None:
            nonlocal looked
            looked += 1
            value = HIGH if looked % 2 else LOW
            for place in range(1, 250, 2):  # uneven: the border of 125 registers is inside one
                registers[place], registers[place + 1] = value >> 16, value & 0xFFFF
            return None

        async with device({0: [0] * 252}, action=go_on) as (url, _):
            machine, sink = Machine.make(url, {}), Samples()
            await machine.connect()
            tags = [Tag(name, f"holding:{name[1:]}", "uint32", interval=0.02) for name in numbers]
            assert await machine.subscribe(tags, sink) == {}
            await sink.until(lambda s: len(s.of("n1")) > 20)
            await machine.close()
            assert looked > 40
        for name in numbers:
            assert set(sink.values(name)) == {LOW, HIGH}, name

    run(walk())


@pytest.mark.parametrize("minutes", [10, -10])
def test_the_machines_clock_is_ten_minutes_off(floor: Hall, minutes: int) -> None:
    off = minutes * 60_000
    floor.open("a")
    floor.stands("idle")
    for force in (91.5, 92.5, 93.5):
        tell(floor, force, now_ms() + off)
    newest = floor.get("/equipment/M-1/signals")["measurements"][0]
    assert (newest["value"], newest["reason"]) == (93.5, "skew")
    age = datetime.now(UTC) - datetime.fromisoformat(newest["at"])
    assert timedelta(seconds=-2) < age < timedelta(seconds=10)

    def skew() -> int:
        return int(floor.get("/equipment/M-1/signals")["skew_ms"] or 0)

    until(lambda: abs(skew() - off) < 2_000)
    floor.machine.set(values={"state": 1}, quality={"state": ["good", None, now_ms() + off]})
    floor.stands("running")
    until(lambda: [w["kind"] for w in floor.link("a")["warnings"]] == ["clock"])


def test_equal_times_and_the_wrong_order_lose_nothing(floor: Hall) -> None:
    floor.open("a")
    floor.stands("idle")
    tell(floor, 90.5, now_ms())  # the first of a connection may be as old as it likes
    at = now_ms()
    tell(floor, 91.5, at)
    tell(floor, 92.5, at)
    tell(floor, 93.5, at - 500)
    assert [item["value"] for item in measured(floor)[:2]] == [92.5, 91.5]
    assert {item["value"] for item in measured(floor)} >= {90.5, 91.5, 92.5, 93.5}
    [present] = floor.get("/equipment/M-1/signals")["measurements"]
    assert present["value"] == 92.5
    floor.machine.set(values={"state": 1}, quality={"state": ["good", None, at]})
    floor.stands("running")
    floor.machine.set(values={"state": 2}, quality={"state": ["good", None, at]})
    floor.stands("down")  # of two at one instant the later row holds
    floor.intervals()


@pytest.mark.parametrize("highest", [2**16 - 1, 2**32 - 1])
def test_a_counter_rolls_over_while_the_gateway_is_down(floor: Hall, highest: int) -> None:
    plan = floor.machine.plan("M-1")
    plan = plan.replace("address: good, type: uint32}", f"address: good, rollover: {highest}}}")
    floor.machine.set(values={"good": highest - 9})
    first = floor.open("a", plan=plan)
    floor.stands("idle")
    floor.machine.set(values={"good": highest - 4})
    until(lambda: floor.good() == 5)
    first.kill()
    floor.machine.set(values={"good": 6})
    floor.open("a", plan=plan)
    until(lambda: floor.good() == 5 + 4 + 1 + 6)
    counts = floor.get("/equipment/M-1/counts")["items"]
    assert [count["change"] for count in counts] == ["rollover", "counted", "first"]
