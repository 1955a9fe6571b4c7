"""Dry runs: a draft is walked apart, with pretended answers; nothing of it is seen or leaves."""

from decimal import Decimal
from typing import Any

from tests.support import diagrams as d
from tests.support.fixtures import both
from tests.support.works import Works

FORM = (
    b'{"key": "measure", "title": "Measure", "fields": [{"key": "d", "type": "number", '
    b'"label": "Diameter", "required": true, "unit": "mm", "variable": "d"}]}'
)
EVERYTHING = d.process(
    d.lanes(quality=["inspect"]), d.start(), d.end(), d.end("e2", "e3"),
    d.user("inspect", form="measure"), d.boundary("late", "inspect", duration="PT1H"),
    d.exclusive("good", default="mill"), d.job("mill"), d.boundary("broken", "mill", error="oops"),
    d.function("number", "numbering.next", parameters={"series": "NC", "variable": "nc"}),
    d.throw("tell", message="nc_opened"), d.throw("ring", signal="rung"),
    d.catch("oven", message="loaded"), d.catch("cool", duration="PT2H"),
    "start -> inspect -> good -> mill -> number -> tell -> ring -> oven -> cool -> end",
    "good -> e2 if d > 100", "late -> e3", "broken -> e3",
)  # fmt: skip


def begin(works: Works, **more: Any) -> Any:
    body = {"process": "p", "dry_run": True} | more
    return works.process_engineer.post("/instances", body)


def pretend(works: Works, instance: str, element: str, **more: Any) -> Any:
    body = {"element": element} | more
    return works.process_engineer.post(f"/instances/{instance}/pretend", body)


def tokens(told: Any) -> list[str]:
    return [token["element"] for token in told["tokens"]]


@both
def test_a_draft_is_walked_with_pretended_answers(works: Works) -> None:
    works.deploy(EVERYTHING, {"measure.form.json": FORM}).ok(201)
    answer = begin(works, business_key="TRY", variables={"quantity": 5})
    told = answer.ok(201)
    run = told["id"]
    assert (told["dry_run"], told["version"], tokens(told)) == (True, 1, ["inspect"])
    refused = pretend(works, run, "inspect", variables={"d": "long"})
    assert refused.pointers() == ["/variables/d"]
    assert tokens(pretend(works, run, "inspect", variables={"d": 25.3}).ok()) == ["mill"]
    assert tokens(pretend(works, run, "mill", variables={"milled": 3}).ok()) == ["number"]
    told = pretend(works, run, "number", variables={"nc": "NC-000001"}).ok()
    assert tokens(told) == ["oven"]  # what is thrown is nobody's to wait for
    assert tokens(pretend(works, run, "oven").ok()) == ["cool"]
    done = pretend(works, run, "cool").ok()
    assert done["state"] == "completed"
    assert done["variables"] == {"quantity": 5, "d": Decimal("25.3"), "milled": 3,
                                 "nc": "NC-000001"}  # fmt: skip
    way = works.auditor.get(f"/instances/{run}/path").ok()
    assert way["elements"]["ring"] == 1
    steps = {step["element"]: step["actor"] for step in works.history(run)}
    assert steps["mill"] == "process_engineer"


@both
def test_nobody_sees_a_dry_run_and_nothing_leaves_it(works: Works) -> None:
    works.release(EVERYTHING, {"measure.form.json": FORM})
    waiting = works.release(
        d.process(d.start(message="nc_opened"), d.user("look"), d.end(), "start -> look -> end",
                  key="other")
    )  # fmt: skip
    assert waiting["key"] == "other"
    run = begin(works, business_key="TRY").ok(201)["id"]
    pretend(works, run, "inspect", variables={"d": 1}).ok()
    for path in ("/instances", "/tasks", "/standing", "/incidents"):
        assert works.auditor.get(path).ok()["items"] == [], path
    assert works.claim_jobs("machine") == []
    assert works.auditor.get("/search", q="TRY").ok()["items"] == []
    pretend(works, run, "mill").ok()
    pretend(works, run, "number", variables={"nc": "x"}).ok()
    assert works.send("loaded")["delivered"] == 0
    assert works.broadcast("rung")["delivered"] == 0
    pretend(works, run, "oven").ok()
    assert works.wait(hours=3) == 0
    assert works.auditor.get("/instances").ok()["items"] == []
    flow = works.auditor.get("/processes/p/flow").ok()
    assert (flow["instances"], {each["here"] for each in flow["elements"]}) == (0, {0})
    assert works.background.count_passages() == 0


def test_events_beside_an_activity_and_errors_are_pretended(works: Works) -> None:
    works.deploy(EVERYTHING, {"measure.form.json": FORM}).ok(201)
    run = begin(works).ok(201)["id"]
    assert pretend(works, run, "late").ok()["state"] == "completed"
    run = begin(works).ok(201)["id"]
    pretend(works, run, "inspect", variables={"d": 1}).ok()
    assert pretend(works, run, "mill", error="oops").ok()["state"] == "completed"
    run = begin(works).ok(201)["id"]
    told = pretend(works, run, "inspect", error="nobody").ok()
    assert told["tokens"] == [{"element": "inspect", "state": "incident"}]
    (incident,) = works.auditor.pages("/incidents", instance=run)
    assert "caught by nobody" in incident["message"]


def test_an_incident_is_put_right(works: Works) -> None:
    works.deploy(
        d.process(d.start(), d.exclusive("good"), d.end("e1", "e2"), "start -> good",
                  "good -> e1 if d < 1", "good -> e2 if d > 1", key="q")
    ).ok(201)  # fmt: skip
    run = begin(works, process="q").ok(201)
    assert run["tokens"] == [{"element": "good", "state": "incident"}]
    done = pretend(works, run["id"], "good", variables={"d": 5}).ok()
    assert (done["state"], works.path(run["id"])[-1]) == ("completed", "e2")


def test_what_a_dry_run_throws_arrives_in_itself(works: Works) -> None:
    works.deploy(
        d.process(
            d.start(), d.parallel("split", "join"), d.throw("tell", message="m"),
            d.throw("ring", signal="s"), d.catch("hear", message="m"), d.catch("bell", signal="s"),
            d.user("a"), d.end(),
            "start -> split -> hear -> join", "split -> bell -> join",
            "split -> a -> tell -> ring -> join", "join -> end",
        )
    ).ok(201)  # fmt: skip
    run = begin(works).ok(201)["id"]
    assert pretend(works, run, "a").ok()["state"] == "completed"
    assert {"hear", "bell", "tell", "ring"} <= set(works.path(run))


@both
def test_calls_subprocesses_and_runs_are_pretended(works: Works) -> None:
    works.release(d.process(d.start(), d.user("x"), d.end(), "start -> x -> end", key="inner"))
    works.deploy(
        d.process(
            d.start(), d.call("call", "inner"), d.user("many"), d.end(),
            d.event_gateway("wait"), d.catch("m1", message="m1"), d.catch("t1", duration="PT1H"),
            "start -> call -> wait -> m1 -> many -> end", "wait -> t1 -> many",
        )
    ).ok(201)  # fmt: skip
    run = begin(works).ok(201)
    assert tokens(run) == ["x"]
    assert tokens(pretend(works, run["id"], "x").ok()) == ["wait"]
    other = begin(works).ok(201)["id"]
    told = pretend(works, other, "call", variables={"done": True}).ok()
    assert (tokens(told), told["variables"]) == (["wait"], {"done": True})
    refused = pretend(works, other, "wait")
    assert refused.pointers() == ["/element"]
    assert "m1, t1" in refused.json["detail"]
    assert tokens(pretend(works, other, "t1").ok()) == ["many"]
    pretend(works, other, "call").refused(409, "nothing-waits-there")


def test_who_may_and_what_is_real(works: Works) -> None:
    works.release(d.process(d.start(), d.user("a"), d.end(), "start -> a -> end"))
    real = works.start()
    pretend(works, real, "a").refused(409, "not-a-dry-run")
    body = {"process": "p", "dry_run": True}
    works.planner.post("/instances", body).refused(403, "not-permitted")
    works.operator.post("/instances", body).refused(403, "not-permitted")
    alone = works.process_engineer.post("/instances", {"process": "p"})
    assert alone.refused(403, "not-permitted")["permission"] == "instance.start"
    begin(works, process="none").refused(404, "process-not-found")
    begin(works, version=9).refused(404, "process-not-found")


def test_a_dry_run_goes_with_its_draft_and_after_a_day(works: Works) -> None:
    first = works.deploy(d.process(d.start(), d.user("a"), d.end(), "start -> a -> end"))
    run = begin(works).ok(201)["id"]
    other = d.process(d.start(), d.user("b"), d.end(), "start -> b -> end")
    works.process_engineer.send(
        "/processes", other, "application/xml", if_match=first.etag
    ).ok(201)  # fmt: skip
    assert tokens(begin(works).ok(201)) == ["b"]
    for path in ("", "/history", "/path"):
        works.auditor.get(f"/instances/{run}{path}").refused(404, "not-found")
    pretend(works, run, "a").refused(404, "not-found")
    works.wait(hours=23)
    assert works.background.clean() == 0
    works.wait(hours=2)
    assert works.background.clean() == 2


def test_a_draft_takes_what_is_released_by_now(works: Works) -> None:
    inner = d.process(d.start(), d.user("x"), d.end(), "start -> x -> end", key="inner")
    works.release(inner)
    works.deploy(d.process(d.start(), d.call("call", "inner"), d.end(), "start -> call -> end"))
    assert tokens(begin(works).ok(201)) == ["x"]
    works.release(inner.replace(b'"x"', b'"y"').replace(b">x<", b">y<"))
    assert tokens(begin(works).ok(201)) == ["y"]
