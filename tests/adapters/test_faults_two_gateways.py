"""Two gateways with one machine: one speaks for it, the other one stands by and takes over."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.machines.hall import Hall, hall
from tests.support.waiting import until

# A lease as short as the silence, so that a command does not wait half a minute for its new owner.
SHORT = """
from adapters.machines.commands import claiming, reporting
claiming.LEASE_SECONDS, reporting.LEASE_SECONDS, reporting.EXTEND_SECONDS = 6, 6, 1.0
"""
SILENCE_SECONDS, REPORT_SECONDS = 10, 2
TAKEN_OVER = SILENCE_SECONDS + 2 * REPORT_SECONDS  # it asks once a report, and then connects


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[Hall]:
    """Gateway `a` has M-1, whose cycles take two seconds; `b` stands by."""
    with hall(tmp_path, {"cycle": 2.0}) as made:
        made.open("a", first=SHORT)
        made.stands("idle")
        made.open("b", first=SHORT)
        made.links("b", "standby")
        yield made


def test_a_standby_keeps_away_and_says_who_has_the_machine(pair: Hall) -> None:
    orders = [pair.order() for _ in range(2)]
    pair.done(*orders)
    link = pair.link("b")
    assert (link["state"], link["generation"]) == ("standby", 0)
    assert link["error"].startswith("The gateway a has M-1, and one gateway speaks for a unit.")
    assert pair.machine.cycles() == ["1", "2"]
    assert "command_" not in pair.log("b")
    until(lambda: pair.good() == 2)


def test_when_it_is_killed_the_other_one_goes_on(pair: Hall) -> None:
    orders = [pair.order() for _ in range(3)]
    until(lambda: len(pair.machine.cycles()) == 1)
    pair.gateways["a"].kill()
    killed = time.monotonic()
    pair.links("b", "connected")
    assert time.monotonic() - killed < TAKEN_OVER
    pair.done(*orders)
    assert pair.machine.cycles() == ["1", "2", "3"]
    until(lambda: pair.good() == 3)
    states = [interval["state"] for interval in pair.intervals()]
    assert states.count("unknown") == 1
    assert states[-1] == "idle"


def test_one_that_was_frozen_finds_itself_replaced_and_lets_go(pair: Hall) -> None:
    """What its sockets held of the time before would count everything a second time."""
    orders = [pair.order() for _ in range(2)]
    until(lambda: len(pair.machine.cycles()) == 1)
    pair.machine.set(values={"good": 100})
    until(lambda: pair.good() == 100)
    pair.gateways["a"].freeze()
    pair.machine.set(values={"good": 130})
    pair.links("b", "connected", TAKEN_OVER)
    until(lambda: pair.good() >= 130)
    pair.machine.set(values={"good": 150})
    pair.done(*orders)
    before = pair.intervals()
    pair.gateways["a"].thaw()
    pair.links("a", "standby", 2 * REPORT_SECONDS)
    assert pair.machine.cycles() == ["1", "2"]
    until(lambda: pair.good() == pair.machine.read("good"))
    assert pair.intervals()[: len(before) - 1] == before[:-1]
    assert pair.get("/equipment/M-1")["state"] == "idle"
    assert pair.link("b")["state"] == "connected"


def test_two_of_one_name_are_told_with_the_cure(pair: Hall) -> None:
    pair.open("a", "twin")
    until(lambda: "Another gateway is called 'a' and is alive" in pair.log("twin"))
    assert "a `name` of its own in gateway.yaml" in pair.log("twin")
    until(lambda: "machine_stands_by" in pair.log("twin"))
    pair.done(pair.order())
    assert pair.machine.cycles() == ["1"]
    assert pair.link("a")["state"] == "connected"
    assert "command_" not in pair.log("twin")
