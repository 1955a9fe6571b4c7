"""Decision tables for tests, written as rows of cells."""

from collections.abc import Sequence
from xml.sax.saxutils import escape, quoteattr

import pytest

from engine.workflow.definition.decisions import Decision, DecisionRefused, Problem, read_decisions

DMN13 = "https://www.omg.org/spec/DMN/20191111/MODEL/"
Row = tuple[Sequence[str], Sequence[str]]


def entry(tag: str, text: str, attributes: str = "") -> str:
    return f"<{tag} {attributes}><text>{escape(text)}</text></{tag}>"


def table(
    rules: Sequence[Row],
    *,
    inputs: Sequence[str] = ("qty",),
    outputs: Sequence[str] = ("out",),
    policy: str = "",
    columns: str = "",
    inside: str = "",
    default: Sequence[str] = (),
) -> str:
    """A decision; `columns` replaces the columns, `inside` stands before the table."""
    if not columns:
        for name in inputs:
            columns += f"<input label={quoteattr(name)}>{entry('inputExpression', name)}</input>"
        for place, name in enumerate(outputs):
            given_default = entry("defaultOutputEntry", default[place]) if default else ""
            columns += f"<output name={quoteattr(name)}>{given_default}</output>"
    rows = ""
    for cells, results in rules:
        rows += "<rule>" + "".join(entry("inputEntry", cell) for cell in cells)
        rows += "".join(entry("outputEntry", result) for result in results) + "</rule>"
    return (
        f'<decision id="grade" name="Grade">{inside}'
        f'<decisionTable id="table" {policy}>{columns}{rows}</decisionTable></decision>'
    )


def document(body: str, namespace: str = DMN13) -> bytes:
    return f'<definitions xmlns="{namespace}" id="d" name="d">{body}</definitions>'.encode()


def decide(body: str) -> Decision:
    (decision,) = read_decisions(document(body))
    return decision


def problems(body: str) -> tuple[Problem, ...]:
    with pytest.raises(DecisionRefused) as caught:
        read_decisions(document(body))
    return caught.value.problems


def problem(body: str) -> Problem:
    (found,) = problems(body)
    return found


OVERLAP: list[Row] = [(("[1..10]",), ('"low"',)), ((">= 5",), ('"high"',)), (("> 7",), ('"high"',))]
