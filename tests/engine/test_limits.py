"""Limits: what would take the plant along ends in an incident or a refusal, and nothing is lost."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest

from engine.kernel import functions
from engine.kernel.functions import Raised
from engine.kernel.store.uow import Uow
from engine.workflow.execution.limits import AUTOMATIC_STEPS, NESTED_CALLS
from engine.workflow.execution.values import VariablesRefused
from tests.support import diagrams as d
from tests.support.plant import Plant

LINE = d.process(d.start(), d.user("a", "b"), d.end(), "start -> a -> b -> end")


def test_a_loop_without_a_rest_becomes_an_incident(plant: Plant) -> None:
    instance = plant.run_of(
        d.process(
            d.start(),
            d.exclusive("merge"),
            d.exclusive("again", default="end"),
            d.end(),
            "start -> merge -> again -> end",
            "again -> merge if more",
        ),
        more=True,
    )
    incident = plant.incident(instance)
    assert incident["kind"] == "limit"
    assert plant.instance(instance)["state"] == "active"
    assert plant.page(instance, after=AUTOMATIC_STEPS - 1)[-1]["step"] == AUTOMATIC_STEPS
    assert plant.retry(incident)["state"] == "resolved"  # and it ran into the next one
    plant.resolve(plant.incident(instance), "retry", variables={"more": False})
    assert plant.state(instance) == "completed"


def test_a_loop_over_an_error_becomes_an_incident(
    plant: Plant, monkeypatch: pytest.MonkeyPatch
) -> None:
    def weigh(uow: Uow, **parameters: Any) -> Mapping[str, object]:
        raise Raised("E1", "the scale is empty")

    monkeypatch.setitem(functions._functions, "test.weigh", weigh)
    instance = plant.run_of(
        d.process(
            d.start(),
            d.exclusive("again"),
            d.function("weigh", "test.weigh"),
            d.boundary("empty", "weigh", error="E1"),
            d.end(),
            "start -> again -> weigh -> end",
            "empty -> again",
        )
    )
    assert plant.incident(instance)["kind"] == "limit"


def test_a_process_that_calls_itself_without_end_becomes_an_incident(plant: Plant) -> None:
    instance = plant.run_of(
        d.process(d.start(), d.call("again", "p"), d.end(), "start -> again -> end")
    )
    incident = plant.incident(instance)
    assert (incident["element"], incident["kind"]) == ("again", "limit")
    assert plant.path(instance) == ["start"] * (NESTED_CALLS + 1)
    plant.resolve(incident, "complete")
    assert plant.state(instance) == "completed"
    assert plant.path(instance).count("again") == NESTED_CALLS + 1


def test_as_many_subprocesses_as_allowed_run(plant: Plant) -> None:
    instance = plant.run_of(subprocesses(NESTED_CALLS))
    plant.complete("work")
    assert plant.state(instance) == "completed"
    assert plant.incident(plant.run_of(subprocesses(NESTED_CALLS + 1)))["kind"] == "limit"


def subprocesses(depth: int) -> bytes:
    """A task inside that many subprocesses."""
    inside, name = d.user("work"), "work"
    for n in range(depth):
        begin, finish = f"s{n}", f"e{n}"
        inside = d.subprocess(
            f"sub{n}", d.start(begin), inside, d.end(finish), f"{begin} -> {name} -> {finish}"
        )
        name = f"sub{n}"
    return d.process(d.start(), inside, d.end(), f"start -> {name} -> end")


def test_items_within_items_become_an_incident_before_they_are_too_many(plant: Plant) -> None:
    each = d.subprocess(
        "box",
        d.start("in"),
        d.user("part", loop=d.times(1000)),
        d.end("out"),
        "in -> part -> out",
        loop=d.times(100),
    )
    instance = plant.run_of(d.process(d.start(), each, d.end(), "start -> box -> end"))
    found = plant.incidents(instance)
    assert {(i["element"], i["kind"]) for i in found} == {("part", "limit")}
    assert plant.sql("SELECT count(*) FROM task") == [(3000,)]
    plant.cancel(instance)
    assert plant.sql("SELECT count(*) FROM task WHERE state = 'open'") == [(0,)]


# ---- variables ----


def test_variables_over_256_kb_are_refused_and_nothing_changes(plant: Plant) -> None:
    instance = plant.run_of(LINE, lot="L-7")
    before = (plant.instance(instance), plant.history(instance), plant.task("a"))
    with pytest.raises(VariablesRefused, match="256 kB"):
        plant.complete("a", wave="x" * (256 * 1024))
    assert (plant.instance(instance), plant.history(instance), plant.task("a")) == before
    plant.complete("a", wave="x" * (255 * 1024))
    assert plant.open() == ["b"]


def test_what_a_call_copies_counts_too(plant: Plant) -> None:
    plant.release(LINE)
    plant.release(
        d.process(d.start(), d.call("call", "p"), d.end(), "start -> call -> end", key="q")
    )
    instance = plant.start("q", wave="x" * (130 * 1024))
    incident = plant.incident(instance)
    assert (incident["kind"], incident["element"]) == ("limit", "call")
    assert "at most 256 kB" in incident["message"]
    plant.resolve(incident, "retry", variables={"wave": "x" * (120 * 1024)})
    assert plant.open(instance) == ["a"]


@pytest.mark.parametrize("grown", [2, 200])
def test_what_the_engine_adds_becomes_an_incident_and_the_work_stays_done(
    plant: Plant, monkeypatch: pytest.MonkeyPatch, grown: int
) -> None:
    def measure(uow: Uow, **parameters: Any) -> Mapping[str, object]:
        return {"curve": "x" * (grown * 1024)}

    monkeypatch.setitem(functions._functions, "test.measure", measure)
    instance = plant.run_of(
        d.process(
            d.start(),
            d.user("turn"),
            d.function("measure", "test.measure"),
            d.end(),
            "start -> turn -> measure -> end",
        ),
        wave="x" * ((255 - grown) * 1024),
    )
    plant.complete("turn", note="x" * 1024)
    incident = plant.incident(instance)
    assert (incident["kind"], incident["element"]) == ("limit", "measure")
    plant.change(instance, wave="", curve="x" * (grown * 1024))
    plant.retry(incident)  # what is replaced does not count twice
    assert plant.state(instance) == "completed"


def test_items_too_large_to_stand_twice_become_an_incident(plant: Plant) -> None:
    instance = plant.run_of(
        d.process(
            d.start(), d.user("a", loop=d.each("plates", "plate")), d.end(), "start -> a -> end"
        ),
        plates=["x" * 1024] * 200,
    )
    assert plant.incident(instance)["kind"] == "limit"
    plant.change(instance, plates=["x"])
    plant.retry(plant.incident(instance))
    assert plant.open(instance) == ["a"]


def nested(depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("deep", nested(21)),
        ("very_deep", nested(5_000)),
        ("real", 0.1),
        ("endless", Decimal("Infinity")),
        ("nan", Decimal("NaN")),
        ("bytes", b"x"),
        ("_hidden", 1),
        ("", 1),
        ("x" * 101, 1),
        ("line\nbreak", 1),
        ("half", "\ud800"),
        ("half_key", {"\ud800": 1}),
        ("object", object()),
    ],
    ids=lambda value: None if isinstance(value, str) else "",
)
def test_what_is_no_variable_is_refused_by_name(plant: Plant, name: str, value: object) -> None:
    plant.run_of(LINE)
    with pytest.raises(VariablesRefused) as refused:
        plant.complete("a", fine=1, **{name: value})
    assert [error.pointer for error in refused.value.errors] == [f"/variables/{name[:100]}"]
    assert plant.open() == ["a"]


@pytest.mark.parametrize(
    "value", [nested(20), {"a": {"b": [1, None, True]}}, "", Decimal("1E+20"), 10**30, -0]
)
def test_what_is_json_is_kept_as_it_is(plant: Plant, value: object) -> None:
    instance = plant.run_of(LINE)
    plant.complete("a", v=value)
    assert plant.variables(instance) == {"v": value}


def test_digits_are_kept_as_they_were_written(plant: Plant) -> None:
    instance = plant.run_of(LINE)
    plant.complete("a", v=Decimal("25.30"))
    assert str(plant.variables(instance)["v"]) == "25.30"
