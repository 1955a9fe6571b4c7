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
    covered = {
        flow.id
        for place, (flow, _) in enumerate(asked)
        if rows is not None and _covered(rows, place)
    }
    overlaps = _overlaps(asked)
    for flow, _ in asked:
        before = overlaps.get(flow.id)
        if flow.id in covered:
            yield warning(
                "covered-condition",
                flow.id,
                "Wherever it is true, one before it is true or cannot be told; it is never taken.",
                "Change the order of the flows, or the conditions.",
            )
        elif before:
            yield warning(
                "overlapping-conditions",
                flow.id,
                f"It can be true together with {', '.join(before[:5])}; the first one is taken.",
                "Write conditions of which only one can be true.",
            )


def _covered(rows: Sequence[Row], place: int) -> bool:
    """Whether a condition is never the first that is true."""
    return not any(
        row[place] and not any(held is not False for held in row[:place]) for row in rows
    )


def _overlaps(asked: Sequence[tuple[Flow, Expression]]) -> dict[str, list[str]]:
    """The flows before each whose condition, on the same single variable, can be true with its."""
    found: dict[str, list[str]] = {}
    for name in {n for _, condition in asked for n in condition.names}:
        those = [(flow.id, c) for flow, c in asked if c.names == {name}]
        for row in outcomes([condition for _, condition in those]) or ():
            true = [flow for (flow, _), held in zip(those, row, strict=True) if held]
            for flow in true[1:]:
                before = found.setdefault(flow, [])
                before += [other for other in true[: true.index(flow)] if other not in before]
    return found
