"""Interventions over HTTP: suspend, resume, cancel, and what departs from the diagram."""

from typing import Any

from tests.api.test_instances import CHOOSE, TURN
from tests.support.diagrams import boundary, catch, end, job, parallel, process, start, user
from tests.support.fixtures import both
from tests.support.works import Works

# ---- suspend, resume, cancel ----

BUSY = process(
    start(), parallel("split"), user("turn"), job("mill"), catch("wait_m", message="m"),
    catch("wait_t", duration="PT1H"), parallel("join"), end(),
    "start -> split -> turn -> join -> end", "split -> mill -> join",
    "split -> wait_m -> join", "split -> wait_t -> join",
)  # fmt: skip


TWO = process(start(), user("a", "b"), end(), "start -> a -> b -> end")


def turn_to(works: Works, instance: str, act: str) -> Any:
    return works.planner.post(f"/instances/{instance}/{act}", {"reason": "a test"})


@both
def test_nobody_works_on_a_suspended_instance(works: Works) -> None:
    instance = works.run_of(BUSY)
    task = works.task("turn", instance)["id"]
    assert turn_to(works, instance, "suspend").ok()["state"] == "suspended"
    for act in ("claim", "complete"):
        works.operator.post(f"/tasks/{task}/{act}", {}).refused(409, "instance-suspended")
    guards = works.operator.get(f"/tasks/{task}/guards").ok()["items"]
    assert [g["code"] for g in guards] == ["instance-suspended"]
    assert works.claim_jobs("machine") == []
    assert works.wait(hours=2) == 0
    assert works.send("m", variables={"seen": True})["delivered"] == 1
    assert works.tokens(instance) == ["mill", "turn", "wait_m", "wait_t"]
    assert turn_to(works, instance, "resume").ok()["state"] == "active"
    assert works.tokens(instance) == ["mill", "turn", "wait_t"]
    assert works.instance(instance)["variables"] == {"seen": True}
    assert works.wait() == 1  # the timer that was due meanwhile, once
    assert works.wait() == 0
    works.complete_job(works.claim_job())
    works.complete("turn", instance)
    assert works.instance(instance)["state"] == "completed"


@both
def test_the_result_of_a_job_held_already_waits_for_the_resume(works: Works) -> None:
    instance = works.run_of(BUSY)
    held = works.claim_job()
    turn_to(works, instance, "suspend").ok()
    assert works.complete_job(held, milled=3)["state"] == "completed"
    assert works.instance(instance)["variables"] == {}
    assert "mill" in works.tokens(instance)
    turn_to(works, instance, "resume").ok()
    assert works.instance(instance)["variables"] == {"milled": 3}
    assert "mill" not in works.tokens(instance)


@both
def test_an_error_of_a_job_held_already_waits_for_the_resume(works: Works) -> None:
    instance = works.run_of(
        process(
            start(), job("mill"), boundary("broken", "mill", error="oops"), user("mend"), end(),
            "start -> mill -> end", "broken -> mend -> end",
        )
    )  # fmt: skip
    held = works.claim_job()
    turn_to(works, instance, "suspend").ok()
    works.fail_job(held, code="oops")
    assert works.open(instance) == []
    turn_to(works, instance, "resume").ok()
    assert works.open(instance) == ["mend"]


@both
def test_what_is_suspended_or_over_is_told(works: Works) -> None:
    instance = works.run_of(BUSY)
    turn_to(works, instance, "resume").refused(409, "conflict")
    turn_to(works, instance, "suspend").ok()
    turn_to(works, instance, "suspend").refused(409, "instance-suspended")
    turn_to(works, instance, "cancel").ok()
    for act in ("suspend", "resume", "cancel"):
        turn_to(works, instance, act).refused(409, "instance-ended")


@both
def test_a_cancelled_instance_closes_what_was_open(works: Works) -> None:
    instance = works.run_of(BUSY)
    task, held = works.task("turn", instance)["id"], works.claim_job()
    over = turn_to(works, instance, "cancel").ok()
    assert (over["state"], over["tokens"]) == ("cancelled", [])
    assert over["ended"] == "2026-03-02T06:00:00.000Z"
    assert works.auditor.get(f"/tasks/{task}").ok()["state"] == "cancelled"
    works.operator.post(f"/tasks/{task}/complete", {}).refused(409, "task-cancelled")
    result = {"fence": held["fence"], "variables": {}}
    works.integration.post(f"/jobs/{held['id']}/complete", result).refused(409, "job-cancelled")
    assert works.send("m")["delivered"] == 0
    assert works.wait(hours=2) == 0
    assert {s["state"] for s in works.history(instance)[2:]} == {"cancelled"}


def test_whoever_intervenes_says_why(works: Works) -> None:
    instance = works.run_of(TURN)
    for act in ("suspend", "resume", "cancel"):
        for body in ({}, {"reason": ""}, {"reason": None}, {"reason": "\x00"}):
            answer = works.planner.post(f"/instances/{instance}/{act}", body)
            assert answer.pointers() == ["/reason"]
    works.planner.post(f"/instances/{instance}/cancel", {"reason": "a\nb\tc — ok"}).ok()


# ---- what the caller saw ----


@both
def test_an_instance_that_moved_on_is_not_changed_by_who_did_not_see_it(works: Works) -> None:
    instance, other = works.run_of(TWO), works.start()
    seen = works.auditor.get(f"/instances/{instance}").etag
    works.complete("a", instance)
    lead = works.team_lead
    calls: list[tuple[str, dict[str, Any]]] = [
        ("suspend", {"reason": "x"}),
        ("cancel", {"reason": "x"}),
        ("move", {"from": "b", "to": "a", "reason": "x"}),
        ("insert", {"after": "b", "name": "rework", "reason": "x"}),
        ("split", {"reason": "x"}),
        ("merge", {"into": other, "reason": "x"}),
    ]
    for act, body in calls:
        lead.post(f"/instances/{instance}/{act}", body, if_match=seen).refused(412, "stale")
    body = {"set": {"x": 1}, "reason": "x"}
    lead.patch(f"/instances/{instance}/variables", body, if_match=seen).refused(412, "stale")
    now = works.auditor.get(f"/instances/{instance}").etag
    changed = lead.patch(f"/instances/{instance}/variables", body, if_match=now)
    changed.ok()
    assert changed.etag not in (seen, now)
    lead.post(f"/instances/{instance}/suspend", {"reason": "x"}, if_match=changed.etag).ok()
    lead.post(f"/instances/{instance}/resume", {"reason": "x"}, if_match="*").ok()


# ---- deviations ----


@both
def test_a_token_is_moved_and_the_history_says_so(works: Works) -> None:
    instance = works.run_of(process(start(), user("a", "b"), end(), "start -> a -> b -> end"))
    body = {"from": "a", "to": "b", "reason": "a was done on the old machine"}
    moved = works.team_lead.post(f"/instances/{instance}/move", body).ok()
    assert moved["tokens"] == [{"element": "b", "state": "waiting"}]
    assert works.open(instance) == ["b"]
    left = works.history(instance)[-1]
    assert (left["element"], left["state"], left["actor"]) == ("a", "cancelled", "team_lead")
    assert left["deviation"] == "a was done on the old machine"
    assert left["deviation_kind"] == "move"
    for origin, to in (("a", "b"), ("b", "nowhere"), ("b", "start")):
        body = {"from": origin, "to": to, "reason": "x"}
        works.team_lead.post(f"/instances/{instance}/move", body).refused(409, "move-refused")


def test_a_move_out_of_a_parallel_block_names_what_it_ends(works: Works) -> None:
    instance = works.run_of(
        process(
            start(), parallel("split", "join"), user("a", "b", "c"), end(),
            "start -> split -> a -> join -> c -> end", "split -> b -> join",
        )
    )  # fmt: skip
    body: dict[str, Any] = {"from": "a", "to": "c", "reason": "x"}
    refused = works.team_lead.post(f"/instances/{instance}/move", body)
    assert "b" in refused.refused(409, "move-refused")["detail"]
    works.team_lead.post(f"/instances/{instance}/move", body | {"ends": ["b"]}).ok()
    assert works.open(instance) == ["c"]


def test_ends_name_what_is_there(works: Works) -> None:
    instance = works.run_of(TWO)
    body = {"from": "a", "to": "b", "ends": ["b", "nowhere"], "reason": "x"}
    refused = works.team_lead.post(f"/instances/{instance}/move", body)
    assert refused.pointers() == ["/ends/0", "/ends/1"]


@both
def test_a_task_is_skipped_by_who_may_whoever_holds_it(works: Works) -> None:
    instance = works.run_of(TWO)
    task = works.task("a", instance)["id"]
    works.operator.post(f"/tasks/{task}/claim").ok()
    works.operator.post(f"/tasks/{task}/skip", {"reason": "x"}).refused(403, "not-permitted")
    skipped = works.team_lead.post(f"/tasks/{task}/skip", {"reason": "not for this lot"}).ok()
    assert (skipped["state"], skipped["instance_state"]) == ("cancelled", "active")
    assert [t["element"] for t in skipped["next"]] == ["b"]
    step = works.history(instance)[-1]
    assert (step["state"], step["deviation_kind"]) == ("cancelled", "skip")
    assert step["deviation"] == "not for this lot"
    works.team_lead.post(f"/tasks/{task}/skip", {"reason": "x"}).refused(409, "task-cancelled")
    entry = works.auditor.pages("/audit", action="task.skipped")[0]
    assert entry["detail"] == {"reason": "not for this lot", "holder": "operator"}


@both
def test_a_task_is_inserted_for_one_instance(works: Works) -> None:
    instance = works.run_of(TWO)
    other = works.start()
    body = {"after": "a", "name": "Deburr", "role": "quality", "reason": "burr found"}
    told = works.team_lead.post(f"/instances/{instance}/insert", body).ok()
    assert [i["name"] for i in told["inserted"]] == ["Deburr"]
    for one in (instance, other):
        works.complete("a", one)
    assert (works.open(instance), works.open(other)) == (["a+1"], ["b"])
    works.complete("a+1", instance, removed=True)
    step = works.history(instance)[-1]
    assert (step["name"], step["type"], step["actor"]) == ("Deburr", "userTask", "quality")
    assert (step["deviation"], step["deviation_kind"]) == ("burr found", "insert")
    late = works.team_lead.post(f"/instances/{instance}/insert", body)
    assert "tokens at b" in late.refused(409, "insert-refused")["detail"]


def test_an_insert_names_what_is_there(works: Works) -> None:
    path = f"/instances/{works.run_of(TWO)}/insert"
    body = {"after": "a", "name": "Deburr", "reason": "x"}
    for field, value in (("role", "welder"), ("form", "none"), ("name", ""), ("reason", "")):
        assert works.team_lead.post(path, body | {field: value}).pointers() == [f"/{field}"]


@both
def test_a_part_goes_on_and_is_merged_again(works: Works) -> None:
    instance = works.run_of(TWO, n=1)
    held = works.task("a", instance)
    works.operator.post(f"/tasks/{held['id']}/claim").ok()
    path = f"/instances/{instance}"
    answer = works.team_lead.post(
        f"{path}/split", {"business_key": "LOT-2", "reason": "half of it waits"}
    )
    part = answer.ok(201)
    assert (part["origin"], part["business_key"], part["state"]) == (instance, "LOT-2", "active")
    assert answer.etag == works.auditor.get(f"/instances/{part['id']}").etag
    assert works.task("a", part["id"])["state"] == "open"
    works.complete("a", instance)
    body = {"into": part["id"], "reason": "together again"}
    refused = works.team_lead.post(f"{path}/merge", body).refused(409, "merge-refused")
    assert "a token at " in refused["detail"]
    works.complete("a", part["id"], n=2)
    merged = works.team_lead.post(f"{path}/merge", body).ok()
    assert merged["id"] == part["id"]
    assert merged["differing"] == [{"name": "n", "element": "", "kept": 2, "dropped": 1}]
    assert works.instance(instance)["state"] == "cancelled"
    last = works.history(instance)[-1]
    assert (last["type"], last["other"]) == ("instanceMerged", part["id"])


def test_a_claimed_job_keeps_instances_as_they_are(works: Works) -> None:
    instance, other = works.run_of(BUSY), works.start()
    works.claim_job()
    lead = works.team_lead
    lead.post(f"/instances/{instance}/split", {"reason": "x"}).refused(409, "split-refused")
    body = {"into": other, "reason": "x"}
    lead.post(f"/instances/{instance}/merge", body).refused(409, "merge-refused")
    again = lead.post(f"/instances/{instance}/merge", {"into": instance, "reason": "x"})
    assert again.pointers() == ["/into"]


@both
def test_variables_are_changed_from_outside(works: Works) -> None:
    instance = works.run_of(CHOOSE, d=1)
    body = {"set": {"d": 25.5, "note": None}, "reason": "read off wrongly"}
    changed = works.process_engineer.patch(f"/instances/{instance}/variables", body).ok()
    assert str(changed["variables"]["d"]) == "25.5"
    step = works.history(instance)[-1]
    assert (step["element"], step["type"], step["deviation"]) == (
        None,
        "variablesChanged",
        "read off wrongly",
    )
    works.complete("turn", instance)
    assert works.path(instance)[-1] == "no"
    works.process_engineer.patch(f"/instances/{instance}/variables", body).refused(
        409, "instance-ended"
    )


def test_a_change_names_what_it_cannot_keep(works: Works) -> None:
    instance = works.run_of(TURN)
    patch = works.team_lead.patch
    path = f"/instances/{instance}/variables"
    assert patch(path, {"reason": "x"}).pointers() == ["/set"]
    assert patch(path, {"set": {}}).pointers() == ["/reason"]
    assert patch(path, {"set": {"_x": 1}, "reason": "x"}).pointers() == ["/set/_x"]
    assert patch(path, {"set": [], "reason": "x"}).pointers() == ["/set"]
