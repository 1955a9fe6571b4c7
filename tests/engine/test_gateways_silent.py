"""Gateways say what they have and how they are; silence makes their units unknown."""

from typing import Any

import pytest

from engine.background import Background
from engine.collection import gateways
from engine.equipment.queries import equipment_item
from engine.kernel.errors import NotFound
from engine.kernel.store import Store
from tests.engine.test_access import trail
from tests.support.clock import ManualClock
from tests.support.telling import GATEWAY, Teller, work_unit


def machine(unit: str = "PRESS-1", digest: str = "d1") -> dict[str, Any]:
    return {"unit": unit, "protocol": "modbus", "tags": [], "actions": [], "digest": digest}


def declare(store: Store, *machines: dict[str, Any], name: str = "line") -> dict[str, Any]:
    found: dict[str, Any] = store.run(gateways.declare, name=name, machines=machines, actor=GATEWAY)
    return found


def report(press: Teller, since: float = 0, state: str = "connected", name: str = "line") -> None:
    health = {"machines": [{"unit": press.unit, "state": state, "since": press.ms(since)}]}
    press.store.run(gateways.report_health, name=name, health=health, actor=GATEWAY)


def seen(store: Store, name: str = "line") -> dict[str, Any]:
    found: dict[str, Any] = store.read(gateways.gateway_item, name=name, site=1)
    return found


def state(store: Store, unit: str = "PRESS-1") -> str | None:
    found: str | None = store.read(equipment_item, code=unit, site=1)["state"]
    return found


@pytest.fixture
def press(store: Store) -> Teller:
    work_unit(store)
    teller = Teller(store)
    declare(store, machine())
    return teller


def test_what_a_gateway_declares_is_shown_and_noted_when_it_changes(press: Teller) -> None:
    store = press.store
    assert declare(store, machine(), machine("NOWHERE"))["unknown_units"] == ["NOWHERE"]
    declare(store, machine(), machine("NOWHERE"))
    assert [m["unit"] for m in seen(store)["declared"]] == ["PRESS-1", "NOWHERE"]
    assert len(trail(store, action="gateway.declared")) == 2
    assert [g["name"] for g in store.read(gateways.gateways, site=1)["items"]] == ["line"]


def test_who_never_declared_anything_has_no_health(press: Teller) -> None:
    with pytest.raises(NotFound, match="PUT /gateways/other"):
        report(press, name="other")


def test_silence_makes_its_units_unknown(press: Teller, clock: ManualClock) -> None:
    store, background = press.store, Background(press.store)
    work_unit(store, "PRESS-2")
    declare(store, machine("PRESS-2"), name="another")
    press.send(press.row("state", state="running"))
    report(press)
    clock.advance(10)
    assert background.notice_silence() == 0
    assert seen(store)["state"] == "alive"
    clock.advance(1)
    assert (seen(store)["state"], seen(store)["silence_seconds"]) == ("silent", 11)
    assert background.notice_silence() == 2
    assert (state(store), state(store, "PRESS-2")) == ("unknown", "unknown")
    assert background.notice_silence() == 0
    assert press.states() == [("running", 0, 11), ("unknown", 11, None)]


def test_a_gateway_that_never_lost_its_machine_is_believed_again(
    press: Teller, clock: ManualClock
) -> None:
    press.send(press.row("state", state="running"))
    clock.advance(20)
    Background(press.store).notice_silence()
    clock.advance(10)
    report(press, since=-50)
    assert state(press.store) == "running"
    press.send(press.row("state", at=25, state="down"))  # out of its buffer
    assert press.states() == [("running", 0, 25), ("down", 25, None)]


def test_a_machine_that_was_lost_meanwhile_stays_unknown_until_it_speaks(
    press: Teller, clock: ManualClock
) -> None:
    press.send(press.row("state", state="running"))
    clock.advance(20)
    Background(press.store).notice_silence()
    clock.advance(10)
    report(press, since=29)
    assert state(press.store) == "unknown"
    press.send(press.row("state", at=30, state="idle"))
    assert press.states() == [("running", 0, 20), ("unknown", 20, 30), ("idle", 30, None)]


def test_what_a_gateway_threw_away_is_told(press: Teller) -> None:
    lost = {"lost": 120, "what": "readings", "since": press.ms(0), "until": press.ms(9)}
    press.send(press.row("drop", **lost))
    [found] = seen(press.store)["losses"]
    assert (found["unit"], found["lost"], found["what"]) == ("PRESS-1", 120, "readings")
