"""Where stock SpiffWorkflow runs an element differently than the standard says, and we do not.

As in `test_traps.py`, each trap has a test on the stock library and one of ours.
"""

import pytest
from SpiffWorkflow.bpmn.exceptions import WorkflowDataException, WorkflowTaskException
from SpiffWorkflow.bpmn.parser.ValidationException import ValidationException

from engine.workflow.work.versions.commands import DeploymentRefused
from tests.support import diagrams as d
from tests.support.plant import Plant, found
from tests.support.stock import Stock

# ---- inclusive gateways ----

INCLUSIVE_IN_LOOP = d.process(
    d.start(),
    d.user("first", "a", "b", "c", "z"),
    d.exclusive("merge"),
    d.inclusive("split", default="c"),
    d.inclusive("join"),
    d.exclusive("again", default="end"),
    d.end(),
    "start -> first -> merge -> split -> c -> join -> z -> again -> end",
    "split -> a if x",
    "split -> b if y",
    "a -> join",
    "b -> join",
    "again -> merge if more",
)


def test_stock_inclusive_joins_of_an_earlier_pass_count_again() -> None:
    stock = Stock(INCLUSIVE_IN_LOOP)
    stock.complete("first", x=True, y=True, more=True)
    for element in ("a", "b", "z", "a"):
        stock.complete(element)
    assert stock.open() == ["b", "z"]  # z is open while b is


def test_an_inclusive_join_waits_for_its_branches_in_every_pass(plant: Plant) -> None:
    plant.run_of(INCLUSIVE_IN_LOOP)
    plant.complete("first", x=True, y=True, more=True)
    for _ in range(3):
        plant.complete("a")
        assert plant.open() == ["b"]
        plant.complete("b")
        assert plant.open() == ["z"]
        plant.complete("z")
        assert plant.open() == ["a", "b"]


# The way of b comes to the join by a gateway that another way, without a token, comes to first.
INCLUSIVE_EARLY = d.process(
    d.start(),
    d.user("first", "a", "b", "c", "z"),
    d.inclusive("split", default="c"),
    d.exclusive("merge"),
    d.exclusive("good", default="merge"),
    d.inclusive("join"),
    d.end(),
    d.end("scrapped"),
    "start -> first -> split -> c -> merge -> join -> z -> end",
    "split -> a if x",
    "split -> b if y",
    "a -> join",
    "b -> good -> merge",
    "good -> scrapped if bad",
)


def test_stock_inclusive_joins_look_back_along_one_way_only() -> None:
    stock = Stock(INCLUSIVE_EARLY)
    stock.complete("first", x=True, y=True, bad=False)
    stock.complete("a")
    assert stock.open() == ["b", "z"]  # z is open while b is


def test_an_inclusive_join_waits_for_what_can_still_come(plant: Plant) -> None:
    plant.run_of(INCLUSIVE_EARLY)
    plant.complete("first", x=True, y=True, bad=False)
    plant.complete("a")
    assert plant.open() == ["b"]
    plant.complete("b")
    assert plant.open() == ["z"]


# ---- flows ----

TWO_WAYS = d.process(
    d.start(),
    d.user("a", "b", "c"),
    d.end("e1", "e2"),
    "start -> a -> b -> e1",
    "a -> c -> e2",
)


def test_stock_cannot_parse_two_flows_out_of_a_task() -> None:
    with pytest.raises(ValidationException, match="Multiple outgoing flows"):
        Stock(TWO_WAYS)


def test_a_task_with_two_flows_gives_each_a_token(plant: Plant) -> None:
    plant.run_of(TWO_WAYS)
    plant.complete("a")
    assert plant.open() == ["b", "c"]


STUCK = d.process(
    d.start(),
    d.parallel("split", "join"),
    d.user("a", "b"),
    d.exclusive("skip", default="join"),
    d.end(),
    d.end("left"),
    "start -> split -> a -> skip -> join -> end",
    "split -> b -> join",
    "skip -> left if leave",
)


def test_stock_hangs_at_a_join_that_nothing_comes_to_any_more() -> None:
    stock = Stock(STUCK)
    stock.complete("b")
    stock.complete("a", leave=True)
    assert (stock.open(), stock.completed) == ([], False)  # and nobody is told


def test_a_join_that_waits_in_vain_is_an_incident(plant: Plant) -> None:
    instance = plant.run_of(STUCK)
    plant.complete("b")
    plant.complete("a", leave=True)
    incident = plant.incident(instance)
    assert (incident["element"], incident["kind"]) == ("join", "problem")


# ---- events ----

ASKED_TWICE = d.process(
    d.start(),
    d.user("a", "h"),
    d.boundary("asks", "a", interrupting=False, message="asked"),
    d.end(),
    d.end("e"),
    "start -> a -> end",
    "asks -> h -> e",
)


def test_stock_a_boundary_message_comes_once_only() -> None:
    stock = Stock(ASKED_TWICE)
    stock.send("asked")
    assert stock.open() == ["a", "h"]
    stock.send("asked")
    assert stock.open() == ["a", "h"]


def test_a_boundary_event_that_does_not_interrupt_happens_each_time(plant: Plant) -> None:
    plant.run_of(ASKED_TWICE)
    for times in (1, 2, 3):
        plant.send("asked")
        assert plant.open() == ["a", *["h"] * times]


LINKED = d.process(
    d.start(),
    d.user("a", "b"),
    d.throw("leave", link="sheet_2"),
    d.catch("enter", link="sheet_2"),
    d.end(),
    "start -> a -> leave",
    "enter -> b -> end",
)


def test_stock_overlooks_links() -> None:
    stock = Stock(LINKED)
    stock.complete("a")
    assert (stock.open(), stock.completed) == ([], True)  # b was never done


def test_a_link_goes_on_where_it_is_caught(plant: Plant) -> None:
    instance = plant.run_of(LINKED)
    plant.complete("a")
    assert plant.open() == ["b"]
    assert plant.path(instance) == ["start", "a", "leave", "enter"]


COMPENSATING = d.process(
    d.start(),
    d.user("a"),
    d.element("intermediateThrowEvent", "undo", "<compensateEventDefinition/>"),
    d.end(),
    "start -> a -> undo -> end",
)


def test_stock_overlooks_compensation() -> None:
    stock = Stock(COMPENSATING)
    stock.complete("a")
    assert stock.completed


def test_compensation_is_refused_by_name(plant: Plant) -> None:
    with pytest.raises(DeploymentRefused) as refused:
        plant.deploy(COMPENSATING)
    assert found(refused.value) == [("not-supported", "undo")]


UNCAUGHT = d.process(d.start(), d.user("a"), d.end("cracked", error="E1"), "start -> a -> cracked")


def test_stock_completes_over_an_error_that_nobody_catches() -> None:
    stock = Stock(UNCAUGHT)
    stock.complete("a")
    assert stock.completed


def test_an_error_that_nobody_catches_is_an_incident(plant: Plant) -> None:
    instance = plant.run_of(UNCAUGHT)
    plant.complete("a")
    incident = plant.incident(instance)
    assert (incident["element"], incident["kind"]) == ("cracked", "problem")
    assert plant.state(instance) == "active"


COOLING = d.process(
    d.start(),
    d.user("a"),
    d.catch("cool", duration="PT2H"),
    d.end(),
    "start -> a -> cool -> end",
)


def test_stock_reads_times_as_python() -> None:
    stock = Stock(COOLING)
    with pytest.raises(WorkflowTaskException, match="PT2H"):
        stock.complete("a")


def test_times_are_iso_8601(plant: Plant) -> None:
    instance = plant.run_of(COOLING)
    plant.complete("a")
    assert plant.due(instance) == ["2026-03-02T08:00:00.000Z"]


# ---- tasks, items, data ----

MACHINE = d.process(d.start(), d.job("cut"), d.end(), "start -> cut -> end")


def test_stock_cannot_parse_a_service_task_without_an_operator() -> None:
    with pytest.raises(ValidationException, match="must have an operator"):
        Stock(MACHINE)


def test_a_service_task_waits_for_its_worker(plant: Plant) -> None:
    instance = plant.run_of(MACHINE)
    plant.complete_job(plant.claim_job())
    assert plant.state(instance) == "completed"


ONE_BY_ONE = d.process(
    d.start(),
    d.user("first", "z"),
    d.user("a", loop=d.each("parts", "part", sequential=True)),
    d.end(),
    "start -> first -> a -> z -> end",
)


def test_stock_cannot_run_items_one_by_one_without_a_result() -> None:
    stock = Stock(ONE_BY_ONE)
    stock.complete("first", parts=["P-1", "P-2"])
    with pytest.raises(WorkflowDataException, match="already exists"):
        stock.complete_next()


def test_items_run_one_by_one_and_leave_nothing_behind(plant: Plant) -> None:
    instance = plant.run_of(ONE_BY_ONE)
    plant.complete("first", parts=["P-1", "P-2"])
    plant.complete("a")
    assert plant.open() == ["a"]
    plant.complete("a")
    assert plant.open() == ["z"]
    assert plant.variables(instance) == {"parts": ["P-1", "P-2"]}


MANY = d.process(
    d.start(),
    d.user("first"),
    d.user("a", loop=d.times("n")),
    d.end(),
    "start -> first -> a -> end",
)


def test_stock_makes_as_many_items_as_it_is_told() -> None:
    stock = Stock(MANY)
    stock.complete("first", n=1_001)
    assert len(stock.open()) == 1_001


def test_more_than_1000_items_are_an_incident(plant: Plant) -> None:
    instance = plant.run_of(MANY)
    plant.complete("first", n=1_001)
    incident = plant.incident(instance)
    assert (incident["element"], incident["kind"]) == ("a", "limit")


LOCAL = d.process(
    d.start(),
    d.subprocess("sub", d.data("mine"), d.start("s"), d.user("a"), d.end("e"), "s -> a -> e"),
    d.user("z"),
    d.end(),
    "start -> sub -> z -> end",
)


def test_stock_data_of_a_subprocess_gets_out() -> None:
    stock = Stock(LOCAL)
    stock.complete("a", mine=1)
    assert stock.task("z").data == {"mine": 1}


def test_data_objects_of_a_subprocess_stay_inside(plant: Plant) -> None:
    instance = plant.run_of(LOCAL)
    plant.complete("a", mine=1)
    assert plant.open() == ["z"]
    assert plant.variables(instance) == {}
