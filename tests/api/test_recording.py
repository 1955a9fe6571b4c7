"""Tasks while they are worked on: drafts, pauses, the time worked, taking back an entry."""

from tests.support.diagrams import end, lanes, process, start, user
from tests.support.fixtures import both
from tests.support.works import Works

TWO = process(start(), user("a", "b"), end(), "start -> a -> b -> end")


def at(works: Works, element: str, instance: str) -> str:
    return f"/tasks/{works.task(element, instance)['id']}"


# ---- drafts ----


@both
def test_a_draft_is_kept_for_one_person(works: Works) -> None:
    path = at(works, "a", works.run_of(TWO)) + "/draft"
    assert works.operator.get(path).ok() == {"answers": {}, "saved": None}
    told = works.operator.put(path, {"answers": {"d": 25.31, "note": "é"}}).ok()
    assert told["saved"] == "2026-03-02T06:00:00.000Z"
    assert works.operator.get(path).ok() == told
    assert works.team_lead.get(path).ok()["answers"] == {}
    works.wait(minutes=1)
    works.operator.put(path, {"answers": {"d": 1}}).ok()
    assert works.operator.get(path).ok()["saved"] == "2026-03-02T06:01:00.000Z"
    assert works.operator.delete(path).ok() == {"answers": {}, "saved": None}
    assert works.operator.get(path).ok()["answers"] == {}


@both
def test_a_draft_goes_with_its_task(works: Works) -> None:
    instance = works.run_of(TWO)
    task = at(works, "a", instance)
    for person in (works.operator, works.team_lead):
        person.put(f"{task}/draft", {"answers": {"d": 1}}).ok()
    works.team_lead.post(f"{task}/assign", {"user": "team_lead"}).ok()
    assert works.operator.get(f"{task}/draft").ok()["answers"] == {"d": 1}
    works.team_lead.post(f"{task}/complete", {"variables": {}}).ok()
    assert works.operator.get(f"{task}/draft").ok()["answers"] == {}
    late = works.operator.put(f"{task}/draft", {"answers": {"d": 1}})
    late.refused(409, "task-already-completed")
    assert works.background.clean() == 2


def test_a_draft_is_not_endless(works: Works) -> None:
    path = at(works, "a", works.run_of(TWO)) + "/draft"
    large = works.operator.put(path, {"answers": {"note": "x" * 300_000}})
    assert large.pointers() == ["/answers"]
    assert works.operator.put(path, {}).pointers() == ["/answers"]
    works.operator.put("/tasks/nothing/draft", {"answers": {}}).refused(404, "not-found")


# ---- time ----


@both
def test_time_runs_while_somebody_works(works: Works) -> None:
    task = at(works, "a", works.run_of(TWO))
    works.wait(minutes=5)
    claimed = works.operator.post(f"{task}/claim").ok()
    assert (claimed["started"], claimed["worked_seconds"]) == ("2026-03-02T06:05:00.000Z", 0)
    works.wait(minutes=2)
    paused = works.operator.post(f"{task}/pause", {"reason": "break"}).ok()
    assert paused["paused"] == {"since": "2026-03-02T06:07:00.000Z", "reason": "break"}
    works.wait(minutes=30)
    assert works.auditor.get(task).ok()["worked_seconds"] == 120
    works.operator.post(f"{task}/pause", {}).ok()
    resumed = works.operator.post(f"{task}/resume").ok()
    assert (resumed["paused"], resumed["worked_seconds"]) == (None, 120)
    works.operator.post(f"{task}/resume").ok()
    works.wait(seconds=30)
    assert works.auditor.get(task).ok()["worked_seconds"] == 150
    works.operator.post(f"{task}/unclaim").ok()
    works.wait(minutes=1)
    again = works.team_lead.post(f"{task}/claim").ok()
    assert (again["started"], again["worked_seconds"]) == (claimed["started"], 150)
    works.wait(seconds=10)
    done = works.team_lead.post(f"{task}/complete", {"variables": {}}).ok()
    assert (done["worked_seconds"], done["paused"]) == (160, None)
    works.wait(minutes=1)
    assert works.auditor.get(task).ok()["worked_seconds"] == 160


def test_a_paused_task_can_be_completed(works: Works) -> None:
    task = at(works, "a", works.run_of(TWO))
    works.operator.post(f"{task}/claim").ok()
    works.wait(seconds=5)
    works.operator.post(f"{task}/pause", {"reason": "break"}).ok()
    works.wait(seconds=5)
    done = works.operator.post(f"{task}/complete", {"variables": {}}).ok()
    assert (done["worked_seconds"], done["paused"]) == (5, None)


def test_who_was_given_a_task_begins_by_claiming_it(works: Works) -> None:
    task = at(works, "a", works.run_of(TWO))
    works.operator.get("/tasks").ok()
    works.team_lead.post(f"{task}/assign", {"user": "operator"}).ok()
    works.wait(minutes=5)
    assert works.operator.post(f"{task}/claim").ok()["started"] == "2026-03-02T06:05:00.000Z"


def test_only_its_holder_pauses_a_task(works: Works) -> None:
    task = at(works, "a", works.run_of(TWO))
    for act in ("pause", "resume"):
        works.operator.post(f"{task}/{act}").refused(409, "task-not-claimed")
    works.operator.post(f"{task}/claim").ok()
    works.team_lead.post(f"{task}/pause", {}).refused(409, "task-claimed")
    works.operator.post(f"{task}/complete", {"variables": {}}).ok()
    works.operator.post(f"{task}/pause", {}).refused(409, "task-already-completed")
    actions = [e["action"] for e in works.auditor.pages("/audit")]
    assert "task.paused" not in actions


# ---- undo ----


@both
def test_an_entry_is_taken_back_through_the_api(works: Works) -> None:
    instance = works.run_of(TWO)
    task = at(works, "a", instance)
    works.operator.post(f"{task}/complete", {"variables": {"d": 2}}).ok()
    works.team_lead.post(f"{task}/undo", {}).refused(409, "undo-refused")
    back = works.operator.post(f"{task}/undo", {"reason": "wrong gauge"}).ok()
    assert (back["state"], back["assignee"]) == ("claimed", "operator")
    assert works.open(instance) == ["a"]
    assert works.operator.get(f"{task}/draft").ok()["answers"] == {"d": 2}
    step = works.history(instance)[-1]
    assert (step["deviation_kind"], step["deviation"], step["undoes"]) == ("undo", "wrong gauge", 2)
    assert works.auditor.pages("/audit", action="task.undone")[0]["actor"] == "operator"
    works.operator.post(f"{task}/undo", {}).refused(409, "undo-refused")


def test_the_site_says_how_long(works: Works) -> None:
    instance = works.run_of(TWO)
    task = at(works, "a", instance)
    works.admin.patch("/settings", {"undo_minutes": 1}).ok()
    works.operator.post(f"{task}/complete", {"variables": {}}).ok()
    works.wait(minutes=2)
    refused = works.operator.post(f"{task}/undo", {}).refused(409, "undo-refused")
    assert "1 minutes" in refused["detail"]


# ---- why not ----


def test_the_guards_name_who_can_help(works: Works) -> None:
    works.release(process(lanes(quality=["a"]), start(), user("a"), end(), "start -> a -> end"))
    instance = works.start()
    task = at(works, "a", instance)
    lena = {"name": "lena", "roles": ["team_lead"], "full_name": "Lena Berg"}
    works.admin.post("/users", lena).ok(201)
    (reason,) = works.operator.get(f"{task}/guards").ok()["items"]
    assert (reason["code"], reason["resolver"]) == ("not-permitted", "team_lead")
    assert {"name": "lena", "full_name": "Lena Berg"} in reason["people"]
    works.quality.post(f"{task}/claim").ok()
    works.person("paul", "quality").get(f"{task}/guards").ok()
    other = works.token("quality", user="paul").get(f"{task}/guards").ok()["items"]
    assert [p["name"] for p in other[0]["people"]] == ["quality"]
