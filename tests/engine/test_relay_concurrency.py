"""Several processes on one PostgreSQL: what two do at once happens once, and nobody waits for ever.

Each store is a process of its own, with its own connections; barriers let them begin together.
"""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import pytest

from engine.kernel.errors import Conflict
from engine.kernel.ids import from_text
from engine.kernel.store import Store
from engine.kernel.store.uow import Uow
from engine.workflow.work import tasks
from engine.workflow.work.running import lock
from engine.workflow.work.versions import plans
from tests.support import diagrams as d
from tests.support.clock import ManualClock
from tests.support.plant import ANA, Plant
from tests.support.waiting import SECONDS, until

pytestmark = pytest.mark.parametrize("store", ["postgresql"], indirect=True)

ROUNDS = 10
BLOCKED = (
    "SELECT count(*) FROM pg_stat_activity"
    " WHERE datname = current_database() AND wait_event_type = 'Lock'"
)
THROWS = d.process(
    d.start(),
    d.user("load"),
    d.throw("tell", message="loaded"),
    d.end(),
    "start -> load -> tell -> end",
    key="loader",
)
WATCHES = d.process(
    d.start(),
    d.user("watch"),
    d.boundary("heard", on="watch", interrupting=False, message="loaded"),
    d.boundary("alarm", on="watch", interrupting=False, signal="alarm"),
    d.end("done", "noted"),
    "start -> watch -> done",
    "heard -> noted",
    "alarm -> noted",
    key="watcher",
)


@pytest.fixture
def other(plant: Plant, clock: ManualClock) -> Iterator[Plant]:
    """The same plant, seen by another process."""
    url = plant.store.bind.url.render_as_string(hide_password=False)
    store = Store(url, clock=clock, durable=False)
    yield Plant(store, clock)
    store.close()


def at_once(*calls: Callable[[], Any]) -> list[Any]:
    """Call all together; answers in order, a refusal as itself."""
    together = threading.Barrier(len(calls))

    def call(one: Callable[[], Any]) -> Any:
        together.wait(SECONDS)
        try:
            return one()
        except Conflict as refused:
            return refused

    with ThreadPoolExecutor(len(calls)) as people:
        return [done.result(SECONDS) for done in [people.submit(call, one) for one in calls]]


def throw_later(plant: Plant, task: str) -> None:
    """Complete a task, and leave what it throws to whoever relays next."""
    plans.run(plant.store, tasks.complete, task=from_text(task), variables={}, actor=ANA)


def is_quiet(plant: Plant) -> bool:
    """Whether nothing is on its way, and nothing went wrong."""
    plant.background.relay()
    rows = plant.sql("SELECT (SELECT count(*) FROM outbox) + (SELECT count(*) FROM held_event)")
    return rows[0][0] == 0 and plant.incidents() == []


def heard(plant: Plant, instance: str, element: str) -> int:
    """How often an event happened in an instance."""
    return plant.path(instance).count(element)


def test_two_relays_deliver_each_message_once(plant: Plant, other: Plant) -> None:
    plant.release(THROWS)
    plant.release(WATCHES)
    keys = [f"WO-{n}" for n in range(ROUNDS)]
    watching = [plant.start("watcher", key) for key in keys]
    for key in keys:
        throw_later(plant, plant.task("load", plant.start("loader", key))["id"])
    at_once(*[p.background.relay for p in (plant, other, plant, other)])
    assert is_quiet(plant)
    assert [heard(plant, i, "heard") for i in watching] == [1] * ROUNDS


def test_a_message_from_outside_beside_a_thrown_one(plant: Plant, other: Plant) -> None:
    """Both come to the same event, which does not interrupt."""
    plant.release(THROWS)
    plant.release(WATCHES)
    watching = plant.start("watcher", "WO-1")
    for _ in range(ROUNDS):
        throw_later(plant, plant.task("load", plant.start("loader", "WO-1"))["id"])
        at_once(plant.background.relay, lambda: other.send("loaded", "WO-1"))
    assert is_quiet(plant)
    assert heard(plant, watching, "heard") == 2 * ROUNDS


def test_a_person_completes_while_the_boundary_message_comes(plant: Plant, other: Plant) -> None:
    plant.release(
        d.process(
            d.start(),
            d.user("turn"),
            d.boundary("stop", on="turn", message="stop"),
            d.end("done", "stopped"),
            "start -> turn -> done",
            "stop -> stopped",
        )
    )
    for n in range(ROUNDS):
        instance = plant.start("p", f"WO-{n}")
        task = plant.task("turn", instance)["id"]
        done, sent = at_once(
            partial(plant.complete_task, task),
            partial(other.send, "stop", f"WO-{n}"),
        )
        completed = not isinstance(done, Conflict)
        assert sent == {"delivered": 0 if completed else 1}
        ends = {"done", "stopped"} & set(plant.path(instance))
        assert ends == ({"done"} if completed else {"stopped"})
        assert plant.state(instance) == "completed"
    assert is_quiet(plant)


def test_two_broadcasts_reach_everybody_twice(plant: Plant, other: Plant) -> None:
    plant.release(WATCHES)
    plant.release(d.process(d.start("begin", signal="alarm"), d.end(), "begin -> end", key="log"))
    watching = [plant.start("watcher") for _ in range(ROUNDS)]
    told = at_once(lambda: plant.broadcast("alarm", n=1), lambda: other.broadcast("alarm", n=2))
    assert told == [{"delivered": ROUNDS + 1}] * 2
    assert is_quiet(plant)
    assert [heard(plant, i, "alarm") for i in watching] == [2] * ROUNDS
    assert plant.sql("SELECT count(*) FROM instance")[0][0] == ROUNDS + 2


def test_two_that_throw_at_each_other_at_once(plant: Plant, other: Plant) -> None:
    """Each relay locks both instances; neither waits for the other for ever."""
    for key, says, hears in (("left", "ping", "pong"), ("right", "pong", "ping")):
        plant.release(
            d.process(
                d.start(),
                d.parallel("both", "joined"),
                d.user("go"),
                d.throw("say", message=says),
                d.catch("hear", message=hears),
                d.end(),
                "start -> both -> go -> say -> joined -> end",
                "both -> hear -> joined",
                key=key,
            )
        )
    for n in range(ROUNDS):
        pair = [plant.start(key, f"WO-{n}") for key in ("left", "right")]
        go = [plant.task("go", i)["id"] for i in pair]
        at_once(
            partial(plant.complete_task, go[0]),
            partial(other.complete_task, go[1]),
        )
        assert is_quiet(plant)
        assert [plant.state(i) for i in pair] == ["completed"] * 2
        assert [heard(plant, i, "hear") for i in pair] == [1, 1]


def test_two_backgrounds_fire_each_round_once(plant: Plant, other: Plant) -> None:
    plant.release(
        d.process(
            d.start(),
            d.user("hold"),
            d.boundary("remind", on="hold", interrupting=False, cycle="R3/PT1M"),
            d.end("done", "reminded"),
            "start -> hold -> done",
            "remind -> reminded",
        )
    )
    holding = [plant.start() for _ in range(ROUNDS)]
    for times in (1, 2, 3, 3):
        plant.clock.advance(60)
        at_once(plant.background.fire_timers, other.background.fire_timers)
        assert [heard(plant, i, "remind") for i in holding] == [times] * ROUNDS
    assert is_quiet(plant)


def test_a_split_beside_a_completion(plant: Plant, other: Plant) -> None:
    """The part stands where the instance stood before the completion, or after it."""
    plant.release(
        d.process(d.start(), d.user("turn", "mill"), d.end(), "start -> turn -> mill -> end")
    )
    for _ in range(ROUNDS):
        instance = plant.start()
        task = plant.task("turn", instance)["id"]
        _, part = at_once(partial(plant.complete_task, task), partial(other.split, instance))
        assert plant.open(instance) == ["mill"]
        assert plant.open(part) in (["turn"], ["mill"])
        assert plant.path(instance).count("turn") == 1
    assert is_quiet(plant)


def test_two_merge_into_each_other(plant: Plant, other: Plant) -> None:
    """One ends and the other goes on; the second merge is refused."""
    plant.release(d.process(d.start(), d.user("turn"), d.end(), "start -> turn -> end"))
    for _ in range(ROUNDS):
        a, b = plant.start(), plant.start()
        answers = at_once(partial(plant.merge, a, b), partial(other.merge, b, a))
        assert sum(isinstance(answer, Conflict) for answer in answers) == 1
        assert sorted(plant.state(i) for i in (a, b)) in (
            ["active", "completed"],
            ["active", "cancelled"],
        )
        assert len(plant.tasks(a) + plant.tasks(b)) == 1
    assert is_quiet(plant)


def test_a_deadlock_puts_no_timer_off(plant: Plant, other: Plant) -> None:
    """Timers lock instances as they become due; somebody has the later one and asks for both."""
    plant.release(
        d.process(d.start(), d.catch("cool", duration="= time"), d.end(), "start -> cool -> end")
    )
    late, soon = plant.start(time="PT2M"), plant.start(time="PT1M")
    plant.clock.advance(120)

    def both(uow: Uow) -> None:
        lock(uow, from_text(late))
        begun.set()
        until(lambda: bool(plant.sql(BLOCKED)[0][0]))
        lock(uow, from_text(soon))

    begun = threading.Event()
    with ThreadPoolExecutor(2) as people:
        asks = people.submit(plans.run, other.store, both)
        assert begun.wait(SECONDS)
        fires = people.submit(plant.background.fire_timers)
        asks.result(SECONDS)
        assert fires.result(SECONDS) == 2
    assert [plant.state(i) for i in (late, soon)] == ["completed"] * 2
