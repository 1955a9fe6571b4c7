"""Reading loops and data: which variables they name, and in whose scope these live."""

from decimal import Decimal

import pytest

from engine.workflow.definition.model import Loop, ProcessModel
from engine.workflow.definition.reading.dialect import read_bpmn
from tests.support import diagrams as d


def model(*parts: str) -> ProcessModel:
    """The one process of these parts."""
    return read_bpmn(d.process(*parts, key="plant")).processes[0]


def loop(given: str, *beside: str, activity: str = "userTask") -> Loop:
    """The loop of an activity."""
    found = model(d.element(activity, "a", given), *beside).nodes["a"].loop
    assert found is not None
    return found


# ---- multi-instance ----


@pytest.mark.parametrize("activity", ["userTask", "subProcess", "callActivity", "serviceTask"])
def test_every_activity_may_run_over_a_list(activity: str) -> None:
    found = loop(d.each("parts", "part", into="results", result="result"), activity=activity)
    assert found == Loop("parallel", "parts", None, "part", "results", "result")


def test_a_number_of_times_in_turn_until_enough() -> None:
    found = loop(d.times("= 2 * n", sequential=True, until="numberOfCompletedInstances >= 3"))
    assert (found.kind, found.source, found.item) == ("sequential", None, None)
    assert found.cardinality is not None
    assert found.cardinality.evaluate({"n": Decimal(4)}) == 8
    assert found.condition is not None
    assert found.condition.condition({"numberOfCompletedInstances": Decimal(3)})


def test_a_plain_number_is_an_expression() -> None:
    cardinality = loop(d.times(3)).cardinality
    assert cardinality is not None
    assert cardinality.evaluate({}) == 3


def test_items_without_a_name_are_called_by_their_id() -> None:
    given = (
        "<multiInstanceLoopCharacteristics><loopDataInputRef>parts</loopDataInputRef>"
        '<loopDataOutputRef>results</loopDataOutputRef><inputDataItem id="part"/>'
        '<outputDataItem id="o" name="result"/></multiInstanceLoopCharacteristics>'
    )
    found = loop(given)
    assert (found.item, found.result) == ("part", "result")


# ---- standard loops ----


def test_a_standard_loop() -> None:
    found = loop(d.again("tries < 3", first=True, maximum=7))
    assert (found.kind, found.first, found.maximum) == ("loop", True, 7)
    assert found.condition is not None
    assert found.condition.names == {"tries"}
    assert loop(d.again("v")) == Loop("loop", condition=loop(d.again("v")).condition)


# ---- data objects ----

REFERENCE = '<dataObjectReference id="{}" dataObjectRef="{}" name="{}"/>'


@pytest.mark.parametrize(
    ("data", "named", "variable"),
    [
        (d.data("parts"), "parts", "parts"),
        (d.data("parts"), "parts_ref", "parts"),
        ('<dataObject id="o_1"/>' + REFERENCE.format("r_1", "o_1", "parts"), "o_1", "parts"),
        ('<dataObject id="o_1"/>' + REFERENCE.format("r_1", "o_1", "parts"), "r_1", "parts"),
        ('<dataObject id="o_1"/>' + REFERENCE.format("r_1", "o_1", "The parts"), "r_1", "o_1"),
        ('<dataObject id="o_1" name="x"/>' + REFERENCE.format("r_1", "o_1", "y"), "r_1", "x"),
        (REFERENCE.format("r_1", "", "parts"), "r_1", "parts"),
        (REFERENCE.format("r_1", "gone", "The parts"), "r_1", "r_1"),
        (d.data("other"), "parts", "parts"),
    ],
)
def test_a_loop_may_name_a_data_object_by_its_id(data: str, named: str, variable: str) -> None:
    found = loop(d.each(named, into=named, result="r"), data)
    assert (found.source, found.target) == (variable, variable)


def test_data_objects_belong_to_the_subprocess_they_stand_in() -> None:
    inner = d.subprocess("inner", d.data("deep"))
    process = model(d.data("shared"), d.subprocess("outer", d.data("own", "two"), inner))
    assert {name: scope.data for name, scope in process.scopes.items()} == {
        "plant": frozenset(),
        "outer": {"own", "two"},
        "inner": {"deep"},
    }


def test_data_that_is_only_drawn_says_nothing() -> None:
    drawn = (
        '<dataInputAssociation id="i"><sourceRef>parts_ref</sourceRef>'
        "<targetRef>x</targetRef></dataInputAssociation>"
    )
    found = read_bpmn(d.process(d.data("parts"), d.element("userTask", "a", drawn))).findings
    assert found == ()
