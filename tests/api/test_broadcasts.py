"""Broadcasts over HTTP: BPMN signals to all who wait, and to the processes they start."""

import pytest

from tests.support.diagrams import boundary, catch, end, process, start, throw, user
from tests.support.fixtures import both
from tests.support.works import Works

WAIT = process(start(), catch("wait", signal="alarm"), user("next"), end(),
               "start -> wait -> next -> end")  # fmt: skip
BEGIN = process(start(signal="alarm"), user("look"), end(), "start -> look -> end", key="q")


@both
def test_all_who_wait_take_a_broadcast(works: Works) -> None:
    works.release(WAIT)
    waiting = [works.start(business_key=key) for key in ("WO-1", "WO-2")]
    assert works.broadcast("alarm", zone=3) == {"delivered": 2}
    for instance in waiting:
        assert works.open(instance) == ["next"]
        assert works.instance(instance)["variables"] == {"zone": 3}
    assert works.broadcast("alarm") == {"delivered": 0}


@both
def test_a_broadcast_starts_every_process_that_names_it(works: Works) -> None:
    works.release(BEGIN)
    works.release(BEGIN.replace(b'"q"', b'"r"'))
    assert works.broadcast("alarm", zone=3) == {"delivered": 2}
    assert works.open() == ["look", "look"]
    triggers = works.auditor.get("/processes/q").ok()["triggers"]
    assert triggers == [{"element": "start", "kind": "signal", "name": "alarm"}]


@both
def test_the_answer_comes_after_its_consequences(works: Works) -> None:
    """A task whose completion throws a signal: when it is answered, the receiver has moved."""
    works.release(WAIT)
    waiting = works.start()
    button = process(start(), user("press"), throw("raise", signal="alarm"), end(),
                     "start -> press -> raise -> end", key="button")  # fmt: skip
    works.run_of(button)
    works.complete("press")
    assert works.open(waiting) == ["next"]


@both
def test_a_suspended_instance_takes_it_later(works: Works) -> None:
    instance = works.run_of(
        process(
            start(), user("turn"), boundary("alarm", "turn", signal="alarm"), user("look"),
            end("e1", "e2"), "start -> turn -> e1", "alarm -> look -> e2",
        )
    )  # fmt: skip
    works.planner.post(f"/instances/{instance}/suspend", {"reason": "shift"}).ok()
    assert works.broadcast("alarm") == {"delivered": 1}
    assert works.open(instance) == ["turn"]
    works.planner.post(f"/instances/{instance}/resume", {"reason": "shift"}).ok()
    assert works.open(instance) == ["look"]


def test_the_same_request_again_broadcasts_once(works: Works) -> None:
    works.release(BEGIN)
    for replayed in (None, "true"):
        answer = works.integration.post("/broadcasts", {"name": "alarm"}, key="b-1")
        assert answer.ok() == {"delivered": 1}
        assert answer.headers.get("idempotency-replayed") == replayed
    assert works.open() == ["look"]


@pytest.mark.parametrize(
    ("body", "pointers"),
    [
        ({}, ["/name"]),
        ({"name": ""}, ["/name"]),
        ({"name": "x\x00"}, ["/name"]),
        ({"name": "x", "variables": {"_a": 1}}, ["/variables/_a"]),
        ({"name": "x", "business_key": "WO-1"}, ["/business_key"]),
    ],
)
def test_a_broadcast_is_checked(works: Works, body: dict[str, object], pointers: list[str]) -> None:
    assert works.integration.post("/broadcasts", body).pointers() == pointers
