"""A process as it runs: its scopes with what the diagram leaves unsaid made explicit.

The flows with conditions that leave an activity get a gateway of their own, and an activity that
runs several times gets a scope for its items. Neither has an id that a diagram could hold: the id
of a hidden gateway is that of its activity with `#out`, the scope of items has `#items`; outside,
an element's name ends at `#`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from engine.workflow.definition.blocks import InclusiveBlock, inclusive_blocks
from engine.workflow.definition.model import ACTIVITIES, Flow, Node, ProcessModel, ScopeModel

HIDDEN = "#"


@dataclass(frozen=True, slots=True)
class Layout:
    """A scope as it runs.

    `handlers` are its event subprocesses, each with its start event; `blocks` its inclusive blocks
    by the gateway that joins; `conditional` says whether anything in it waits for a condition;
    `data` are the names of its own data objects.
    """

    id: str
    nodes: Mapping[str, Node]
    starts: tuple[Node, ...] = ()
    handlers: tuple[tuple[Node, Node], ...] = ()
    blocks: Mapping[str, InclusiveBlock] = field(default_factory=dict)
    conditional: bool = False
    data: frozenset[str] = frozenset()


def shown(element: str) -> str:
    """The id of an element as the diagram has it."""
    return element.partition(HIDDEN)[0] if HIDDEN in element else element


def items_of(element: str) -> str:
    """The id of the scope in which an activity's items run."""
    return f"{element}{HIDDEN}items"


def layouts(process: ProcessModel) -> dict[str, Layout]:
    """Every scope of a process as it runs, by its id."""
    found: dict[str, Layout] = {}
    for scope in process.scopes.values():
        found[scope.id] = _layout(scope, process)
        for node in scope.nodes.values():
            if node.loop is not None:
                found[items_of(node.id)] = Layout(items_of(node.id), {node.id: _item(node)})
    return found


def _layout(scope: ScopeModel, process: ProcessModel) -> Layout:
    nodes: dict[str, Node] = {}
    for node in scope.nodes.values():
        for made in _explicit(node):
            nodes[made.id] = made
    handlers = tuple((h, process.scopes[h.id].starts[0]) for h in scope.handlers)
    events = [n.event for n in nodes.values()] + [start.event for _, start in handlers]
    return Layout(
        scope.id,
        nodes,
        scope.starts,
        handlers,
        inclusive_blocks(scope),
        any(e is not None and e.kind == "conditional" for e in events),
        scope.data,
    )


def _explicit(node: Node) -> tuple[Node, ...]:
    """The node, and the gateway that chooses among its flows if they have conditions."""
    if node.loop is not None and node.loop.kind == "loop":  # the cap counts the runs of the loop
        node = replace(node, work=replace(node.work, maximum=None))
    conditional = any(flow.condition is not None for flow in node.outgoing)
    if node.type not in ACTIVITIES or not conditional:
        return (node,)
    gateway = node.id + HIDDEN + "out"
    way = Flow(node.id + HIDDEN, node.id, gateway)
    return (
        replace(node, outgoing=(way,), default=None),
        Node(
            gateway,
            "inclusiveGateway",
            node.scope,
            node.name,
            incoming=(way.id,),
            outgoing=node.outgoing,
            default=node.default,
        ),
    )


def _item(node: Node) -> Node:
    """One run of an activity that has several."""
    assert node.loop is not None
    capped = node.loop.kind == "loop"
    work = node.work if capped else replace(node.work, maximum=None)
    return replace(
        node, incoming=(), outgoing=(), default=None, boundaries=(), loop=None, work=work
    )
