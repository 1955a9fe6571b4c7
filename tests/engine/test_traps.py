"""Where stock SpiffWorkflow goes wrong, and we do not: one trap after the other.

Each has two tests of one scenario. `test_stock_…` shows the library's fault and fails when a newer
library is right: then the trap is gone and our cure may be looked at again. The other is ours.
"""

import json
from copy import deepcopy
from decimal import Decimal
from typing import Any

import pytest
from SpiffWorkflow.bpmn.parser.ValidationException import ValidationException
from SpiffWorkflow.util.task import TaskState

from engine.kernel.errors import NotFound
from engine.workflow.work.tasks import TaskAlreadyCompleted, TaskCancelled
from tests.support import diagrams as d
from tests.support.plant import Plant
from tests.support.stock import Stock

LINE = d.process(d.start(), d.user("a", "b", "c"), d.end(), "start -> a -> b -> c -> end")

# Two branches side by side, again and again until v is no longer 2.
BLOCK_IN_LOOP = d.process(
    d.start(),
    d.exclusive("merge"),
    d.parallel("split", "join"),
    d.user("a", "b", "z"),
    d.exclusive("again", default="z"),
    d.end(),
    "start -> merge -> split -> a -> join -> again -> z -> end",
    "split -> b -> join",
    "again -> merge if v == 2",
)

REWORK = d.process(
    d.start(),
    d.user("turn"),
    d.exclusive("good", default="end"),
    d.end(),
    "start -> turn -> good -> end",
    "good -> turn if diameter > 25",
)


# ---- a parallel join inside a loop ----


def test_stock_joins_of_an_earlier_pass_count_again() -> None:
    stock = Stock(BLOCK_IN_LOOP)
    stock.complete("a", v=2)
    stock.complete("b", v=2)
    assert stock.open() == ["a", "b"]
    stock.complete("b", v=0)
    assert stock.open() == ["a", "z"]  # z is open while a is


def test_a_join_waits_for_both_branches_in_every_pass(plant: Plant) -> None:
    plant.run_of(BLOCK_IN_LOOP)
    for _ in range(3):
        plant.complete("b", v=2)
        assert plant.open() == ["a"]
        plant.complete("a")
        assert plant.open() == ["a", "b"]
    plant.complete("b", v=0)
    assert plant.open() == ["a"]
    plant.complete("a")
    assert plant.open() == ["z"]


# ---- data taken back by another branch ----


def test_stock_a_branch_brings_an_older_value_back() -> None:
    stock = Stock(BLOCK_IN_LOOP)
    stock.complete("a", v=2)
    stock.complete("b")
    stock.complete("a", v=0)
    stock.complete("b")  # wrote nothing, but carries v == 2 along
    assert stock.open() == ["a", "b"]


def test_the_last_write_of_a_variable_wins(plant: Plant) -> None:
    plant.run_of(BLOCK_IN_LOOP)
    plant.complete("a", v=2)
    plant.complete("b")
    plant.complete("a", v=0)
    plant.complete("b")
    assert plant.open() == ["z"]


# A subprocess beside a task; what they write is decided upon after both.
BESIDE = d.process(
    d.start(),
    d.parallel("split", "join"),
    d.user("first", "b", "y", "z"),
    d.subprocess("sub", d.start("s"), d.user("a"), d.end("e"), "s -> a -> e"),
    d.exclusive("x", default="z"),
    d.end(),
    "start -> first -> split -> sub -> join -> x -> z -> end",
    "split -> b -> join",
    "x -> y if v == 2",
    "y -> end",
)


def test_stock_a_subprocess_brings_an_older_value_back() -> None:
    stock = Stock(BESIDE)
    stock.complete("first", v=2)
    stock.complete("b", v=0)
    stock.complete("a", w=1)
    assert stock.open() == ["y"]


def test_a_subprocess_brings_no_older_value_back(plant: Plant) -> None:
    plant.run_of(BESIDE)
    plant.complete("first", v=2)
    plant.complete("b", v=0)
    plant.complete("a", w=1)
    assert plant.open() == ["z"]


# ---- long ways ----


def test_stock_completes_silently_at_depth_1000() -> None:
    stock = Stock(REWORK)
    for _ in range(500):
        assert not stock.completed
        stock.complete("turn", diameter=26)
    assert stock.completed  # with diameter 26, which is rework
    assert stock.open() == []


def test_stock_cannot_parse_a_routing_of_1000_operations() -> None:
    with pytest.raises(ValidationException, match="RecursionError"):
        Stock(routing_of(1_000))


def test_stock_grows_with_every_pass() -> None:
    stock = Stock(REWORK)
    sizes = []
    for _ in range(40):
        stock.complete("turn", diameter=26)
        sizes.append(len(json.dumps(stock.dump())))
    assert sizes[39] > 3 * sizes[4]


def test_a_loop_of_5000_steps_is_flat_and_ends(plant: Plant) -> None:
    instance = plant.run_of(REWORK)
    task, costs = plant.task("turn")["id"], Costs(plant, instance)
    for _ in range(2_500):  # a task and a gateway each
        task = plant.complete_task(task, diameter=26)["next"][0]["id"]
        costs.note()
    assert costs.are_flat
    assert plant.complete_task(task, diameter=25)["instance_state"] == "completed"
    assert plant.page(instance, after=5_000)[-1]["step"] == 5_004


def test_a_routing_of_1000_operations_is_flat_and_ends(plant: Plant) -> None:
    instance = plant.run_of(routing_of(1_000))
    task, costs = plant.task("op0")["id"], Costs(plant, instance)
    for _ in range(999):
        task = plant.complete_task(task)["next"][0]["id"]
        costs.note()
    assert costs.are_flat
    assert plant.complete_task(task)["instance_state"] == "completed"
    assert len(plant.history(instance)) == 1_002


def routing_of(operations: int) -> bytes:
    names = [f"op{n}" for n in range(operations)]
    return d.process(d.start(), d.user(*names), d.end(), " -> ".join(["start", *names, "end"]))


class Costs:
    """What each completion costs: statements, and bytes of stored state."""

    def __init__(self, plant: Plant, instance: str) -> None:
        self.plant, self.instance = plant, instance
        self.statements: set[int] = set()
        self.sizes: set[int] = set()
        self.before = plant.store.door.statements

    def note(self) -> None:
        self.statements.add(self.plant.store.door.statements - self.before)
        self.sizes.add(sum(map(len, self.plant.stored(self.instance))))
        self.before = self.plant.store.door.statements

    @property
    def are_flat(self) -> bool:
        """Only the numbers of tokens become longer, by a digit or two each."""
        return len(self.statements) == 1 and max(self.sizes) - min(self.sizes) <= 10


# ---- stored state ----


def test_stock_loses_data_when_keys_change_their_order() -> None:
    stock = Stock(LINE)
    stock.complete("a", lot="L-7")
    dump = stock.dump()
    assert stock.reloaded(dump).task("b").data == {"lot": "L-7"}
    reordered = dump | {"tasks": dict(reversed(dump["tasks"].items()))}
    assert stock.reloaded(reordered).task("b").data == {}


def test_the_order_of_keys_in_stored_state_means_nothing(plant: Plant) -> None:
    """Through a real jsonb column on PostgreSQL, which keeps keys in an order of its own."""
    instance = plant.run_of(BLOCK_IN_LOOP, zz=1, a={"y": Decimal("25.30"), "b": [1, {"z": None}]})
    plant.complete("a", v=2)
    before = plant.instance(instance)
    plant.reorder_keys(instance)
    assert plant.instance(instance) == before
    plant.complete("b")
    assert plant.open() == ["a", "b"]
    assert plant.variables(instance) == before["variables"]


@pytest.mark.parametrize("part", [{"typename": "Bolt", "size": 8}, {"typename": "UUID"}])
def test_stock_cannot_load_data_with_a_key_typename(part: dict[str, Any]) -> None:
    stock = Stock(LINE)
    stock.complete("a", part=part)
    with pytest.raises((TypeError, ValueError, KeyError)):
        stock.reloaded()


def test_any_json_is_a_value(plant: Plant) -> None:
    instance = plant.run_of(LINE)
    values = {
        "part": {"typename": "Bolt", "size": 8},
        "typename": "UUID",
        "value": {"value": {}, "__class__": "x", "": [[], {}]},
        "number": Decimal("1234567890123456789.0123456789"),
        "text": "Ω \u0001 \U0001f529 \\ \" '",
        "nothing": None,
        "flags": [True, False],
    }
    plant.complete("a", **values)
    assert plant.variables(instance) == values
    plant.complete("b")
    assert plant.history(instance)[1]["variables"] == values


def test_stock_history_changes_afterwards() -> None:
    stock = Stock(LINE)
    finished = stock.complete("a", measured={"torque": {"nm": 12}})
    stock.task("b").data["measured"]["torque"]["nm"] = 99
    assert finished.data == {"measured": {"torque": {"nm": 99}}}


def test_history_never_changes_afterwards(plant: Plant) -> None:
    instance = plant.run_of(LINE)
    mine = {"torque": {"nm": 12}}
    plant.complete("a", measured=mine)
    told = deepcopy(plant.history(instance))
    mine["torque"]["nm"] = 98
    plant.variables(instance)["measured"]["torque"]["nm"] = 97
    plant.complete("b", measured={"torque": {"nm": 99}})
    plant.change(instance, measured=None)
    assert plant.history(instance)[: len(told)] == told


# ---- tasks ----


def test_stock_runs_finished_and_future_tasks() -> None:
    stock = Stock(LINE)
    stock.complete("a").run()  # again
    assert stock.open() == ["b"]
    future = next(t for t in stock.workflow.tasks.values() if t.task_spec.name == "c")
    future.run()
    assert stock.open() == ["b"]
    assert future.state == TaskState.COMPLETED  # before b


def test_only_an_open_task_can_be_completed_and_once(plant: Plant) -> None:
    instance = plant.run_of(LINE)
    done, waiting = plant.task("a")["id"], plant.start()
    plant.complete_task(done)
    with pytest.raises(TaskAlreadyCompleted, match="ana completed this task at 2026-03-02"):
        plant.complete_task(done)
    over = plant.task("a", waiting)["id"]
    plant.cancel(waiting)
    with pytest.raises(TaskCancelled):
        plant.complete_task(over)
    with pytest.raises(NotFound):
        plant.complete_task(instance)  # no task has the id of an instance
    assert plant.path(instance) == ["start", "a"]
