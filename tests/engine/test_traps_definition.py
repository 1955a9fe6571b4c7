"""Where stock SpiffWorkflow reads or keeps a diagram differently than drawn, and we do not.

As in `test_traps.py`, each trap has a test on the stock library and one of ours.
"""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from SpiffWorkflow.bpmn import BpmnWorkflow
from SpiffWorkflow.bpmn.parser.ValidationException import ValidationException
from SpiffWorkflow.bpmn.script_engine import PythonScriptEngine, TaskDataEnvironment

from engine.workflow.work.versions.commands import DeploymentRefused
from tests.support import diagrams as d
from tests.support.plant import Plant, found
from tests.support.portrait import changes, portrait
from tests.support.stock import Stock, parsed

# ---- conditions ----


def test_stock_conditions_are_python() -> None:
    stock = Stock(choosing("__import__('os').getpid() > 0"))
    stock.complete("a")
    assert stock.open() == ["yes"]


@pytest.mark.parametrize(
    "hostile",
    [
        "__import__('os').getpid() > 0",
        "open('routecard.py').read()",
        "().__class__.__mro__[1].__subclasses__()",
        "eval('1+1') == 2",
        "'{0.__class__}'.format(1)",
        "(lambda: 0).__globals__",
        "(i for i in (1,)).gi_frame",
        "(qty := 99)",
        "9**9**9",
        "'a' * 10**9",
        "[0] * 10**9",
        "items.append(1)",
        "(" * 300 + "1" + ")" * 300,
    ],
)
def test_hostile_conditions_are_refused_when_deployed(plant: Plant, hostile: str) -> None:
    with pytest.raises(DeploymentRefused) as refused:
        plant.deploy(choosing(hostile))
    assert ("expression", "x_to_yes") in found(refused.value)


def choosing(condition: str) -> bytes:
    """Task a, then yes if the condition holds, else no."""
    return d.process(
        d.start(),
        d.user("a", "yes", "no"),
        d.exclusive("x", default="no"),
        d.end(),
        "start -> a -> x -> no -> end",
        f"x -> yes if {condition}",
        "yes -> end",
    )


class Forbidding(PythonScriptEngine):
    """An engine of one's own, for which nothing is true."""

    def evaluate(self, task: Any, expression: str, external_context: Any = None) -> bool:
        return False


def test_stock_forgets_its_expression_rules_when_loaded() -> None:
    stock = Stock(choosing("1 == 1"))
    stock.workflow.script_engine = Forbidding(TaskDataEnvironment())
    loaded = stock.reloaded()
    stock.complete("a")
    assert stock.open() == ["no"]
    loaded.complete("a")
    assert loaded.open() == ["yes"]


def test_expression_rules_are_the_same_after_every_load(plant: Plant) -> None:
    """Text and number are two kinds, before and after the plan was read again."""
    first, second = (plant.run_of(choosing("qty == 5")), plant.start())
    plant.complete("a", first, qty="5")
    plant.forget_plans()
    plant.complete("a", second, qty="5")
    messages = {plant.incident(i)["message"] for i in (first, second)}
    assert len(messages) == 1
    assert "text" in messages.pop()


DRAWN = {"start": 1, "a": 1, "x": 1, "end": 1}


@pytest.mark.parametrize(("above", "taken"), [("first", "first"), ("second", "second")])
def test_stock_tries_conditions_from_top_to_bottom_of_the_drawing(above: str, taken: str) -> None:
    stock = Stock(two_true_conditions(above))
    stock.complete("a", v=5)
    assert stock.open() == [taken]


@pytest.mark.parametrize("above", ["first", "second"])
def test_conditions_are_tried_in_the_order_of_the_gateway(plant: Plant, above: str) -> None:
    plant.run_of(two_true_conditions(above))
    plant.complete("a", v=5)
    assert plant.open() == ["first"]


def two_true_conditions(above: str) -> bytes:
    """The gateway lists `first`; the drawing has one of the two above the other."""
    below = {"first": "second", "second": "first"}[above]
    return d.process(
        d.start(),
        d.user("a", "first", "second"),
        d.exclusive("x", outgoing=["first", "second"]),
        d.end(),
        "start -> a -> x",
        "x -> second if v > 1",
        "x -> first if v > 0",
        "first -> end",
        "second -> end",
        drawn=d.drawing(**DRAWN, **{above: 100, below: 300}),
    )


CONDITION_ON_A_TASK = d.process(
    d.start(), d.user("a", "b"), d.end(), "start -> a", "a -> b if never == 1", "b -> end"
)


def test_stock_overlooks_a_condition_on_a_flow_that_leaves_a_task() -> None:
    stock = Stock(CONDITION_ON_A_TASK)
    stock.complete("a")
    assert stock.open() == ["b"]


def test_a_condition_without_effect_is_refused_by_name(plant: Plant) -> None:
    with pytest.raises(DeploymentRefused) as refused:
        plant.deploy(CONDITION_ON_A_TASK)
    assert found(refused.value) == [("conditional-flow", "a_to_b")]


# ---- names the library keeps for itself ----


def test_stock_cannot_run_a_task_called_start() -> None:
    with pytest.raises(ValidationException):
        Stock(calling("Start"))


def test_stock_passes_over_a_task_called_end() -> None:
    assert Stock(calling("End")).open() == []


@pytest.mark.parametrize("name", ["Start", "End", "Root", "p.EndJoin", "StartTask"])
def test_an_element_may_have_any_id(plant: Plant, name: str) -> None:
    instance = plant.run_of(calling(name))
    plant.complete(name)
    assert plant.path(instance) == ["start", name, "end"]


def calling(name: str) -> bytes:
    return d.process(d.start(), d.user(name), d.end(), f"start -> {name} -> end")


# ---- a parsed process ----


def test_stock_writes_to_a_parsed_process_when_it_runs() -> None:
    """A multi-instance task ties every instance to the specification that all of them share."""
    items = (
        "<multiInstanceLoopCharacteristics><loopCardinality>2</loopCardinality>"
        "</multiInstanceLoopCharacteristics>"
    )
    two = d.element("userTask", "a", items)
    spec, _ = parsed(d.process(d.start(), two, d.end(), "start -> a -> end"))
    before = portrait(spec)
    BpmnWorkflow(spec).do_engine_steps()
    assert changes(before, portrait(spec)) != []


def test_a_parsed_process_is_never_written_to(plant: Plant) -> None:
    plant.release(EVERYTHING)
    plan = plant.plan("p")
    before = portrait(plan)
    with ThreadPoolExecutor(4) as people:
        instances = list(people.map(lambda _: walk_to_the_job(plant), range(8)))
    plant.fail_job(plant.claim_job(), code="E1")
    for _ in instances[1:]:
        plant.complete_job(plant.claim_job())
    plant.wait(hours=3)
    assert {plant.state(instance) for instance in instances} == {"completed"}
    assert plant.plan("p") is plan
    assert changes(before, portrait(plan)) == []


EVERYTHING = d.process(
    d.start(),
    d.exclusive("merge"),
    d.parallel("split", "join"),
    d.user("a", due="PT2H", maximum=9),
    d.subprocess("inner", d.start("s"), d.user("b"), d.end("e"), "s -> b -> e"),
    d.exclusive("again", default="cut"),
    d.job("cut"),
    d.boundary("broken", "cut", error="E1"),
    d.user("look"),
    d.boundary("late", "look", duration="PT2H"),
    d.end(),
    d.end("given_up"),
    "start -> merge -> split -> a -> join -> again -> cut -> look -> end",
    "split -> inner -> join",
    "again -> merge if v == 2",
    "broken -> look",
    "late -> given_up",
)


def walk_to_the_job(plant: Plant) -> str:
    instance = plant.start()
    for v in (2, 0):
        plant.complete("b", instance)
        plant.complete("a", instance, v=v)
    return instance
