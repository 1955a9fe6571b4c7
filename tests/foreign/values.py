"""Values for the variables that a diagram reads: near what it compares them with."""

from collections.abc import Iterator
from decimal import Decimal

from engine.workflow.definition.expressions import Expression, Kind
from engine.workflow.definition.model import Node

KINDS: dict[Kind, list[object]] = {
    Kind.BOOLEAN: [True, False],
    Kind.NUMBER: [0, 1, 2],
    Kind.TEXT: ["a", "b"],
    Kind.LIST: [["a", "b"], []],
}
ANY: list[object] = [True, False]
TIMES: dict[str, object] = {
    "date": "2030-01-31T06:00:00Z",
    "duration": "PT60M",
    "cycle": "R2/PT60M",
}
# What an item of a multi-instance has for itself; nobody else sets it.
OWN = (
    "loopCounter",
    "numberOfInstances",
    "numberOfActiveInstances",
    "numberOfCompletedInstances",
    "numberOfTerminatedInstances",
)


def values_for(nodes: list[Node]) -> dict[str, list[object]]:
    """What each variable may be set to, in an order that does not depend on the run."""
    found: dict[str, list[object]] = {}
    for expression in _expressions(nodes):
        for comparison in expression.comparisons:
            found.setdefault(comparison.name, []).extend(_near(comparison.constant))
        for demand in expression.demands:
            for kind in sorted(demand.kinds):
                found.setdefault(demand.name, []).extend(KINDS.get(kind, []))
        for name in sorted(expression.names):
            found.setdefault(name, [])
    for name, options in _wanted(nodes):
        found[name] = list(options)
    settable = {k: v for k, v in found.items() if k not in OWN and not k.startswith("_")}
    return {name: options or ANY for name, options in settable.items()}


def _wanted(nodes: list[Node]) -> Iterator[tuple[str, list[object]]]:
    """Variables whose place says what they must be: a list, a number of items, a time."""
    for node in nodes:
        if node.loop is not None and node.loop.source:
            yield node.loop.source, KINDS[Kind.LIST]
        if node.loop is not None and node.loop.cardinality is not None:
            yield from ((name, KINDS[Kind.NUMBER]) for name in node.loop.cardinality.names)
        timer = node.event.timer if node.event is not None else None
        if timer is not None and timer.value.expression is not None:
            yield from ((name, [TIMES[timer.kind]]) for name in timer.value.expression.names)


def _near(constant: object) -> list[object]:
    if isinstance(constant, bool):
        return [True, False]
    if isinstance(constant, int | Decimal):
        return [constant - 1, constant, constant + 1]
    return list(constant) if isinstance(constant, tuple) else [constant, "something else"]


def _expressions(nodes: list[Node]) -> Iterator[Expression]:
    for node in nodes:
        yield from (f.condition for f in node.outgoing if f.condition is not None)
        if node.event is not None and node.event.condition is not None:
            yield node.event.condition
        if node.loop is not None:
            for expression in (node.loop.cardinality, node.loop.condition):
                if expression is not None:
                    yield expression
