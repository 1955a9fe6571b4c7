"""What the next version would change for tokens that stand somewhere."""

from collections.abc import Sequence

import pytest

from engine.kernel.actor import ROLES
from engine.workflow.definition.lint import changes
from engine.workflow.definition.model import ProcessModel
from engine.workflow.definition.reading.dialect import read_bpmn
from tests.support import diagrams as d

WAY = "start -> a -> end"


def model(*parts: str) -> ProcessModel:
    """The process of these parts, with a start and an end."""
    return read_bpmn(d.process(d.start(), *parts, d.end()), ROLES).processes[0]


OLD = model(d.user("a", form="inspect"), WAY)


def test_an_element_that_is_gone_is_named_with_its_tokens() -> None:
    [found] = changes(OLD, model(d.user("b"), "start -> b -> end"), {"a": 3, "end": 0})
    assert (found.severity, found.rule, found.element) == ("warning", "running-gone", "a")
    assert found.message.startswith("3 tokens stand here")


@pytest.mark.parametrize(
    ("parts", "what"),
    [
        ([d.manual("a"), WAY], "what it is"),
        ([d.user("a", form="measure"), WAY], "its form"),
        ([d.lanes(quality=["a"]), d.user("a", form="inspect"), WAY], "its role"),
        ([d.user("a", form="inspect", due="P1D"), WAY], "its times"),
        ([d.user("a", form="inspect", loop=d.times(2)), WAY], "how often it runs"),
        ([d.user("a", form="inspect"), d.user("b"), "start -> a -> b -> end"], "where it leads"),
        (
            [d.user("a", form="inspect"), d.boundary("l", "a", duration="P1D"), WAY, "l -> end"],
            "its boundary events",
        ),
        (
            [
                d.subprocess("s", d.start("i"), d.user("a", form="inspect"), d.end("o")),
                "start -> s -> end",
            ],
            "the subprocess it is in",
        ),
    ],
)
def test_what_would_change_for_a_token_is_said(parts: Sequence[str], what: str) -> None:
    [found] = changes(OLD, model(*parts), {"a": 1})
    assert (found.severity, found.rule, found.element) == ("warning", "running-changed", "a")
    assert "1 token stands here" in found.message
    assert what in found.message


def test_what_is_the_same_or_empty_is_no_finding() -> None:
    more = model(d.user("a", form="inspect", name="Inspect"), d.user("late"), WAY)
    assert changes(OLD, more, {"a": 2}) == ()
    assert changes(OLD, model(d.manual("a"), WAY), {"a": 0, "start": 0}) == ()
    assert changes(OLD, OLD, {"a": 1, "never_seen": 2}) == ()
