"""Parts of instances that go on by themselves, and instances that become one."""

from typing import Any

import pytest

from engine.kernel.errors import Invalid, NotFound, Stale
from engine.kernel.ids import from_text
from engine.workflow.work import tasks
from engine.workflow.work.events import signals
from engine.workflow.work.interventions import merges, parts
from engine.workflow.work.interventions.merges import MergeRefused
from engine.workflow.work.interventions.parts import SplitRefused
from engine.workflow.work.messages import MessageAmbiguous
from engine.workflow.work.running import InstanceEnded, InstanceSuspended
from tests.support import diagrams as d
from tests.support.plant import ANA, Plant

LINE = d.process(d.start(), d.user("a", "b", "c"), d.end(), "start -> a -> b -> c -> end")
BUSY = d.process(
    d.start(),
    d.parallel("fork"),
    d.user("turn"),
    d.boundary("late", "turn", duration="PT2H", interrupting=False),
    d.job("mill", parameters={"size": "= size"}),
    d.catch("told", message="m"),
    d.catch("by_lot", message="m", correlation="= lot"),
    d.subprocess("inner", d.start("s"), d.user("i"), d.end("e"), "s -> i -> e"),
    d.exclusive("x"),
    d.end("e1", "e2", "e3", "e4", "e5", "e6", "e7"),
    "start -> fork -> turn -> e1",
    "late -> e2",
    "fork -> mill -> e3",
    "fork -> told -> e4",
    "fork -> by_lot -> e5",
    "fork -> inner -> e6",
    "fork -> x",
    "x -> e7 if missing",
)


def busy(plant: Plant, business_key: str | None = None) -> str:
    """An instance that waits for everything there is."""
    plant.release(BUSY)
    return plant.start(business_key=business_key, size=3, lot="L-7")


# ---- split ----


def test_a_part_stands_where_its_origin_stands(plant: Plant) -> None:
    instance = busy(plant, "WO-1")
    part = plant.split(instance, "WO-2")
    one, other = plant.instance(instance), plant.instance(part)
    for name in ("process", "version", "state", "variables", "tokens", "incidents"):
        assert one[name] == other[name]
    assert (one["business_key"], other["business_key"]) == ("WO-1", "WO-2")
    assert (one["origin"], other["origin"]) == (None, instance)
    assert plant.open(part) == plant.open(instance) == ["i", "turn"]
    assert plant.due(part) == plant.due(instance)
    assert plant.waits(part) == plant.waits(instance)
    assert plant.incident(part)["element"] == "x"


def test_a_part_goes_on_by_itself(plant: Plant) -> None:
    instance = busy(plant)
    part = plant.split(instance)
    plant.complete("turn", part, done_by="part")
    assert (plant.open(part), plant.open(instance)) == (["i"], ["i", "turn"])
    assert "done_by" not in plant.variables(instance)
    for found in (plant.claim_job(), plant.claim_job()):
        assert found["parameters"] == {"size": 3}
        plant.complete_job(found)
    assert "mill" not in plant.tokens(part) + plant.tokens(instance)
    assert plant.wait(hours=3) == 1
    assert plant.path(instance)[-2:] == ["late", "e2"]


def test_messages_find_the_part_by_its_own_key(plant: Plant) -> None:
    instance = busy(plant, "WO-1")
    part = plant.split(instance, "WO-2")
    plant.send("m", "WO-2")
    assert "told" not in plant.tokens(part)
    assert "told" in plant.tokens(instance)
    with pytest.raises(MessageAmbiguous):  # the key that the diagram names is the same in both
        plant.send("m", "L-7")


def test_a_message_that_is_kept_for_the_part_is_taken(plant: Plant) -> None:
    instance = busy(plant, "WO-1")
    plant.send("m", "WO-2", ttl_seconds=60, kept=True)
    part = plant.split(instance, "WO-2")
    assert plant.variables(part)["kept"] is True
    assert "told" not in plant.tokens(part)


def test_a_claimed_task_is_open_in_the_part(plant: Plant) -> None:
    instance = plant.run_of(LINE)
    task = plant.task("a")
    plant.run(tasks.claim, task=from_text(task["id"]))
    part = plant.split(instance)
    assert plant.task("a", part)["state"] == "open"
    assert plant.task("a", part)["created"] == task["created"]
    assert plant.task("a", instance)["state"] == "claimed"


def test_the_incident_of_a_part_is_resolved_by_itself(plant: Plant) -> None:
    instance = plant.run_of(
        d.process(d.start(), d.job("cut", retries=1), d.end(), "start -> cut -> end")
    )
    plant.fail_job(plant.claim_job())
    part = plant.split(instance)
    plant.retry(plant.incident(part))
    assert (plant.incidents(part), len(plant.incidents(instance))) == ([], 1)
    plant.complete_job(plant.claim_job())
    assert (plant.state(part), plant.state(instance)) == ("completed", "active")


def test_both_histories_tell_of_a_split(plant: Plant) -> None:
    instance = plant.run_of(LINE, n=1)
    plant.complete("a", m=2)
    part = plant.split(instance)
    plant.complete("b", part, m=3)
    told, first, then = plant.history(instance)[-1], *plant.history(part)
    for step, other in ((told, part), (first, instance)):
        assert (step["element"], step["type"], step["name"]) == (None, "instanceSplit", "")
        assert (step["deviation"], step["deviation_kind"]) == ("a test", "split")
        assert (step["actor"], step["other"]) == ("ana", other)
        assert step["variables"] == {"n": 1, "m": 2}
    assert (then["element"], then["variables"], then["changed"]) == (
        "b",
        {"n": 1, "m": 3},
        {"m": 3},
    )
    assert [s["step"] for s in plant.history(part)] == [1, 2]


def test_a_split_waits_for_a_worker(plant: Plant) -> None:
    instance = busy(plant)
    job = plant.claim_job()
    with pytest.raises(SplitRefused, match="lathe has the job at mill"):
        plant.split(instance)
    plant.fail_job(job)
    part = plant.split(instance)
    attempts = {plant.claim_job()["attempt"] for _ in range(2)}
    assert attempts == {1, 2}
    assert plant.open(part) == ["i", "turn"]


def test_only_an_active_instance_is_split(plant: Plant) -> None:
    instance = plant.run_of(LINE)
    plant.suspend(instance)
    with pytest.raises(InstanceSuspended):
        plant.split(instance)
    with pytest.raises(InstanceSuspended):
        plant.merge(instance, plant.start())
    plant.cancel(instance)
    with pytest.raises(InstanceEnded):
        plant.split(instance)
    with pytest.raises(InstanceEnded):
        plant.merge(plant.start(), instance)


def test_who_saw_an_older_state_neither_splits_nor_merges(plant: Plant) -> None:
    instance = plant.run_of(LINE)
    part = plant.split(instance)
    plant.change(instance, v=1)
    seen: Any = {"instance": from_text(instance), "reason": "x", "expected": "1"}
    with pytest.raises(Stale):
        plant.run(parts.split, **seen)
    with pytest.raises(Stale):
        plant.run(merges.merge, into=from_text(part), **seen)


def test_a_split_keeps_inserted_work_and_runs(plant: Plant) -> None:
    instance = plant.run_of(
        d.process(
            d.start(),
            d.user("each", loop=d.each("list", "item", into="all", result="r")),
            d.user("z"),
            d.end(),
            "start -> each -> z -> end",
        ),
        list=["p", "q"],
    )
    plant.insert(instance, "each")
    plant.complete_task(plant.tasks(instance)[0]["id"], r=1)
    part = plant.split(instance)
    plant.complete("each", part, r=2)
    plant.complete("each+1", part)
    assert plant.variables(part)["all"] == [1, 2]
    assert (plant.open(part), plant.open(instance)) == (["z"], ["each"])


def test_what_is_on_its_way_to_an_instance_reaches_its_part(plant: Plant) -> None:
    instance = plant.run_of(
        d.process(
            d.start(),
            d.catch("horn", signal="s"),
            d.user("a"),
            d.end(),
            "start -> horn -> a -> end",
        )
    )
    plant.store.run(signals.broadcast, name="s", variables={"loud": True}, actor=ANA)
    with pytest.raises(MergeRefused, match="was told is being applied"):
        plant.store.run(
            merges.merge,
            instance=from_text(plant.start()),
            into=from_text(instance),
            reason="x",
            actor=ANA,
        )
    part = plant.split(instance)
    for one in (instance, part):
        assert (plant.open(one), plant.variables(one)) == (["a"], {"loud": True})


def test_a_message_on_its_way_is_sent_once(plant: Plant) -> None:
    instance = plant.run_of(
        d.process(
            d.start(),
            d.user("a", "b"),
            d.throw("tell", message="m"),
            d.end(),
            "start -> a -> tell -> b -> end",
        )
    )
    task = from_text(plant.task("a")["id"])
    plant.store.run(tasks.complete, task=task, variables={}, actor=ANA)
    with pytest.raises(SplitRefused, match="that tell throws is on its way"):
        plant.split(instance)


# ---- merge ----


def test_instances_that_stand_at_the_same_place_become_one(plant: Plant) -> None:
    instance = plant.run_of(LINE, n=1, same=True)
    part = plant.split(instance)
    plant.complete("a", instance)
    plant.complete("a", part, n=2, extra="x")
    task = plant.task("b", part)["id"]
    kept = plant.merge(part, instance)
    assert kept["id"] == instance
    assert kept["differing"] == [
        {"name": "extra", "element": "", "kept": None, "dropped": "x"},
        {"name": "n", "element": "", "kept": 1, "dropped": 2},
    ]
    assert plant.variables(instance) == {"n": 1, "same": True}
    assert (plant.state(part), plant.open()) == ("cancelled", ["b"])
    assert plant.tasks(part, state="cancelled")[0]["id"] == task
    ended, told, kept_step = *plant.history(part)[-2:], plant.history(instance)[-1]
    assert (ended["element"], ended["state"], ended["deviation_kind"]) == (
        "b",
        "cancelled",
        "merge",
    )
    for step, other in ((told, instance), (kept_step, part)):
        assert (step["type"], step["deviation"], step["other"]) == (
            "instanceMerged",
            "a test",
            other,
        )
    plant.complete("b")
    plant.complete("c")
    assert plant.state(instance) == "completed"


def test_a_merge_of_everything_leaves_nothing_of_one(plant: Plant) -> None:
    instance = busy(plant)
    part = plant.split(instance)
    assert plant.merge(instance, part)["differing"] == []
    assert plant.state(instance) == "cancelled"
    assert (plant.due(instance), plant.waits(instance), plant.incidents(instance)) == ([], [], [])
    assert len(plant.claim_jobs("machine", limit=5)) == 1
    assert plant.open() == ["i", "turn"]


def test_what_lives_in_a_subprocess_differs_there(plant: Plant) -> None:
    inner = d.subprocess(
        "inner", d.data("lot"), d.start("s"), d.user("i", "j"), d.end("e"), "s -> i -> j -> e"
    )
    instance = plant.run_of(d.process(d.start(), inner, d.end(), "start -> inner -> end"))
    part = plant.split(instance)
    plant.complete("i", instance, lot="A")
    plant.complete("i", part, lot="B")
    kept = plant.merge(instance, part)
    assert kept["differing"] == [{"name": "lot", "element": "inner", "kept": "B", "dropped": "A"}]


def test_instances_at_different_places_stay_apart(plant: Plant) -> None:
    instance = plant.run_of(LINE)
    part = plant.split(instance)
    plant.complete("a", part)
    with pytest.raises(MergeRefused, match="Only the instance that goes has a token at a"):
        plant.merge(instance, part)
    plant.complete("a", instance)
    plant.insert(part, "b")
    with pytest.raises(MergeRefused, match="stays has the task 'rework' inserted after b"):
        plant.merge(instance, part)
    plant.insert(instance, "b")
    plant.merge(instance, part)


def test_instances_with_different_arrivals_stay_apart(plant: Plant) -> None:
    instance = plant.run_of(
        d.process(
            d.start(),
            d.parallel("fork", "join"),
            d.user("a", "b"),
            d.end(),
            "start -> fork -> a -> join -> end",
            "fork -> b -> join",
        )
    )
    part = plant.split(instance)
    plant.complete("a", part)
    with pytest.raises(MergeRefused, match="goes has a token at a"):
        plant.merge(instance, part)
    plant.complete("b", instance)
    with pytest.raises(MergeRefused, match="Only the instance that"):
        plant.merge(instance, part)


def test_runs_are_told_apart(plant: Plant) -> None:
    inner = d.subprocess(
        "inner", d.start("s"), d.user("a", "b"), d.end("e"), "s -> a -> b -> e", loop=d.times(2)
    )
    instance = plant.run_of(d.process(d.start(), inner, d.end(), "start -> inner -> end"))
    part = plant.split(instance)
    plant.complete_task(plant.tasks(instance)[0]["id"])
    plant.complete_task(plant.tasks(part)[1]["id"])
    with pytest.raises(MergeRefused, match="a token at a in run 2 of inner"):
        plant.merge(instance, part)


def test_a_merge_waits_for_workers_on_both_sides(plant: Plant) -> None:
    instance = busy(plant)
    part = plant.split(instance)
    plant.claim_job()
    for going, staying in ((instance, part), (part, instance)):
        with pytest.raises(MergeRefused, match="lathe has the job at mill"):
            plant.merge(going, staying)


def test_versions_do_not_mix(plant: Plant) -> None:
    old = plant.run_of(LINE)
    plant.release(LINE.replace(b'"c"', b'"c2"'))
    with pytest.raises(MergeRefused, match="different versions"):
        plant.merge(old, plant.start())


def test_a_merge_needs_two_instances(plant: Plant) -> None:
    instance = plant.run_of(LINE)
    nobody = "018f0000-0000-7000-8000-000000000000"
    for into in (instance, nobody):
        with pytest.raises(Invalid) as refused:
            plant.merge(instance, into)
        assert [e.pointer for e in refused.value.errors] == ["/into"]
    with pytest.raises(NotFound):
        plant.merge(nobody, instance)
