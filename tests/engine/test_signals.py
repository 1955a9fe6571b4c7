"""Signals: to all who wait, in every instance, and a start of every process that they start."""

import threading

import pytest

from engine.kernel.ids import from_text
from engine.kernel.store import Store
from engine.workflow.work import tasks
from engine.workflow.work.events import relay
from engine.workflow.work.versions import plans
from tests.support import diagrams as d
from tests.support.plant import ANA, Plant

ALARM = d.process(d.start(), d.catch("alarm", signal="alarm"), d.end(), "start -> alarm -> end")
BESIDE = d.process(
    d.start(),
    d.user("turn"),
    d.boundary("alarm", "turn", interrupting=False, signal="alarm"),
    d.user("look"),
    d.end(),
    d.end("e1"),
    "start -> turn -> end",
    "alarm -> look -> e1",
)
RAISES = d.process(
    d.start(),
    d.user("press"),
    d.throw("raise", signal="alarm", parameters={"zone": "= zone"}),
    d.end(),
    "start -> press -> raise -> end",
    key="button",
)


def started_by_alarm(key: str) -> bytes:
    begin = d.start("begin", signal="alarm")
    return d.process(begin, d.user("look"), d.end(), "begin -> look -> end", key=key)


def test_a_broadcast_reaches_all_who_wait(plant: Plant) -> None:
    plant.release(ALARM)
    waiting = [plant.start(business_key=key) for key in ("WO-1", "WO-1", None)]
    assert plant.waits(waiting[0]) == [("alarm", "signal", "alarm")]
    assert plant.broadcast("alarm", zone=3) == {"delivered": 3}
    assert {plant.state(i) for i in waiting} == {"completed"}
    assert [plant.variables(i) for i in waiting] == [{"zone": 3}] * 3
    assert plant.broadcast("alarm") == {"delivered": 0}


def test_the_history_and_the_audit_name_who_told_it(plant: Plant) -> None:
    instance = plant.run_of(ALARM)
    plant.broadcast("alarm", zone=3)
    step = plant.history(instance)[1]
    assert (step["element"], step["actor"], step["changed"]) == ("alarm", "lathe", {"zone": 3})
    rows = plant.sql("SELECT actor FROM audit_entry WHERE action = 'signal.broadcast'")
    assert [actor for (actor,) in rows] == ["lathe"]


def test_a_signal_is_no_message_and_a_message_no_signal(plant: Plant) -> None:
    instance = plant.run_of(ALARM)
    assert plant.send("alarm") == {"delivered": 0}
    assert plant.broadcast("Alarm") == {"delivered": 0}
    assert plant.tokens(instance) == ["alarm"]


def test_a_signal_starts_every_process_that_names_it(plant: Plant) -> None:
    for key in ("p", "q"):
        plant.release(started_by_alarm(key))
    assert plant.broadcast("alarm", zone=3) == {"delivered": 2}
    assert plant.open() == ["look", "look"]
    assert {str(plant.variables(t["instance"])["zone"]) for t in plant.tasks()} == {"3"}
    plant.retire("q", 1)
    assert plant.broadcast("alarm") == {"delivered": 1}


def test_an_event_that_does_not_interrupt_happens_each_time(plant: Plant) -> None:
    instance = plant.run_of(BESIDE)
    for n in (1, 2):
        assert plant.broadcast("alarm") == {"delivered": 1}
        assert plant.open(instance) == ["look"] * n + ["turn"]
    plant.complete("turn")
    assert plant.waits(instance) == []
    assert plant.broadcast("alarm") == {"delivered": 0}


def test_a_thrown_signal_carries_its_parameters(plant: Plant) -> None:
    waiting = plant.run_of(ALARM)
    plant.release(RAISES)
    button = plant.start("button", zone=7)
    plant.complete("press")
    assert plant.state(button) == "completed"
    assert plant.state(waiting) == "completed"
    assert plant.variables(waiting) == {"zone": 7}
    assert plant.history(waiting)[1]["actor"] == "ana"


def test_nobody_waits_and_nothing_happens(plant: Plant) -> None:
    plant.release(RAISES)
    button = plant.start("button", zone=7)
    plant.complete("press")
    assert plant.state(button) == "completed"
    assert plant.incidents() == []
    assert left_over(plant) == (0, 0)


def test_a_thrown_signal_reaches_the_thrower_itself(plant: Plant) -> None:
    instance = plant.run_of(
        d.process(
            d.start(),
            d.parallel("split"),
            d.catch("alarm", signal="alarm"),
            d.throw("raise", signal="alarm"),
            d.user("turn"),
            d.end("e1", "e2"),
            "start -> split -> alarm -> e1",
            "split -> raise -> turn -> e2",
        )
    )
    assert plant.tokens(instance) == ["turn"]
    assert plant.path(instance) == ["start", "split", "raise", "alarm", "e1"]


def test_an_event_subprocess_takes_a_signal(plant: Plant) -> None:
    instance = plant.run_of(
        d.process(
            d.start(),
            d.user("turn"),
            d.end(),
            "start -> turn -> end",
            d.event_subprocess(
                "stop",
                d.start("alarm", signal="alarm"),
                d.user("secure"),
                d.end("e1"),
                "alarm -> secure -> e1",
            ),
        )
    )
    assert plant.waits(instance) == [("alarm", "signal", "alarm")]
    assert plant.broadcast("alarm", zone=3) == {"delivered": 1}
    assert plant.open(instance) == ["secure"]
    assert plant.waits(instance) == []
    plant.complete("secure")
    assert plant.state(instance) == "completed"


def test_a_suspended_receiver_takes_it_when_it_resumes(plant: Plant) -> None:
    instance = plant.run_of(BESIDE)
    plant.suspend(instance)
    assert plant.broadcast("alarm") == {"delivered": 1}
    assert plant.broadcast("alarm") == {"delivered": 1}
    assert plant.open(instance) == ["turn"]
    plant.resume(instance)
    assert plant.open(instance) == ["look", "look", "turn"]
    assert left_over(plant) == (0, 0)


def test_whoever_waits_once_takes_one_of_two(plant: Plant) -> None:
    instance = plant.run_of(ALARM)
    plant.suspend(instance)
    for zone in (1, 2):
        plant.broadcast("alarm", zone=zone)
    plant.resume(instance)
    assert plant.state(instance) == "completed"
    assert plant.variables(instance) == {"zone": 1}


def test_a_cancelled_receiver_takes_nothing(plant: Plant) -> None:
    instance = plant.run_of(ALARM)
    plant.suspend(instance)
    plant.broadcast("alarm")
    plant.cancel(instance)
    plant.background.relay()
    assert plant.state(instance) == "cancelled"
    assert left_over(plant) == (0, 0)


def test_what_a_crash_left_over_is_relayed_later(plant: Plant, store: Store) -> None:
    """The command commits, and nobody comes to relay what it threw."""
    waiting = plant.run_of(ALARM)
    plant.release(RAISES)
    plant.start("button", zone=1)
    crash_after(plant, store, "press")
    assert plant.tokens(waiting) == ["alarm"]
    assert left_over(plant) == (1, 0)
    assert plant.background.relay() == 2  # the signal, and its one receiver
    assert plant.state(waiting) == "completed"
    assert plant.background.relay() == 0


def test_several_relays_at_once_deliver_once(plant: Plant, store: Store) -> None:
    instance = plant.run_of(BESIDE)
    plant.release(RAISES)
    for zone in range(5):
        plant.start("button", zone=zone)
        crash_after(plant, store, "press")
    relays = [threading.Thread(target=relay.carry_on, args=(store,)) for _ in range(4)]
    for thread in relays:
        thread.start()
    for thread in relays:
        thread.join()
    assert plant.open(instance) == ["look"] * 5 + ["turn"]
    assert left_over(plant) == (0, 0)


@pytest.mark.parametrize("ends", [True, False])
def test_a_chain_without_an_end_is_an_incident(plant: Plant, ends: bool) -> None:
    """Each start throws the signal that starts the next."""
    thrown = (
        [d.end("again", signal="alarm"), "begin -> again"]
        if ends
        else [d.throw("again", signal="alarm"), d.end(), "begin -> again -> end"]
    )
    plant.release(d.process(d.start("begin", signal="alarm"), *thrown))
    plant.broadcast("alarm")
    incident = plant.incident()
    assert (incident["element"], incident["kind"]) == ("again", "limit")
    assert "100 deliveries" in incident["message"]
    assert plant.sql("SELECT count(*) FROM instance")[0][0] == 101
    assert left_over(plant) == (0, 0)
    plant.retire("p", 1)
    plant.retry(incident)
    assert plant.state(incident["instance"]) == "completed"


def test_what_cannot_be_taken_is_an_incident(plant: Plant) -> None:
    """At the token that waited, or beside the work that goes on."""
    caught = plant.run_of(ALARM)
    plant.release(BESIDE.replace(b'"p"', b'"q"'))
    beside = plant.start("q")
    for instance in (caught, beside):
        plant.change(instance, note="x" * 200_000)
    plant.broadcast("alarm", text="y" * 100_000)
    assert {(i["element"], i["kind"]) for i in plant.incidents()} == {("alarm", "limit")}
    assert plant.open(beside) == ["turn"]
    plant.change(caught, note="")
    plant.retry(plant.incident(caught))
    assert plant.tokens(caught) == ["alarm"]
    plant.broadcast("alarm")
    assert plant.state(caught) == "completed"


def test_what_interrupts_ends_the_work_though_its_variables_are_refused(plant: Plant) -> None:
    """The event has happened: retry of its incident must not go on beside the work."""
    instance = plant.run_of(
        d.process(
            d.start(),
            d.user("turn", "stop"),
            d.boundary("alarm", "turn", signal="alarm"),
            d.end(),
            "start -> turn -> end",
            "alarm -> stop -> end",
        ),
        note="x" * 200_000,
    )
    plant.broadcast("alarm", text="y" * 100_000)
    assert plant.incident(instance)["element"] == "alarm"
    assert (plant.tokens(instance), plant.waits(instance)) == (["alarm"], [])
    plant.retry(plant.incident(instance))
    assert plant.open() == ["stop"]


def crash_after(plant: Plant, store: Store, element: str) -> None:
    """Complete a task, and do nothing of what that sets going."""
    task = from_text(plant.task(element)["id"])
    plans.run(store, tasks.complete, task=task, variables={}, actor=ANA)


def left_over(plant: Plant) -> tuple[int, int]:
    """Rows of the outbox, and of what is kept for receivers."""
    outbox, held = (
        plant.sql(f"SELECT count(*) FROM {table}")[0][0] for table in ("outbox", "held_event")
    )
    return outbox, held
