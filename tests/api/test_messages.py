"""Messages over HTTP: to who waits, to the process they start, or kept for a while."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.support.diagrams import catch, end, parallel, process, start, user
from tests.support.fixtures import both
from tests.support.works import Works

WAIT = process(start(), catch("wait", message="done"), user("next"), end(),
               "start -> wait -> next -> end")  # fmt: skip
BEGIN = process(start(message="order_in"), user("turn"), end(), "start -> turn -> end", key="q")


@both
def test_a_message_reaches_who_waits(works: Works) -> None:
    works.release(WAIT)
    instance = works.start(business_key="WO-1", kept=1)
    assert works.tokens(instance) == ["wait"]
    sent = works.send("done", business_key="WO-1", variables={"temp": 851.50})
    assert sent == {"delivered": 1}
    assert works.open(instance) == ["next"]
    variables = works.instance(instance)["variables"]
    assert (variables["kept"], str(variables["temp"])) == (1, "851.5")
    step = works.history(instance)[1]
    assert (step["element"], step["type"]) == ("wait", "intermediateCatchEvent")
    assert step["actor"].startswith("integration")


@both
def test_nobody_there(works: Works) -> None:
    assert works.send("done") == {"delivered": 0}
    works.release(WAIT)
    works.start(business_key="WO-1")
    assert works.send("done", business_key="WO-2") == {"delivered": 0}
    assert works.send("other") == {"delivered": 0}
    assert works.open() == []


@both
def test_several_wait_and_nothing_says_who_is_meant(works: Works) -> None:
    works.release(WAIT)
    first, second = works.start(business_key="WO-1"), works.start(business_key="WO-1")
    third = works.start(business_key="WO-2")
    for body in ({"name": "done"}, {"name": "done", "business_key": "WO-1"}):
        works.integration.post("/messages", body).refused(409, "message-ambiguous")
    assert works.send("done", business_key="WO-2")["delivered"] == 1
    assert works.send("done", instance=second)["delivered"] == 1
    assert works.send("done", instance=third)["delivered"] == 0
    assert works.send("done")["delivered"] == 1
    assert works.open(first) == ["next"]


@both
def test_an_instance_is_named_among_many(works: Works) -> None:
    works.release(WAIT)
    waiting = [works.start() for _ in range(30)]
    assert works.send("done", instance=waiting[-1])["delivered"] == 1
    assert works.open() == ["next"]
    assert works.send("done", instance=waiting[-1])["delivered"] == 0


@both
def test_one_message_goes_to_one_token(works: Works) -> None:
    instance = works.run_of(
        process(
            start(), parallel("split", "join"), catch("a", message="done"),
            catch("b", message="done"), end(),
            "start -> split -> a -> join -> end", "split -> b -> join",
        )
    )  # fmt: skip
    assert works.send("done")["delivered"] == 1
    assert len(works.tokens(instance)) >= 1
    assert works.instance(instance)["state"] == "active"
    assert works.send("done")["delivered"] == 1
    assert works.instance(instance)["state"] == "completed"


@both
def test_a_message_starts_a_process(works: Works) -> None:
    works.release(BEGIN)
    sent = works.send("order_in", business_key="WO-9", variables={"qty": 4})
    assert sent == {"delivered": 1}
    found = works.auditor.get("/instances", business_key="WO-9").ok()["items"]
    assert [(i["process"], i["variables"]) for i in found] == [("q", {"qty": 4})]
    assert found[0]["started_by"].startswith("integration")


@both
def test_who_waits_comes_before_a_new_start(works: Works) -> None:
    works.release(process(start(message="m"), user("turn"), end(), "start -> turn -> end"))
    works.release(process(start(), catch("wait", message="m"), end(), "start -> wait -> end",
                          key="w"))  # fmt: skip
    waiting = works.start("w")
    works.send("m")
    assert works.instance(waiting)["state"] == "completed"
    assert works.open() == []
    works.send("m")
    assert works.open() == ["turn"]


@both
def test_a_message_is_kept_for_who_comes_later(works: Works) -> None:
    works.release(WAIT)
    sent = works.send("done", business_key="WO-1", variables={"n": 1}, ttl_seconds=3600)
    assert sent == {"delivered": 0, "waiting_until": "2026-03-02T07:00:00.000Z"}
    other = works.start(business_key="WO-2")
    assert works.tokens(other) == ["wait"]
    instance = works.start(business_key="WO-1")
    assert works.open(instance) == ["next"]
    assert works.instance(instance)["variables"] == {"n": 1}
    second = works.start(business_key="WO-1")
    assert works.tokens(second) == ["wait"]  # it was kept for one


@both
def test_a_kept_message_goes_off(works: Works) -> None:
    works.release(WAIT)
    works.send("done", ttl_seconds=60)
    works.wait(seconds=60)
    instance = works.start()
    assert works.tokens(instance) == ["wait"]
    assert works.background.clean() == 1
    assert works.background.clean() == 0


def test_the_oldest_kept_message_is_first(works: Works) -> None:
    works.release(WAIT)
    for n in (1, 2):
        works.send("done", variables={"n": n}, ttl_seconds=60)
    assert [works.instance(works.start())["variables"]["n"] for _ in (1, 2)] == [1, 2]


@pytest.mark.parametrize(
    ("body", "pointers"),
    [
        ({}, ["/name"]),
        ({"name": ""}, ["/name"]),
        ({"name": "x\x00"}, ["/name"]),
        ({"name": "x", "ttl_seconds": -1}, ["/ttl_seconds"]),
        ({"name": "x", "ttl_seconds": 10**9}, ["/ttl_seconds"]),
        ({"name": "x", "variables": {"_a": 1}}, ["/variables/_a"]),
        ({"name": "x", "instance": "WO-1"}, ["/instance"]),
        ({"name": "x", "correlation": "y"}, ["/correlation"]),
    ],
)
def test_a_message_is_checked(works: Works, body: dict[str, object], pointers: list[str]) -> None:
    assert works.integration.post("/messages", body).pointers() == pointers


@both
def test_two_messages_at_once_and_one_who_waits(works: Works) -> None:
    works.release(WAIT)
    for _ in range(4):
        instance = works.start()
        with ThreadPoolExecutor(3) as senders:
            sent = list(senders.map(
                lambda n: works.integration.post("/messages", {"name": "done",
                                                               "variables": {"n": n}}),
                range(3),
            ))  # fmt: skip
        assert {a.status for a in sent} <= {200, 409}
        assert sum(a.json.get("delivered", 0) for a in sent) == 1
        assert works.path(instance) == ["start", "wait"]
        works.complete("next", instance)


@both
def test_a_message_and_its_receiver_at_once(works: Works) -> None:
    """Whichever comes first, a message that may wait is never lost."""
    works.release(WAIT)
    for n in range(6):
        key = f"WO-{n}"
        with ThreadPoolExecutor(2) as hands:
            made = hands.submit(works.start, "p", key)
            hands.submit(works.send, "done", business_key=key, ttl_seconds=60).result()
        assert works.open(made.result()) == ["next"]
