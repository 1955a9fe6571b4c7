"""The turned shaft as a plant lives it: over HTTP, on both databases, path by path."""

from decimal import Decimal

import pytest

from tests.support.fixtures import both
from tests.support.golden import check_golden
from tests.support.shipped import answer, diagram, forms_and_decisions, release_shipped
from tests.support.works import Works

TURNING = ("identify_bar", "saw_blank", "turn_diameter")


@pytest.fixture
def plant(works: Works) -> Works:
    """A plant with the shipped set released."""
    release_shipped(works)
    return works


def turned(plant: Works, business_key: str) -> str:
    """An order whose blank is turned and waits for its inspection."""
    instance = plant.start("turned_shaft", business_key, quantity=5)
    for element in TURNING:
        answer(plant, instance, element)
    return instance


def systemic(plant: Works, instance: str) -> None:
    """A nonconformance from its containment to its end: scrapped, and "Systemic?" yes."""
    for element in ("contain_material", "review_nonconformance"):
        answer(plant, instance, element)
    answer(plant, instance, "decide_disposition", disposition="scrap", reason="Cracked")
    answer(plant, instance, "scrap_material")
    answer(plant, instance, "verify_disposition", systemic="yes")


def opened(plant: Works, business_key: str) -> str:
    """The one CAPA of a business key."""
    (capa,) = plant.auditor.pages("/instances", process="capa", business_key=business_key)
    return str(capa["id"])


def to_the_oven(plant: Works, instance: str) -> None:
    """From a good diameter to the furnace."""
    answer(plant, instance, "inspect_diameter")
    for element in ("wash_shaft", "mark_shaft", "deburr_edges"):
        answer(plant, instance, element)


def finished(plant: Works, instance: str) -> None:
    """From a hard shaft to the release."""
    for element in ("test_hardness", "draw_sample", "inspect_sample", "release_order"):
        answer(plant, instance, element)


@both
def test_a_shaft_is_reworked_hardened_and_released(plant: Works) -> None:
    """Rework twice, a reminder, a job on its second attempt, a message, a release."""
    instance = turned(plant, "WO-1")
    answer(plant, instance, "inspect_diameter", diameter="25.31 mm")
    answer(plant, instance, "rework_diameter", removed=Decimal("0.25"))
    assert (plant.wait(hours=9), plant.wait(hours=9)) == (1, 0)
    assert plant.open(instance) == ["expedite_inspection", "inspect_diameter"]
    answer(plant, instance, "inspect_diameter", diameter={"value": "2.506", "unit": "cm"})
    answer(plant, instance, "expedite_inspection")
    answer(plant, instance, "rework_diameter", removed=Decimal("0.05"))
    to_the_oven(plant, instance)
    first = plant.claim_job("heat_treatment")
    assert plant.fail_job(first, "door open")["state"] == "open"
    second = plant.claim_job("heat_treatment")
    assert (second["attempt"], second["parameters"]["quantity"]) == (2, 5)
    plant.complete_job(second, charge="CH-1")
    sent = plant.send("oven_finished", business_key="WO-1", variables={"peak_temperature": 851})
    assert sent == {"delivered": 1}
    finished(plant, instance)
    assert plant.instance(instance)["state"] == "completed"
    check_golden(
        "routings/turned_shaft", "reworked twice, overdue once, released", plant.path(instance)
    )
    measured = [
        step["variables"]["diameter"]
        for step in plant.history(instance)
        if step["element"] == "inspect_diameter" and step["state"] == "completed"
    ]
    assert measured == [Decimal("25.31"), Decimal("25.06"), Decimal("25.004")]
    assert [str(value) for value in measured] == ["25.31", "25.06", "25.004"]


@both
def test_an_oven_fault_is_caught_and_the_charge_goes_in_again(plant: Works) -> None:
    instance = turned(plant, "WO-2")
    to_the_oven(plant, instance)
    job = plant.claim_job("heat_treatment")
    plant.fail_job(job, "Over-temperature in zone 2", code="oven_fault")
    assert plant.open(instance) == ["check_oven"]
    done = answer(plant, instance, "check_oven")
    check_golden("routings/turned_shaft", "oven fault", plant.path(instance))
    assert done["instance_state"] == "active"


def test_an_undersize_shaft_is_scrapped(plant: Works) -> None:
    instance = turned(plant, "WO-3")
    answer(plant, instance, "inspect_diameter", diameter=Decimal("24.91"))
    for element in ("contain_material", "review_nonconformance"):
        answer(plant, instance, element)
    answer(plant, instance, "decide_disposition", disposition="scrap", reason="Nothing to turn")
    for element in ("scrap_material", "verify_disposition"):
        answer(plant, instance, element)
    check_golden("routings/turned_shaft", "undersize, scrapped", plant.path(instance))
    assert plant.instance(instance)["state"] == "completed"


def test_a_sample_is_accepted(plant: Works) -> None:
    instance = plant.start("inspection", "LOT-1", quantity=100)
    for element in ("draw_sample", "inspect_sample"):
        answer(plant, instance, element)
    check_golden("quality/inspection", "accepted", plant.path(instance))
    assert plant.instance(instance)["variables"]["result"] == "pass"


def test_a_rejected_sample_is_settled_as_a_nonconformance(plant: Works) -> None:
    instance = plant.start("inspection", "LOT-2", quantity=100)
    answer(plant, instance, "draw_sample")
    answer(plant, instance, "inspect_sample", defects=9, finding="Scratches")
    for element in ("contain_material", "review_nonconformance"):
        answer(plant, instance, element)
    answer(plant, instance, "decide_disposition", disposition="return", reason="Bad bars")
    for element in ("return_material", "verify_disposition"):
        answer(plant, instance, element)
    check_golden("quality/inspection", "rejected, returned", plant.path(instance))


def test_a_concession_closes_a_nonconformance_after_a_second_decision(plant: Works) -> None:
    instance = plant.start("nonconformance", "NC-A")
    for element in ("contain_material", "review_nonconformance"):
        answer(plant, instance, element)
    answer(plant, instance, "decide_disposition", disposition="rework")
    answer(plant, instance, "rework_material")
    answer(plant, instance, "verify_disposition", verified="no")
    answer(plant, instance, "decide_disposition", disposition="use_as_is", reason="Fits")
    answer(plant, instance, "record_concession")
    answer(plant, instance, "verify_disposition")
    check_golden("quality/nonconformance", "reworked in vain, used as is", plant.path(instance))
    assert plant.instance(instance)["variables"]["nc_number"] == "NC-000001"


@both
def test_a_systemic_cause_opens_a_capa_and_the_order_goes_on_at_once(plant: Works) -> None:
    order = turned(plant, "WO-4")
    answer(plant, order, "inspect_diameter", diameter=Decimal("24.91"))
    systemic(plant, order)
    assert plant.instance(order)["state"] == "completed"
    check_golden("routings/turned_shaft", "undersize, scrapped, systemic", plant.path(order))
    capa = opened(plant, "WO-4")
    shown = plant.instance(capa)
    assert (shown["state"], plant.open(capa)) == ("active", ["describe_problem"])
    told = {"nc_number": "NC-000001", "disposition": "scrap", "capa_number": "CAPA-000001"}
    assert shown["variables"] == told


def test_a_capa_that_needs_two_rounds(plant: Works) -> None:
    nonconformance = plant.start("nonconformance", "NC-B")
    systemic(plant, nonconformance)
    check_golden("quality/nonconformance", "systemic", plant.path(nonconformance))
    assert plant.instance(nonconformance)["state"] == "completed"
    capa = opened(plant, "NC-B")
    answer(plant, capa, "describe_problem")
    for effective in ("no", "yes"):
        for element in ("find_root_cause", "plan_actions", "carry_out_actions"):
            answer(plant, capa, element)
        assert plant.tokens(capa) == ["wait_for_effect"]
        assert (plant.wait(days=89), plant.wait(days=1)) == (0, 1)
        answer(plant, capa, "check_effectiveness", effective=effective)
    answer(plant, capa, "close_capa")
    check_golden("quality/capa", "opened by a nonconformance, two rounds", plant.path(capa))
    assert plant.instance(capa)["state"] == "completed"


@both
def test_a_capa_that_nobody_can_open_is_opened_by_a_retry(plant: Works) -> None:
    plant.process_engineer.post("/processes/capa/versions/1/retire").ok()
    instance = plant.start("nonconformance", "NC-C")
    systemic(plant, instance)
    assert plant.tokens(instance) == ["open_capa?"]
    stuck = plant.incident(instance)
    assert (stuck["kind"], stuck["element"]) == ("message", "open_capa")
    assert "capa_opened" in stuck["message"]
    changed = diagram("capa").replace(b'name="CAPA"', b'name="8D"')
    assert plant.release(changed, forms_and_decisions())["version"] == 2
    plant.team_lead.post(f"/incidents/{stuck['id']}/retry", {}).ok()
    assert plant.instance(instance)["state"] == "completed"
    assert plant.open(opened(plant, "NC-C")) == ["describe_problem"]


def test_a_capa_runs_by_itself(plant: Works) -> None:
    instance = plant.start("capa", "CAPA-A")
    for element in ("describe_problem", "find_root_cause", "plan_actions", "carry_out_actions"):
        answer(plant, instance, element)
    assert plant.wait(days=90) == 1
    for element in ("check_effectiveness", "close_capa"):
        answer(plant, instance, element)
    check_golden("quality/capa", "effective at once", plant.path(instance))
