"""What people do beside the diagram: move tokens, skip tasks, insert work for one instance."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from engine.workflow.definition.blocks import Split, splits_around
from engine.workflow.definition.graph import followers, spread
from engine.workflow.definition.layout import HIDDEN, shown
from engine.workflow.definition.model import ACTIVITIES, EVENTS, Node, ScopeModel
from engine.workflow.execution.frontier import Insert
from engine.workflow.execution.run import Deviation, Run
from engine.workflow.execution.tree import Branch, Root, Token

# What stands in the id of inserted work, `weld+1`, and in no id of a diagram.
INSERTED = "+"


class Impossible(Exception):
    """What a person asks for would break the diagram's blocks; the text says why."""


def drawn(element: str) -> str:
    """The element of the diagram where a token is; inserted work belongs to what it follows."""
    return shown(element).partition(INSERTED)[0]


def model_of(scope: Root | Branch) -> ScopeModel:
    """A scope as it is drawn."""
    return scope.plan.model.scopes[scope.layout.id]


# ---- moves ----


@dataclass(frozen=True, slots=True)
class LeftBehind:
    """What a move out of blocks leaves there: their elements, and the flows of what is inside."""

    elements: frozenset[str] = frozenset()
    flows: frozenset[str] = frozenset()

    def joins(self, token: Token) -> list[str]:
        """The joins where tokens out of these blocks wait; not the one that the token is at."""
        waiting = token.workflow.state.joins
        return [g for g, came in waiting.items() if self.flows & came.keys() and g != token.node.id]

    def tokens(self, token: Token) -> list[Token]:
        """The other tokens in these blocks."""
        joins = self.joins(token)
        return [
            other
            for other in token.workflow.tasks.values()
            if other is not token
            and (drawn(other.node.id) in self.elements or (other.stuck and other.node.id in joins))
        ]


def left_behind(scope: ScopeModel, origin: str, to: str) -> LeftBehind:
    """What a token leaves that is taken from one element to another.

    Within a branch nothing; out of a block all that is in it.

    Raises:
        Impossible: into another branch, or into a block from outside, where a join would wait for
            a token that never comes.

    Source: docs/reference/bpmn-coverage.md, people's moves.
    """
    elements: set[str] = set()
    flows: set[str] = set()
    around = splits_around(scope, origin)
    for split in around:
        if any(origin in branch and to in branch for branch in split.branches):
            continue
        if to in split.inside:
            raise Impossible(_other_branch(split, to))
        elements |= split.inside
        sources = (scope.nodes[name] for name in (*split.inside, split.opens))
        flows |= {flow.id for node in sources for flow in node.outgoing}
    known = {split.opens for split in around}
    for split in splits_around(scope, to):
        if split.opens not in known and _joins_all(scope, split.join):
            raise Impossible(
                f"{to} is inside the block that {split.opens} opens: {split.join} would wait for "
                f"the other branches for ever. Move to {split.opens}, or behind {split.join}."
            )
    return LeftBehind(frozenset(elements), frozenset(flows))


def end_left(run: Run, token: Token, left: LeftBehind, by: Deviation) -> None:
    """End what a move leaves behind: tokens, and arrivals that wait at joins."""
    joins = token.workflow.state.joins
    for other in left.tokens(token):
        run.cancel(other, actor=by.actor, by=by)
    for gateway in left.joins(token):
        kept = {flow: n for flow, n in joins.pop(gateway).items() if flow not in left.flows}
        if kept:
            joins[gateway] = kept


def _other_branch(split: Split, to: str) -> str:
    cure = f"Move to {split.opens}"
    if split.join is not None:
        cure += f", to {split.join} or behind it"
    return (
        f"{to} is in another branch of the block that {split.opens} opens, which would have two "
        f"tokens then. {cure}."
    )


def _joins_all(scope: ScopeModel, join: str | None) -> bool:
    return join is not None and scope.nodes[join].type == "parallelGateway"


# ---- tasks ----


def skip(run: Run, token: Token, by: Deviation) -> None:
    """A task is left out: its token goes on as if it were done, without answers."""
    run.leave(token, False)
    run.record(token, "cancelled", by.actor, by)
    token.complete()


# ---- inserted work ----


def may_follow(node: Node) -> bool:
    """Whether work can be inserted after an element: a token leaves it, along all its flows."""
    return node.type in (ACTIVITIES | EVENTS) - {"endEvent"} and not node.triggered


def comes_to(scope: Root | Branch, after: str) -> bool:
    """Whether a token of this scope can still leave an element, drawn or inserted."""
    inserted = scope.state.inserted
    if after in inserted or any(i.after == after and i.open for i in inserted.values()):
        return True
    model = model_of(scope)
    origins = set(scope.state.joins)
    for token in scope.tasks.values():
        element, place = token.node.id, drawn(token.node.id)
        left = HIDDEN in element or INSERTED in element
        origins |= {f.target for f in model.nodes[place].outgoing} if left else {place}
    return after in spread(followers(model), origins)


def insert(scope: Root | Branch, after: str, work: Insert) -> str:
    """Add work after an element, drawn or inserted, behind what was inserted there before; its id.

    How many were inserted there is counted for as long as the scope lives: an id is given once.
    """
    state, mark = scope.state, after + INSERTED
    state.visits[mark] = number = state.visits.get(mark, 0) + 1
    name = f"{mark}{number}"
    state.inserted[name] = replace(work, after=drawn(after))
    return name


def take_inserted(token: Token, node: Node) -> bool:
    """Send a token that leaves an element to the work inserted there; False if there is none.

    Work after one element is for one token: it does each in order, and the next goes by.
    """
    if HIDDEN in node.id:
        return False  # its activity was left before
    inserted = token.workflow.state.inserted
    place, done = drawn(node.id), inserted.pop(node.id, None)
    ours = [name for name in in_order(inserted) if inserted[name].after == place]
    if done is None and any(inserted[name].open for name in ours):
        return False
    for name in ours:
        if _order(name) > _order(node.id):
            inserted[name].open = True
            token.workflow.place_inserted(name)
            return True
    return False


def in_order(inserted: Iterable[str]) -> list[str]:
    """The ids of inserted work in the order in which a token does it."""
    return sorted(inserted, key=lambda name: (drawn(name), _order(name)))


def _order(name: str) -> tuple[int, ...]:
    """Where inserted work stands: `weld+1`, what was inserted after that, `weld+2`."""
    return tuple(int(number) for number in name.split(INSERTED)[1:])
