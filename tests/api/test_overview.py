"""The plant at a glance: where everything stands, how it flows, which way it took, the search."""

from typing import Any

import pytest

from tests.support.diagrams import (
    boundary,
    catch,
    end,
    exclusive,
    job,
    lanes,
    parallel,
    process,
    start,
    user,
)
from tests.support.fixtures import both
from tests.support.works import Works

ORDER = process(
    lanes(quality=["inspect"], operator=["turn", "pack"]), start(), end(),
    user("turn", name="Turn shaft", operation="10", duration="PT30M", due="PT1H"),
    user("inspect", name="Inspect"), exclusive("good", default="turn"), user("pack"),
    parallel("split", "join"), job("mill"), catch("oven", message="loaded"),
    catch("cool", duration="PT2H"), boundary("late", "pack", interrupting=False, duration="PT1H"),
    end("e2"),
    "start -> turn -> inspect -> good -> turn", "good -> split if ok == 1",
    "split -> mill -> join", "split -> oven -> join", "split -> cool -> join",
    "join -> pack -> end", "late -> e2",
    name="Order",
)  # fmt: skip


def standing(works: Works, **filters: object) -> list[Any]:
    return works.auditor.pages("/standing", **filters)


def keys(items: list[Any]) -> list[str]:
    return [item["business_key"] for item in items]


# ---- standing ----


@both
def test_it_shows_where_everything_stands(works: Works) -> None:
    works.release(ORDER)
    instance = works.start(business_key="WO-1")
    (item,) = standing(works)
    assert item == {
        "id": instance,
        "business_key": "WO-1",
        "process": "p",
        "process_name": "Order",
        "version": 1,
        "state": "active",
        "started": "2026-03-02T06:00:00.000Z",
        "ended": None,
        "due": "2026-03-02T07:00:00.000Z",
        "late_seconds": None,
        "incidents": 0,
        "standing": [
            {
                "element": "turn",
                "name": "Turn shaft",
                "kind": "task",
                "since": "2026-03-02T06:00:00.000Z",
                "assignee": None,
                "role": "operator",
                "due": "2026-03-02T07:00:00.000Z",
            }
        ],
    }
    works.wait(minutes=70)
    works.operator.post(f"/tasks/{works.task('turn')['id']}/claim").ok()
    (item,) = standing(works)
    assert (item["late_seconds"], item["standing"][0]["assignee"]) == (600, "operator")
    works.complete("turn")
    works.complete("inspect", ok=1)
    (item,) = standing(works)
    kinds = {place["element"]: place["kind"] for place in item["standing"]}
    assert kinds == {"mill": "job", "oven": "message", "cool": "timer"}


@both
def test_the_filters_combine(works: Works) -> None:
    works.release(ORDER)
    works.release(process(start(), user("a"), end(), "start -> a -> end", key="other"))
    first = works.start(business_key="WO-1")
    second = works.start(business_key="wo_2")
    third = works.start("other", business_key="LOT%3")
    assert keys(standing(works)) == ["LOT%3", "wo_2", "WO-1"]
    assert keys(standing(works, limit=1)) == ["LOT%3", "wo_2", "WO-1"]
    assert keys(standing(works, q="wo")) == ["wo_2", "WO-1"]
    assert keys(standing(works, q="o_")) == ["wo_2"]
    assert keys(standing(works, q="T%")) == ["LOT%3"]
    assert keys(standing(works, process="other")) == ["LOT%3"]
    assert keys(standing(works, role="operator")) == ["wo_2", "WO-1"]
    works.complete("turn", first)
    assert keys(standing(works, role="quality")) == ["WO-1"]
    assert standing(works, late=True) == []
    works.wait(hours=2)
    assert keys(standing(works, late=True)) == ["wo_2"]
    assert standing(works, blocked=True) == []
    works.planner.post(f"/instances/{second}/suspend", {"reason": "x"}).ok()
    works.operator.post("/problems", {"reason": "x", "instance": third}).ok(201)
    assert keys(standing(works, blocked=True)) == ["LOT%3", "wo_2"]
    assert keys(standing(works, state="suspended", late=True, q="2")) == ["wo_2"]
    works.planner.post(f"/instances/{third}/cancel", {"reason": "x"}).ok()
    assert keys(standing(works)) == ["wo_2", "WO-1"]
    assert keys(standing(works, state="cancelled")) == ["LOT%3"]
    assert keys(standing(works, state="all")) == ["LOT%3", "wo_2", "WO-1"]
    assert works.auditor.get("/standing", state="odd").pointers() == ["/state"]


def test_an_incident_is_where_its_token_is(works: Works) -> None:
    works.release(ORDER)
    works.start()
    works.complete("turn")
    works.complete("inspect", wrong=1)
    (item,) = standing(works)
    assert item["incidents"] == 1
    assert [(p["element"], p["kind"]) for p in item["standing"]] == [("good", "incident")]


# ---- path ----


@both
def test_the_path_counts_loops_and_joins(works: Works) -> None:
    works.release(ORDER)
    instance = works.start()
    for ok in (0, 0, 1):
        works.complete("turn")
        works.complete("inspect", ok=ok)
    works.complete_job(works.claim_job())
    works.wait(hours=3)
    way = works.auditor.get(f"/instances/{instance}/path").ok()
    assert way["waiting"] == ["oven"]
    assert (way["elements"]["turn"], way["elements"]["good"], way["elements"]["mill"]) == (3, 3, 1)
    flows = way["flows"]
    assert {n for f, n in flows.items() if f.startswith("good")} == {2, 1}
    assert "pack" not in way["elements"]
    works.send("loaded")
    way = works.auditor.get(f"/instances/{instance}/path").ok()
    assert (way["elements"]["join"], way["waiting"]) == (1, ["pack"])
    assert sum(n for f, n in way["flows"].items() if f.endswith("join")) == 3
    assert sum(n for f, n in way["flows"].items() if f.endswith("pack")) == 1


def test_what_was_undone_was_not_passed(works: Works) -> None:
    works.release(ORDER)
    instance = works.start()
    before = works.auditor.get(f"/instances/{instance}/path").ok()
    task = works.task("turn")["id"]
    works.operator.post(f"/tasks/{task}/complete", {"variables": {}}).ok()
    works.operator.post(f"/tasks/{task}/undo", {}).ok()
    assert works.auditor.get(f"/instances/{instance}/path").ok() == before


# ---- flow ----


def flow_of(works: Works, **asked: object) -> tuple[dict[str, Any], dict[str, int], int]:
    found = works.auditor.get("/processes/p/flow", **asked).ok()
    elements = {each["element"]: each for each in found["elements"]}
    return elements, {f["flow"]: f["taken"] for f in found["flows"]}, found["instances"]


@both
def test_the_flow_tells_what_is_where_and_what_passed(works: Works) -> None:
    works.release(ORDER)
    for number in range(3):
        works.start(business_key=f"WO-{number}")
    elements, flows, instances = flow_of(works)
    assert (elements["turn"]["here"], elements["turn"]["done"], instances) == (3, 0, 3)
    assert elements["turn"]["oldest_since"] == "2026-03-02T06:00:00.000Z"
    assert (elements["turn"]["operation"], elements["turn"]["planned_seconds"]) == ("10", 1800)
    works.wait(minutes=10)
    tasks = works.tasks()
    for task in tasks[:2]:
        works.operator.post(f"/tasks/{task['id']}/claim").ok()
    works.wait(minutes=30)
    for task in tasks[:2]:
        works.operator.post(f"/tasks/{task['id']}/complete", {"variables": {}}).ok()
    held = works.planner.post(f"/instances/{tasks[2]['instance']}/suspend", {"reason": "x"})
    held.ok()
    assert works.background.count_passages() == 3
    assert works.background.count_passages() == 0
    elements, flows, instances = flow_of(works)
    turn = elements["turn"]
    assert (turn["here"], turn["held"], turn["done"], instances) == (1, 1, 2, 3)
    assert float(turn["waited_seconds_median"]) == pytest.approx(600, rel=0.05)
    assert float(turn["took_seconds_median"]) == pytest.approx(1800, rel=0.05)
    assert elements["start"]["done"] == 3
    assert {n for f, n in flows.items() if f.startswith("start")} == {2}
    works.complete("inspect", tasks[0]["instance"])
    elements, _, _ = flow_of(works)
    assert elements["good"]["incidents"] == 1


@both
def test_a_period_is_counted_by_hours_and_days(works: Works) -> None:
    works.release(ORDER)
    for _ in range(60):
        works.start()
        works.wait(hours=1)
        works.background.count_passages()
    day = "2026-03-03T00:00:00Z"
    for asked, done in (
        ({"from": "2026-03-01T00:00:00Z", "to": "2026-03-09T00:00:00Z"}, 60),
        ({"from": day, "to": "2026-03-04T00:00:00Z"}, 24),
        ({"from": day, "to": "2026-03-03T02:00:00Z"}, 2),
        ({"from": "2026-03-02T22:30:00Z", "to": "2026-03-04T01:00:00Z"}, 27),
        ({"from": "2026-03-01T00:00:00Z", "to": "2026-03-01T05:00:00Z"}, 0),
        ({"to": "2026-03-02T12:00:00Z"}, 6),
    ):
        assert flow_of(works, **asked)[0]["start"]["done"] == done, asked


def test_a_version_is_named_or_the_released_one(works: Works) -> None:
    works.release(ORDER)
    assert works.auditor.get("/processes/p/flow").ok()["version"] == 1
    works.auditor.get("/processes/p/flow", version=2).refused(404, "process-not-found")
    works.auditor.get("/processes/none/flow").refused(404, "process-not-found")
    assert works.auditor.get("/processes/p/flow", **{"from": "x"}).pointers() == ["/from"]


# ---- search ----


def found(works: Works, q: str) -> list[tuple[str, str]]:
    items = works.auditor.get("/search", q=q).ok()["items"]
    return [(item["kind"], item["label"]) for item in items]


@both
def test_anything_is_found_by_its_number_or_name(works: Works) -> None:
    works.release(ORDER)
    instance = works.start(business_key="WO-1")
    works.start(business_key="WO-11")
    task = works.task("turn", instance)["id"]
    assert found(works, "wo-1") == [("instance", "WO-11"), ("instance", "WO-1")]
    assert found(works, "WO-1")[0] == ("instance", "WO-1")
    assert found(works, instance) == [("instance", "WO-1")]
    assert found(works, task) == [("task", "Turn shaft")]
    assert ("process", "Order") in found(works, "order")
    assert found(works, "shaft") == [("task", "Turn shaft")] * 2
    assert ("user", "auditor") in found(works, "auditor")
    assert found(works, "RC:WO:WO-1") == [("instance", "WO-1")]
    assert found(works, "RC:OP:WO-1:10") == [("task", "Turn shaft")]
    assert found(works, f"RC:TASK:{task}") == [("task", "Turn shaft")]
    assert found(works, "RC:ACT:START") == found(works, "nothing") == found(works, "100%") == []
    reported = works.operator.post("/problems", {"reason": "x", "instance": instance}).ok(201)
    assert found(works, reported["incident"])[0][0] == "incident"
    item = works.auditor.get("/search", q="RC:WO:WO-1").ok()["items"][0]
    assert item["url"] == f"/instances/{instance}"
