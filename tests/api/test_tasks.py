"""Tasks over HTTP: the work list, claim, assign, complete, forms, guards, several at once."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.support.diagrams import end, job, lanes, parallel, process, start, user
from tests.support.fixtures import both
from tests.support.http import Http
from tests.support.works import Works

TURN = process(start(), user("turn"), end(), "start -> turn -> end")
TWO = process(start(), user("turn", "mill"), end(), "start -> turn -> mill -> end")
SHIFT = process(
    lanes(operator=["turn"], quality=["check"]),
    start(), user("turn", "check", "tidy"), parallel("split", "join"), end(),
    "start -> split -> turn -> join -> end", "split -> check -> join", "split -> tidy -> join",
)  # fmt: skip


def claim(person: Http, task: str, **headers: str) -> Any:
    return person.post(f"/tasks/{task}/claim", **headers)


def complete(person: Http, task: str, **variables: Any) -> Any:
    return person.post(f"/tasks/{task}/complete", {"variables": variables})


def elements(items: list[dict[str, Any]]) -> list[str]:
    return [item["element"] for item in items]


# ---- the list ----


@both
def test_a_task_is_shown(works: Works) -> None:
    works.release(
        process(
            lanes(operator=["turn"]), start(), end(), "start -> turn -> end",
            user("turn", name="Turn shaft", form="", equipment="LATHE", priority="80", due="PT2H",
                 follow_up="PT1H", qualification="turning", operation="20"),
        )
    )  # fmt: skip
    instance = works.start(business_key="WO-1")
    task = works.task("turn", instance)
    assert task == {
        "id": task["id"],
        "instance": instance,
        "business_key": "WO-1",
        "element": "turn",
        "name": "Turn shaft",
        "form": None,
        "role": "operator",
        "equipment": "LATHE",
        "qualification": "turning",
        "state": "open",
        "assignee": None,
        "priority": 80,
        "created": "2026-03-02T06:00:00.000Z",
        "due": "2026-03-02T08:00:00.000Z",
        "follow_up": "2026-03-02T07:00:00.000Z",
        "closed": None,
        "closed_by": None,
        "operation": "20",
        "signature": None,
        "started": None,
        "paused": None,
        "worked_seconds": 0,
        "instance_state": "active",
    }
    assert works.auditor.get(f"/tasks/{task['id']}").ok() == task


@both
def test_tasks_come_by_priority_then_due_then_age(works: Works) -> None:
    works.release(
        process(start(), user("t", priority="= p", due="= due"), end(), "start -> t -> end")
    )
    order = [(100, "P2D"), (90, "PT1H"), (90, "P1D"), (50, "PT1H"), (50, "PT1H"), (0, "PT1M")]
    mixed = [3, 5, 1, 0, 4, 2]
    made: dict[int, str] = {}
    for number in mixed:
        p, due = order[number]
        made[number] = works.start(p=p, due=due)
    listed = [t["instance"] for t in works.auditor.get("/tasks").ok()["items"]]
    assert listed == [made[n] for n in range(6)]
    assert [t["instance"] for t in works.auditor.pages("/tasks", limit=1)] == listed


@both
def test_a_page_of_tasks_is_not_shaken_by_new_ones(works: Works) -> None:
    works.release(process(start(), user("t", priority="= p"), end(), "start -> t -> end"))
    began = [works.start(p=50) for _ in range(5)]
    page = works.auditor.get("/tasks", limit=2).ok()
    met = [t["instance"] for t in page["items"]]
    for p in (90, 50, 10, 100, 50):
        works.start(p=p)
        if page["next"] is not None and len(met) < 5:
            page = works.auditor.get("/tasks", limit=2, cursor=page["next"]).ok()
            met += [t["instance"] for t in page["items"]]
    assert met[:5] == began
    assert len(met) == len(set(met))


@both
def test_tasks_are_filtered(works: Works) -> None:
    works.release(SHIFT)
    first, second = works.start(business_key="WO-1"), works.start(business_key="WO-2")
    task = works.task("turn", first)["id"]
    claim(works.operator, task).ok()
    complete(works.operator, works.task("turn", second)["id"]).ok()

    def listed(**filters: object) -> list[str]:
        return sorted(elements(works.auditor.get("/tasks", **filters).ok()["items"]))

    assert listed(instance=first) == ["check", "tidy", "turn"]
    assert listed(instance=second) == ["check", "tidy"]
    assert listed(business_key="WO-1") == ["check", "tidy", "turn"]
    assert listed(state="claimed") == ["turn"]
    assert listed(state="open", instance=first) == ["check", "tidy"]
    assert listed(state="completed") == ["turn"]
    assert listed(role="quality") == ["check", "check"]
    assert listed(equipment="LATHE") == []
    assert listed(role="quality", business_key="WO-2", state="open") == ["check"]


@both
def test_mine_is_what_i_hold_or_may_take(works: Works) -> None:
    works.release(SHIFT)
    instance = works.start()
    turn, check, tidy = (works.task(e, instance)["id"] for e in ("turn", "check", "tidy"))
    ana = works.person("ana", "operator")
    ben = works.person("ben", "operator", "quality")

    def mine(person: Http, **filters: object) -> list[str]:
        return sorted(elements(person.pages("/tasks", mine="true", **filters)))

    assert mine(ana) == ["tidy", "turn"]
    assert mine(ben) == ["check", "tidy", "turn"]
    assert mine(works.maintenance) == ["tidy"]
    claim(ana, turn).ok()
    assert (mine(ana), mine(ben)) == (["tidy", "turn"], ["check", "tidy"])
    assert mine(ana, state="claimed") == ["turn"]
    assert mine(ana, state="open") == ["tidy"]
    assert mine(ben, role="quality") == ["check"]
    complete(ana, turn).ok()
    assert mine(ana) == ["tidy"]
    assert mine(ana, state="completed") == ["turn"]
    assert mine(ben, state="completed") == []
    claim(ben, check).ok()
    works.team_lead.post(f"/tasks/{tidy}/assign", {"user": "ana"}).ok()
    assert (mine(ana), mine(ben)) == (["tidy"], ["check"])


@pytest.mark.parametrize("role", ["integration", "auditor"])
def test_who_completes_no_tasks_has_none(works: Works, role: str) -> None:
    works.run_of(TURN)
    assert works.token(role).get("/tasks", mine="true").ok()["items"] == []
    assert elements(works.token(role).get("/tasks").ok()["items"]) == ["turn"]


@both
def test_mine_is_paged_in_the_same_order(works: Works) -> None:
    works.release(
        process(
            lanes(operator=["a"]), start(), user("a", "b", priority="= p"), parallel("s", "j"),
            end(), "start -> s -> a -> j -> end", "s -> b -> j",
        )
    )  # fmt: skip
    for p in (10, 90, 50):
        works.start(p=p)
    claim(works.operator, works.operator.get("/tasks", limit=1).ok()["items"][0]["id"]).ok()
    everything = works.operator.get("/tasks", mine="true").ok()["items"]
    assert [t["priority"] for t in everything] == [90, 90, 50, 50, 10, 10]
    assert works.operator.pages("/tasks", mine="true", limit=2) == everything


# ---- claim ----


@both
def test_a_task_is_claimed_by_one(works: Works) -> None:
    works.run_of(TURN)
    task = works.task("turn")["id"]
    ana, ben = works.person("ana", "operator"), works.person("ben", "operator")
    taken = claim(ana, task).ok()
    assert (taken["state"], taken["assignee"]) == ("claimed", "ana")
    assert claim(ana, task).ok() == taken
    refused = claim(ben, task).refused(409, "task-claimed")
    assert "ana" in refused["detail"]
    complete(ben, task).refused(409, "task-claimed")
    ben.post(f"/tasks/{task}/unclaim").refused(409, "task-claimed")
    given_back = ana.post(f"/tasks/{task}/unclaim").ok()
    assert (given_back["state"], given_back["assignee"]) == ("open", None)
    assert ana.post(f"/tasks/{task}/unclaim").ok() == given_back
    claim(ben, task).ok()


@both
def test_a_team_lead_gives_tasks_to_people(works: Works) -> None:
    works.release(SHIFT)
    instance = works.start()
    turn = works.task("turn", instance)["id"]
    ana, ben = works.person("ana", "operator"), works.person("ben", "operator")
    works.person("carla", "quality")
    works.person("otto", "auditor")
    assign = works.team_lead.post
    path = f"/tasks/{turn}/assign"
    assert assign(path, {"user": "ana"}).ok()["assignee"] == "ana"
    complete(ben, turn).refused(409, "task-claimed")
    assert assign(path, {"user": "Ben"}).ok()["assignee"] == "ben"
    assert assign(path, {"user": "nobody"}).pointers() == ["/user"]
    assert assign(path, {}).pointers() == ["/user"]
    for unfit in ("carla", "otto"):
        assert unfit in assign(path, {"user": unfit}).refused(409, "conflict")["detail"]
    works.admin.patch("/users/ana", {"active": False}).ok()
    assign(path, {"user": "ana"}).refused(409, "conflict")
    ana.post(path, {"user": "ana"}).refused(401, "not-signed-in")
    ben.post(path, {"user": "ben"}).refused(403, "not-permitted")
    assert works.team_lead.post(f"/tasks/{turn}/unclaim").ok()["state"] == "open"
    complete(ben, turn).ok()
    assign(path, {"user": "ben"}).refused(409, "task-already-completed")
    works.team_lead.post(f"/tasks/{turn}/unclaim").refused(409, "task-already-completed")


@both
def test_two_browsers(works: Works) -> None:
    """Who looks at an older state than the present one is told, and changes nothing."""
    works.run_of(TURN)
    task = works.task("turn")["id"]
    ana, ben = works.person("ana", "operator"), works.person("ben", "operator")
    seen = ben.get(f"/tasks/{task}").etag
    held = claim(ana, task, if_match=seen)
    held.ok()
    claim(ben, task, if_match=seen).refused(412, "stale")
    path = f"/tasks/{task}"
    ana.post(f"{path}/unclaim", if_match=seen).refused(412, "stale")
    ana.post(f"{path}/complete", {}, if_match=seen).refused(412, "stale")
    works.team_lead.post(f"{path}/assign", {"user": "ben"}, if_match=seen).refused(412, "stale")
    assert ana.get(path).etag == held.etag
    done = ana.post(f"{path}/complete", {}, if_match=held.etag)
    done.ok()
    assert done.etag == ana.get(path).etag


# ---- complete ----


@both
def test_a_task_is_completed(works: Works) -> None:
    instance = works.run_of(TWO)
    task = works.task("turn", instance)["id"]
    works.wait(minutes=3)
    done = complete(works.operator, task, d=1).ok()
    assert (done["state"], done["assignee"]) == ("completed", "operator")
    assert (done["closed"], done["closed_by"]) == ("2026-03-02T06:03:00.000Z", "operator")
    assert done["instance_state"] == "active"
    assert done["next"] == [works.task("mill", instance)]
    last = complete(works.operator, done["next"][0]["id"]).ok()
    assert (last["instance_state"], last["next"]) == ("completed", [])
    shown = works.auditor.get(f"/tasks/{task}").ok()
    then = {k: v for k, v in done.items() if k != "next"}
    assert shown == then | {"instance_state": "completed"}


@both
def test_the_next_tasks_are_all_that_are_open(works: Works) -> None:
    instance = works.run_of(SHIFT)
    done = complete(works.operator, works.task("turn", instance)["id"]).ok()
    assert sorted(elements(done["next"])) == ["check", "tidy"]


@both
def test_a_second_completion_is_told_who_was_first(works: Works) -> None:
    works.run_of(TURN)
    task = works.task("turn")["id"]
    ana, ben = works.person("ana", "operator"), works.person("ben", "operator")
    complete(ana, task).ok()
    for person in (ana, ben):
        refused = complete(person, task).refused(409, "task-already-completed")
        assert refused["completed_by"] == "ana"
        assert refused["completed_at"] == "2026-03-02T06:00:00.000Z"
        assert "ana completed this task at 2026-03-02T06:00:00.000Z" in refused["detail"]
    claim(ben, task).refused(409, "task-already-completed")


@both
def test_a_double_click(works: Works) -> None:
    """Of many clicks at the same instant one counts; the others hear who was first."""
    instance = works.run_of(TWO)
    task = works.task("turn", instance)["id"]
    ana = works.operator
    with ThreadPoolExecutor(6) as clicks:
        answers = list(clicks.map(lambda n: complete(ana, task, n=n), range(6)))
    assert sorted(a.status for a in answers) == [200] + [409] * 5
    assert works.open(instance) == ["mill"]
    assert works.path(instance) == ["start", "turn"]
    entries = works.auditor.get("/audit", action="task.completed").ok()["items"]
    assert len(entries) == 1


@both
def test_a_double_click_with_a_key(works: Works) -> None:
    instance = works.run_of(TWO)
    task = works.task("turn", instance)["id"]
    ana, body = works.operator, {"variables": {"d": 1}}
    with ThreadPoolExecutor(6) as clicks:
        answers = list(
            clicks.map(lambda _: ana.post(f"/tasks/{task}/complete", body, key="k1"), range(6))
        )
    assert {a.status for a in answers} == {200}
    assert len({a.data for a in answers}) == 1
    assert sum(a.replayed for a in answers) == 5
    assert works.path(instance) == ["start", "turn"]


@both
def test_two_claim_at_once(works: Works) -> None:
    works.run_of(TURN)
    task = works.task("turn")["id"]
    people = [works.person(f"p{n}", "operator") for n in range(5)]
    with ThreadPoolExecutor(5) as hands:
        answers = list(hands.map(lambda person: claim(person, task), people))
    assert sorted(a.status for a in answers) == [200, 409, 409, 409, 409]
    winner = next(p for p, a in zip(people, answers, strict=True) if a.status == 200)
    assert works.task("turn")["assignee"] == winner.name


@both
def test_two_finish_parallel_branches_at_once(works: Works) -> None:
    """Every completion is kept and the join passes once."""
    works.release(SHIFT)
    both_roles = works.person("eva", "operator", "quality")
    for _ in range(5):
        instance = works.start()
        tasks = [task["id"] for task in works.tasks(instance)]
        with ThreadPoolExecutor(3) as hands:
            answers = list(hands.map(lambda task: complete(both_roles, task), tasks))
        assert [a.status for a in answers] == [200, 200, 200]
        assert works.instance(instance)["state"] == "completed"
        assert works.path(instance).count("join") == 1


def test_a_task_without_a_form_takes_any_answers(works: Works) -> None:
    instance = works.run_of(TURN)
    works.complete("turn", instance, a=1, b={"c": [1, "x", None]})
    assert works.instance(instance)["variables"] == {"a": 1, "b": {"c": [1, "x", None]}}


def test_a_signature_that_nobody_asked_for(works: Works) -> None:
    works.run_of(TURN)
    task = works.task("turn")["id"]
    signed = {"variables": {}, "signature": {"meaning": "performed", "password": "x"}}
    works.operator.post(f"/tasks/{task}/complete", signed).refused(422, "invalid")
    assert works.open() == ["turn"]


# ---- guards ----


@both
def test_guards_say_why_not_and_who_can_help(works: Works) -> None:
    works.release(SHIFT)
    instance = works.start()
    turn = works.task("turn", instance)["id"]
    ana, ben = works.person("ana", "operator"), works.person("ben", "operator")

    def guards(person: Http) -> list[tuple[str, str, str]]:
        page = person.get(f"/tasks/{turn}/guards").ok()
        assert page["next"] is None
        return [(g["code"], g["subject"], g["resolver"]) for g in page["items"]]

    assert guards(ana) == []
    assert guards(works.quality) == [("not-permitted", "role:operator", "team_lead")]
    claim(ana, turn).ok()
    assert guards(ana) == []
    assert guards(ben) == [("task-claimed", "user:ana", "ana")]
    works.planner.post(f"/instances/{instance}/suspend", {"reason": "x"}).ok()
    assert [code for code, _, _ in guards(ana)] == ["instance-suspended"]
    assert [code for code, _, _ in guards(ben)] == ["instance-suspended", "task-claimed"]
    refused = claim(ben, turn).refused(409, "instance-suspended")
    assert [r["code"] for r in refused["reasons"]] == ["instance-suspended", "task-claimed"]
    works.planner.post(f"/instances/{instance}/resume", {"reason": "x"}).ok()
    complete(ana, turn).ok()
    assert [code for code, _, _ in guards(ben)] == ["task-already-completed"]


def test_a_task_waits_for_its_incident(works: Works) -> None:
    """The person's work is kept when the way on cannot be told."""
    works.release(
        process(start(), user("turn"), job("mill", retries="= n"), end(),
                "start -> turn -> mill -> end")
    )  # fmt: skip
    instance = works.start()
    done = complete(works.operator, works.task("turn", instance)["id"]).ok()
    assert (done["state"], done["instance_state"], done["next"]) == ("completed", "active", [])
    assert works.tokens(instance) == ["mill?"]
