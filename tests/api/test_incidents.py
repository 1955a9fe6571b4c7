"""Incidents over HTTP: what waits for a person's decision, and what they may decide."""

from typing import Any

import pytest

from tests.support.diagrams import boundary, end, exclusive, job, process, start, user
from tests.support.fixtures import both
from tests.support.works import Works

CHOOSE = process(
    start(), user("turn"), exclusive("good"), end("yes", "no"), "start -> turn -> good",
    "good -> yes if d <= 5", "good -> no if d > 5 and d < 9",
)  # fmt: skip
MILL = process(
    start(), job("mill", retries="1"), boundary("jammed", "mill", error="jam"), user("clear"),
    end(), "start -> mill -> end", "jammed -> clear -> end",
)  # fmt: skip


def failed(works: Works) -> tuple[str, str]:
    """An instance whose job gave up, and its incident."""
    instance = works.run_of(MILL)
    works.fail_job(works.claim_job())
    return instance, works.incident(instance)["id"]


def resolve(works: Works, incident: str, action: str, **more: Any) -> Any:
    body = {"action": action, "reason": "a test", **more}
    return works.team_lead.post(f"/incidents/{incident}/resolve", body)


@both
def test_a_gateway_that_cannot_choose_undoes_nobodys_work(works: Works) -> None:
    """A missing variable: the completion counts, the token waits, and goes on once it is there."""
    works.release(CHOOSE)
    instance = works.start("p", "WO-1")
    task = works.task("turn", instance)["id"]
    done = works.operator.post(f"/tasks/{task}/complete", {"variables": {}}).ok()
    assert (done["state"], done["instance_state"]) == ("completed", "active")
    shown = works.instance(instance)
    assert (shown["incidents"], shown["tokens"]) == (1, [{"element": "good", "state": "incident"}])
    incident = works.incident(instance)
    assert incident == {
        "id": incident["id"],
        "instance": instance,
        "business_key": "WO-1",
        "element": "good",
        "kind": "expression",
        "message": incident["message"],
        "state": "open",
        "attempts": 1,
        "since": "2026-03-02T06:00:00.000Z",
        "resolved": None,
        "resolved_by": None,
        "reporter": None,
    }
    assert "good" in incident["message"]
    assert "d" in incident["message"].split()
    retry = works.team_lead.post
    assert retry(f"/incidents/{incident['id']}/retry").ok()["attempts"] == 2
    change = {"set": {"d": 3}, "reason": "read off the paper"}
    works.team_lead.patch(f"/instances/{instance}/variables", change).ok()
    works.wait(minutes=1)
    resolved = retry(f"/incidents/{incident['id']}/retry", {"reason": "now it is there"}).ok()
    assert (resolved["state"], resolved["resolved_by"]) == ("resolved", "team_lead")
    assert resolved["resolved"] == "2026-03-02T06:01:00.000Z"
    assert works.instance(instance)["state"] == "completed"
    assert works.path(instance)[-1] == "yes"
    retry(f"/incidents/{incident['id']}/retry").refused(409, "incident-resolved")


@both
def test_no_condition_is_true(works: Works) -> None:
    instance = works.run_of(CHOOSE)
    works.complete("turn", instance, d=9)
    assert works.incident(instance)["kind"] == "expression"
    assert works.tokens(instance) == ["good?"]
    incident = works.incident(instance)["id"]
    assert resolve(works, incident, "retry", variables={"d": 8}).ok()["state"] == "resolved"
    assert works.path(instance)[-1] == "no"


@both
def test_text_where_a_number_is_compared(works: Works) -> None:
    instance = works.run_of(CHOOSE)
    works.complete("turn", instance, d="3")
    assert works.tokens(instance) == ["good?"]
    resolve(works, works.incident(instance)["id"], "complete").refused(409, "conflict")
    assert works.tokens(instance) == ["good?"]


@both
def test_a_step_is_completed_by_hand(works: Works) -> None:
    instance, incident = failed(works)
    assert resolve(works, incident, "complete", variables={"n": 7}).ok()["state"] == "resolved"
    shown = works.instance(instance)
    assert (shown["state"], shown["variables"]) == ("completed", {"n": 7})
    step = works.history(instance)[1]
    assert (step["actor"], step["deviation"]) == ("team_lead", "a test")


@both
def test_an_error_is_thrown_by_hand(works: Works) -> None:
    instance, incident = failed(works)
    resolve(works, incident, "throw").refused(422, "invalid")
    resolve(works, incident, "throw", code="other").refused(409, "conflict")
    assert works.tokens(instance) == ["mill?"]
    assert resolve(works, incident, "throw", code="jam").ok()["state"] == "resolved"
    assert works.open(instance) == ["clear"]


@both
def test_the_instance_is_given_up(works: Works) -> None:
    instance, incident = failed(works)
    assert resolve(works, incident, "cancel").ok()["state"] == "resolved"
    assert works.instance(instance)["state"] == "cancelled"
    for action in ("retry", "complete", "cancel"):
        resolve(works, incident, action).refused(409, "incident-resolved")


@both
def test_who_did_not_see_the_last_attempt_is_told(works: Works) -> None:
    instance = works.run_of(CHOOSE)
    works.complete("turn", instance)
    path = f"/incidents/{works.incident(instance)['id']}"
    seen = works.auditor.get(path).etag
    again = works.team_lead.post(f"{path}/retry", {}, if_match=seen)
    again.ok()
    assert again.etag != seen
    works.team_lead.post(f"{path}/retry", {}, if_match=seen).refused(412, "stale")
    body = {"action": "cancel", "reason": "x"}
    works.team_lead.post(f"{path}/resolve", body, if_match=seen).refused(412, "stale")
    works.team_lead.post(f"{path}/resolve", body, if_match=again.etag).ok()


@both
def test_incidents_are_listed_oldest_first_and_filtered(works: Works) -> None:
    works.release(CHOOSE)
    made = []
    for _ in range(3):
        instance = works.start()
        works.complete("turn", instance)
        made.append(instance)
    mill, incident = failed(works)

    def listed(**filters: object) -> list[str]:
        return [i["instance"] for i in works.auditor.pages("/incidents", limit=2, **filters)]

    assert listed() == [*made, mill]
    assert listed(kind="job") == [mill]
    assert listed(kind="timer") == []
    assert listed(instance=made[1]) == [made[1]]
    resolve(works, incident, "cancel").ok()
    assert listed() == made
    assert listed(state="resolved") == [mill]
    assert works.auditor.get(f"/incidents/{incident}").ok()["state"] == "resolved"


@pytest.mark.parametrize(
    ("body", "pointers"),
    [
        ({}, ["/action", "/reason"]),
        ({"action": "shrug", "reason": "x"}, ["/action"]),
        ({"action": "retry", "reason": ""}, ["/reason"]),
        ({"action": "complete", "reason": "x", "variables": {"_a": 1}}, ["/variables/_a"]),
        ({"action": "retry", "reason": "x", "force": True}, ["/force"]),
    ],
)
def test_a_decision_is_checked(works: Works, body: dict[str, object], pointers: list[str]) -> None:
    _, incident = failed(works)
    assert works.team_lead.post(f"/incidents/{incident}/resolve", body).pointers() == pointers


@both
def test_a_suspended_instance_waits_with_its_incident(works: Works) -> None:
    instance, incident = failed(works)
    works.planner.post(f"/instances/{instance}/suspend", {"reason": "x"}).ok()
    shown = works.instance(instance)
    assert (shown["state"], shown["incidents"]) == ("suspended", 1)
    works.planner.post(f"/instances/{instance}/resume", {"reason": "x"}).ok()
    assert resolve(works, incident, "complete").ok()["state"] == "resolved"
