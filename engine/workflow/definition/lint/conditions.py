"""Conditions that are never true, never reached, or true together where one is to be chosen."""

from collections.abc import Iterator, Sequence

from engine.workflow.definition.expressions import Expression
from engine.workflow.definition.expressions.regions import Row, is_decidable, outcomes
from engine.workflow.definition.model import Finding, Flow, Node, warning


def conditions(node: Node) -> Iterator[Finding]:
    """What can be told about the conditions of an element's flows before they are evaluated."""
    asked = [
        (flow, flow.condition)
        for flow in node.outgoing
        if flow.condition is not None and flow.id != node.default and is_decidable(flow.condition)
    ]
    impossible = [flow for flow, condition in asked if _never(condition)]
    for flow in impossible:
        yield warning(
            "impossible-condition",
            flow.id,
            "The condition can never be true.",
            "Correct the condition, or remove the flow.",
        )
    if node.type == "exclusiveGateway":
        yield from _exclusive([(f, c) for f, c in asked if f not in impossible])


def _never(condition: Expression) -> bool:
    rows = outcomes([condition])
    return rows is not None and not any(row[0] for row in rows)


def _exclusive(asked: Sequence[tuple[Flow, Expression]]) -> Iterator[Finding]:
    rows = outcomes([condition for _, condition in asked])
    covered = [place for place in range(len(asked)) if rows is not None and _covered(rows, place)]
    for place in covered:
        yield warning(
            "covered-condition",
            asked[place][0].id,
            "Wherever it is true, one before it is true or cannot be told; it is never taken.",
            "Change the order of the flows, or the conditions.",
        )
    for place, (flow, condition) in enumerate(asked):
        before = [
            other.id
            for other, earlier in asked[:place]
            if place not in covered and _overlap(earlier, condition)
        ]
        if before:
            yield warning(
                "overlapping-conditions",
                flow.id,
                f"It can be true together with {', '.join(before)}; the first one is taken.",
                "Write conditions of which only one can be true.",
            )


def _covered(rows: Sequence[Row], place: int) -> bool:
    """Whether a condition is never the first that is true."""
    return not any(
        row[place] and not any(held is not False for held in row[:place]) for row in rows
    )


def _overlap(one: Expression, other: Expression) -> bool:
    """Whether two conditions on the same single variable can be true together."""
    if len(one.names | other.names) != 1:
        return False
    rows = outcomes([one, other])
    return rows is not None and any(row[0] and row[1] for row in rows)
