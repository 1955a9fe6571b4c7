"""Work for people: who may take a task, hold it, and complete it, and with which answers."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from engine.kernel.actor import Actor
from engine.kernel.errors import Conflict, NotFound, NotPermitted, Stale
from engine.kernel.ids import from_text
from engine.workflow.work import tasks
from engine.workflow.work.evidence.answers import FormRefused
from engine.workflow.work.recording.reasons import why_not
from engine.workflow.work.running import InstanceSuspended
from engine.workflow.work.tasks import TaskAlreadyCompleted, TaskClaimed
from tests.support import diagrams as d
from tests.support.plant import ANA, Item, Plant
from tests.support.waiting import SECONDS

BEN = Actor("ben", frozenset({"operator"}))
CLEO = Actor("cleo", frozenset({"operator", "team_lead"}))
QUINN = Actor("quinn", frozenset({"quality"}))
ABROAD = Actor("ana", ANA.roles, site=2)

IN_A_LANE = d.process(
    d.lanes(operator=["turn"]),
    d.start(),
    d.user("turn", "look"),
    d.end(),
    "start -> turn -> look -> end",
)
FORM = {
    "inspect.form.json": json.dumps(
        {
            "key": "inspect",
            "fields": [
                {"key": "d1", "type": "number", "unit": "mm", "required": True, "max": 30}
                | {"variable": "diameter"},
                {"key": "note", "type": "text"},
            ],
        }
    ).encode()
}


def act(plant: Plant, command: str, actor: Actor, element: str = "turn", **args: object) -> Item:
    """Do something with the open task at an element."""
    task = from_text(plant.task(element)["id"])
    answer: Item = plant.run(getattr(tasks, command), task=task, actor=actor, **args)
    return answer


def complete(plant: Plant, actor: Actor, element: str = "turn") -> Item:
    return act(plant, "complete", actor, element, variables={})


# ---- who may ----


def test_a_lane_keeps_others_out(plant: Plant) -> None:
    plant.run_of(IN_A_LANE)
    for command in ("claim", "complete"):
        with pytest.raises(NotPermitted, match="operator"):
            act(plant, command, QUINN, **({"variables": {}} if command == "complete" else {}))
    complete(plant, BEN)


def test_a_task_without_a_lane_is_open_to_every_role(plant: Plant) -> None:
    plant.run_of(IN_A_LANE)
    complete(plant, BEN)
    complete(plant, QUINN, "look")


def test_another_site_sees_nothing(plant: Plant) -> None:
    plant.run_of(IN_A_LANE)
    with pytest.raises(NotFound):
        complete(plant, ABROAD)


def test_every_reason_is_named(plant: Plant) -> None:
    instance = plant.run_of(IN_A_LANE)
    act(plant, "claim", BEN)
    plant.suspend(instance)
    task = from_text(plant.task("turn")["id"])
    reasons = plant.store.read(why_not, task=task, actor=QUINN)
    assert [reason["code"] for reason in reasons] == [
        "not-permitted",
        "instance-suspended",
        "task-claimed",
    ]
    assert all(reason["message"] and reason["subject"] for reason in reasons)
    with pytest.raises(NotPermitted) as refused:
        plant.complete_task(plant.task("turn")["id"], QUINN)
    told = [{name: each[name] for name in each if name != "people"} for each in reasons]
    assert refused.value.members["reasons"] == told


# ---- claim, give back, assign ----


def test_a_claimed_task_belongs_to_its_holder(plant: Plant) -> None:
    plant.run_of(IN_A_LANE)
    claimed = act(plant, "claim", BEN)
    assert (claimed["state"], claimed["assignee"]) == ("claimed", "ben")
    assert act(plant, "claim", BEN)["assignee"] == "ben"
    for attempt in ("claim", "unclaim"):
        with pytest.raises(TaskClaimed):
            act(plant, attempt, Actor("dora", frozenset({"operator"})))
    with pytest.raises(TaskClaimed, match="ben holds this task"):
        complete(plant, ANA)
    assert complete(plant, BEN)["closed_by"] == "ben"


def test_a_team_lead_may_free_and_assign(plant: Plant) -> None:
    plant.run_of(IN_A_LANE)
    act(plant, "claim", BEN)
    assert act(plant, "unclaim", CLEO)["state"] == "open"
    given = act(plant, "assign", CLEO, user="dora", roles=frozenset({"operator"}))
    assert (given["state"], given["assignee"]) == ("claimed", "dora")
    with pytest.raises(Conflict, match="operator"):
        act(plant, "assign", CLEO, user="quinn", roles=QUINN.roles)


def test_completing_an_open_task_claims_it_first(plant: Plant) -> None:
    plant.run_of(IN_A_LANE)
    done = complete(plant, BEN)
    assert (done["state"], done["assignee"], done["closed_by"]) == ("completed", "ben", "ben")
    assert [task["element"] for task in done["next"]] == ["look"]
    assert done["instance_state"] == "active"


def test_who_saw_another_state_is_refused(plant: Plant) -> None:
    plant.run_of(IN_A_LANE)
    act(plant, "claim", BEN)
    with pytest.raises(Stale):
        act(plant, "claim", BEN, expected="open-")
    act(plant, "unclaim", BEN, expected="claimed-ben")


def test_a_suspended_instance_has_no_work(plant: Plant) -> None:
    instance = plant.run_of(IN_A_LANE)
    plant.suspend(instance)
    with pytest.raises(InstanceSuspended):
        act(plant, "claim", BEN)


# ---- answers ----


def inspecting(plant: Plant) -> str:
    line = d.process(
        d.start(), d.user("inspect", form="inspect"), d.end(), "start -> inspect -> end"
    )
    plant.release(line, FORM)
    return plant.start()


def test_an_answer_becomes_a_variable_where_the_form_says_so(plant: Plant) -> None:
    instance = inspecting(plant)
    plant.complete("inspect", d1="25.31 mm", note="burr")
    assert {k: str(v) for k, v in plant.variables(instance).items()} == {"diameter": "25.31"}
    assert {k: str(v) for k, v in plant.history(instance)[1]["answers"].items()} == {
        "d1": "25.31",
        "note": "burr",
    }


@pytest.mark.parametrize(
    ("answers", "places"),
    [
        ({}, ["/variables/d1"]),
        ({"d1": 31}, ["/variables/d1"]),
        ({"d1": "wide", "other": 1}, ["/variables/d1", "/variables/other"]),
        ({"d1": 25, "diameter": 3}, ["/variables/diameter"]),
    ],
)
def test_wrong_answers_are_refused_by_field_and_nothing_changes(
    plant: Plant, answers: dict[str, object], places: list[str]
) -> None:
    instance = inspecting(plant)
    with pytest.raises(FormRefused) as refused:
        plant.complete("inspect", **answers)
    assert [error.pointer for error in refused.value.errors] == places
    assert (plant.open(), plant.variables(instance)) == (["inspect"], {})


def test_a_called_process_asks_its_own_form(plant: Plant) -> None:
    inspecting(plant)
    plant.release(
        d.process(d.start(), d.call("call", "p"), d.end(), "start -> call -> end", key="q")
    )
    called = plant.start("q")
    with pytest.raises(FormRefused):
        plant.complete("inspect", called)
    plant.complete("inspect", called, d1=25)
    assert plant.variables(called) == {"diameter": 25}


# ---- at the same time ----


def test_a_task_is_completed_once_however_many_try(plant: Plant) -> None:
    instance = plant.run_of(IN_A_LANE)
    task, together = plant.task("turn")["id"], threading.Barrier(6)

    def attempt(_: int) -> str:
        together.wait(SECONDS)
        try:
            return str(plant.complete_task(task)["state"])
        except TaskAlreadyCompleted as refused:
            return refused.code

    with ThreadPoolExecutor(6) as people:
        answers = sorted(people.map(attempt, range(6)))
    assert answers == ["completed"] + ["task-already-completed"] * 5
    assert plant.path(instance) == ["start", "turn"]


def test_branches_completed_at_once_meet_at_their_join(plant: Plant) -> None:
    names = [f"b{n}" for n in range(6)]
    instance = plant.run_of(
        d.process(
            d.start(),
            d.parallel("split", "join"),
            d.user(*names, "after"),
            d.end(),
            "start -> split",
            "join -> after -> end",
            *(f"split -> {name} -> join" for name in names),
        )
    )
    together = threading.Barrier(6)

    def attempt(task: Item) -> None:
        together.wait(SECONDS)
        plant.complete_task(task["id"], **{task["element"]: True})

    with ThreadPoolExecutor(6) as people:
        list(people.map(attempt, plant.tasks(instance)))
    assert plant.open() == ["after"]
    assert plant.variables(instance) == dict.fromkeys(names, True)
    assert [step["step"] for step in plant.history(instance)] == list(range(1, 10))
