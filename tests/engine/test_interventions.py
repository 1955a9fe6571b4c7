"""What people may do to a running instance: suspend, resume, cancel, move a token, end it early."""

import pytest

from engine.kernel.errors import Conflict, Stale
from engine.kernel.ids import from_text
from engine.workflow.work import instances
from engine.workflow.work.instances import MoveRefused, ProcessNotFound, ProcessNotReleased
from engine.workflow.work.running import InstanceEnded, InstanceSuspended
from tests.support import diagrams as d
from tests.support.plant import Plant

LINE = d.process(d.start(), d.user("a", "b", "c"), d.end(), "start -> a -> b -> c -> end")
BLOCK = d.process(
    d.start(),
    d.user("before", "a", "a2", "b", "after"),
    d.parallel("split", "join"),
    d.end(),
    "start -> before -> split -> a -> a2 -> join -> after -> end",
    "split -> b -> join",
)


# ---- starting ----


def test_only_what_is_released_can_be_started(plant: Plant) -> None:
    with pytest.raises(ProcessNotFound):
        plant.start("p")
    plant.deploy(LINE)
    with pytest.raises(ProcessNotReleased):
        plant.start("p")
    plant.release(LINE)
    plant.start("p")
    plant.retire("p", 1)
    with pytest.raises(ProcessNotReleased):
        plant.start("p")


def test_running_instances_keep_their_version(plant: Plant) -> None:
    old = plant.run_of(LINE)
    plant.release(LINE.replace(b'"b"', b'"b2"'))
    new = plant.start()
    for instance in (old, new):
        plant.complete("a", instance)
    assert (plant.open(old), plant.open(new)) == (["b"], ["b2"])
    pinned = plant.run(instances.start, process="p", version=1)
    assert pinned["version"] == 1


# ---- suspend and resume ----


def test_nobody_works_on_a_suspended_instance(plant: Plant) -> None:
    instance = plant.run_of(LINE)
    plant.suspend(instance)
    with pytest.raises(InstanceSuspended):
        plant.complete("a")
    with pytest.raises(InstanceSuspended):
        plant.suspend(instance)
    plant.resume(instance)
    plant.complete("a")
    with pytest.raises(Conflict, match="not suspended"):
        plant.resume(instance)


# ---- cancel ----


def test_cancel_closes_everything(plant: Plant) -> None:
    instance = plant.run_of(
        d.process(
            d.start(),
            d.parallel("split"),
            d.user("a"),
            d.boundary("late", "a", duration="PT2H"),
            d.job("cut"),
            d.catch("oven", message="oven_ready"),
            d.catch("cool", duration="PT1H"),
            d.end("e1", "e2", "e3", "e4", "e5"),
            "start -> split -> a -> e1",
            "late -> e2",
            "split -> cut -> e3",
            "split -> oven -> e4",
            "split -> cool -> e5",
        )
    )
    plant.cancel(instance)
    assert plant.state(instance) == "cancelled"
    assert (plant.open(), plant.claim_jobs("machine"), plant.due(instance)) == ([], [], [])
    assert plant.send("oven_ready") == {"delivered": 0}
    assert plant.wait(days=1) == 0
    ended = [s for s in plant.history(instance) if s["state"] == "cancelled"]
    assert sorted(s["element"] for s in ended) == ["a", "cool", "cut", "oven"]
    assert {s["deviation"] for s in ended} == {"a test"}
    for act in (plant.cancel, plant.suspend, plant.resume):
        with pytest.raises(InstanceEnded):
            act(instance)


def test_an_instance_that_is_over_cannot_be_changed(plant: Plant) -> None:
    instance = plant.run_of(d.process(d.start(), d.end(), "start -> end"))
    assert plant.state(instance) == "completed"
    with pytest.raises(InstanceEnded):
        plant.change(instance, v=1)
    with pytest.raises(InstanceEnded):
        plant.move(instance, "start", "end")


def test_who_saw_an_older_state_is_refused(plant: Plant) -> None:
    instance = plant.run_of(LINE)
    seen = str(plant.instance(instance)["revision"])
    plant.complete("a")
    with pytest.raises(Stale):
        plant.run(instances.cancel, instance=from_text(instance), reason="a test", expected=seen)


# ---- move ----


@pytest.mark.parametrize(("origin", "to"), [("a", "c"), ("a", "end"), ("a", "a")])
def test_a_token_is_moved_along_its_way(plant: Plant, origin: str, to: str) -> None:
    instance = plant.run_of(LINE)
    task = plant.task("a")["id"]
    plant.move(instance, origin, to)
    assert plant.tokens(instance) == ([] if to == "end" else [to])
    left = plant.history(instance)[1]
    assert (left["element"], left["state"], left["deviation"]) == ("a", "cancelled", "a test")
    with pytest.raises(Conflict):
        plant.complete_task(task)


def test_a_token_is_sent_back(plant: Plant) -> None:
    instance = plant.run_of(LINE)
    plant.complete("a")
    plant.complete("b")
    plant.move(instance, "c", "a")
    for element in ("a", "b", "c"):
        plant.complete(element)
    assert plant.state(instance) == "completed"


@pytest.mark.parametrize(
    ("origin", "to"), [("b", "c"), ("a", "nowhere"), ("a", "start"), ("nowhere", "a")]
)
def test_a_move_needs_a_token_and_a_place(plant: Plant, origin: str, to: str) -> None:
    instance = plant.run_of(LINE)
    with pytest.raises(MoveRefused):
        plant.move(instance, origin, to)
    assert plant.tokens(instance) == ["a"]


def test_a_move_within_a_branch_leaves_the_others_alone(plant: Plant) -> None:
    instance = plant.run_of(BLOCK)
    plant.complete("before")
    plant.move(instance, "a", "a2")
    plant.complete("b")
    plant.complete("a2")
    assert plant.open() == ["after"]


def test_a_move_out_of_a_block_is_refused_unless_it_ends_the_rest(plant: Plant) -> None:
    instance = plant.run_of(BLOCK)
    plant.complete("before")
    with pytest.raises(MoveRefused, match="tokens at b"):
        plant.move(instance, "a", "after")
    plant.move(instance, "a", "after", "b")
    assert plant.open() == ["after"]
    plant.complete("after")
    assert plant.state(instance) == "completed"


def test_what_already_waits_at_the_join_must_be_named_too(plant: Plant) -> None:
    instance = plant.run_of(BLOCK)
    plant.complete("before")
    plant.complete("b")
    with pytest.raises(MoveRefused, match="tokens at join"):
        plant.move(instance, "a", "before")
    plant.move(instance, "a", "before", "join")
    for element in ("before", "b", "a", "a2", "after"):
        plant.complete(element)
    assert plant.state(instance) == "completed"


def test_a_move_out_of_an_inner_block_must_name_every_other_token(plant: Plant) -> None:
    """Which block a token is left in is not told apart yet: nothing is ended unasked."""
    instance = plant.run_of(
        d.process(
            d.start(),
            d.parallel("outer", "inner", "inner_join", "outer_join"),
            d.user("a", "b", "c", "then"),
            d.end(),
            "start -> outer -> inner -> a -> inner_join -> then -> outer_join -> end",
            "inner -> b -> inner_join",
            "outer -> c -> outer_join",
        )
    )
    with pytest.raises(MoveRefused, match="tokens at c"):
        plant.move(instance, "a", "then", "b")
    assert plant.open() == ["a", "b", "c"]


def test_a_move_stays_in_its_subprocess_and_may_end_one(plant: Plant) -> None:
    instance = plant.run_of(
        d.process(
            d.start(),
            d.subprocess("inner", d.start("s"), d.user("a", "a2"), d.end("e"), "s -> a -> a2 -> e"),
            d.user("z"),
            d.end(),
            "start -> inner -> z -> end",
        )
    )
    with pytest.raises(MoveRefused):
        plant.move(instance, "a", "z")
    plant.move(instance, "a", "a2")
    plant.move(instance, "inner", "z")
    assert plant.open() == ["z"]
    assert plant.path(instance) == [
        "start",
        "s",
        "a cancelled",
        "a2 cancelled",
        "inner cancelled",
    ]


def test_an_incident_can_be_moved_away_from(plant: Plant) -> None:
    instance = plant.run_of(
        d.process(
            d.start(),
            d.exclusive("x", default="z"),
            d.user("y", "z"),
            d.end(),
            "start -> x -> z -> end",
            "x -> y if missing",
            "y -> end",
        )
    )
    plant.move(instance, "x", "y")
    assert (plant.open(), plant.incidents()) == (["y"], [])


# ---- terminate ----


def test_terminate_ends_every_other_token_of_its_process(plant: Plant) -> None:
    instance = plant.run_of(
        d.process(
            d.start(),
            d.parallel("split", "join"),
            d.user("a", "b", "c"),
            d.terminate("stop"),
            d.end(),
            "start -> split -> a -> stop",
            "split -> b -> join -> end",
            "split -> c -> join",
        )
    )
    plant.complete("b")
    assert plant.complete("a")["instance_state"] == "completed"
    assert plant.path(instance) == ["start", "split", "b", "a", "c cancelled", "stop"]
    assert plant.open() == []


STOPPING = (
    d.start("s"),
    d.parallel("split"),
    d.user("a", "b"),
    d.terminate("stop"),
    d.end("e"),
    "s -> split -> a -> stop",
    "split -> b -> e",
)


@pytest.mark.parametrize("kind", ["subprocess", "call"])
def test_terminate_inside_ends_only_what_is_inside(plant: Plant, kind: str) -> None:
    inner = d.subprocess("inner", *STOPPING)
    if kind == "call":
        plant.release(d.process(*STOPPING, key="child"))
        inner = d.call("inner", "child")
    instance = plant.run_of(
        d.process(
            d.start(),
            d.parallel("fork"),
            inner,
            d.user("beside", "after"),
            d.end("e1", "e2"),
            "start -> fork -> inner -> after -> e1",
            "fork -> beside -> e2",
        )
    )
    plant.complete("a")
    assert plant.open() == ["after", "beside"]
    assert plant.tokens(instance) == ["after", "beside"]
