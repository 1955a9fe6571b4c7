"""Instances over HTTP: start, read, lists and their cursors, history, suspend, move, change."""

import pytest

from tests.support.diagrams import (
    end,
    exclusive,
    process,
    start,
    user,
)
from tests.support.fixtures import both
from tests.support.works import Works

TURN = process(start(), user("turn"), end(), "start -> turn -> end")
CHOOSE = process(
    start(), user("turn"), exclusive("good"), end("yes", "no"), "start -> turn -> good",
    "good -> yes if d <= 25.31", "good -> no if d > 25.31",
)  # fmt: skip


# ---- start ----


@both
def test_an_instance_is_started(works: Works) -> None:
    works.release(TURN)
    answer = works.planner.post(
        "/instances", {"process": "p", "business_key": "WO-1", "variables": {"qty": 40}}
    )
    made = answer.ok(201)
    assert made == {
        "id": made["id"],
        "process": "p",
        "version": 1,
        "business_key": "WO-1",
        "state": "active",
        "revision": made["revision"],
        "incidents": 0,
        "variables": {"qty": 40},
        "tokens": [{"element": "turn", "state": "waiting"}],
        "inserted": [],
        "origin": None,
        "started": "2026-03-02T06:00:00.000Z",
        "started_by": "planner",
        "ended": None,
        "dry_run": False,
    }
    shown = works.auditor.get(f"/instances/{made['id']}")
    assert shown.ok() == made
    assert shown.etag == answer.etag


@both
def test_what_cannot_be_started(works: Works) -> None:
    post = works.planner.post
    post("/instances", {"process": "p"}).refused(404, "process-not-found")
    works.deploy(TURN)
    post("/instances", {"process": "p"}).refused(409, "process-not-released")
    post("/instances", {"process": "p", "version": 1}).refused(409, "process-not-released")
    works.process_engineer.post("/processes/p/versions/1/release").ok()
    post("/instances", {"process": "p", "version": 2}).refused(404, "process-not-found")
    post("/instances", {"process": "p", "version": -1}).refused(404, "process-not-found")
    post("/instances", {"process": "P"}).refused(404, "process-not-found")
    assert works.auditor.get("/instances").ok()["items"] == []


def test_what_starts_by_a_message_is_not_started_by_a_call(works: Works) -> None:
    works.release(process(start(message="m"), end(), "start -> end"))
    works.planner.post("/instances", {"process": "p"}).refused(409, "conflict")


def test_two_orders_may_have_one_key(works: Works) -> None:
    works.release(TURN)
    first, second = works.start(business_key="WO-1"), works.start(business_key="WO-1")
    found = works.auditor.get("/instances", business_key="WO-1").ok()["items"]
    assert [i["id"] for i in found] == [second, first]


@both
def test_an_instance_without_a_rest_is_over_at_once(works: Works) -> None:
    works.release(process(start(), end(), "start -> end"))
    made = works.planner.post("/instances", {"process": "p"}).ok(201)
    assert (made["state"], made["tokens"]) == ("completed", [])
    assert made["ended"] == made["started"]


# ---- values ----

VALUES = [
    b"25.310",
    b"25.31",
    b"0.1",
    b"-0.0",
    b"1.0",
    b"100000000000000000000000001",
    b"0.1000000000000000055511151231257827021181583404541015625",
    b"1e3",
    b"1E-7",
    b"9007199254740993",
    b"1E+999",
    b"1.5E-400",
    b'""',
    b'"25.310"',
    b'"\\u00e4\\n\\u0000\\"\\\\"',
    '"Görlitz 😀 "'.encode(),
    b"true",
    b"false",
    b"null",
    b"[]",
    b"{}",
    b'[1.10,[2.20,{"a":3.30}]]',
    b'{"value":"25.31","unit":"mm"}',
    b'{"$ref":"x","__class__":"y","_a":1,"":2}',
]


@pytest.mark.parametrize("text", VALUES, ids=range(len(VALUES)))
def test_a_value_comes_back_as_it_went_in(works: Works, text: bytes) -> None:
    """A number keeps its digits, a text stays text; on the way in, kept, and in the history."""
    works.release(TURN)
    body = b'{"process": "p", "variables": {"x": ' + text + b"}}"
    made = works.planner.send("/instances", body)
    instance = made.ok(201)["id"]
    works.complete("turn", instance)
    shown = b'"variables":{"x":' + _digits(text) + b"}"
    assert shown in made.data
    assert shown in works.auditor.get(f"/instances/{instance}").data
    assert works.auditor.get(f"/instances/{instance}/history").data.count(shown) == 3


def _digits(text: bytes) -> bytes:
    """How we write a value: an exponent with its sign, a text without needless escapes."""
    known = {
        b"1e3": b"1E+3",
        b'"\\u00e4\\n\\u0000\\"\\\\"': b'"\xc3\xa4\\n\\u0000\\"\\\\"',
    }
    return known.get(text, text)


@both
def test_a_condition_compares_the_digits(works: Works) -> None:
    works.release(CHOOSE)
    for text, ended in ((b"25.310", "yes"), (b"25.3100000000000000001", "no"), (b"2531e-2", "yes")):
        instance = works.start()
        task = works.task("turn", instance)["id"]
        body = b'{"variables": {"d": ' + text + b"}}"
        works.operator.send(f"/tasks/{task}/complete", body).ok()
        assert works.path(instance)[-1] == ended


@both
def test_any_text_is_a_business_key(works: Works) -> None:
    works.release(TURN)
    for key in ("WO 1/2", "ä😀", "' OR 1=1 --", "%", "_", "*", "x" * 200):
        instance = works.start(business_key=key)
        found = works.auditor.get("/instances", business_key=key).ok()["items"]
        assert [i["id"] for i in found] == [instance]
        assert [t["instance"] for t in works.tasks(business_key=key)] == [instance]


# ---- lists ----


@both
def test_instances_are_listed_newest_first_and_filtered(works: Works) -> None:
    works.release(TURN)
    works.release(process(start(), user("mill"), end(), "start -> mill -> end", key="q"))
    a, b, c = works.start("p", "WO-1"), works.start("q", "WO-1"), works.start("p", "WO-2")
    works.complete("turn", a)
    works.planner.post(f"/instances/{b}/suspend", {"reason": "x"}).ok()

    def listed(**filters: object) -> list[str]:
        return [i["id"] for i in works.auditor.get("/instances", **filters).ok()["items"]]

    assert listed() == [c, b, a]
    assert listed(process="p") == [c, a]
    assert listed(business_key="WO-1") == [b, a]
    assert listed(state="active") == [c]
    assert listed(state="suspended") == [b]
    assert listed(state="completed", process="p", business_key="WO-1") == [a]
    assert listed(state="cancelled") == []
    assert listed(process="none") == []


@both
def test_a_page_is_not_shaken_by_new_rows(works: Works) -> None:
    """Each instance that was there when the walk began is met once, whatever comes meanwhile."""
    works.release(TURN)
    began = [works.start() for _ in range(5)]
    page = works.auditor.get("/instances", limit=2).ok()
    met = [i["id"] for i in page["items"]]
    while page["next"] is not None:
        works.start()
        works.complete("turn", met[-1])
        page = works.auditor.get("/instances", limit=2, cursor=page["next"]).ok()
        met += [i["id"] for i in page["items"]]
    assert met == began[::-1]


@both
def test_the_last_page_says_so(works: Works) -> None:
    works.release(TURN)
    for _ in range(4):
        works.start()
    for limit, pages in ((1, 4), (2, 2), (3, 2), (4, 1), (200, 1)):
        page = works.auditor.get("/instances", limit=limit).ok()
        met = 1
        while page["next"] is not None:
            page = works.auditor.get("/instances", limit=limit, cursor=page["next"]).ok()
            met += 1
            assert page["items"]
        assert met == pages


@both
def test_the_history_is_paged(works: Works) -> None:
    works.release(
        process(
            start(), user("turn"), exclusive("again", default="turn"), end(),
            "start -> turn -> again -> turn", "again -> end if n >= 60",
        )
    )  # fmt: skip
    instance = works.start()
    for n in range(1, 61):
        works.complete("turn", instance, n=n)
    everything = works.auditor.get(f"/instances/{instance}/history", limit=200).ok()
    assert everything["next"] is None
    steps = everything["items"]
    assert [s["step"] for s in steps] == list(range(1, 123))
    for limit in (7, 50, 122):
        assert works.auditor.pages(f"/instances/{instance}/history", limit=limit) == steps
    tail = works.auditor.get(f"/instances/{instance}/history", cursor="120").ok()
    assert [s["element"] for s in tail["items"]] == ["again", "end"]
    assert tail["items"][0]["variables"] == {"n": 60}


@both
def test_the_history_tells_who_did_what_and_what_they_saw(works: Works) -> None:
    works.release(CHOOSE)
    instance = works.start(d=1, who="x")
    works.wait(minutes=5)
    works.complete("turn", instance, d=30)
    begin, turned, chosen, ended = works.history(instance)
    assert (begin["type"], begin["actor"], begin["changed"]) == (
        "startEvent",
        "planner",
        {"d": 1, "who": "x"},
    )
    assert turned == {
        "step": 2,
        "element": "turn",
        "name": "",
        "type": "userTask",
        "state": "completed",
        "started": "2026-03-02T06:00:00.000Z",
        "ended": "2026-03-02T06:05:00.000Z",
        "actor": "operator",
        "variables": {"d": 30, "who": "x"},
        "changed": {"d": 30},
        "answers": {"d": 30},
    }
    assert begin["variables"] == {"d": 1, "who": "x"}  # it saw the value of then
    assert (chosen["type"], chosen["actor"], chosen["changed"]) == ("exclusiveGateway", None, {})
    assert (ended["type"], ended["element"]) == ("endEvent", "no")
