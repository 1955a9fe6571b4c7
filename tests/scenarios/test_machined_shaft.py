"""The machined shaft: what each machine can do wrong takes the path that is drawn for it."""

from typing import Any

import pytest

from tests.support.fixtures import both
from tests.support.golden import check_golden
from tests.support.shipped import answer, release_shipped
from tests.support.works import Item, Works

DIAGRAM = "routings/machined_shaft"
TIGHT = 0.004
# Each outcome of a command with the name of its path, and who answers with what.
ANSWERED: dict[str, tuple[str, dict[str, Any]]] = {
    "MACHINE_OFFLINE": ("bring_lathe_back", {}),
    "MACHINE_REFUSED": ("clear_refusal", {}),
    "MACHINE_NO_ACK": ("look_at_lathe", {"part_state": "again"}),
    "MACHINE_TIMEOUT": ("look_at_lathe", {"part_state": "done"}),
    "MACHINE_FAILED": ("judge_turned_part", {"part_state": "again"}),
    "MACHINE_UNKNOWN": ("say_what_happened", {"part_state": "done"}),
}


@pytest.fixture
def plant(works: Works) -> Works:
    """A plant with the shipped set released."""
    release_shipped(works)
    return works


def loaded(plant: Works, number: str) -> str:
    """A shaft in the lathe."""
    instance = plant.start("machined_shaft", number)
    answer(plant, instance, "load_shaft", serial=f"SN-{number}")
    return instance


def job(plant: Works, element: str) -> Item:
    """The job that waits now, which is at an element."""
    found = plant.claim_job()
    assert found["element"] == element
    return found


def made(plant: Works, *elements: str, **results: Any) -> None:
    """Machines do what is asked of them."""
    for element in elements:
        plant.complete_job(job(plant, element), **results)


@both
def test_a_shaft_is_turned_hardened_straightened_and_tested(plant: Works) -> None:
    instance = loaded(plant, "1")
    turned = job(plant, "turn_on_lathe")
    assert (turned["action"], turned["equipment"]) == ("turn", "LATHE")
    assert turned["parameters"] == {"program": "SHAFT-25", "parts": 1}
    plant.complete_job(turned, diameter=25.003)
    made(plant, "harden_in_oven", "straighten_on_press")
    tested = job(plant, "test_for_leaks")
    assert tested["parameters"]["serial"] == "SN-1"
    plant.complete_job(tested, leak_rate=TIGHT)
    assert plant.instance(instance)["state"] == "completed"
    check_golden(DIAGRAM, "all well", plant.path(instance))


@pytest.mark.parametrize("code", ANSWERED)
def test_each_outcome_at_the_lathe_has_its_path(plant: Works, code: str) -> None:
    element, told = ANSWERED[code]
    instance = loaded(plant, "2")
    plant.fail_job(job(plant, "turn_on_lathe"), "as told", code=code)
    assert plant.open(instance) == [element]
    answer(plant, instance, element, **told)
    if told.get("part_state") != "done":
        made(plant, "turn_on_lathe")
    made(plant, "harden_in_oven", "straighten_on_press", "test_for_leaks", leak_rate=TIGHT)
    assert plant.instance(instance)["state"] == "completed"
    check_golden(DIAGRAM, code, plant.path(instance))


def test_a_spoilt_part_is_scrapped(plant: Works) -> None:
    instance = loaded(plant, "3")
    plant.fail_job(job(plant, "turn_on_lathe"), "spindle overload", code="MACHINE_FAILED")
    answer(plant, instance, "judge_turned_part")
    assert plant.instance(instance)["state"] == "completed"
    check_golden(DIAGRAM, "broken off, scrapped", plant.path(instance))


@pytest.mark.parametrize(
    ("code", "element"),
    [("MACHINE_OFFLINE", "bring_oven_back"), ("MACHINE_FAILED", "judge_charge")],
)
def test_the_oven_has_two_paths(plant: Works, code: str, element: str) -> None:
    instance = loaded(plant, "4")
    made(plant, "turn_on_lathe")
    plant.fail_job(job(plant, "harden_in_oven"), "zone 2", code=code)
    answer(plant, instance, element)
    check_golden(DIAGRAM, f"oven, {code}", plant.path(instance))


def test_press_and_tester_are_checked_and_asked_again(plant: Works) -> None:
    instance = loaded(plant, "5")
    made(plant, "turn_on_lathe", "harden_in_oven")
    plant.fail_job(job(plant, "straighten_on_press"), "guard open", code="MACHINE_REFUSED")
    answer(plant, instance, "check_press")
    made(plant, "straighten_on_press")
    plant.fail_job(job(plant, "test_for_leaks"), "no air", code="MACHINE_TIMEOUT")
    answer(plant, instance, "check_leak_tester")
    made(plant, "test_for_leaks", leak_rate=TIGHT)
    check_golden(DIAGRAM, "press and tester checked", plant.path(instance))


def test_a_leak_is_judged_and_the_shaft_scrapped(plant: Works) -> None:
    instance = loaded(plant, "6")
    made(plant, "turn_on_lathe", "harden_in_oven", "straighten_on_press")
    made(plant, "test_for_leaks", leak_rate=0.2)
    answer(plant, instance, "judge_leak", part_state="again")
    made(plant, "test_for_leaks", leak_rate=0.2)
    answer(plant, instance, "judge_leak")
    assert plant.instance(instance)["state"] == "completed"
    check_golden(DIAGRAM, "leaks, scrapped", plant.path(instance))


def test_a_charge_can_be_scrapped(plant: Works) -> None:
    instance = loaded(plant, "7")
    made(plant, "turn_on_lathe")
    plant.fail_job(job(plant, "harden_in_oven"), "over 900 °C", code="MACHINE_FAILED")
    answer(plant, instance, "judge_charge", charge_state="scrap")
    check_golden(DIAGRAM, "charge scrapped", plant.path(instance))


def test_a_shaft_that_no_lathe_takes_calls_maintenance(plant: Works) -> None:
    """A lathe that is off gets no job at all: only the time tells."""
    instance = loaded(plant, "8")
    assert plant.wait(minutes=16) == 1
    assert plant.open(instance) == ["bring_lathe_back"]
    answer(plant, instance, "bring_lathe_back")
    assert job(plant, "turn_on_lathe")["attempt"] == 1
    check_golden(DIAGRAM, "no lathe came", plant.path(instance))
