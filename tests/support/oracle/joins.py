"""Gateways that join: parallel ones count arrivals, inclusive ones wait for what can still come."""

from collections.abc import Callable

from tests.support.oracle.drawing import Flow, Level, Node
from tests.support.oracle.state import Scope, scopes


class Block:
    """What one gateway opened and an inclusive gateway closes.

    `comes` is, for each element of the block, the flows into the join that a token there can reach.
    """

    def __init__(self, level: Level, join: Node) -> None:
        opener = _dominator(level, join)
        self.comes: dict[str, frozenset[str]] = {}
        inside = _between(level, opener, join)
        ends = {flow.source: set() for flow in join.into}
        for flow in join.into:
            ends[flow.source].add(flow.id)
        for name in inside:
            self.comes[name] = frozenset(_reach(level, name, join, inside, ends))


def _between(level: Level, opener: Node, join: Node) -> set[str]:
    """The elements that a token can be at after the opener and before the join."""
    found: set[str] = set()
    ahead = [node for node in level.after(opener) if node is not join]
    while ahead:
        node = ahead.pop()
        if node.id not in found:
            found.add(node.id)
            found |= {b.id for b in node.boundaries}
            ahead += [n for n in level.after(node) if n is not join]
    return found


def _reach(
    level: Level, start: str, join: Node, inside: set[str], ends: dict[str, set[str]]
) -> set[str]:
    found: set[str] = set()
    met, ahead = {start}, [level.nodes[start]]
    while ahead:
        node = ahead.pop()
        for source in (node, *node.boundaries):
            found |= ends.get(source.id, set())
        for following in level.after(node):
            if following is not join and following.id in inside and following.id not in met:
                met.add(following.id)
                ahead.append(following)
    return found


def _dominator(level: Level, join: Node) -> Node:
    """The last gateway that all ways to the join come through."""
    roots = [n for n in level.nodes.values() if n.kind == "startEvent"]
    found = [
        node
        for node in level.nodes.values()
        if node.kind.endswith("Gateway")
        and node is not join
        and not _avoids(level, roots, node, join)
    ]
    # Those before each other stand in a chain: the last is the one that no other one hides.
    return next(n for n in found if all(m is n or not _avoids(level, roots, m, n) for m in found))


def _avoids(level: Level, roots: list[Node], around: Node, to: Node) -> bool:
    """Whether a way leads to an element without passing another."""
    met = {n.id for n in roots if n is not around}
    ahead = [n for n in roots if n is not around]
    while ahead:
        node = ahead.pop()
        if node is to:
            return True
        for following in level.after(node):
            if following is not around and following.id not in met:
                met.add(following.id)
                ahead.append(following)
    return False


class Joins:
    """The joins of an instance."""

    root: Scope
    last: int
    place: Callable[..., object]
    end: Callable[..., None]

    def join(self, gateway: Node, flow: Flow, scope: Scope) -> None:
        """A token comes to a gateway that waits for others."""
        arrived = scope.joins.setdefault(gateway.id, {f.id: [] for f in gateway.into})
        self.last += 1
        arrived[flow.id].append(self.last)
        if gateway.kind == "parallelGateway" and all(arrived.values()):
            self.pass_join(gateway, scope)

    def pass_join(self, gateway: Node, scope: Scope) -> None:
        """One token of each flow that brought one becomes one token at the gateway."""
        arrived = scope.joins[gateway.id]
        for came in arrived.values():
            if came:
                came.pop(0)
        if not any(arrived.values()):
            del scope.joins[gateway.id]
        if gateway.kind == "parallelGateway":  # it is stuck no more
            for stuck in [t for t in scope.tokens if t.node is gateway and t.state == "incident"]:
                self.end(stuck)
        self.place(gateway, scope)

    def waiting_joins(self, scope: Scope) -> list[str]:
        """The parallel gateways of a scope where tokens wait."""
        assert scope.level is not None
        nodes = scope.level.nodes
        return [name for name in scope.joins if nodes[name].kind == "parallelGateway"]

    def pass_inclusive(self) -> bool:
        """Let an inclusive join pass that may, the oldest scope's first."""
        for scope in sorted(scopes(self.root), key=lambda scope: scope.number):
            for gateway in scope.level.nodes.values() if scope.level is not None else ():
                waits = gateway.kind == "inclusiveGateway" and gateway.id in scope.joins
                if waits and self.may_pass(gateway, scope):
                    self.pass_join(gateway, scope)
                    return True
        return False

    def may_pass(self, gateway: Node, scope: Scope) -> bool:
        """Whether no token can still bring what has not come."""
        assert scope.level is not None
        if gateway.block is None:
            gateway.block = Block(scope.level, gateway)
        brought = {flow for flow, came in scope.joins[gateway.id].items() if came}
        at = {t.node.id for t in scope.tokens} | (scope.joins.keys() - {gateway.id})
        reached = [gateway.block.comes[name] for name in at if name in gateway.block.comes]
        return all(not flows or flows & brought for flows in reached)
