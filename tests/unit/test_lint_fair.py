"""Diagrams that run as drawn are not refused, however odd they look."""

import pytest

from engine.kernel.actor import ROLES
from engine.workflow.definition.bundles import read_bundle
from engine.workflow.definition.lint import Known, lint
from engine.workflow.definition.model import Finding
from tests.support import diagrams as d
from tests.support.faults.shapes import asked, line

ALARM = (d.start("s", message="m", interrupting=False), d.end("e"), "s -> e")

FAIR: dict[str, tuple[str, ...]] = {
    "two tokens come to one choice": (
        *(d.start(), d.parallel("p", "j"), d.exclusive("x", default="a"), d.user("a", "b")),
        *(d.end(), "start -> p -> x -> a -> j -> end", "x -> b if v", "b -> j"),
        d.element("sequenceFlow", "again", sourceRef="p", targetRef="x"),
    ),
    "a choice comes round again": (
        *(d.start(), d.exclusive("x", default="a"), d.parallel("p", "j"), d.user("a", "b")),
        *(d.end(), "start -> x -> a -> j -> end", "x -> p if v", "p -> b -> j", "p -> x"),
    ),
    "a way that splits to all": (
        *(d.start(), d.exclusive("x", default="end"), d.parallel("p", "j"), d.user("a", "b")),
        *(d.end(), "start -> x -> end", "x -> p if v", "p -> a -> j", "p -> b -> j -> end"),
    ),
    "a choice inside one branch": (
        *(d.start(), d.parallel("p", "j"), d.exclusive("x", default="m"), d.exclusive("m")),
        *(d.user("a", "b"), d.end(), "start -> p -> a -> j -> end", "p -> x -> m -> j"),
        *("x -> b if v", "b -> m"),
    ),
    "an event beside the task it hangs on": (
        *(d.start(), d.user("a"), d.boundary("b", "a", interrupting=False, duration="PT1H")),
        *(d.parallel("j"), d.end(), "start -> a -> j -> end", "b -> j"),
    ),
    "a parallel loop": (
        *(d.start(), d.exclusive("m"), d.parallel("p", "j"), d.user("a", "b")),
        *(d.exclusive("x", default="end"), d.end(), "start -> m -> p -> a -> j -> x -> end"),
        *("p -> b -> j", "x -> m if v"),
    ),
    "an inclusive block in a loop": (
        *(d.start(), d.exclusive("m"), d.inclusive("o", default="a"), d.inclusive("j")),
        *(d.user("a", "b"), d.exclusive("x", default="end"), d.end()),
        *("start -> m -> o -> a -> j -> x -> end", "o -> b if v", "b -> j", "x -> m if w"),
    ),
    "a task that opens an inclusive block": (
        *(d.start(), d.user("a", "b", "c"), d.inclusive("j"), d.end()),
        *("start -> a", "a -> b if v", "a -> c if w", "b -> j", "c -> j -> end"),
    ),
    "several flows out of and into a task": (
        *(d.start(), d.user("a", "b", "c"), d.end()),
        *("start -> a -> b -> c -> end", "a -> c"),
    ),
    "a link": (
        d.start(),
        d.throw("t", link="L"),
        d.catch("c", link="L"),
        d.end(),
        "start -> t",
        "c -> end",
    ),
    "two links to one": (
        *(d.start(), d.exclusive("x", default="t"), d.throw("t", "u", link="L")),
        *(d.catch("c", link="L"), d.end(), "start -> x -> t", "x -> u if v", "c -> end"),
    ),
    "events beside each other": (
        *(d.start(), d.event_gateway("g"), d.catch("m", message="m"), d.receive("r", "n")),
        *(d.catch("s", signal="s"), d.catch("t", duration="PT1H"), d.catch("c", condition="v")),
        *(d.end(), "start -> g -> m -> end", "g -> r -> end", "g -> s -> end", "g -> t -> end"),
        "g -> c -> end",
    ),
    "an event subprocess": (*line(d.user("a")), d.event_subprocess("h", *ALARM)),
    "conditions that exclude each other": asked("v > 5", "v <= 5 and v != 2", "v == 2"),
    "conditions that cannot be told": asked("v * 2 > 5", "v > w", "len(items) > 3", "v[0] == 1"),
    "conditions on different things": asked('kind == "steel"', "hardness > 50", "urgent"),
    "values, or none": asked("v == null", 'v == "a"', 'v in ["b", "c"]'),
    "data that is drawn": (
        *line(d.user("a", loop=d.each("parts", "part", into="results", result="result"))),
        d.data("parts", "results"),
    ),
    "a loop that counts": line(d.user("a", loop=d.again(maximum=3))),
    "a throw of everything": (
        *(d.start(), d.throw("n"), d.throw("m", message="m", parameters={"lot": "= lot"})),
        *(d.throw("s", signal="s"), d.throw("e", escalation="E"), d.send("k", message="m")),
        *(d.end(error="E"), "start -> n -> m -> s -> e -> k -> end"),
    ),
}
SHOWN = {
    *("missing-label", "missing-role", "missing-form", "loop-without-cap", "no-default"),
}


def findings(*parts: str) -> tuple[Finding, ...]:
    """What lint says, but for what it says of many diagrams."""
    bundle = read_bundle("main.bpmn", {"main.bpmn": d.process(*parts, key="plant")}, ROLES)
    return tuple(f for f in lint(bundle, Known()) if f.rule not in SHOWN)


@pytest.mark.parametrize("parts", FAIR.values(), ids=FAIR)
def test_what_runs_as_drawn_has_no_finding(parts: tuple[str, ...]) -> None:
    assert findings(*parts) == ()


@pytest.mark.parametrize("tag", ["scriptTask", "complexGateway", "transaction", "adHocSubProcess"])
def test_an_element_that_is_refused_is_the_only_finding(tag: str) -> None:
    """What is around it is fine."""
    bound = d.boundary("b", "a", duration="PT1H") if tag == "transaction" else d.user("b")
    parts = (*line(d.element(tag, "a"), bound), "b -> end", "start -> b")
    found = findings(*(parts if tag != "transaction" else parts[:-1]))
    assert [(f.rule, f.element) for f in found] == [("not-supported", "a")]
