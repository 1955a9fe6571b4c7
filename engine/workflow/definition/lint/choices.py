"""Conditions and defaults: that a token always finds a way, and that each way can be taken."""

from collections.abc import Iterator

from engine.workflow.definition.lint.conditions import conditions
from engine.workflow.definition.model import (
    ACTIVITIES,
    EVENTS,
    GATEWAYS,
    Finding,
    Node,
    ScopeModel,
    error,
    warning,
)

CHOOSING = ("exclusiveGateway", "inclusiveGateway")


def choices(node: Node, _scope: ScopeModel) -> Iterator[Finding]:
    """What is wrong with the flows that leave an element."""
    if node.type not in ACTIVITIES | EVENTS | GATEWAYS:
        return
    yield from _default(node)
    if node.type in CHOOSING:
        yield from _gateway(node)
        yield from conditions(node)
    elif node.type in ACTIVITIES and len(node.outgoing) > 1:
        yield from _activity(node)
        yield from conditions(node)
    else:
        yield from _unconditional(node)


def _default(node: Node) -> Iterator[Finding]:
    for flow in node.outgoing:
        if flow.id == node.default and flow.condition is not None:
            yield warning(
                "default-condition",
                flow.id,
                "The condition of a default flow is not read.",
                "Remove it, or choose another default flow.",
            )
    if node.default is not None and node.default not in {f.id for f in node.outgoing}:
        yield error(
            "default-flow",
            node.id,
            f"The default flow {node.default} does not leave here.",
            "Choose one of the element's own flows.",
        )


def _gateway(node: Node) -> Iterator[Finding]:
    if len(node.outgoing) > 1:
        for flow in node.outgoing:
            if flow.condition is None and flow.id != node.default:
                yield error(
                    "gateway-condition",
                    flow.id,
                    f"The flow to {flow.target} has no condition and is not the default.",
                    "Write a condition, or make it the default flow.",
                )
        if not node.name:
            yield warning(
                "missing-label", node.id, "The gateway asks no question.", "Give it a name."
            )
    if node.default is None and any(f.condition is not None for f in node.outgoing):
        yield _no_default(node)


def _activity(node: Node) -> Iterator[Finding]:
    if node.default is None and all(f.condition is not None for f in node.outgoing):
        yield _no_default(node)


def _no_default(node: Node) -> Finding:
    return warning(
        "no-default",
        node.id,
        "If no condition is true the instance stops here as an incident.",
        "Choose a default flow.",
    )


def _unconditional(node: Node) -> Iterator[Finding]:
    for flow in node.outgoing:
        if flow.condition is not None:
            only = " as the only one" if node.type in ACTIVITIES else ""
            yield error(
                "conditional-flow",
                flow.id,
                f"A flow out of {node.type}{only} cannot have a condition.",
                "Draw an exclusive gateway, or remove the condition.",
            )
