"""Conditional events: what waits for a condition, and which of them happens next.

Source: BPMN 2.0.2 sections 10.5.5 and 13.5.2; their order: docs/reference/bpmn-coverage.md.
"""

from dataclasses import dataclass
from heapq import heappop, heappush

from engine.workflow.definition.expressions import Expression, ExpressionFailed
from engine.workflow.definition.model import Node
from engine.workflow.execution.frontier import Variables
from engine.workflow.execution.openings import choices
from engine.workflow.execution.rules import events
from engine.workflow.execution.rules.events import CATCHING, Taker
from engine.workflow.execution.run import Run
from engine.workflow.execution.tree import Branch, Root, Token

Age = tuple[int, int, int]


def fire(run: Run) -> bool:
    """Let the first conditional event happen whose condition holds, oldest wait first."""
    if run.lookout is None:
        scopes = run.root.scopes()
        if not any(scope.layout.conditional for scope in scopes):
            return False
        run.lookout = Lookout(scopes)
    return run.lookout.fire(run)


@dataclass(slots=True, eq=False)
class _Wait:
    """A conditional wait of a token, or of a scope for an event subprocess.

    `held` are the events of the same owner that were true at last sight; `taker` is who takes the
    event, unless the token itself waits for it.
    """

    scope: Root | Branch
    token: Token | None
    event: Node
    held: list[str]
    taker: Taker | None
    awake: bool = False

    @property
    def condition(self) -> Expression:
        """What is waited for."""
        assert self.event.event is not None
        assert self.event.event.condition is not None
        return self.event.event.condition

    def is_over(self, run: Run) -> bool:
        """Whether nobody waits any more."""
        if run.root.scope(self.scope.state.number) is not self.scope:
            return True
        return self.scope.state.disarmed if self.token is None else not self.token.live

    def holds(self) -> bool:
        """Whether the condition is true; one that cannot be evaluated is not true (yet)."""
        at = self.token
        try:
            return self.condition.condition(
                inside_variables(self.scope) if at is None else at.variables
            )
        except ExpressionFailed:
            return False

    def becomes_true(self) -> bool:
        """Whether the condition holds and the event did not happen for it already."""
        name = self.event.id
        assert self.event.event is not None
        if not self.holds():
            if name in self.held:
                self.held.remove(name)
            return False
        if name in self.held:
            return False
        if not self.event.event.interrupting:
            self.held.append(name)
        return True

    def happen(self, run: Run) -> bool:
        """Let the event happen; False if its token does not wait for it any more."""
        if self.taker is not None:
            events.take(run, self.taker, {}, None)
            return True
        assert self.token is not None
        return events.at_token(run, self.token, self.event.id, {}, None)


class Lookout:
    """The conditional waits of an instance on its way to rest, and which must be looked at.

    A condition reads variables and nothing else: a wait that was looked at sleeps until one that
    its condition names is written, wherever that is. So each round costs what happened in it, not
    what waits. Since the last round `wrote` are the names of the variables that were written, and
    `rested` the tokens that came to rest.
    """

    def __init__(self, scopes: list[Root | Branch]) -> None:
        self.wrote: set[str] = set()
        self.rested: list[Token] = []
        self._awake: list[tuple[Age, _Wait]] = []
        self._asleep: dict[str, dict[_Wait, Age]] = {}
        for scope in scopes:
            self._add_scope(scope)
            for token in scope.tasks.values():
                self._add_token(token)

    def _look_around(self, run: Run) -> None:
        """Wake what may be otherwise than it was, and add what waits since."""
        for name in self.wrote:
            for wait, age in self._asleep.pop(name, {}).items():
                self._wake(age, wait)
        for token in self.rested:
            if token.live:
                self._add_token(token)
                inside = run.root.inside(token)
                if inside is not None:
                    self._add_scope(inside)
        self.wrote.clear()
        self.rested.clear()

    def fire(self, run: Run) -> bool:
        """Let the oldest wait that is over happen; False if all go on waiting."""
        self._look_around(run)
        while self._awake:
            age, wait = heappop(self._awake)
            wait.awake = False
            if wait.is_over(run):
                continue
            for name in wait.condition.names:
                self._asleep.setdefault(name, {})[wait] = age
            if wait.becomes_true() and wait.happen(run):
                return True
        return False

    def _wake(self, age: Age, wait: _Wait) -> None:
        if not wait.awake:
            wait.awake = True
            heappush(self._awake, (age, wait))

    def _add_scope(self, scope: Root | Branch) -> None:
        """The event subprocesses of a scope; the waits of its activity go before."""
        if not scope.layout.conditional or scope.state.disarmed:
            return
        for n, (handler, start) in enumerate(scope.layout.handlers):
            if _is_conditional(start):
                taker = Taker(scope, start, None, handler)
                wait = _Wait(scope, None, start, scope.state.held, taker)
                self._wake((scope.state.number, 1, n), wait)

    def _add_token(self, token: Token) -> None:
        scope = token.workflow
        if not scope.layout.conditional:
            return
        beside = [scope.layout.nodes[name] for name in token.node.boundaries]
        waits: list[tuple[Node, Taker | None]]
        waits = [(event, Taker(scope, event, token)) for event in beside if _is_conditional(event)]
        waits += [(event, None) for event in _own_events(token) if _is_conditional(event)]
        if waits:
            token.held = held = list(token.held)
            for n, (event, taker) in enumerate(waits):
                self._wake((token.number, 0, n), _Wait(scope, token, event, held, taker))


def _own_events(token: Token) -> list[Node]:
    """The events that a token itself waits for."""
    if token.node.type in CATCHING and not token.incident:
        return [token.node]
    return choices(token)


def _is_conditional(node: Node) -> bool:
    return node.event is not None and node.event.kind == "conditional"


def inside_variables(scope: Root | Branch) -> Variables:
    """The variables that a scope sees before any token is in it."""
    if not scope.layered or scope.holder is None:
        return scope.variables
    return {**scope.holder.variables, **(scope.state.own or {})}
