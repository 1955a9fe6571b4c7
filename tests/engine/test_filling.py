"""Measurements of machines answer a task's form, and the record says so."""

import json
from decimal import Decimal
from typing import Any

import pytest

from engine.collection import filling
from engine.collection.filling import NotAutomatic
from engine.kernel.ids import from_text
from engine.workflow.work import tasks
from engine.workflow.work.evidence.answers import FormRefused
from tests.support.diagrams import end, process, start, user
from tests.support.plant import ANA, Plant
from tests.support.telling import Teller, work_unit

FORM: dict[str, Any] = {
    "key": "press",
    "title": "Press",
    "fields": [
        {"key": "force", "type": "number", "label": "Force", "unit": "N", "signal": "force"}
        | {"variable": "force", "required": True, "max": 200_000},
        {"key": "heat", "type": "number", "label": "Heat", "signal": "temperature"},
        {"key": "note", "type": "text", "label": "Note"},
    ],
}
DIAGRAM = process(
    start(),
    user("press", form="press", equipment="PRESS-1"),
    user("pack"),
    end(),
    "start -> press -> pack -> end",
)


@pytest.fixture
def press(plant: Plant) -> Teller:
    """A machine whose task began at second 100."""
    work_unit(plant.store)
    plant.release(DIAGRAM, {"press.form.json": json.dumps(FORM).encode()})
    teller = Teller(plant.store)
    plant.clock.advance(100)
    plant.start()
    plant.clock.advance(50)
    return teller


def measure(press: Teller, at: float, value: Any, name: str = "force", **more: Any) -> str:
    """Send a measurement in kN; its id."""
    given = {"name": name, "value": value, "unit_of_measure": "kN", **more}
    row = press.row("measurement", at, **given)
    assert press.send(row).refused == ()
    return str(next(m["id"] for m in press.measurements(name=name) if press._s(m["at"]) == at))


def offers(plant: Plant) -> list[tuple[str, Any]]:
    task = from_text(plant.task("press")["id"])
    found = plant.read(filling.offers, task=task, site=1)
    assert all(offer["automatic"] and offer["equipment"] == "PRESS-1" for offer in found)
    return [(offer["field"], offer["value"]) for offer in found]


def complete(plant: Plant, automatic: dict[str, str], **variables: Any) -> dict[str, Any]:
    task = from_text(plant.task("press")["id"])
    return plant.run(
        filling.complete, task=task, variables=variables, automatic=automatic, actor=ANA
    )


def test_the_newest_good_one_since_the_task_began_is_offered(plant: Plant, press: Teller) -> None:
    assert offers(plant) == []
    measure(press, 99, 5)
    assert offers(plant) == []
    measure(press, 120, 121)
    measure(press, 110, 99)
    measure(press, 130, 50, quality="bad", reason="BadSensorFailure")
    measure(press, 115, 180, name="temperature")
    assert offers(plant) == [("force", 121), ("heat", 180)]
    measure(press, 140, 5, name="force", unit_of_measure="Cel")
    assert offers(plant) == [("heat", 180)]


def test_from_the_claim_on_only_what_was_measured_after_it_counts(
    plant: Plant, press: Teller
) -> None:
    measure(press, 120, 121)
    plant.run(tasks.claim, task=from_text(plant.task("press")["id"]), actor=ANA)
    assert offers(plant) == []
    plant.clock.advance(10)
    measure(press, 155, 130)
    assert offers(plant) == [("force", 130)]


def test_the_record_says_which_measurement_it_was(plant: Plant, press: Teller) -> None:
    force = measure(press, 120, Decimal("121.50"), serial="S-7")
    done = complete(plant, {"force": force}, note="smooth")
    [instance] = {task["instance"] for task in plant.tasks()}
    assert plant.variables(instance)["force"] == Decimal("121500")
    step = next(s for s in plant.history(instance) if s["element"] == "press")
    assert step["answers"] == {"force": Decimal("121500"), "note": "smooth"}
    assert step["automatic"]["force"] == {
        "measurement": force,
        "equipment": "PRESS-1",
        "name": "force",
        "at": "2026-03-02T06:02:00.000Z",
        "value": Decimal("121.50"),
        "unit_of_measure": "kN",
        "quality": "good",
        "serial": "S-7",
    }
    assert done["state"] == "completed"


def test_what_is_typed_is_not_automatic(plant: Plant, press: Teller) -> None:
    measure(press, 120, 121)
    complete(plant, {}, force="121 kN")
    [instance] = {task["instance"] for task in plant.tasks()}
    assert "automatic" not in next(s for s in plant.history(instance) if s["element"] == "press")


def test_what_is_no_answer_is_refused(plant: Plant, press: Teller) -> None:
    good, old = measure(press, 120, 121), measure(press, 90, 121)
    bad = measure(press, 121, 9, quality="uncertain", reason="drifting")
    heat = measure(press, 122, 180, name="temperature")
    work_unit(plant.store, "PRESS-2")
    other = Teller(plant.store, "other", "PRESS-2")
    other.start = press.start
    foreign = measure(other, 120, 121)
    for measurement in (old, bad, heat, foreign):
        with pytest.raises(NotAutomatic) as refused:
            complete(plant, {"force": measurement})
        assert [e.pointer for e in refused.value.errors] == ["/automatic/force"]
    for automatic, typed in (({"note": good}, {}), ({"force": good}, {"force": 5})):
        with pytest.raises(NotAutomatic):
            complete(plant, automatic, **typed)
    assert plant.open() == ["press"]


def test_the_form_holds_for_machines_too(plant: Plant, press: Teller) -> None:
    beyond = measure(press, 120, 500)
    with pytest.raises(FormRefused) as refused:
        complete(plant, {"force": beyond})
    assert [e.pointer for e in refused.value.errors] == ["/variables/force"]
