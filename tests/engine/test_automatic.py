"""What is done on the way: in-house functions, decisions, and what attributes say about a task."""

from collections.abc import Mapping
from typing import Any

import pytest

from engine.kernel import functions
from engine.kernel.errors import Conflict
from engine.kernel.functions import Raised
from engine.kernel.store.uow import Uow
from engine.records.audit import audit
from engine.workflow.work.versions.commands import DeploymentRefused
from tests.support import diagrams as d
from tests.support.plant import ANA, Plant, found


def weigh(uow: Uow, **parameters: Any) -> Mapping[str, object]:
    """Answers twice its `grams`, or fails as it is told."""
    audit(uow, ANA, "weighed", "lot:L-7")
    how = parameters.get("how")
    if how == "raise":
        raise Raised("E1", "the scale is empty")
    if how == "refuse":
        raise Conflict("Lot L-7 is held by NC-000012.")
    if how == "float":
        return {"twice": 0.5}
    return {"twice": parameters["grams"] * 2}


@pytest.fixture(autouse=True)
def scale(monkeypatch: pytest.MonkeyPatch) -> None:
    """The function `test.weigh`, for this test."""
    monkeypatch.setitem(functions._functions, "test.weigh", weigh)


WEIGHING = d.process(
    d.start(),
    d.user("ask"),
    d.function("weigh", "test.weigh", parameters={"grams": "= grams", "how": "= how"}),
    d.boundary("broken", "weigh", error="E1"),
    d.user("mend"),
    d.end(),
    "start -> ask -> weigh -> end",
    "broken -> mend -> end",
)


def audited(plant: Plant) -> int:
    return int(plant.sql("SELECT count(*) FROM audit_entry WHERE action = 'weighed'")[0][0])


# ---- in-house functions ----


def test_a_function_is_called_with_its_parameters_and_writes_what_it_answers(
    plant: Plant,
) -> None:
    instance = plant.run_of(WEIGHING)
    plant.complete("ask", grams=21, how="")
    assert plant.state(instance) == "completed"
    assert plant.variables(instance)["twice"] == 42
    assert plant.history(instance)[2]["changed"] == {"twice": 42}
    assert audited(plant) == 1


def test_an_error_that_a_function_raises_is_caught(plant: Plant) -> None:
    instance = plant.run_of(WEIGHING)
    plant.complete("ask", grams=21, how="raise")
    assert plant.open() == ["mend"]
    assert plant.path(instance) == ["start", "ask", "weigh failed", "broken"]


def test_an_error_of_a_function_that_nobody_catches_is_an_incident(plant: Plant) -> None:
    instance = plant.run_of(
        d.process(
            d.start(),
            d.function("weigh", "test.weigh", parameters={"how": "raise"}),
            d.end(),
            "start -> weigh -> end",
        )
    )
    incident = plant.incident(instance)
    assert "the scale is empty" in incident["message"]
    assert plant.tokens(instance) == ["weigh"]


def test_a_refusal_is_an_incident_and_its_own_writes_are_undone(plant: Plant) -> None:
    instance = plant.run_of(WEIGHING)
    answer = plant.complete("ask", grams=21, how="refuse")
    assert answer["state"] == "completed"  # the person's work stands
    incident = plant.incident(instance)
    assert (incident["element"], incident["kind"]) == ("weigh", "job")
    assert "Lot L-7 is held by NC-000012." in incident["message"]
    assert audited(plant) == 0
    plant.change(instance, how="")
    plant.retry(incident)
    assert plant.state(instance) == "completed"
    assert audited(plant) == 1


def test_a_missing_parameter_calls_nothing(plant: Plant) -> None:
    instance = plant.run_of(WEIGHING)
    plant.complete("ask", how="")
    assert "grams" in plant.incident(instance)["message"]
    assert audited(plant) == 0


def test_an_answer_that_is_no_json_is_an_incident(plant: Plant) -> None:
    instance = plant.run_of(WEIGHING)
    plant.complete("ask", grams=21, how="float")
    assert plant.tokens(instance) == ["weigh"]
    plant.resolve(plant.incident(instance), "complete", variables={"twice": 1})
    assert plant.state(instance) == "completed"


def test_an_unknown_function_is_refused_when_deployed(plant: Plant) -> None:
    with pytest.raises(DeploymentRefused) as refused:
        plant.deploy(
            d.process(d.start(), d.function("x", "test.none"), d.end(), "start -> x -> end")
        )
    assert found(refused.value) == [("missing-function", "x")]


def test_a_function_that_went_away_is_an_incident(
    plant: Plant, monkeypatch: pytest.MonkeyPatch
) -> None:
    plant.release(WEIGHING)
    monkeypatch.delitem(functions._functions, "test.weigh")
    instance = plant.start()
    plant.complete("ask", grams=21, how="")
    assert "test.weigh" in plant.incident(instance)["message"]


# ---- decisions ----

GRADING = d.process(
    d.start(),
    d.user("measure", "pack", "scrap"),
    d.decide("grade", "grade"),
    d.exclusive("way", default="scrap"),
    d.end(),
    "start -> measure -> grade -> way -> scrap -> end",
    'way -> pack if grade_found == "A"',
    "pack -> end",
)
TABLE = {
    "grade.dmn": d.table(
        "grade", "diameter", "grade_found", {"[24.9..25.1]": '"A"', "> 25.1": '"B"', "< 20": '"C"'}
    )
}


def test_a_decision_writes_its_answer(plant: Plant) -> None:
    plant.release(GRADING, TABLE)
    instance = plant.start()
    plant.complete("measure", diameter=25)
    assert plant.open() == ["pack"]
    assert plant.variables(instance) == {"diameter": 25, "grade_found": "A"}


def test_a_decision_that_has_no_answer_is_an_incident(plant: Plant) -> None:
    plant.release(GRADING, TABLE)
    instance = plant.start()
    plant.complete("measure", diameter="25 mm")
    incident = plant.incident(instance)
    assert (incident["element"], incident["kind"]) == ("grade", "expression")
    plant.resolve(incident, "retry", variables={"diameter": 26})
    assert plant.open() == ["scrap"]


def test_a_decision_may_come_from_a_released_bundle(plant: Plant) -> None:
    plant.release(d.process(d.start(), d.end(), "start -> end", key="holder"), TABLE)
    plant.release(GRADING)
    plant.start()
    plant.complete("measure", diameter=25)
    assert plant.open() == ["pack"]


# ---- what attributes say ----


@pytest.mark.parametrize(
    ("ours", "variables", "shown"),
    [
        ({}, {}, {"priority": 50, "due": None, "follow_up": None}),
        ({"priority": "90"}, {}, {"priority": 90}),
        ({"priority": "= 10 * urgency"}, {"urgency": 7}, {"priority": 70}),
        ({"due": "PT2H"}, {}, {"due": "2026-03-02T08:00:00.000Z"}),
        ({"due": "2026-03-02T12:00:00"}, {}, {"due": "2026-03-02T11:00:00.000Z"}),
        ({"due": "= promised"}, {"promised": "P1D"}, {"due": "2026-03-03T06:00:00.000Z"}),
        (
            {"follow_up": "${promised}"},
            {"promised": "2026-03-02T08:00:00+01:00"},
            {"follow_up": "2026-03-02T07:00:00.000Z"},
        ),
    ],
)
def test_priority_and_times_of_a_task(
    plant: Plant, ours: dict[str, str], variables: dict[str, object], shown: dict[str, object]
) -> None:
    plant.run_of(
        d.process(d.start(), d.user("work", **ours), d.end(), "start -> work -> end"), **variables
    )
    assert plant.task("work") | shown == plant.task("work")


@pytest.mark.parametrize(
    ("ours", "kind"),
    [
        ({"priority": "= urgency"}, "expression"),
        ({"priority": "= 101"}, "expression"),
        ({"priority": "= 0.5"}, "expression"),
        ({"due": '= "tomorrow"'}, "timer"),
        ({"follow_up": "= missing"}, "expression"),
    ],
)
def test_what_cannot_be_told_is_an_incident(plant: Plant, ours: dict[str, str], kind: str) -> None:
    instance = plant.run_of(
        d.process(d.start(), d.user("work", **ours), d.end(), "start -> work -> end")
    )
    assert plant.incident(instance)["kind"] == kind
    assert plant.open() == []


def test_urgent_tasks_come_first_then_those_due_soon_then_old_ones(plant: Plant) -> None:
    plant.release(
        d.process(
            d.start(),
            d.user("work", priority="= urgency", due="= due"),
            d.end(),
            "start -> work -> end",
        )
    )
    for key, urgency, due in (
        ("A", 50, "P2D"),
        ("B", 50, "P1D"),
        ("C", 90, "P9D"),
        ("D", 50, "P1D"),
        ("E", 10, "PT1S"),
    ):
        plant.start(business_key=key, urgency=urgency, due=due)
    assert [task["business_key"] for task in plant.tasks()] == ["C", "B", "D", "A", "E"]


@pytest.mark.parametrize("kind", ["user", "manual", "plain"])
def test_every_kind_of_task_waits_for_a_person(plant: Plant, kind: str) -> None:
    instance = plant.run_of(
        d.process(
            d.start(), getattr(d, kind)("work", name="Do it"), d.end(), "start -> work -> end"
        )
    )
    assert plant.task("work")["name"] == "Do it"
    plant.complete("work")
    assert plant.state(instance) == "completed"


# ---- mes:maximum ----

CAPPED = d.process(
    d.start(),
    d.user("turn", maximum=3),
    d.exclusive("good", default="end"),
    d.end(),
    "start -> turn -> good -> end",
    "good -> turn if rework",
)


def test_a_loop_that_reaches_its_cap_becomes_an_incident(plant: Plant) -> None:
    instance = plant.run_of(CAPPED)
    for _ in range(3):
        assert plant.incidents(instance) == []
        plant.complete("turn", rework=True)
    incident = plant.incident(instance)
    assert (incident["element"], incident["kind"]) == ("turn", "limit")
    assert plant.open() == []
    plant.resolve(incident, "complete", variables={"rework": False})
    assert plant.state(instance) == "completed"


def test_a_capped_gateway_can_be_passed_once_more(plant: Plant) -> None:
    """It cannot be completed, because it must choose; so a retry does not count against the cap."""
    instance = plant.run_of(
        d.process(
            d.start(),
            d.user("turn"),
            d.exclusive("good", default="end", maximum=2),
            d.end(),
            "start -> turn -> good -> end",
            "good -> turn if rework",
        )
    )
    for _ in range(3):
        plant.complete("turn", rework=True)
    plant.resolve(plant.incident(instance), "retry", variables={"rework": False})
    assert plant.state(instance) == "completed"


def test_a_cap_counts_anew_in_each_run_of_a_subprocess(plant: Plant) -> None:
    instance = plant.run_of(
        d.process(
            d.start(),
            d.exclusive("merge"),
            d.subprocess(
                "inner", d.start("s"), d.user("turn", maximum=1), d.end("e"), "s -> turn -> e"
            ),
            d.exclusive("again", default="end"),
            d.end(),
            "start -> merge -> inner -> again -> end",
            "again -> merge if rework",
        )
    )
    for _ in range(3):
        plant.complete("turn", rework=True)
    assert plant.incidents(instance) == []
