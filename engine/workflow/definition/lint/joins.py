"""Joins that can never fire, and inclusive gateways that close no block."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from engine.workflow.definition.blocks import inclusive_blocks, inclusive_joins
from engine.workflow.definition.graph import ENTRY, dominators, entries, followers, reverse, spread
from engine.workflow.definition.model import (
    ACTIVITIES,
    Finding,
    Flow,
    Node,
    ScopeModel,
    error,
)

MAX_STEPS = 500_000  # 0.5 s; whatever is left then is not judged
ONE_WAY = ("exclusiveGateway", "eventBasedGateway")


def joins(scope: ScopeModel) -> Iterator[Finding]:
    """What is wrong with the gateways that join."""
    blocks = inclusive_blocks(scope)
    for join in inclusive_joins(scope):
        if join.id not in blocks:
            yield error(
                "inclusive-block",
                join.id,
                "What it joins was not split by one gateway, or other ways lead into the block.",
                "Split and join with one pair of gateways, nothing leading in between.",
            )
    parallel = [
        n for n in scope.nodes.values() if n.type == "parallelGateway" and len(n.incoming) > 1
    ]
    if parallel:
        after = followers(scope)
        graph = _Graph(scope, after, reverse(after), dominators(after, entries(scope)))
        for join in parallel:
            yield from _parallel(graph, join)


@dataclass(slots=True)
class _Graph:
    """What follows each element, comes before it, and dominates it; how many may be looked at."""

    scope: ScopeModel
    after: Mapping[str, list[str]]
    before: Mapping[str, list[str]]
    nearest: Mapping[str, str]
    left: int = MAX_STEPS

    def above(self, name: str, join: str) -> list[str]:
        """What every way to an element comes through, from it up to the join or what is above."""
        found = []
        while name != ENTRY:
            found.append(name)
            if name in (join, self.nearest[join]):
                break
            name = self.nearest[name]
        return found


def _parallel(graph: _Graph, join: Node) -> Iterator[Finding]:
    if join.id not in graph.nearest:
        return  # unreachable, and said so
    flows = [
        f
        for name in dict.fromkeys(graph.before[join.id])
        for f in graph.scope.nodes[name].outgoing
        if f.target == join.id
    ]
    coming = [f for f in flows if f.source in graph.nearest]
    for flow in flows:
        if flow not in coming:
            yield error(
                "join-never-fires",
                join.id,
                f"No token ever comes from {flow.source}, so the join waits for ever.",
                f"Draw a way to {flow.source}, or remove its flow.",
            )
        elif join.id in graph.above(flow.source, join.id):
            yield error(
                "loop-into-join",
                join.id,
                f"The flow from {flow.source} comes only from behind the join, which waits for it.",
                "Lead the loop to an exclusive gateway before the join.",
            )
    choice = _excluding(graph, join, coming)
    if choice is not None:
        yield error(
            "join-never-fires",
            join.id,
            f"{choice} takes one of the ways that the join waits for all of.",
            "Join with an exclusive gateway, or split with a parallel one.",
        )


def _excluding(graph: _Graph, join: Node, flows: list[Flow]) -> str | None:
    """The element that lets a token take only some of the ways that lead to the join."""
    under: dict[str, set[str]] = {}
    for flow in flows:
        for name in graph.above(flow.source, join.id):
            under.setdefault(name, set()).add(flow.id)
    for name, wanted in under.items():
        ways = _ways(graph, graph.scope.nodes[name])
        if len(wanted) < 2 or len(ways) < 2 or name == join.id:
            continue
        complete = any(graph.left < 0 or wanted <= _brought(graph, way, join) for way in ways)
        if not complete and not _often(graph, name, join.id):
            return name
    return None


def _ways(graph: _Graph, node: Node) -> list[list[Flow]]:
    """The ways of which a token takes one; that to a boundary event is a flow without an id."""
    if node.type in ONE_WAY:
        return [[flow] for flow in node.outgoing]
    if node.type not in ACTIVITIES:
        return []
    events = [Flow("", node.id, name) for name in node.boundaries]
    beside = [way for way in events if _stays(graph, way.target)]  # whichever way is taken
    return [
        [*node.outgoing, *beside],
        *([way, *beside] for way in events if way not in beside),
    ]


def _brought(graph: _Graph, way: list[Flow], join: Node) -> set[str]:
    """The flows of the join that a token on this way can come to."""
    walls = {way[0].source, join.id} if way else {join.id}
    passed = spread(graph.after, [step.target for step in way], walls)
    graph.left -= len(passed) + 1
    found = {step.id for step in way if step.target == join.id}
    for name in passed:
        found |= {f.id for f in graph.scope.nodes[name].outgoing if f.target == join.id}
    return found


def _often(graph: _Graph, name: str, join: str) -> bool:
    """Whether several tokens may come here before the join fires: then each can take a way."""
    leading = spread(graph.before, graph.before[name], {join})
    if name in leading:
        return True
    for other in leading:
        node = graph.scope.nodes[other]
        several = node.splits or any(_stays(graph, event) for event in node.boundaries)
        ways = [step for step in graph.after[other] if step == name or step in leading]
        if several and len(ways) > 1:
            return True
    return False


def _stays(graph: _Graph, event: str) -> bool:
    """Whether a boundary event leaves its activity running."""
    found = graph.scope.nodes[event].event
    return found is not None and not found.interrupting
