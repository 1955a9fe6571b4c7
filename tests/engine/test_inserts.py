"""Tasks that people leave out, and tasks that they add for one instance."""

import json

import pytest

from engine.kernel.errors import Invalid
from engine.kernel.ids import from_text
from engine.workflow.work.evidence.answers import FormRefused
from engine.workflow.work.interventions import skips
from engine.workflow.work.interventions.inserts import InsertRefused
from engine.workflow.work.running import InstanceEnded, InstanceSuspended
from engine.workflow.work.tasks import TaskAlreadyCompleted, TaskCancelled
from tests.support import diagrams as d
from tests.support.plant import Plant

LINE = d.process(d.start(), d.user("a", "b", "c"), d.end(), "start -> a -> b -> c -> end")
LOOP = d.process(
    d.start(),
    d.user("a", "b"),
    d.exclusive("again", default="end"),
    d.end(),
    "start -> a -> b -> again -> end",
    "again -> a if more",
)
CHECK = json.dumps(
    {
        "key": "check",
        "title": "Check",
        "fields": [{"key": "d", "type": "number", "label": "Diameter", "variable": "diameter"}],
    }
).encode()


# ---- skip ----


def test_a_skipped_task_is_cancelled_and_its_token_goes_on(plant: Plant) -> None:
    instance = plant.run_of(LINE)
    task = plant.task("a")["id"]
    done = plant.skip("a")
    assert (done["id"], done["state"], done["closed_by"]) == (task, "cancelled", "ana")
    assert done["instance_state"] == "active"
    assert [t["element"] for t in done["next"]] == ["b"]
    step = plant.history(instance)[1]
    assert (step["element"], step["state"], step["actor"]) == ("a", "cancelled", "ana")
    assert (step["deviation"], step["deviation_kind"]) == ("a test", "skip")
    with pytest.raises(TaskCancelled):
        plant.complete_task(task)


def test_the_last_task_can_be_skipped(plant: Plant) -> None:
    instance = plant.run_of(d.process(d.start(), d.user("a"), d.end(), "start -> a -> end"))
    assert plant.skip("a")["instance_state"] == "completed"
    assert plant.path(instance) == ["start", "a cancelled", "end"]


def test_a_skipped_item_counts_as_done(plant: Plant) -> None:
    instance = plant.run_of(
        d.process(
            d.start(), d.user("a", loop=d.times(2, sequential=True)), d.end(), "start -> a -> end"
        )
    )
    plant.skip("a")
    plant.complete("a")
    assert plant.state(instance) == "completed"


def test_what_a_skipped_task_waited_for_is_over(plant: Plant) -> None:
    instance = plant.run_of(
        d.process(
            d.start(),
            d.user("a", "b"),
            d.boundary("late", "a", duration="PT1H"),
            d.end(),
            "start -> a -> b -> end",
            "late -> end",
        )
    )
    plant.skip("a")
    assert plant.due(instance) == []
    assert plant.wait(hours=2) == 0
    assert plant.open() == ["b"]


def test_only_an_open_task_of_an_active_instance_is_skipped(plant: Plant) -> None:
    instance = plant.run_of(LINE)
    plant.suspend(instance)
    with pytest.raises(InstanceSuspended):
        plant.skip("a")
    plant.resume(instance)
    plant.complete("a")
    done = from_text(plant.tasks(instance, state="completed")[0]["id"])
    with pytest.raises(TaskAlreadyCompleted):
        plant.run(skips.skip, task=done, reason="a test")


# ---- insert ----


def test_inserted_work_comes_after_its_element_once(plant: Plant) -> None:
    instance = plant.run_of(LOOP, more=True)
    told = plant.insert(instance, "a", "Deburr again", role="quality")
    assert told["inserted"] == [
        {"element": "a+1", "after": "a", "name": "Deburr again", "role": "quality", "form": None}
    ]
    plant.complete("a")
    task = plant.task("a+1")
    assert (task["name"], task["role"]) == ("Deburr again", "quality")
    assert plant.instance(instance)["inserted"] == []
    assert plant.instance(instance)["tokens"] == [{"element": "a+1", "state": "waiting"}]
    plant.complete("a+1", found="burr")
    assert plant.variables(instance)["found"] == "burr"
    plant.complete("b")
    plant.complete("a")
    assert plant.open() == ["b"]
    step = next(s for s in plant.history(instance) if s["element"] == "a+1")
    assert (step["name"], step["type"], step["state"]) == ("Deburr again", "userTask", "completed")
    assert (step["deviation"], step["deviation_kind"]) == ("a test", "insert")
    assert (step["answers"], step["changed"]) == ({"found": "burr"}, {"found": "burr"})


def test_inserts_after_one_element_come_in_their_order(plant: Plant) -> None:
    instance = plant.run_of(LINE)
    plant.insert(instance, "a", "first")
    plant.insert(instance, "a", "last")
    plant.insert(instance, "a+1", "between")
    plant.insert(instance, "a+1", "between, too")
    plant.reorder_keys(instance)
    plant.complete("a")
    names = []
    while plant.open() != ["b"]:
        task = plant.tasks()[0]
        names.append(task["name"])
        plant.complete_task(task["id"])
    assert names == ["first", "between", "between, too", "last"]


def test_what_is_inserted_while_the_work_before_it_is_done_comes_next(plant: Plant) -> None:
    instance = plant.run_of(LINE)
    plant.insert(instance, "a")
    plant.complete("a")
    plant.insert(instance, "a", "more")
    plant.insert(instance, "a+1", "at once")
    plant.complete("a+1")
    assert plant.tasks()[0]["name"] == "at once"
    plant.complete("a+1+1")
    plant.complete("a+2")
    assert plant.open() == ["b"]


def test_inserted_work_takes_one_token_and_its_id_is_given_once(plant: Plant) -> None:
    instance = plant.run_of(LOOP, more=True)
    plant.insert(instance, "a")
    plant.complete("a")
    plant.complete("a+1")
    plant.insert(instance, "a")
    plant.complete("b")
    plant.complete("a")
    assert plant.open() == ["a+2"]


def test_inserted_work_can_be_skipped(plant: Plant) -> None:
    instance = plant.run_of(LINE)
    plant.insert(instance, "a")
    plant.complete("a")
    plant.skip("a+1")
    assert plant.open() == ["b"]
    step = plant.history(instance)[-1]
    assert (step["name"], step["deviation_kind"]) == ("rework", "skip")
    plant.move(instance, "b", "a")
    plant.complete("a")
    assert plant.open() == ["b"]


@pytest.mark.parametrize(
    "kind", ["subprocess", "several runs", "catch", "flows with conditions", "call"]
)
def test_work_is_inserted_after_everything_that_takes_time(plant: Plant, kind: str) -> None:
    thing = {
        "subprocess": d.subprocess("x", d.start("s"), d.user("i"), d.end("e"), "s -> i -> e"),
        "several runs": d.user("x", loop=d.times(1)),
        "catch": d.catch("x", message="m"),
        "call": d.call("x", "child"),
        "flows with conditions": d.user("x"),
    }[kind]
    ways = ["start -> x -> z -> end"]
    if kind == "flows with conditions":
        ways = ["start -> x", "x -> z if checked", "x -> end if not checked", "z -> end"]
    plant.release(d.process(d.start("s"), d.user("i"), d.end("e"), "s -> i -> e", key="child"))
    instance = plant.run_of(d.process(d.start(), thing, d.user("z"), d.end(), *ways))
    plant.insert(instance, "x")
    if kind == "catch":
        plant.send("m")
    else:
        plant.complete("i" if kind in ("subprocess", "call") else "x")
    assert plant.tokens(instance) == ["x+1"]
    plant.complete("x+1", checked=True)
    assert plant.tokens(instance) == ["z"]


@pytest.mark.parametrize("after", ["oven", "late"])
def test_work_is_inserted_after_an_event_that_takes_a_token(plant: Plant, after: str) -> None:
    instance = plant.run_of(
        d.process(
            d.start(),
            d.user("a"),
            d.boundary("late", "a", duration="PT1H"),
            d.event_gateway("first"),
            d.catch("oven", message="m"),
            d.catch("cold", duration="PT1H"),
            d.end(),
            "start -> a -> end",
            "late -> first -> oven -> end",
            "first -> cold -> end",
        )
    )
    plant.insert(instance, after)
    plant.wait(hours=1)
    if after == "late":
        plant.complete("late+1")
    plant.send("m")
    assert plant.tokens(instance) == (["oven+1"] if after == "oven" else [])


def test_work_is_inserted_inside_what_runs(plant: Plant) -> None:
    inner = d.subprocess("inner", d.start("s"), d.user("a", "b"), d.end("e"), "s -> a -> b -> e")
    instance = plant.run_of(d.process(d.start(), inner, d.end(), "start -> inner -> end"))
    plant.insert(instance, "a")
    plant.complete("a")
    plant.complete("a+1")
    assert plant.open() == ["b"]


def test_which_of_several_runs_is_meant_must_be_clear(plant: Plant) -> None:
    inner = d.subprocess(
        "inner", d.start("s"), d.user("a", "b"), d.end("e"), "s -> a -> b -> e", loop=d.times(2)
    )
    instance = plant.run_of(d.process(d.start(), inner, d.end(), "start -> inner -> end"))
    with pytest.raises(InsertRefused, match="2 scopes"):
        plant.insert(instance, "a")
    plant.complete_task(plant.tasks()[0]["id"])
    plant.insert(instance, "a")
    plant.complete("a")
    assert plant.open() == ["a+1", "b"]


@pytest.mark.parametrize("after", ["nowhere", "x", "end", "a", "s", "i"])
def test_work_is_inserted_where_a_token_can_still_come(plant: Plant, after: str) -> None:
    instance = plant.run_of(
        d.process(
            d.start(),
            d.user("a", "b"),
            d.exclusive("x", default="end"),
            d.subprocess("inner", d.start("s"), d.user("i"), d.end("e"), "s -> i -> e"),
            d.end(),
            "start -> a -> b -> x -> end",
            "x -> inner if no",
            "inner -> end",
        )
    )
    plant.complete("a")
    with pytest.raises(InsertRefused, match="there are tokens at b"):
        plant.insert(instance, after)
    assert plant.instance(instance)["inserted"] == []


def test_an_inclusive_join_waits_for_inserted_work(plant: Plant) -> None:
    instance = plant.run_of(
        d.process(
            d.start(),
            d.inclusive("split", default="a"),
            d.inclusive("join"),
            d.user("a", "b", "c", "after"),
            d.end(),
            "start -> split -> a -> join -> after -> end",
            "split -> b if yes",
            "split -> c if yes",
            "b -> join",
            "c -> join",
        ),
        yes=True,
    )
    plant.insert(instance, "b")
    plant.complete("b")
    plant.complete("c")
    assert plant.open() == ["b+1"]
    plant.complete("b+1")
    assert plant.open() == ["after"]


def test_inserted_work_asks_with_a_form_of_the_bundle(plant: Plant) -> None:
    plant.release(LINE.replace(b'id="c"', b'id="c" mes:form="check"'), {"check.form.json": CHECK})
    instance = plant.start()
    with pytest.raises(Invalid) as refused:
        plant.insert(instance, "a", form="other")
    assert [e.pointer for e in refused.value.errors] == ["/form"]
    with pytest.raises(Invalid) as refused:
        plant.insert(instance, "a", role="welder")
    assert [e.pointer for e in refused.value.errors] == ["/role"]
    plant.insert(instance, "a", form="check")
    plant.complete("a")
    with pytest.raises(FormRefused):
        plant.complete("a+1", d="wide")
    plant.complete("a+1", d=3)
    assert plant.variables(instance) == {"diameter": 3}


def test_nothing_is_inserted_into_what_is_over(plant: Plant) -> None:
    instance = plant.run_of(LINE)
    plant.cancel(instance)
    with pytest.raises(InstanceEnded):
        plant.insert(instance, "a")


def test_inserted_work_ends_with_its_token(plant: Plant) -> None:
    instance = plant.run_of(LINE)
    plant.insert(instance, "a")
    plant.complete("a")
    plant.move(instance, "a+1", "a")
    plant.complete("a")
    assert plant.open() == ["b"]
    step = next(s for s in plant.history(instance) if s["element"] == "a+1")
    assert (step["name"], step["state"], step["deviation_kind"]) == ("rework", "cancelled", "move")
