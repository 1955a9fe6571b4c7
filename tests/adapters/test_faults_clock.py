"""Clocks that are wrong: the box's own, which jumps while the gateway runs, and the machine's."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from adapters.clock import BoxClock
from tests.support.machines.clocks import FakeClock
from tests.support.machines.hall import Hall, hall
from tests.support.waiting import until

CHANGES = (
    ("deadband: {abs: 0.5}}", "deadband: {abs: 0.5}, stale_s: 60}"),  # it does not change here
    ("timeout_s: 0.3", "timeout_s: 3"),  # a busy box is not what is tested
    ("stale_s: 1\n", "stale_s: 5\n"),
)


def warned(floor: Hall) -> list[str]:
    """What the gateway says of itself, as the plant shows it."""
    [gateway] = floor.get("/gateways")["items"]
    return [warning["text"] for warning in (gateway["health"] or {}).get("warnings", [])]


def says(floor: Hall, state: int, word: str, good: int, force: float) -> None:
    """The machine has news, and the plant has it as the present, of now."""
    floor.machine.set(values={"state": state, "good": good, "force": force})
    floor.stands(word)
    until(lambda: floor.good() == good)
    until(lambda: present(floor)["value"] == force)
    age = datetime.now(UTC) - datetime.fromisoformat(str(present(floor)["at"]))
    assert timedelta(seconds=-2) < age < timedelta(seconds=10)


def present(floor: Hall) -> dict[str, object]:
    [found] = floor.get("/equipment/M-1/signals")["measurements"]
    return dict(found)


@pytest.mark.parametrize(("jump", "way"), [(3600, "ahead of"), (-3600, "behind")])
def test_the_boxs_clock_jumps_and_is_set_right_again(tmp_path: Path, jump: int, way: str) -> None:
    clock = FakeClock(tmp_path)
    with hall(tmp_path) as floor:
        plan = floor.machine.plan("M-1")
        for change in CHANGES:
            plan = plan.replace(*change)
        floor.open("a", plan=plan, env=clock.env)
        floor.stands("idle")
        says(floor, 1, "running", good=10, force=91.5)
        clock.set(jump)
        says(floor, 0, "idle", good=25, force=92.5)
        until(lambda: warned(floor) != [])
        assert f"{abs(jump)} seconds {way} the plant's; set it, and let NTP" in warned(floor)[0]
        assert "clock_wrong" in floor.log("a")
        says(floor, 1, "running", good=31, force=93.5)
        clock.set(0)
        says(floor, 2, "down", good=40, force=94.5)
        until(lambda: warned(floor) == [])
        assert "clock_right" in floor.log("a")
        states = [interval["state"] for interval in floor.intervals()]
        assert states[-5:] == ["idle", "running", "idle", "running", "down"]
        assert floor.link("a")["generation"] == 1
        assert floor.log("a").count("machine_lost") == 0
        now = datetime.now(UTC)
        period = {"from": now - timedelta(hours=2), "to": now + timedelta(hours=2)}
        asked = {name: instant.isoformat() for name, instant in period.items()}
        points = floor.get("/equipment/M-1/readings", tag="temperature", **asked)["points"]
        assert sum(point["n"] for point in points) > 0
        assert sum(point["bad"] for point in points) == 0  # nor did it ever look stale


def test_the_time_that_an_answer_took_is_no_fault_of_the_clock() -> None:
    clock = BoxClock()
    clock.compare(clock.now_ms() - 9_000, seconds=10)
    assert (clock.ahead_ms, clock.wrong) == (0, False)
    clock.compare(clock.now_ms() - 9_000, seconds=1)
    assert clock.wrong
    assert clock.ahead_ms == pytest.approx(8_000, abs=500)


def test_a_box_whose_clock_is_wrong_has_the_plants_time() -> None:
    clock, truth = BoxClock(), BoxClock()
    clock.compare(truth.now_ms() + 600_000, seconds=0)
    assert clock.now_ms() == pytest.approx(truth.now_ms() + 600_000, abs=500)
    clock.compare(truth.now_ms() + 100, seconds=0)
    assert clock.now_ms() == pytest.approx(truth.now_ms(), abs=500)
