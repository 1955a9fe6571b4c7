"""Which gateways and activities open a block, and what lies inside it."""

from collections.abc import Mapping
from dataclasses import dataclass

from engine.workflow.definition.graph import (
    ENTRY,
    dominators,
    entries,
    followers,
    reverse,
    spread,
)
from engine.workflow.definition.model import ACTIVITIES, GATEWAYS, Node, ScopeModel

JOINING = frozenset({"parallelGateway", "inclusiveGateway"})
MAX_INSIDE = 100_000


@dataclass(frozen=True, slots=True)
class InclusiveBlock:
    """The block that an inclusive gateway closes.

    `reach` has every element inside the block, other joins too: the incoming flows of the join
    that a token at that element can still come to without passing the join.
    """

    opens: str
    join: str
    reach: Mapping[str, frozenset[str]]


@dataclass(frozen=True, slots=True)
class Split:
    """An element whose token may leave as several, and the gateway where they wait for each other.

    A branch is everything that can be reached on one of its flows before that join. Where ways meet
    without a gateway that joins, each token goes on by itself: there is no join, and what follows
    belongs to every branch.
    """

    opens: str
    join: str | None
    branches: tuple[frozenset[str], ...]

    @property
    def inside(self) -> frozenset[str]:
        """Everything between the split and its join."""
        return frozenset().union(*self.branches)


def inclusive_block(scope: ScopeModel, join: Node) -> InclusiveBlock | None:
    """The block that an inclusive gateway closes; None if it closes none.

    The gateway, or activity, that every way to the join comes through opens it; nothing leads into
    the block beside it, and nothing leads back to it but through the join.

    Source: docs/reference/bpmn-coverage.md, inclusive gateways that join.
    """
    after = followers(scope)
    return _block(scope, join, _Graph(after, reverse(after), dominators(after, entries(scope))))


def inclusive_blocks(scope: ScopeModel) -> Mapping[str, InclusiveBlock]:
    """The blocks of a scope by the inclusive gateway that closes each.

    Blocks inside blocks inside blocks count their elements each time; those beyond 100,000 in all
    are none, so that neither time nor memory runs out.
    """
    joins = inclusive_joins(scope)
    if not joins:
        return {}
    after = followers(scope)
    graph = _Graph(after, reverse(after), dominators(after, entries(scope)))
    blocks: dict[str, InclusiveBlock] = {}
    left = MAX_INSIDE
    for join in joins:
        block = _block(scope, join, graph) if left > 0 else None
        if block is not None:
            blocks[join.id] = block
            left -= len(block.reach)
    return blocks


def inclusive_joins(scope: ScopeModel) -> list[Node]:
    """The inclusive gateways with several flows in."""
    return [
        node
        for node in scope.nodes.values()
        if node.type == "inclusiveGateway" and len(node.incoming) > 1
    ]


def splits_around(scope: ScopeModel, element: str) -> list[Split]:
    """The splits that have an element in one of their branches, the innermost first."""
    found = [split for split in _splits(scope) if element in split.inside]
    return sorted(found, key=lambda split: len(split.inside))


@dataclass(frozen=True, slots=True)
class _Graph:
    """What follows each element, what comes before it, and its immediate dominator."""

    after: Mapping[str, list[str]]
    before: Mapping[str, list[str]]
    nearest: Mapping[str, str]


def _block(scope: ScopeModel, join: Node, graph: _Graph) -> InclusiveBlock | None:
    opener = scope.nodes.get(graph.nearest.get(join.id, ENTRY))
    if opener is None or not _may_open(opener):
        return None
    inside = spread(graph.after, graph.after[opener.id], {join.id})
    allowed = inside | {opener.id}
    entered = {name for held in (*inside, join.id) for name in graph.before[held]}
    # The join itself may lead back to the opener, never into the block or to itself.
    if opener.id in inside or not entered <= allowed:
        return None
    reach: dict[str, set[str]] = {name: set() for name in inside}
    within = {name: [b for b in graph.before[name] if b in inside] for name in inside}
    for flow in (f for name in allowed for f in scope.nodes[name].outgoing):
        if flow.target == join.id and flow.source in inside:
            for name in spread(within, [flow.source]):
                reach[name].add(flow.id)
    return InclusiveBlock(
        opener.id, join.id, {name: frozenset(flows) for name, flows in reach.items()}
    )


def _may_open(node: Node) -> bool:
    """Whether all that comes from here comes through the element's own flows."""
    if node.type in GATEWAYS:
        return True
    return node.type in ACTIVITIES and not node.boundaries and len(node.outgoing) > 1


def _splits(scope: ScopeModel) -> list[Split]:
    after = followers(scope)
    # An event at the boundary leaves its block in any case; the join is where the flows meet.
    flows = {node.id: [f.target for f in node.outgoing] for node in scope.nodes.values()}
    ends = [name for name, names in flows.items() if not names]
    closing = dominators(reverse(flows), ends)
    found = []
    for node in scope.nodes.values():
        if node.splits:
            join = _joining(scope, closing.get(node.id, ENTRY))
            walls = {node.id} | ({join} if join else set())
            branches = tuple(frozenset(spread(after, [f.target], walls)) for f in node.outgoing)
            found.append(Split(node.id, join, branches))
    return found


def _joining(scope: ScopeModel, element: str) -> str | None:
    node = scope.nodes.get(element)
    if node is None or node.type not in JOINING or len(node.incoming) < 2:
        return None
    return element
