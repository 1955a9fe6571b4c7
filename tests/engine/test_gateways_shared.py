"""One unit, one gateway: who has it, who stands by, and what is said by one that was replaced."""

from typing import Any

import pytest

from engine.background import Background
from engine.collection import gateways
from engine.kernel.store import Store
from tests.engine.test_gateways_silent import machine, seen, state
from tests.support.clock import ManualClock
from tests.support.telling import GATEWAY, Teller, work_unit


def declare(store: Store, name: str, *units: str, source: str | None = None) -> dict[str, str]:
    """What of it another gateway has."""
    machines = [machine(unit) for unit in units]
    found = store.run(gateways.declare, name=name, machines=machines, source=source, actor=GATEWAY)
    taken: dict[str, str] = found["taken_units"]
    return taken


def report(store: Store, name: str, *units: str, source: str | None = None) -> dict[str, str]:
    health: dict[str, Any] = {"machines": [{"unit": unit, "state": "connected"} for unit in units]}
    found = store.run(
        gateways.report_health, name=name, health=health, source=source, actor=GATEWAY
    )
    taken: dict[str, str] = found["taken_units"]
    return taken


@pytest.fixture
def press(store: Store) -> Teller:
    """The gateway `line` has PRESS-1 and PRESS-2."""
    work_unit(store)
    work_unit(store, "PRESS-2")
    assert declare(store, "line", "PRESS-1", "PRESS-2") == {}
    return Teller(store)


def test_a_unit_stays_with_the_gateway_that_has_it(press: Teller, clock: ManualClock) -> None:
    store = press.store
    assert declare(store, "spare", "PRESS-1") == {"PRESS-1": "line"}
    clock.advance(9)
    assert report(store, "line", "PRESS-1", "PRESS-2") == {}
    clock.advance(9)
    assert declare(store, "spare", "PRESS-1") == {"PRESS-1": "line"}
    assert report(store, "spare", "PRESS-1") == {"PRESS-1": "line"}


def test_who_falls_silent_is_replaced_and_told_so(press: Teller, clock: ManualClock) -> None:
    store = press.store
    press.send(press.row("state", state="running"))
    clock.advance(11)
    assert declare(store, "spare", "PRESS-1") == {}
    assert state(store) == "unknown"  # from the silence until the other one has heard it
    assert report(store, "line", "PRESS-1", "PRESS-2") == {"PRESS-1": "spare"}
    assert declare(store, "line", "PRESS-1", "PRESS-2") == {"PRESS-1": "spare"}
    assert state(store) == "unknown"  # nor is its mark taken back by one that has it no more


def test_a_unit_that_is_given_up_is_free_at_once(press: Teller, clock: ManualClock) -> None:
    assert declare(press.store, "line", "PRESS-2") == {}
    assert declare(press.store, "spare", "PRESS-1") == {}
    clock.advance(7)
    report(press.store, "spare", "PRESS-1")
    spare = Teller(press.store, "second", gateway="spare")
    spare.send(spare.row("state", state="running"))
    clock.advance(7)
    assert Background(press.store).notice_silence() == 1
    assert (seen(press.store)["state"], state(press.store)) == ("silent", "running")


def test_declaring_again_keeps_what_is_known_of_a_clock(press: Teller) -> None:
    press.send(press.row("skew", milliseconds=7_000))
    declare(press.store, "line", "PRESS-1", "PRESS-2")
    assert press.present()["skew_ms"] == 7_000


def test_what_one_says_that_was_replaced_counts_up_to_then(
    press: Teller, clock: ManualClock
) -> None:
    """It was frozen for a minute: its buffer holds what was true, its sockets what is stale."""
    store = press.store
    press.send(press.row("state", state="running"), press.count(100))
    clock.advance(20)
    declare(store, "spare", "PRESS-1")
    clock.advance(5)
    spare = Teller(store, "second", gateway="spare")
    spare.start = press.start
    spare.send(spare.row("state", at=21, state="idle"), spare.count(130, at=21))
    clock.advance(5)
    press.send(
        press.row("state", at=8, state="down"),  # out of its buffer
        press.count(110, at=8),
        press.row("state", at=29, state="unknown"),  # it thaws, and has lost its machine
        press.count(105, at=29),
        press.row("alarm", at=29, code="7", text="Old"),
        press.row("cycle", at=29, number=4),
    )
    assert press.states() == [
        ("running", 0, 8), ("down", 8, 20), ("unknown", 20, 21), ("idle", 21, None)
    ]  # fmt: skip
    assert press.made() == (30, 0)
    assert press.alarms() == []


def test_two_gateways_of_one_name_are_told_apart(press: Teller, clock: ManualClock) -> None:
    store = press.store
    declare(store, "twin", "PRESS-9", source="a")
    for ask in (declare, report):
        with pytest.raises(gateways.NameTaken, match="a `name` of its own"):
            ask(store, "twin", "PRESS-9", source="b")
    assert report(store, "twin", "PRESS-9", source="a") == {}
    clock.advance(11)
    assert declare(store, "twin", "PRESS-9", source="b") == {}
    with pytest.raises(gateways.NameTaken):
        report(store, "twin", "PRESS-9", source="a")
