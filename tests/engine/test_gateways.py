"""Exclusive and parallel gateways: which ways tokens take, and where they wait for each other."""

from decimal import Decimal

import pytest

from tests.support import diagrams as d
from tests.support.plant import Plant

GRADING = d.process(
    d.start(),
    d.user("measure", "rework", "scrap", "pack"),
    d.exclusive("grade", default="scrap"),
    d.end(),
    "start -> measure -> grade -> scrap -> end",
    "grade -> pack if 24.9 <= diameter and diameter <= 25.1",
    "grade -> rework if diameter > 25.1",
    "pack -> end",
    "rework -> measure",
)


@pytest.mark.parametrize(
    ("diameter", "way"), [("25.10", "pack"), ("25.11", "rework"), ("24.8", "scrap")]
)
def test_the_condition_that_holds_takes_the_token(plant: Plant, diameter: str, way: str) -> None:
    plant.run_of(GRADING)
    plant.complete("measure", diameter=Decimal(diameter))
    assert plant.open() == [way]


def test_a_loop_is_walked_until_its_condition_no_longer_holds(plant: Plant) -> None:
    instance = plant.run_of(GRADING)
    for diameter in (26, Decimal("25.5"), 25):
        plant.complete("measure", diameter=diameter)
        if plant.open() == ["rework"]:
            plant.complete("rework")
    plant.complete("pack")
    again = ["measure", "grade", "rework"]
    assert plant.path(instance) == ["start", *again, *again, "measure", "grade", "pack", "end"]
    assert plant.state(instance) == "completed"


def test_conditions_count_in_decimals(plant: Plant) -> None:
    instance = plant.run_of(
        d.process(
            d.start(),
            d.exclusive("x", default="no"),
            d.end("yes", "no"),
            "start -> x -> no",
            "x -> yes if a + b == 0.3",
        ),
        a=Decimal("0.1"),
        b=Decimal("0.2"),
    )
    assert plant.path(instance) == ["start", "x", "yes"]


@pytest.mark.parametrize(("v", "way"), [(4, "third"), (3, "second"), (1, "first")])
def test_flows_that_outgoing_does_not_list_come_last_in_their_order(
    plant: Plant, v: int, way: str
) -> None:
    instance = plant.run_of(
        d.process(
            d.start(),
            d.exclusive("x", outgoing=["third"], default="first"),
            d.end("first", "second", "third"),
            "start -> x -> first",
            "x -> second if v > 2",
            "x -> third if v > 3",
        ),
        v=v,
    )
    assert plant.path(instance)[-1] == way


def test_an_exclusive_gateway_passes_every_token_on(plant: Plant) -> None:
    """It merges ways, not tokens: what comes after is done once for each."""
    instance = plant.run_of(
        d.process(
            d.start(),
            d.parallel("split"),
            d.user("a", "b", "pack"),
            d.exclusive("merge"),
            d.end(),
            "start -> split -> a -> merge -> pack -> end",
            "split -> b -> merge",
        )
    )
    plant.complete("a")
    assert plant.open() == ["b", "pack"]
    plant.complete("b")
    assert plant.open() == ["pack", "pack"]
    for task in plant.tasks(instance):
        plant.complete_task(task["id"])
    assert plant.state(instance) == "completed"


def test_a_parallel_gateway_may_join_and_split_at_once(plant: Plant) -> None:
    instance = plant.run_of(
        d.process(
            d.start(),
            d.parallel("split", "cross", "join"),
            d.user("a", "b", "c", "x", "y"),
            d.end(),
            "start -> split -> a -> cross -> x -> join -> end",
            "split -> b -> cross -> y -> join",
            "split -> c -> cross",
        )
    )
    for element in ("b", "c"):
        plant.complete(element)
        assert "x" not in plant.open()
    plant.complete("a")
    assert plant.open() == ["x", "y"]
    plant.complete("x")
    plant.complete("y")
    assert plant.state(instance) == "completed"
    assert plant.path(instance).count("cross") == 1


def test_a_join_counts_each_flow_and_keeps_what_came_too_often(plant: Plant) -> None:
    """Two tokens on one flow are not one on each. Source: BPMN 2.0.2 section 13.4.1."""
    instance = plant.run_of(
        d.process(
            d.start(),
            d.parallel("split", "join"),
            d.user("a", "b", "c", "z"),
            d.exclusive("merge"),
            d.end(),
            "start -> split -> a -> merge -> join -> z -> end",
            "split -> b -> merge",
            "split -> c -> join",
        )
    )
    plant.complete("a")
    plant.complete("b")
    assert plant.open() == ["c"]
    plant.complete("c")
    assert plant.open() == ["z"]
    plant.complete("z")
    incident = plant.incident(instance)
    assert (incident["element"], incident["kind"]) == ("join", "problem")
    assert "c_to_join" in incident["message"]


def test_an_instance_ends_with_its_last_token(plant: Plant) -> None:
    instance = plant.run_of(
        d.process(
            d.start(),
            d.parallel("split"),
            d.user("a", "b"),
            d.end("left", "right"),
            "start -> split -> a -> left",
            "split -> b -> right",
        )
    )
    assert plant.complete("b")["instance_state"] == "active"
    assert plant.complete("a")["instance_state"] == "completed"
    assert plant.path(instance) == ["start", "split", "b", "right", "a", "left"]


def test_blocks_inside_blocks(plant: Plant) -> None:
    plant.run_of(
        d.process(
            d.start(),
            d.parallel("outer", "inner", "inner_join", "outer_join"),
            d.user("a", "b", "c", "z"),
            d.end(),
            "start -> outer -> inner -> a -> inner_join -> outer_join -> z -> end",
            "inner -> b -> inner_join",
            "outer -> c -> outer_join",
        )
    )
    for element in ("c", "b", "a"):
        assert plant.open() != ["z"]
        plant.complete(element)
    assert plant.open() == ["z"]
