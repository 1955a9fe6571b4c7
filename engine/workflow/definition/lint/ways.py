"""Whether every element can be reached, every way ends, and no loop goes on for ever."""

from collections.abc import Iterator

from engine.workflow.definition.graph import loops, reachable
from engine.workflow.definition.model import Finding, Node, ScopeModel, error, warning
from engine.workflow.definition.reading.flows import LINK


def ways(scope: ScopeModel) -> Iterator[Finding]:
    """What of a scope is never reached, leads nowhere, or runs in circles without a cap."""
    reached = reachable(scope)
    for node in scope.nodes.values():
        if node.id not in reached:
            yield warning(
                "unreachable", node.id, "No way leads here.", "Draw a flow to it, or remove it."
            )
        elif not node.outgoing and node.type != "endEvent" and not node.triggered:
            yield warning(
                "dead-end", node.id, "The way stops here.", "Draw a flow to an end event."
            )
    if not any(n.type == "endEvent" for n in scope.nodes.values()):
        yield warning("no-end", scope.id, "There is no end event.", "Draw one.")
    for loop in loops(scope):
        if not any(scope.nodes[n].work.maximum for n in loop):
            yield warning(
                "loop-without-cap",
                min(loop),
                f"The loop through {', '.join(sorted(loop)[:5])} has no cap.",
                "Write mes:maximum on one of its elements.",
            )


def directions(node: Node, _scope: ScopeModel) -> Iterator[Finding]:
    """Flows that lead to what only begins, or away from what only ends."""
    link = node.event.kind if node.event is not None else ""
    begins = node.type in ("startEvent", "boundaryEvent")
    if begins and node.incoming:
        yield error(
            "flow-direction",
            node.id,
            f"No flow can lead to a {node.type}.",
            "Lead it to the element after it.",
        )
    if node.outgoing and node.type == "endEvent":
        yield error(
            "flow-direction", node.id, "No flow can leave an end event.", "Remove the flow."
        )
    if link == "link":
        yield from _link(node)


def _link(node: Node) -> Iterator[Finding]:
    if node.type == "intermediateCatchEvent" and any(
        not flow.endswith(LINK) for flow in node.incoming
    ):
        yield error(
            "flow-direction",
            node.id,
            "No flow can lead to a link that catches.",
            "Lead it to the element after it.",
        )
    if node.type == "intermediateThrowEvent" and any(
        not f.id.endswith(LINK) for f in node.outgoing
    ):
        yield error(
            "flow-direction",
            node.id,
            "No flow can leave a link that throws.",
            "Lead it from the link that catches.",
        )
