"""Several tasks in one request: each is answered for itself."""

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from engine.kernel.store import Store
from tests.api.test_forms import FORM, MEASURE
from tests.api.test_tasks import SHIFT, TURN
from tests.support.fixtures import both
from tests.support.works import Works

UNASKED = {"meaning": "performed", "password": "x"}


@both
def test_several_are_answered_each_for_itself(works: Works) -> None:
    works.release(SHIFT)
    first, second = works.start(), works.start()
    ids = [works.task("turn", second)["id"], works.task("check", first)["id"]]
    ids += [works.task("turn", first)["id"], works.task("tidy", first)["id"]]
    works.maintenance.post(f"/tasks/{ids[3]}/claim").ok()
    items = [{"id": i, "variables": {"n": n}} for n, i in enumerate(ids)]
    items += [{"id": ids[0]}, {"id": "01981d2c-6a40-7e1e-8d7c-3f1f6f1f6f1f"}, {"id": "WO-1"}]
    items.append({"id": ids[0], "variables": {}, "signature": UNASKED})
    answers = works.operator.post("/tasks/complete", {"items": items}).ok()["items"]
    assert [a["id"] for a in answers] == [item["id"] for item in items]
    assert [a["status"] for a in answers] == [200, 403, 200, 409, 409, 404, 404, 422]
    assert answers[0]["task"]["state"] == "completed"
    assert answers[2]["task"]["instance_state"] == "active"
    kinds = [a["problem"]["type"] for a in answers if a["status"] >= 400]
    assert kinds == [
        "/problems/not-permitted",
        "/problems/task-claimed",
        "/problems/task-already-completed",
        "/problems/not-found",
        "/problems/not-found",
        "/problems/invalid",
    ]
    assert answers[1]["problem"]["instance"] == f"/api/v1/tasks/{ids[1]}/complete"
    assert works.open(second) == ["check", "tidy"]
    assert works.instance(second)["variables"] == {"n": 0}
    assert works.instance(first)["variables"] == {"n": 2}


def test_several_are_bounded(works: Works) -> None:
    post = works.operator.post
    assert post("/tasks/complete", {"items": []}).pointers() == ["/items"]
    assert post("/tasks/complete", {}).pointers() == ["/items"]
    assert post("/tasks/complete", {"items": [{"id": "x"}] * 101}).pointers() == ["/items"]
    assert post("/tasks/complete", {"items": [{"variables": {}}]}).pointers() == ["/items/0/id"]
    wrong = {"items": [{"id": "x"}, {"id": "x", "colour": 1}]}
    assert post("/tasks/complete", wrong).pointers() == ["/items/1/colour"]


@both
def test_several_wrong_answers_undo_only_themselves(works: Works, store: Store) -> None:
    """A refused item leaves nothing behind, although all are in one transaction."""
    works.release(MEASURE, {"measure.form.json": json.dumps(FORM).encode()})
    ids = [works.task("turn", works.start())["id"] for _ in range(3)]
    good = {"d": 25, "gauge": "MIC-07"}
    items = [{"id": i, "variables": good if n != 1 else {"d": 1}} for n, i in enumerate(ids)]
    works.operator.get("/tasks").ok()
    commits = store.door.commits
    answers = works.operator.post("/tasks/complete", {"items": items}).ok()["items"]
    assert [a["status"] for a in answers] == [200, 422, 200]
    assert answers[1]["problem"]["errors"][0]["pointer"] == "/variables/d"
    assert works.open() == ["turn"]
    assert store.door.commits == commits + 1
    entries = works.auditor.get("/audit", action="task.completed").ok()["items"]
    assert len(entries) == 2


@both
def test_several_by_two_people_crosswise(works: Works) -> None:
    """Two requests name the same tasks in opposite order; neither waits for ever."""
    works.release(TURN)
    ids = [works.task("turn", works.start())["id"] for _ in range(6)]

    def all_of(order: list[str]) -> Any:
        body = {"items": [{"id": i} for i in order]}
        return works.operator.post("/tasks/complete", body).ok()["items"]

    works.operator.get("/tasks").ok()
    with ThreadPoolExecutor(2) as hands:
        found = list(hands.map(all_of, [ids, ids[::-1]]))
    done = [a["id"] for answers in found for a in answers if a["status"] == 200]
    assert sorted(done) == sorted(ids)
    assert works.open() == []
