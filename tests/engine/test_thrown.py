"""Messages that instances throw: to whoever waits, to what they start, else an incident."""

import threading

import pytest

from engine.kernel.ids import from_text
from engine.kernel.store import Store
from engine.workflow.work import tasks
from engine.workflow.work.events import relay
from engine.workflow.work.versions import plans
from tests.support import diagrams as d
from tests.support.plant import ANA, Plant

OVEN = d.process(d.start(), d.catch("oven", message="loaded"), d.end(), "start -> oven -> end")
LOADS = d.process(
    d.start(),
    d.user("load"),
    d.throw("tell", message="loaded", parameters={"parts": "= parts"}),
    d.user("sweep"),
    d.end(),
    "start -> load -> tell -> sweep -> end",
    key="loader",
)


def sender(*parts: str, key: str = "loader") -> bytes:
    """Somebody loads, then what the parts say; they end at `e1`."""
    return d.process(d.start(), d.user("load"), d.end("e1"), "start -> load", *parts, key=key)


def left_over(plant: Plant) -> int:
    """Rows of the outbox."""
    return int(plant.sql("SELECT count(*) FROM outbox")[0][0])


def crash_after(plant: Plant, store: Store, element: str) -> None:
    """Complete a task, and do nothing of what that sets going."""
    task = from_text(plant.task(element)["id"])
    plans.run(store, tasks.complete, task=task, variables={}, actor=ANA)


def test_a_thrown_message_reaches_the_one_that_waits(plant: Plant) -> None:
    waiting = plant.run_of(OVEN)
    plant.release(LOADS)
    loader = plant.start("loader", parts=12)
    plant.complete("load")
    assert plant.state(waiting) == "completed"
    assert plant.variables(waiting) == {"parts": 12}
    assert plant.open(loader) == ["sweep"]
    assert plant.path(loader) == ["start", "load", "tell"]
    assert plant.history(waiting)[1]["actor"] == "ana"
    assert left_over(plant) == 0


def test_it_carries_the_key_of_its_thrower(plant: Plant) -> None:
    plant.release(OVEN)
    plant.release(LOADS)
    waiting = {key: plant.start(business_key=key) for key in ("WO-1", "WO-2")}
    plant.start("loader", "WO-2", parts=1)
    plant.complete("load")
    assert plant.state(waiting["WO-1"]) == "active"
    assert plant.state(waiting["WO-2"]) == "completed"


def test_a_declared_correlation_replaces_both_keys(plant: Plant) -> None:
    oven = d.catch("oven", message="loaded", correlation="= lot")
    plant.release(d.process(d.start(), oven, d.end(), "start -> oven -> end"))
    plant.release(
        sender(d.throw("tell", message="loaded", correlation="= lot"), "load -> tell -> e1")
    )
    waiting = {lot: plant.start(business_key="WO-1", lot=lot) for lot in ("L-1", "L-2")}
    plant.start("loader", "WO-9", lot="L-2")
    plant.complete("load")
    assert [plant.state(i) for i in waiting.values()] == ["active", "completed"]
    assert plant.send("loaded", "WO-1") == {"delivered": 0}
    assert plant.send("loaded", "L-1") == {"delivered": 1}


def test_nobody_there_is_an_incident_at_the_thrower(plant: Plant) -> None:
    plant.release(LOADS)
    loader = plant.start("loader", "WO-1", parts=1)
    plant.complete("load")
    incident = plant.incident(loader)
    assert (incident["element"], incident["kind"]) == ("tell", "message")
    assert "loaded with the key WO-1" in incident["message"]
    assert left_over(plant) == 0
    plant.retry(incident)
    assert plant.incident(loader)["id"] != incident["id"]  # the retry sent it, in vain again
    plant.release(OVEN)
    waiting = plant.start(business_key="WO-1")
    plant.retry(plant.incident(loader))
    assert plant.state(waiting) == "completed"
    assert plant.open(loader) == ["sweep"]
    assert plant.incidents() == []


def test_a_person_may_let_it_go_on_without(plant: Plant) -> None:
    plant.release(LOADS)
    loader = plant.start("loader", parts=1)
    plant.complete("load")
    plant.resolve(plant.incident(), "complete")
    assert plant.open(loader) == ["sweep"]


def test_an_optional_one_goes_on_alone(plant: Plant) -> None:
    plant.release(sender(d.throw("tell", message="loaded", optional="true"), "load -> tell -> e1"))
    loader = plant.start("loader")
    plant.complete("load")
    assert plant.state(loader) == "completed"
    assert plant.incidents() == []


def test_several_receivers_are_an_incident(plant: Plant) -> None:
    plant.release(OVEN)
    waiting = [plant.start() for _ in range(2)]
    plant.release(LOADS)
    loader = plant.start("loader", parts=1)
    plant.complete("load")
    incident = plant.incident(loader)
    assert incident["kind"] == "message"
    assert "Several instances wait for loaded" in incident["message"]
    plant.cancel(waiting[0])
    plant.retry(incident)
    assert plant.state(waiting[1]) == "completed"


def test_it_starts_the_process_that_names_it(plant: Plant) -> None:
    begin = d.start("begin", message="loaded")
    plant.release(d.process(begin, d.user("heat"), d.end(), "begin -> heat -> end"))
    plant.release(LOADS)
    loader = plant.start("loader", "WO-1", parts=3)
    plant.complete("load")
    task = plant.task("heat")
    assert task["business_key"] == "WO-1"
    assert plant.variables(task["instance"]) == {"parts": 3}
    assert plant.open(loader) == ["sweep"]


@pytest.mark.parametrize("tag", ["send", "end"])
def test_send_tasks_and_end_events_throw_as_well(plant: Plant, tag: str) -> None:
    waiting = plant.run_of(OVEN)
    last = d.send("tell", message="loaded") if tag == "send" else d.end("tell", message="loaded")
    way = "load -> tell -> e1" if tag == "send" else "load -> tell"
    drawn = sender(last, way)
    plant.release(drawn if tag == "send" else drawn.replace(b'<endEvent id="e1"></endEvent>', b""))
    loader = plant.start("loader")
    plant.complete("load")
    assert plant.state(waiting) == "completed"
    assert plant.state(loader) == "completed"


def test_a_message_to_oneself_is_one_advance(plant: Plant) -> None:
    instance = plant.run_of(
        d.process(
            d.start(),
            d.parallel("split"),
            d.catch("oven", message="loaded"),
            d.throw("tell", message="loaded"),
            d.user("turn"),
            d.end("e1", "e2"),
            "start -> split -> oven -> e1",
            "split -> tell -> turn -> e2",
        )
    )
    assert plant.open(instance) == ["turn"]
    assert plant.path(instance) == ["start", "split", "oven", "e1", "tell"]
    assert plant.sql("SELECT count(*) FROM history")[0][0] == 2


def test_a_receiver_that_answers(plant: Plant) -> None:
    """The answer finds its asker at the catch event, whoever is faster."""
    plant.release(
        d.process(
            d.start("asked", message="ask"),
            d.end("answer", message="answer", parameters={"celsius": "850"}),
            "asked -> answer",
            key="oven",
        )
    )
    asker = plant.run_of(
        d.process(
            d.start(),
            d.throw("ask", message="ask"),
            d.receive("hear", message="answer"),
            d.user("load"),
            d.end(),
            "start -> ask -> hear -> load -> end",
        )
    )
    assert plant.open(asker) == ["load"]
    assert plant.variables(asker) == {"celsius": "850"}


def test_a_suspended_receiver_keeps_it(plant: Plant) -> None:
    waiting = plant.run_of(OVEN)
    plant.suspend(waiting)
    plant.release(LOADS)
    loader = plant.start("loader", parts=1)
    plant.complete("load")
    assert plant.open(loader) == ["sweep"]
    assert plant.state(waiting) == "suspended"
    plant.resume(waiting)
    assert plant.state(waiting) == "completed"


def test_a_suspended_thrower_waits(plant: Plant, store: Store) -> None:
    waiting = plant.run_of(OVEN)
    plant.release(LOADS)
    loader = plant.start("loader", parts=1)
    crash_after(plant, store, "load")
    plant.suspend(loader)
    assert plant.background.relay() == 0
    assert plant.state(waiting) == "active"
    plant.resume(loader)
    assert plant.state(waiting) == "completed"
    assert plant.open(loader) == ["sweep"]


def test_a_cancelled_thrower_takes_it_back(plant: Plant, store: Store) -> None:
    waiting = plant.run_of(OVEN)
    plant.release(LOADS)
    loader = plant.start("loader", parts=1)
    crash_after(plant, store, "load")
    assert left_over(plant) == 1
    plant.cancel(loader)
    assert left_over(plant) == 0
    assert plant.background.relay() == 0
    assert plant.state(waiting) == "active"


def test_what_a_crash_left_over_is_relayed_once(plant: Plant, store: Store) -> None:
    plant.release(OVEN)
    plant.release(LOADS)
    waiting = [plant.start(business_key=str(n)) for n in range(4)]
    for n in range(4):
        plant.start("loader", str(n), parts=n)
        crash_after(plant, store, "load")
    relays = [threading.Thread(target=relay.carry_on, args=(store,)) for _ in range(4)]
    for thread in relays:
        thread.start()
    for thread in relays:
        thread.join()
    assert [plant.variables(i) for i in waiting] == [{"parts": n} for n in range(4)]
    assert {plant.state(i) for i in waiting} == {"completed"}
    assert plant.open() == ["sweep"] * 4
    assert left_over(plant) == 0


def test_two_that_throw_at_each_other_for_ever_stop(plant: Plant) -> None:
    for key, hears, says in (("p", "ping", "pong"), ("q", "pong", "ping")):
        plant.release(
            d.process(
                d.start("hear", message=hears), d.end("say", message=says), "hear -> say", key=key
            )
        )
    plant.send("ping")
    incident = plant.incident()
    assert (incident["element"], incident["kind"]) == ("say", "limit")
    assert left_over(plant) == 0


def test_a_loop_may_throw_once_for_each_of_many(plant: Plant) -> None:
    plant.release(d.process(d.start("begin", message="unit"), d.end(), "begin -> end", key="unit"))
    instance = plant.run_of(
        d.process(
            d.start(),
            d.send("tell", message="unit", loop=d.times("150", sequential=True)),
            d.end(),
            "start -> tell -> end",
        )
    )
    assert plant.state(instance) == "completed"
    assert plant.sql("SELECT count(*) FROM instance")[0][0] == 151


def test_a_receiver_that_cannot_take_it_is_an_incident_at_the_thrower(plant: Plant) -> None:
    waiting = plant.run_of(OVEN)
    plant.change(waiting, note="x" * 200_000)
    plant.release(LOADS)
    loader = plant.start("loader", parts=["y" * 1000] * 100)
    plant.complete("load")
    incident = plant.incident()
    assert (incident["instance"], incident["kind"]) == (loader, "message")
    assert plant.tokens(waiting) == ["oven"]
    plant.change(waiting, note="")
    plant.retry(incident)
    assert plant.state(waiting) == "completed"


def test_a_command_is_answered_whatever_becomes_of_the_relay(plant: Plant) -> None:
    """A row that cannot be delivered is put off; the others go on."""
    waiting = plant.run_of(OVEN)
    plant.release(LOADS)
    loader = plant.start("loader", parts=1)
    plant.sql(
        "INSERT INTO outbox (id, kind, name, variables, instance_id, element, optional, actor,"
        " hops, at) VALUES (:id, 'signal', 'broken', :text, :instance, 'x', :no, 'ana', 0, 0)",
        id=b"\0" * 16,
        text=b"no JSON",
        instance=from_text(loader),
        no=False,
    )
    plant.complete("load")
    assert plant.state(waiting) == "completed"
    assert left_over(plant) == 1
    assert plant.background.relay() == 0
    plant.clock.advance(60)
    assert plant.background.relay() == 1
