"""Taking back one's last entry: afterwards everything is as it was before it."""

from collections import Counter
from typing import Any

import pytest

from engine.kernel import json_text
from engine.kernel.actor import ROLES, Actor
from engine.kernel.errors import Conflict
from engine.kernel.ids import from_text, to_text
from engine.workflow.work import tasks
from engine.workflow.work.recording import drafts, undo
from engine.workflow.work.recording.undo import UndoRefused
from tests.support import diagrams as d
from tests.support.plant import ANA, Plant
from tests.support.portrait import changes, portrait
from tests.support.random_diagrams import Drawn, draw
from tests.support.walk import ACTS, Walk, release

BEN = Actor("ben", ROLES)
ROWS = {
    "task": "SELECT token, element, state, assignee, due, closed, operation FROM task "
    "WHERE instance_id = :id AND state IN ('open', 'claimed')",
    "job": "SELECT token, element, state, fence, attempt, retry_at, worker, parameters FROM job "
    "WHERE instance_id = :id AND state IN ('open', 'claimed')",
    "subscription": "SELECT token, element, kind, name, business_key FROM subscription "
    "WHERE instance_id = :id",
    "due": "SELECT token, element, kind, at, remaining, repeat FROM due WHERE owner_id = :id",
    "incident": "SELECT token, element, kind, message, attempts, since FROM incident "
    "WHERE instance_id = :id AND state = 'open'",
    "outbox": "SELECT token, element FROM outbox WHERE instance_id = :id",
}


def seen(plant: Plant, instance: str) -> dict[str, str]:
    """All that is stored of an instance but its past: two pictures are the same or differ."""
    key = from_text(instance)
    frontier, variables = plant.stored(instance)
    found: dict[str, Any] = {
        name: sorted((tuple(row) for row in plant.sql(sql, id=key)), key=repr)
        for name, sql in ROWS.items()
    }
    found |= {
        "frontier": frontier and json_text.read(frontier),
        "variables": json_text.read(variables),
    }
    (row,) = plant.sql("SELECT state, ended FROM instance WHERE id = :id", id=key)
    return portrait(found | {"instance": tuple(row)})


def claimed(plant: Plant, element: str, instance: str) -> str:
    """The one task there, held by Ana."""
    task = str(plant.task(element, instance)["id"])
    plant.run(tasks.claim, task=from_text(task))
    return task


def take_back(plant: Plant, task: str, actor: Actor = ANA) -> Any:
    return plant.run(undo.undo, task=from_text(task), actor=actor)


def there_and_back(plant: Plant, element: str, instance: str, **variables: Any) -> None:
    """Complete a task and take it back: nothing has changed."""
    task = claimed(plant, element, instance)
    before = seen(plant, instance)
    plant.complete_task(task, **variables)
    assert changes(before, seen(plant, instance))
    back = take_back(plant, task)
    assert changes(before, seen(plant, instance)) == []
    assert (back["state"], back["assignee"], back["closed"]) == ("claimed", "ana", None)


TWO = (d.start(), d.user("a", "b"), d.end(), "start -> a -> b -> end")


def test_an_entry_is_taken_back(plant: Plant) -> None:
    instance = plant.run_of(d.process(*TWO), n=1)
    there_and_back(plant, "a", instance, n=2, more="x")
    assert plant.variables(instance) == {"n": 1}
    assert plant.open(instance) == ["a"]
    plant.complete("a", instance, n=3)
    there_and_back(plant, "b", instance)
    plant.complete("b", instance)
    assert plant.state(instance) == "completed"


def test_the_history_says_so_and_the_answers_are_a_draft(plant: Plant) -> None:
    instance = plant.run_of(d.process(*TWO), n=1)
    task = claimed(plant, "a", instance)
    plant.complete_task(task, n=2, more="x")
    plant.run(undo.undo, task=from_text(task), reason="the wrong gauge")
    plant.complete_task(task, n=4)
    start, entry, back, again = plant.history(instance)
    assert (back["element"], back["state"], back["actor"]) == ("a", "cancelled", "ana")
    assert (back["deviation"], back["deviation_kind"]) == ("the wrong gauge", "undo")
    assert back["undoes"] == entry["step"]
    assert [s["variables"] for s in (start, entry, back, again)] == [
        {"n": 1}, {"n": 2, "more": "x"}, {"n": 1}, {"n": 4},
    ]  # fmt: skip
    for after in range(4):  # wherever a page begins
        assert plant.page(instance, after) == plant.history(instance)[after:]


def test_the_answers_come_back_as_a_draft(plant: Plant) -> None:
    instance = plant.run_of(d.process(*TWO))
    task = claimed(plant, "a", instance)
    plant.complete_task(task, n=2)
    take_back(plant, task)
    kept = plant.read(drafts.draft, task=from_text(task), actor=Actor("ana"))
    assert kept["answers"] == {"n": 2}


def test_the_last_entry_of_all_is_taken_back(plant: Plant) -> None:
    instance = plant.run_of(d.process(d.start(), d.user("a"), d.end(), "start -> a -> end"))
    task = claimed(plant, "a", instance)
    before = seen(plant, instance)
    plant.complete_task(task)
    assert plant.state(instance) == "completed"
    take_back(plant, task)
    assert changes(before, seen(plant, instance)) == []


def test_what_the_entry_ended_is_there_again(plant: Plant) -> None:
    """A terminate end event: another task somebody holds, a job, timers, a message, a signal."""
    instance = plant.run_of(
        d.process(
            d.start(), d.parallel("split"), d.user("a", "b"), d.job("mill"), d.end(),
            d.terminate("stop"), d.catch("oven", message="loaded"),
            d.catch("bell", signal="rung"),
            d.boundary("late", "b", cycle="R5/PT1H", interrupting=False),
            d.boundary("told", "b", message="told"),
            "start -> split -> a -> stop", "split -> b -> end", "split -> mill -> end",
            "split -> oven -> end", "split -> bell -> end", "late -> end", "told -> end",
        )
    )  # fmt: skip
    for _ in range(2):
        plant.wait(hours=1)
    plant.run(tasks.claim, task=from_text(plant.task("b", instance)["id"]), actor=BEN)
    there_and_back(plant, "a", instance)


def test_an_incident_behind_the_entry_is_gone_with_it(plant: Plant) -> None:
    instance = plant.run_of(
        d.process(
            d.start(), d.user("a"), d.exclusive("good"), d.user("b"), d.end(), d.end("other"),
            "start -> a -> good", "good -> b if d > 1", "good -> other if d < 1", "b -> end",
        )
    )  # fmt: skip
    there_and_back(plant, "a", instance, wrong=1)
    assert plant.incidents(instance) == []
    plant.complete("a", instance, d=2)
    assert plant.open(instance) == ["b"]


def test_a_join_waits_again(plant: Plant) -> None:
    instance = plant.run_of(
        d.process(
            d.start(), d.parallel("split", "join"), d.user("a", "b", "c"), d.end(),
            "start -> split -> a -> join -> c -> end", "split -> b -> join",
        )
    )  # fmt: skip
    there_and_back(plant, "a", instance)
    plant.complete("a", instance)
    there_and_back(plant, "b", instance)


REACHES_OUT = {
    "function": (d.function("next", "oracle.set"), "function"),
    "thrown": (d.throw("next", message="tell", optional="true"), "next"),
    "signal": (d.throw("next", signal="rung"), "a signal left"),
}


@pytest.mark.parametrize("what", REACHES_OUT)
def test_what_reached_out_is_not_undone(plant: Plant, what: str) -> None:
    element, said = REACHES_OUT[what]
    instance = plant.run_of(
        d.process(d.start(), d.user("a", "b"), element, d.end(), "start -> a -> next -> b -> end")
    )
    task = claimed(plant, "a", instance)
    plant.complete_task(task)
    before = seen(plant, instance)
    with pytest.raises(UndoRefused, match=said):
        take_back(plant, task)
    assert changes(before, seen(plant, instance)) == []


def test_a_subprocess_that_was_left_is_not_entered_again(plant: Plant) -> None:
    inside = d.subprocess("cell", d.start("s"), d.user("a"), d.end("e"), "s -> a -> e")
    instance = plant.run_of(
        d.process(d.start(), inside, d.user("b"), d.end(), "start -> cell -> b -> end")
    )
    task = claimed(plant, "a", instance)
    plant.complete_task(task)
    with pytest.raises(UndoRefused, match="left as a whole"):
        take_back(plant, task)


def test_a_subprocess_that_was_entered_is_left_without_a_trace(plant: Plant) -> None:
    inside = d.subprocess("cell", d.start("s"), d.user("b"), d.end("e"), "s -> b -> e")
    instance = plant.run_of(
        d.process(
            d.start(), d.user("a"), inside, d.boundary("late", "cell", duration="PT1H"), d.end(),
            "start -> a -> cell -> end", "late -> end",
        )
    )  # fmt: skip
    there_and_back(plant, "a", instance)


def test_only_the_last_entry_is_undone(plant: Plant) -> None:
    instance = plant.run_of(d.process(*TWO))
    first, _ = claimed(plant, "a", instance), plant.complete("a", instance)
    second, _ = claimed(plant, "b", instance), plant.complete("b", instance)
    with pytest.raises(UndoRefused, match=r"end.*Only the last entry"):
        take_back(plant, first)
    take_back(plant, second)
    with pytest.raises(UndoRefused, match="Only the last entry"):
        take_back(plant, first)
    with pytest.raises(UndoRefused, match="no entry"):
        take_back(plant, second)


def test_nobody_undoes_anothers_entry_nor_work_that_another_began(plant: Plant) -> None:
    instance = plant.run_of(d.process(*TWO))
    task = claimed(plant, "a", instance)
    plant.complete_task(task)
    with pytest.raises(UndoRefused, match="ana made this entry"):
        take_back(plant, task, BEN)
    plant.run(tasks.claim, task=from_text(plant.task("b", instance)["id"]), actor=BEN)
    with pytest.raises(UndoRefused, match="ben works on"):
        take_back(plant, task)


def test_what_a_worker_or_the_time_did_is_not_undone(plant: Plant) -> None:
    instance = plant.run_of(
        d.process(
            d.start(), d.user("a"), d.job("mill"), d.boundary("late", "mill", duration="PT1M"),
            d.end(), "start -> a -> mill -> end", "late -> end",
        )
    )  # fmt: skip
    task = claimed(plant, "a", instance)
    plant.complete_task(task)
    plant.claim_job()
    with pytest.raises(UndoRefused, match="lathe had the job at mill"):
        take_back(plant, task)
    plant.wait(minutes=2)
    with pytest.raises(UndoRefused, match="went on since"):
        take_back(plant, task)


def test_an_old_entry_stays(plant: Plant) -> None:
    instance = plant.run_of(d.process(*TWO))
    task = claimed(plant, "a", instance)
    plant.complete_task(task)
    plant.wait(minutes=11)
    with pytest.raises(UndoRefused, match="older than"):
        take_back(plant, task)


class Undoing(Walk):
    """A walk in which many an entry is taken back at once."""

    undone = 0

    def complete_task(self, element: str) -> str:
        """Complete a task, take it back if that is possible, and complete it all the same."""
        workers, values = self.game.workers("task", element), self.values()
        place = self.choose.randrange(len(workers))
        task = to_text(bytes.fromhex(self.open_work("task", element)[place]))
        self.plant.run(tasks.claim, task=from_text(task))
        before = seen(self.plant, self.instance)
        self.plant.complete_task(task, **self.values())
        try:
            take_back(self.plant, task)
        except Conflict:
            self.refused += 1
            raise Stopped from None
        assert changes(before, seen(self.plant, self.instance)) == []
        self.undone += 1
        self.plant.complete_task(task, **values)
        self.game.complete_work(workers[place], values)
        return f"undo and complete task {element} #{place} {values}"

    refused = 0


class Stopped(Exception):
    """An entry could not be taken back: the engine is a step ahead of the token game."""


@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
def test_whatever_is_undone_is_as_it_was(plant: Plant) -> None:
    found: Counter[str] = Counter()
    for seed in range(40):
        drawn = draw(seed)
        release(plant, drawn)
        for run in range(3):
            undoing(plant, drawn, run, found)
    assert found["undone"] > 100, found
    assert found["refused"] > 10, found


def undoing(plant: Plant, drawn: Drawn, run: int, found: Counter[str]) -> None:
    walk = Undoing(plant, drawn, run)
    told: dict[str, Any] = walk.differences()
    try:
        for _ in range(ACTS):
            if told or not walk.step():
                break
            told = walk.differences()
    except Stopped:
        pass
    except Exception as error:
        error.add_note(f"seed {drawn.seed}, run {run}: {walk.acts}")
        raise
    assert not told, (drawn.seed, run, walk.acts, told)
    found["undone"] += walk.undone
    found["refused"] += walk.refused
    if plant.state(walk.instance) == "active":
        plant.cancel(walk.instance)
