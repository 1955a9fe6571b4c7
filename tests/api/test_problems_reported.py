"""Problems that people report: a process takes them, else they wait as incidents."""

from typing import Any

import pytest

from tests.support.diagrams import end, exclusive, process, start, user
from tests.support.fixtures import both
from tests.support.golden import check_golden
from tests.support.shipped import answer, diagram, forms_and_decisions
from tests.support.works import Works

TWO = process(start(), user("a", "b"), end(), "start -> a -> b -> end")
NOWHERE = "00000000-0000-7000-8000-000000000000"


def reported(works: Works, **what: Any) -> Any:
    return works.operator.post("/problems", {"reason": "Tool broken"} | what)


def test_an_incident_waits_where_no_process_takes_reports(works: Works) -> None:
    instance = works.run_of(TWO)
    task = works.task("a", instance)["id"]
    told = reported(works, task=task, note="insert chipped").ok(201)
    assert told["instance"] is None
    incident = works.incident(instance)
    assert incident["id"] == told["incident"]
    assert (incident["kind"], incident["element"]) == ("problem", "a")
    assert incident["reporter"] == "operator"
    assert incident["message"] == "operator reported at a: Tool broken (insert chipped)"
    works.complete("a", instance)  # the work goes on, and the report stays
    assert works.incident(instance)["id"] == told["incident"]
    assert works.instance(instance)["incidents"] == 0


@both
@pytest.mark.parametrize("act", ["retry", "complete"])
def test_a_report_is_closed_without_harm_to_its_task(works: Works, act: str) -> None:
    instance = works.run_of(TWO)
    task = works.task("a", instance)
    works.operator.post(f"/tasks/{task['id']}/claim").ok()
    path = f"/incidents/{reported(works, task=task['id']).ok(201)['incident']}"
    works.planner.post(f"/instances/{instance}/suspend", {"reason": "x"}).ok()
    if act == "retry":
        closed = works.team_lead.post(f"{path}/retry", {}).ok()
    else:
        body = {"action": act, "reason": "new tool"}
        closed = works.team_lead.post(f"{path}/resolve", body).ok()
    assert (closed["state"], closed["resolved_by"]) == ("resolved", "team_lead")
    works.team_lead.post(f"{path}/retry", {}).refused(409, "incident-resolved")
    works.planner.post(f"/instances/{instance}/resume", {"reason": "x"}).ok()
    assert works.task("a", instance)["assignee"] == "operator"
    assert works.tokens(instance) == ["a"]


def test_a_report_ends_its_instance_only_when_asked_to(works: Works) -> None:
    instance = works.run_of(TWO)
    path = f"/incidents/{reported(works, instance=instance).ok(201)['incident']}/resolve"
    for body in ({"action": "throw", "code": "E"}, {"action": "retry", "variables": {"x": 1}}):
        works.team_lead.post(path, body | {"reason": "x"}).refused(422, "invalid")
    closed = works.team_lead.post(path, {"action": "cancel", "reason": "scrap"}).ok()
    assert closed["state"] == "resolved"
    assert works.instance(instance)["state"] == "cancelled"


def test_a_real_incident_of_the_same_token_is_another(works: Works) -> None:
    instance = works.run_of(
        process(
            start(), user("a"), exclusive("good"), end("e1", "e2"),
            "start -> a -> good", "good -> e1 if d > 1", "good -> e2 if d < 1",
        )
    )  # fmt: skip
    reported(works, task=works.task("a", instance)["id"]).ok(201)
    works.complete("a", instance)
    kinds = [i["kind"] for i in works.auditor.pages("/incidents", instance=instance)]
    assert kinds == ["problem", "expression"]
    real = works.auditor.pages("/incidents", instance=instance, kind="expression")[0]
    body = {"set": {"d": 2}, "reason": "x"}
    works.team_lead.patch(f"/instances/{instance}/variables", body).ok()
    works.team_lead.post(f"/incidents/{real['id']}/retry", {}).ok()
    assert works.instance(instance)["state"] == "completed"
    left = works.incident(instance)
    assert left["reporter"] == "operator"
    works.team_lead.post(f"/incidents/{left['id']}/retry", {}).ok()


def test_a_report_names_what_is_there(works: Works) -> None:
    instance, other = works.run_of(TWO), works.start()
    for name in ("task", "instance", "file"):
        assert reported(works, **{name: NOWHERE}).pointers() == [f"/{name}"]
    task = works.task("a", instance)["id"]
    assert reported(works, task=task, instance=other).pointers() == ["/instance"]
    assert reported(works, reason="").pointers() == ["/reason"]
    reported(works).refused(409, "problem-not-taken")
    works.auditor.post("/problems", {"reason": "x"}).refused(403, "not-permitted")


@both
def test_the_shipped_process_takes_a_report(works: Works) -> None:
    works.release(TWO)
    works.release(diagram("problem"), forms_and_decisions())
    instance = works.start(business_key="WO-1")
    task = works.task("a", instance)["id"]
    told = reported(works, task=task, note="insert chipped").ok(201)
    assert told["incident"] is None
    taken = works.instance(told["instance"])
    assert (taken["process"], taken["business_key"]) == ("problem", "WO-1")
    assert taken["started_by"] == "operator"
    variables = taken["variables"]
    assert (variables["reporter"], variables["task"]) == ("operator", task)
    assert (variables["reason"], variables["note"]) == ("Tool broken", "insert chipped")
    assert (variables["process"], variables["element"], variables["step"]) == ("p", "a", "a")
    assert works.task("assess_problem", taken["id"])["role"] == "team_lead"
    for remedy, solved in (("repair", "no"), ("solved", "yes")):
        answer(works, taken["id"], "assess_problem", remedy=remedy)
        if remedy == "repair":
            answer(works, taken["id"], "repair_equipment")
        answer(works, taken["id"], "confirm_remedy", solved=solved)
    assert works.instance(taken["id"])["state"] == "completed"
    check_golden("support/problem", "repaired in vain, then solved", works.path(taken["id"]))
    assert works.open(instance) == ["a"]


def test_a_problem_may_be_about_nothing_that_runs(works: Works) -> None:
    works.release(diagram("problem"), forms_and_decisions())
    told = reported(works, reason="Light is out").ok(201)
    assert works.instance(told["instance"])["variables"]["task"] is None
