"""What people may do to a running instance: start, suspend, resume, cancel, end it early."""

import pytest

from engine.kernel.errors import Conflict, Stale
from engine.kernel.ids import from_text
from engine.workflow.work import instances
from engine.workflow.work.instances import ProcessNotFound, ProcessNotReleased
from engine.workflow.work.running import InstanceEnded, InstanceSuspended
from tests.support import diagrams as d
from tests.support.plant import Plant

LINE = d.process(d.start(), d.user("a", "b", "c"), d.end(), "start -> a -> b -> c -> end")


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


def test_conditions_wait_until_a_suspended_instance_resumes(plant: Plant) -> None:
    instance = plant.run_of(
        d.process(
            d.start(),
            d.catch("warm", condition="heat > 60"),
            d.user("turn"),
            d.end(),
            "start -> warm -> turn -> end",
        ),
        heat=20,
    )
    plant.suspend(instance)
    plant.change(instance, heat=80)
    assert (plant.tokens(instance), plant.state(instance)) == (["warm"], "suspended")
    plant.resume(instance)
    assert plant.open() == ["turn"]
