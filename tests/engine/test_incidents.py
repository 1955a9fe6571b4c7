"""Incidents: a token that cannot go on waits for a person, and nobody's work is undone."""

from decimal import Decimal

import pytest

from engine.kernel.errors import Conflict, Invalid
from engine.workflow.work.incidents import IncidentResolved
from tests.support import diagrams as d
from tests.support.plant import Plant

DECIDING = d.process(
    d.start(),
    d.user("measure", "pack", "scrap"),
    d.exclusive("good"),
    d.end(),
    "start -> measure -> good",
    "good -> pack if diameter <= 25",
    "good -> scrap if diameter > 26",
    "pack -> end",
    "scrap -> end",
)

# Past the join when b was done; the other branch may leave the block by its own gateway.
LEAVING = d.process(
    d.start(),
    d.parallel("split", "join"),
    d.user("a", "b", "after"),
    d.exclusive("skip", default="join"),
    d.end(),
    d.end("left"),
    "start -> split -> a -> skip -> join -> after -> end",
    "split -> b -> join",
    "skip -> left if leave",
)


# ---- at a gateway ----


def test_a_missing_variable_leaves_the_work_done_and_the_token_at_the_gateway(
    plant: Plant,
) -> None:
    instance = plant.run_of(DECIDING)
    answer = plant.complete("measure", operator="ana")
    assert (answer["state"], answer["instance_state"], answer["next"]) == (
        "completed",
        "active",
        [],
    )
    incident = plant.incident(instance)
    assert incident | {"id": "", "instance": ""} == {
        "id": "",
        "instance": "",
        "business_key": None,
        "element": "good",
        "kind": "expression",
        "message": "good: The variable diameter is missing.",
        "state": "open",
        "attempts": 1,
        "since": "2026-03-02T06:00:00.000Z",
        "resolved": None,
        "resolved_by": None,
        "reporter": None,
    }
    shown = plant.instance(instance)
    assert shown["tokens"] == [{"element": "good", "state": "incident"}]
    assert (shown["incidents"], shown["variables"]) == (1, {"operator": "ana"})
    assert plant.path(instance) == ["start", "measure"]


@pytest.mark.parametrize(
    ("diameter", "why"),
    [(Decimal("25.5"), "No condition is true"), ("25", "text"), (None, "null")],
)
def test_no_true_condition_and_values_of_another_kind_are_incidents(
    plant: Plant, diameter: object, why: str
) -> None:
    instance = plant.run_of(DECIDING)
    plant.complete("measure", diameter=diameter)
    incident = plant.incident(instance)
    assert incident["kind"] == "expression"
    assert why in incident["message"]


def test_retry_goes_on_once_the_variables_are_right(plant: Plant) -> None:
    instance = plant.run_of(DECIDING)
    plant.complete("measure")
    incident = plant.incident(instance)
    for attempts in (2, 3):
        again = plant.retry(incident)
        assert (again["state"], again["attempts"]) == ("open", attempts)
    plant.change(instance, diameter=24)
    done = plant.retry(incident)
    assert (done["state"], done["resolved_by"], done["attempts"]) == ("resolved", "ana", 3)
    assert plant.open() == ["pack"]
    assert plant.instance(instance)["incidents"] == 0


def test_an_incident_is_resolved_once(plant: Plant) -> None:
    instance = plant.run_of(DECIDING)
    plant.complete("measure")
    incident = plant.incident(instance)
    plant.resolve(incident, "retry", variables={"diameter": 24})
    for again in (plant.retry, lambda i: plant.resolve(i, "complete")):
        with pytest.raises(IncidentResolved):
            again(incident)


def test_resolving_writes_its_variables_first(plant: Plant) -> None:
    instance = plant.run_of(DECIDING)
    plant.complete("measure")
    plant.resolve(plant.incident(instance), "retry", variables={"diameter": 27})
    assert plant.open() == ["scrap"]
    change = plant.history(instance)[-2]
    assert (change["type"], change["changed"]) == ("variablesChanged", {"diameter": 27})
    assert change["deviation"] == "a test"


def test_a_gateway_must_choose_and_cannot_be_completed(plant: Plant) -> None:
    instance = plant.run_of(DECIDING)
    plant.complete("measure")
    with pytest.raises(Conflict, match="must choose a way"):
        plant.resolve(plant.incident(instance), "complete")


def test_cancel_ends_the_instance(plant: Plant) -> None:
    instance = plant.run_of(DECIDING)
    plant.complete("measure")
    done = plant.resolve(plant.incident(instance), "cancel")
    assert done["state"] == "resolved"
    assert plant.state(instance) == "cancelled"
    assert plant.incidents() == []


def test_an_unknown_action_changes_nothing(plant: Plant) -> None:
    instance = plant.run_of(DECIDING)
    plant.complete("measure")
    with pytest.raises(Invalid):
        plant.resolve(plant.incident(instance), "forget")
    assert plant.tokens(instance) == ["good"]


# ---- at a task ----


def test_a_task_whose_timer_cannot_be_set_opens_after_a_retry(plant: Plant) -> None:
    instance = plant.run_of(
        d.process(
            d.start(),
            d.user("work"),
            d.boundary("late", "work", duration="= limit"),
            d.end(),
            d.end("e"),
            "start -> work -> end",
            "late -> e",
        )
    )
    assert plant.open() == []
    assert plant.incident(instance)["element"] == "work"
    plant.resolve(plant.incident(instance), "retry", variables={"limit": "PT1H"})
    assert plant.open() == ["work"]
    plant.wait(hours=1)
    assert plant.state(instance) == "completed"


THROWING = d.process(
    d.start(),
    d.job("cut", retries="1"),
    d.boundary("broken", "cut", error="E1"),
    d.user("mend"),
    d.end(),
    "start -> cut -> end",
    "broken -> mend -> end",
)


def test_throw_raises_an_error_the_diagram_catches(plant: Plant) -> None:
    instance = plant.run_of(THROWING)
    plant.fail_job(plant.claim_job())
    done = plant.resolve(plant.incident(instance), "throw", code="E1", variables={"why": "tool"})
    assert done["state"] == "resolved"
    assert plant.open() == ["mend"]
    assert plant.variables(instance) == {"why": "tool"}


@pytest.mark.parametrize(("code", "refusal"), [("E2", Conflict), ("", Invalid), (None, Invalid)])
def test_throw_needs_a_code_that_is_caught(
    plant: Plant, code: str | None, refusal: type[Exception]
) -> None:
    instance = plant.run_of(THROWING)
    plant.fail_job(plant.claim_job())
    with pytest.raises(refusal):
        plant.resolve(plant.incident(instance), "throw", code=code, variables={"why": "tool"})
    assert plant.incident(instance)["attempts"] == 1
    assert plant.variables(instance) == {}


def test_incidents_stand_beside_work_that_goes_on(plant: Plant) -> None:
    instance = plant.run_of(
        d.process(
            d.start(),
            d.parallel("split", "join"),
            d.user("a", "b"),
            d.exclusive("x", default="join"),
            d.end(),
            d.end("e"),
            "start -> split -> a -> x -> join -> end",
            "split -> b -> join",
            "x -> e if v > 1",
        )
    )
    plant.complete("a")
    plant.complete("b")
    assert plant.tokens(instance) == ["x"]
    plant.resolve(plant.incident(instance), "retry", variables={"v": 0})
    assert plant.state(instance) == "completed"


# ---- joins that wait in vain ----


def test_a_join_whose_tokens_can_no_longer_come_is_an_incident(plant: Plant) -> None:
    instance = plant.run_of(LEAVING, leave=True)
    plant.complete("b")
    assert plant.incidents() == []  # a may still come
    assert plant.complete("a")["instance_state"] == "active"
    incident = plant.incident(instance)
    assert (incident["element"], incident["kind"]) == ("join", "problem")
    assert "skip_to_join" in incident["message"]
    assert plant.tokens(instance) == ["join"]


def test_such_a_join_can_be_completed(plant: Plant) -> None:
    instance = plant.run_of(LEAVING, leave=True)
    plant.complete("b")
    plant.complete("a")
    plant.resolve(plant.incident(instance), "complete")
    assert plant.open() == ["after"]
    plant.complete("after")
    assert plant.state(instance) == "completed"


def test_retrying_such_a_join_changes_nothing(plant: Plant) -> None:
    instance = plant.run_of(LEAVING, leave=True)
    plant.complete("b")
    plant.complete("a")
    again = plant.retry(plant.incident(instance))
    assert (again["state"], again["attempts"]) == ("open", 2)
    assert plant.tokens(instance) == ["join"]


def test_a_token_can_be_moved_from_such_a_join(plant: Plant) -> None:
    instance = plant.run_of(LEAVING, leave=True)
    plant.complete("b")
    plant.complete("a")
    plant.move(instance, "join", "after")
    assert plant.open() == ["after"]
    assert plant.incidents() == []
    plant.complete("after")
    assert plant.state(instance) == "completed"


def test_a_join_in_a_subprocess_can_wait_in_vain_too(plant: Plant) -> None:
    instance = plant.run_of(
        d.process(
            d.start(),
            d.subprocess(
                "inner",
                d.start("s"),
                d.parallel("split", "join"),
                d.exclusive("skip", default="e2"),
                d.user("a"),
                d.end("e1", "e2"),
                "s -> split -> join -> e1",
                "split -> a -> skip -> e2",
                "skip -> join if v == 1",
            ),
            d.end(),
            "start -> inner -> end",
        )
    )
    plant.complete("a", v=0)
    incident = plant.incident(instance)
    assert (incident["element"], plant.tokens(instance)) == ("join", ["join"])
    plant.resolve(incident, "complete")
    assert plant.state(instance) == "completed"


TWO_JOINS = d.process(
    d.start(),
    d.parallel("split", "one", "two"),
    d.exclusive("skip", default="e3"),
    d.exclusive("on", default="e1"),
    d.user("a"),
    d.end("e1", "e2", "e3"),
    "start -> split -> one -> on -> e1",
    "on -> two if w == 1",
    "split -> two -> e2",
    "split -> a -> skip -> e3",
    "skip -> one if v == 1",
)


def test_each_join_that_waits_in_vain_is_an_incident(plant: Plant) -> None:
    instance = plant.run_of(TWO_JOINS, v=0, w=0)
    plant.complete("a")
    assert [i["element"] for i in plant.incidents(instance)] == ["one", "two"]
    for incident in plant.incidents(instance):
        plant.resolve(incident, "complete")
    assert plant.state(instance) == "completed"


def test_a_join_that_gets_what_it_waited_for_is_an_incident_no_more(plant: Plant) -> None:
    instance = plant.run_of(TWO_JOINS, v=0, w=1)
    plant.complete("a")
    plant.resolve(plant.incidents(instance)[0], "complete")
    assert plant.incidents(instance) == []
    assert plant.path(instance)[-2:] == ["two", "e2"]
    assert plant.state(instance) == "completed"


def test_an_event_gateway_must_wait_and_cannot_be_completed(plant: Plant) -> None:
    """It would have a token on each of its flows, where one event takes the only one."""
    instance = plant.run_of(
        d.process(
            d.start(),
            d.event_gateway("wait"),
            d.catch("late", duration="= limit"),
            d.catch("told", message="go"),
            d.end(),
            "start -> wait -> late -> end",
            "wait -> told -> end",
        )
    )
    with pytest.raises(Conflict, match="waits for one of its events"):
        plant.resolve(plant.incident(instance), "complete")
    plant.resolve(plant.incident(instance), "retry", variables={"limit": "PT1H"})
    assert plant.send("go") == {"delivered": 1}
    assert plant.state(instance) == "completed"
