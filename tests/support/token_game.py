"""BPMN's token game, written from the specification alone: what an engine must agree with.

It reads the diagram by itself and knows nothing of ours: no tree, no frontier, no database.

Source: BPMN 2.0.2 chapter 13, and the scopes of docs/reference/dialect.md.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from operator import eq, gt, lt
from typing import Any

from lxml import etree

from tests.support.diagrams import BPMN

B = f"{{{BPMN}}}"
TESTS: dict[str, Callable[[Any, Any], bool]] = {"==": eq, ">": gt, "<": lt}


class Level:
    """A process or subprocess as drawn: its nodes, and the flows that leave each."""

    def __init__(self, holder: etree._Element) -> None:
        self.nodes = {e.get("id"): e for e in holder if e.get("id") and e.tag != B + "sequenceFlow"}
        self.out: dict[str, list[etree._Element]] = {name: [] for name in self.nodes}
        self.into: dict[str, list[str]] = {name: [] for name in self.nodes}
        for flow in holder.iterchildren(B + "sequenceFlow"):
            self.out[flow.get("sourceRef")].append(flow)
            self.into[flow.get("targetRef")].append(flow.get("id"))
        self.start = next(n for n, e in self.nodes.items() if kind(e) == "startEvent")

    def catching(self, activity: str, code: str) -> str | None:
        """The boundary event of an activity that catches an error; all codes are named here."""
        for name, node in self.nodes.items():
            if node.get("attachedToRef") == activity:
                ref = node[0].get("errorRef")
                if ref in (None, f"error_{code}"):
                    return name
        return None


@dataclass(eq=False)
class Scope:
    """A running level, the token it runs inside, and its variables if it is a wall."""

    level: Level
    holder: "Token | None"
    variables: dict[str, Any] | None
    written: set[str] = field(default_factory=set)
    tokens: "list[Token]" = field(default_factory=list)
    joins: dict[str, Counter[str]] = field(default_factory=dict)

    @property
    def wall(self) -> "Scope":
        scope = self
        while scope.variables is None:
            assert scope.holder is not None
            scope = scope.holder.scope
        return scope


@dataclass(eq=False)
class Token:
    """A token at an element, and what runs inside it."""

    element: str
    scope: Scope
    inside: Scope | None = None
    stuck: bool = False


class TokenGame:
    """One instance of a process."""

    def __init__(self, diagrams: Mapping[str, bytes], key: str, variables: dict[str, Any]) -> None:
        roots = {name: etree.fromstring(text) for name, text in diagrams.items()}
        self.processes = {k: Level(root.find(B + "process")) for k, root in roots.items()}
        self.root = Scope(self.processes[key], None, dict(variables))
        self.enter(self.root.level.start, self.root)

    # ---- what is seen ----

    def resting(self) -> list[str]:
        """Where tokens wait for somebody outside."""
        return sorted(t.element for t in self.tokens() if t.inside is None and not t.stuck)

    def waits_once(self) -> list[str]:
        """Elements where exactly one token waits, so that there is no doubt which is meant."""
        return [element for element, n in Counter(self.resting()).items() if n == 1]

    def tokens(self, scope: Scope | None = None) -> list[Token]:
        found = []
        for token in (scope or self.root).tokens:
            found += [token, *(self.tokens(token.inside) if token.inside else [])]
        return found

    @property
    def stuck(self) -> bool:
        """Whether a join waits for what can no longer come."""
        return any(token.stuck for token in self.tokens())

    @property
    def completed(self) -> bool:
        return not self.root.tokens

    # ---- what people and machines do ----

    def complete(self, element: str, variables: dict[str, Any]) -> None:
        token = next(t for t in self.tokens() if t.element == element and t.inside is None)
        self.write(token.scope, variables)
        self.leave(token)

    def fail(self, element: str, code: str) -> None:
        """Raise an error that something catches."""
        token = next(t for t in self.tokens() if t.element == element and t.inside is None)
        at: Token | None = token
        while at is not None:
            boundary = at.scope.level.catching(at.element, code)
            if boundary is not None:
                at.scope.tokens.remove(at)
                self.enter(boundary, at.scope)
                return
            at = at.scope.holder
        raise AssertionError("nothing catches it")

    def catches(self, element: str, code: str) -> bool:
        at = next((t for t in self.tokens() if t.element == element), None)
        while at is not None:
            if at.scope.level.catching(at.element, code) is not None:
                return True
            at = at.scope.holder
        return False

    # ---- the rules ----

    def write(self, scope: Scope, variables: dict[str, Any]) -> None:
        wall = scope.wall
        assert wall.variables is not None
        wall.variables.update(variables)
        wall.written |= variables.keys()

    def enter(self, element: str, scope: Scope) -> None:
        node = scope.level.nodes[element]
        token = Token(element, scope)
        scope.tokens.append(token)
        if kind(node) in ("userTask", "serviceTask"):
            return
        if kind(node) in ("subProcess", "callActivity"):
            called = self.processes.get(node.get("calledElement", ""))
            values = dict(scope.wall.variables or {}) if called else None
            token.inside = Scope(called or Level(node), token, values)
            self.enter(token.inside.level.start, token.inside)
            return
        self.leave(token)

    def leave(self, token: Token) -> None:
        scope, node = token.scope, token.scope.level.nodes[token.element]
        if node.find(B + "terminateEventDefinition") is not None:
            scope.tokens, scope.joins = [token], {}
        if token not in scope.tokens:
            return  # ended by a terminate event meanwhile
        flows = self.ways(node, scope)
        scope.tokens.remove(token)
        ghost = Token("", scope)  # the scope is not empty while its token is on the way
        scope.tokens.append(ghost)
        for flow in flows:
            if ghost in scope.tokens:
                self.arrive(flow, scope)
        if ghost in scope.tokens:
            scope.tokens.remove(ghost)
            self.close(scope)

    def ways(self, node: etree._Element, scope: Scope) -> list[etree._Element]:
        flows = scope.level.out[node.get("id")]
        if kind(node) != "exclusiveGateway":
            return flows
        for flow in flows:
            if flow.get("id") != node.get("default") and self.holds(flow, scope):
                return [flow]
        return [flow for flow in flows if flow.get("id") == node.get("default")]

    def holds(self, flow: etree._Element, scope: Scope) -> bool:
        text = flow.findtext(B + "conditionExpression")
        if not text:
            return True
        name, test, number = text.split()
        assert scope.wall.variables is not None
        return TESTS[test](scope.wall.variables[name], int(number))

    def arrive(self, flow: etree._Element, scope: Scope) -> None:
        target = flow.get("targetRef")
        into = scope.level.into[target]
        if kind(scope.level.nodes[target]) == "parallelGateway" and len(into) > 1:
            arrived = scope.joins.setdefault(target, Counter())
            arrived[flow.get("id")] += 1
            if not all(arrived[name] for name in into):
                return
            scope.joins[target] = +(arrived - Counter(into))
        self.enter(target, scope)

    def close(self, scope: Scope) -> None:
        """A scope without tokens is over; one whose joins still wait is stuck."""
        if scope.tokens:
            return
        waiting = [name for name, arrived in scope.joins.items() if arrived]
        if waiting:
            scope.tokens.append(Token(waiting[0], scope, stuck=True))
        elif scope.holder is not None and scope.holder in scope.holder.scope.tokens:
            if scope.variables is not None:
                out = {k: scope.variables[k] for k in scope.written}
                self.write(scope.holder.scope, out)
            scope.holder.inside = None
            self.leave(scope.holder)


def kind(node: etree._Element) -> str:
    """The BPMN name of an element."""
    return str(etree.QName(node).localname)
