"""Messages from outside: to the one that waits, to the process they start, or kept for later."""

import threading

import pytest

from engine.kernel.store import Store
from engine.kernel.store.uow import Uow
from engine.workflow.work import messages
from engine.workflow.work.messages import MessageAmbiguous
from engine.workflow.work.versions import plans
from engine.workflow.work.versions.commands import TriggerTaken
from tests.support import diagrams as d
from tests.support.plant import LATHE, Plant

OVEN = d.process(d.start(), d.catch("oven", message="oven_ready"), d.end(), "start -> oven -> end")
FIRST_LOAD = d.process(
    d.start(),
    d.user("load"),
    d.catch("oven", message="oven_ready"),
    d.end(),
    "start -> load -> oven -> end",
)


def started_by(message: str, key: str = "p") -> bytes:
    """A process that a message starts."""
    begin = d.start("begin", message=message)
    return d.process(begin, d.user("look"), d.end(), "begin -> look -> end", key=key)


def test_a_message_reaches_the_one_that_waits(plant: Plant) -> None:
    instance = plant.run_of(OVEN)
    assert plant.send("oven_ready", celsius=850) == {"delivered": 1}
    assert plant.state(instance) == "completed"
    assert plant.variables(instance) == {"celsius": 850}
    assert plant.send("oven_ready") == {"delivered": 0}


def test_the_history_names_who_sent_it_and_what_came(plant: Plant) -> None:
    instance = plant.run_of(OVEN)
    plant.send("oven_ready", celsius=850)
    step = plant.history(instance)[1]
    assert (step["element"], step["actor"], step["changed"]) == ("oven", "lathe", {"celsius": 850})


def test_another_name_reaches_nobody(plant: Plant) -> None:
    instance = plant.run_of(OVEN)
    assert plant.send("Oven_ready") == {"delivered": 0}
    assert plant.tokens(instance) == ["oven"]


def test_a_business_key_tells_whom_it_is_for(plant: Plant) -> None:
    plant.release(OVEN)
    first, second = (plant.start(business_key=key) for key in ("WO-1", "WO-2"))
    assert plant.send("oven_ready", "WO-2") == {"delivered": 1}
    assert plant.send("oven_ready", "WO-3") == {"delivered": 0}
    assert (plant.state(first), plant.state(second)) == ("active", "completed")
    assert plant.send("oven_ready") == {"delivered": 1}  # one is left


def test_several_receivers_and_nothing_that_tells_is_ambiguous(plant: Plant) -> None:
    plant.release(OVEN)
    started = [plant.start(business_key=key) for key in ("WO-1", "WO-1", "WO-2")]
    with pytest.raises(MessageAmbiguous):
        plant.send("oven_ready")
    with pytest.raises(MessageAmbiguous):
        plant.send("oven_ready", "WO-1")
    assert {plant.state(instance) for instance in started} == {"active"}


def test_two_tokens_of_one_instance_take_a_message_each(plant: Plant) -> None:
    instance = plant.run_of(
        d.process(
            d.start(),
            d.parallel("split"),
            d.catch("one", message="oven_ready"),
            d.catch("two", message="oven_ready"),
            d.end("e1", "e2"),
            "start -> split -> one -> e1",
            "split -> two -> e2",
        )
    )
    assert plant.send("oven_ready") == {"delivered": 1}
    assert len(plant.tokens(instance)) == 1
    assert plant.send("oven_ready") == {"delivered": 1}
    assert plant.state(instance) == "completed"


def test_a_message_writes_into_the_scope_of_its_receiver(plant: Plant) -> None:
    plant.release(
        d.process(
            d.start(),
            d.catch("oven", message="oven_ready"),
            d.user("look"),
            d.end(),
            "start -> oven -> look -> end",
            key="child",
        )
    )
    instance = plant.run_of(
        d.process(d.start(), d.call("call", "child"), d.end(), "start -> call -> end")
    )
    plant.send("oven_ready", celsius=850)
    assert plant.variables(instance) == {}
    plant.complete("look")
    assert plant.variables(instance) == {"celsius": 850}


# ---- messages that start ----


def test_a_message_starts_the_process_that_names_it(plant: Plant) -> None:
    plant.release(started_by("defect_found"))
    assert plant.send("defect_found", "WO-1", lot="L-7") == {"delivered": 1}
    task = plant.task("look")
    assert task["business_key"] == "WO-1"
    assert plant.variables(task["instance"]) == {"lot": "L-7"}
    assert plant.path(task["instance"]) == ["begin"]


def test_who_waits_comes_before_who_starts(plant: Plant) -> None:
    plant.release(started_by("oven_ready", key="q"))
    waiting = plant.run_of(OVEN)
    plant.send("oven_ready")
    assert plant.state(waiting) == "completed"
    assert plant.open() == []
    plant.send("oven_ready")
    assert plant.open() == ["look"]


def test_one_message_starts_one_process(plant: Plant) -> None:
    plant.release(started_by("defect_found"))
    with pytest.raises(TriggerTaken):
        plant.release(started_by("defect_found", key="q"))
    plant.release(started_by("defect_found").replace(b"look", b"look_again"))
    plant.send("defect_found")
    assert plant.open() == ["look_again"]
    plant.retire("p", 2)
    assert plant.send("defect_found") == {"delivered": 0}
    plant.release(started_by("defect_found", key="r"))


# ---- messages kept for later ----


def test_a_kept_message_reaches_whoever_comes_to_wait(plant: Plant) -> None:
    instance = plant.run_of(FIRST_LOAD)
    kept = plant.send("oven_ready", ttl_seconds=3600, celsius=850)
    assert kept == {"delivered": 0, "waiting_until": "2026-03-02T07:00:00.000Z"}
    plant.complete("load")
    assert plant.state(instance) == "completed"
    assert plant.variables(instance) == {"celsius": 850}


def test_a_kept_message_is_given_once_and_the_oldest_first(plant: Plant) -> None:
    plant.release(FIRST_LOAD)
    for n in (1, 2):
        plant.send("oven_ready", ttl_seconds=3600, n=n)
    seen = []
    for _ in range(3):
        instance = plant.start()
        plant.complete("load")
        seen.append((plant.state(instance), plant.variables(instance)))
    assert seen == [("completed", {"n": 1}), ("completed", {"n": 2}), ("active", {})]


def test_a_kept_message_is_for_its_business_key(plant: Plant) -> None:
    plant.release(FIRST_LOAD)
    plant.send("oven_ready", "WO-2", ttl_seconds=3600)
    for key, state in (("WO-1", "active"), (None, "active"), ("WO-2", "completed")):
        instance = plant.start(business_key=key)
        plant.complete("load", instance)
        assert plant.state(instance) == state


def test_a_kept_message_expires(plant: Plant) -> None:
    instance = plant.run_of(FIRST_LOAD)
    plant.send("oven_ready", ttl_seconds=3600)
    plant.clock.advance(3600)
    plant.complete("load")
    assert plant.tokens(instance) == ["oven"]
    assert plant.background.clean() == 1
    assert plant.background.clean() == 0


def test_waits_in_a_row_take_kept_messages_in_a_row(plant: Plant) -> None:
    for n in (1, 2):
        plant.send("oven_ready", ttl_seconds=3600, n=n)
    instance = plant.run_of(
        d.process(
            d.start(),
            d.catch("one", message="oven_ready"),
            d.catch("two", message="oven_ready"),
            d.end(),
            "start -> one -> two -> end",
        )
    )
    assert plant.path(instance) == ["start", "one", "two", "end"]


def test_a_message_and_its_receiver_that_come_at_once_meet(plant: Plant, store: Store) -> None:
    """The sender looks and finds nobody; before it commits, the receiver comes to wait."""
    instance = plant.run_of(FIRST_LOAD)
    looked, waits = threading.Event(), threading.Event()

    def send_slowly(uow: Uow) -> None:
        messages.send(uow, name="oven_ready", actor=LATHE, ttl_seconds=3600)
        looked.set()
        waits.wait(0.5)

    sender = threading.Thread(target=plans.run, args=(store, send_slowly))
    sender.start()
    looked.wait(5)
    plant.complete("load")
    waits.set()
    sender.join()
    assert plant.state(instance) == "completed"


# ---- suspended receivers ----


def test_a_suspended_receiver_keeps_its_message(plant: Plant) -> None:
    instance = plant.run_of(OVEN)
    plant.suspend(instance)
    assert plant.send("oven_ready", celsius=850) == {"delivered": 1}
    assert plant.send("oven_ready", celsius=900) == {"delivered": 0}  # it has one already
    assert plant.state(instance) == "suspended"
    assert plant.variables(instance) == {}
    plant.resume(instance)
    assert plant.state(instance) == "completed"
    assert plant.variables(instance) == {"celsius": 850}


def test_a_kept_message_waits_until_who_was_moved_to_it_goes_on(plant: Plant) -> None:
    load = (d.start(), d.user("load"), d.catch("oven", message="oven_ready"), d.end())
    instance = plant.run_of(d.process(*load, "start -> load -> oven -> end"))
    plant.send("oven_ready", ttl_seconds=3600, celsius=850)
    plant.suspend(instance)
    plant.move(instance, "load", "oven")
    assert (plant.state(instance), plant.variables(instance)) == ("suspended", {})
    plant.resume(instance)
    assert (plant.state(instance), plant.variables(instance)) == ("completed", {"celsius": 850})
    other = plant.start()
    plant.complete("load", other)
    assert plant.tokens(other) == ["oven"]  # it came once


def test_nothing_is_delivered_to_a_cancelled_instance(plant: Plant) -> None:
    instance = plant.run_of(OVEN)
    plant.suspend(instance)
    plant.send("oven_ready")
    plant.cancel(instance)
    assert plant.state(instance) == "cancelled"
    assert plant.send("oven_ready") == {"delivered": 0}
