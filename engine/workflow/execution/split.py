"""Parts of an instance: whether two stand at the same place, and where their variables differ.

Splitting needs nothing from here: a part begins as its origin's stored frontier, byte for byte.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from engine.workflow.execution.deviations import drawn, in_order
from engine.workflow.execution.frontier import (
    INCIDENT,
    ROOT,
    STUCK,
    WAITING,
    Frontier,
    ScopeState,
    TokenState,
    Variables,
)

COUNTER = "loopCounter"
_STATES = {WAITING: "", INCIDENT: " with an incident", STUCK: " that waits in vain"}


@dataclass(frozen=True, slots=True)
class Difference:
    """A variable that two instances hold with different values; `element` is the activity that
    it lives in, empty for the process."""

    name: str
    element: str
    kept: object
    dropped: object


class _Tree:
    """A frontier by its scopes; what tokens are numbered and since when they wait tells nothing."""

    def __init__(self, frontier: Frontier) -> None:
        self.scopes = {scope.number: scope for scope in frontier.scopes}
        self._tokens: dict[int, list[TokenState]] = {}
        for token in frontier.tokens:
            self._tokens.setdefault(token.scope, []).append(token)

    def tokens(self, scope: int) -> list[TokenState]:
        """The tokens of a scope, in an order that only depends on where they are."""
        return sorted(self._tokens.get(scope, ()), key=lambda t: repr(self._token_shape(t)))

    def shape(self, number: int = ROOT) -> list[Any]:
        """Where everything in a scope is."""
        scope = self.scopes[number]
        loop = scope.loop
        return [
            sorted((gateway, sorted(came.items())) for gateway, came in scope.joins.items()),
            None if loop is None else (loop.total, loop.begun, loop.done),
            scope.disarmed,
            _inserted(scope),
            [self._token_shape(token) for token in self.tokens(number)],
        ]

    def _token_shape(self, token: TokenState) -> list[Any]:
        inside = self.shape(token.number) if token.number in self.scopes else None
        names = sorted(token.own or ())
        return [self.place(token), token.state, _counter(token), names, inside]

    def place(self, token: TokenState) -> str:
        """Where a token is, as one would say it."""
        insert = self.scopes[token.scope].inserted.get(token.element)
        if insert is not None:
            return f"{insert.name!r}, inserted after {insert.after}"
        return token.element

    def facts(self, number: int = ROOT, within: str = "") -> Iterator[str]:
        """Everything that is the case, a clause each."""
        yield from (fact + within for fact in _facts(self.scopes[number]))
        for token in self.tokens(number):
            yield f"a token at {self.place(token)}{_STATES[token.state]}{within}"
            if token.number in self.scopes:
                run = f"run {_counter(token)} of " if token.own is not None else ""
                yield from self.facts(token.number, f" in {run}{drawn(token.element)}{within}")


def difference(going: Frontier, staying: Frontier) -> str | None:
    """The first difference between where two instances stand, as a sentence; None without one."""
    one, other = _Tree(going), _Tree(staying)
    if one.shape() == other.shape():
        return None
    ours, theirs = Counter(one.facts()), Counter(other.facts())
    for told, more in (("that goes", ours - theirs), ("that stays", theirs - ours)):
        if more:
            return f"Only the instance {told} has {min(more)}."
    return "They have the same tokens, but not in the same runs."


def differing(kept: Frontier, dropped: Frontier) -> list[Difference]:
    """The variables with different values in two instances that stand at the same place."""
    return list(_in_scope((_Tree(kept), ROOT), (_Tree(dropped), ROOT), ""))


def _in_scope(kept: tuple[_Tree, int], dropped: tuple[_Tree, int], at: str) -> Iterator[Difference]:
    (one, number), (other, same) = kept, dropped
    yield from _values(_held(one.scopes[number]), _held(other.scopes[same]), at)
    for mine, yours in zip(one.tokens(number), other.tokens(same), strict=True):
        element = drawn(mine.element)
        yield from _values(mine.own or {}, yours.own or {}, element)
        if mine.number in one.scopes:
            yield from _in_scope((one, mine.number), (other, yours.number), element)


def _values(kept: Variables, dropped: Variables, at: str) -> Iterator[Difference]:
    for name in sorted(kept.keys() | dropped.keys()):
        if kept.get(name) != dropped.get(name):
            yield Difference(name, at, kept.get(name), dropped.get(name))


def _held(scope: ScopeState) -> Variables:
    """What a scope keeps: variables, data objects, and what runs have left or have to come."""
    found = dict(scope.variables or {}) | (scope.own or {})
    if scope.loop is not None:
        found |= {"items": scope.loop.items, "results": scope.loop.results}
    return found


def _facts(scope: ScopeState) -> Iterator[str]:
    """What is the case in a scope beside its tokens."""
    for gateway, came in scope.joins.items():
        for flow, times in came.items():
            yield f"{times} waiting at {gateway} from {flow}"
    if scope.loop is not None:
        yield f"{scope.loop.done} runs done and {scope.loop.begun} begun"
    if scope.disarmed:
        yield "an event subprocess that has taken over"
    for insert in scope.inserted.values():
        if not insert.open:
            yield f"the task {insert.name!r} inserted after {insert.after}"


def _counter(token: TokenState) -> str:
    return str((token.own or {}).get(COUNTER, ""))


def _inserted(scope: ScopeState) -> list[tuple[str, str, str | None, str | None, bool]]:
    """What was inserted, in its order but without its numbers."""
    return [
        (i.after, i.name, i.role, i.form, i.open)
        for i in (scope.inserted[name] for name in in_order(scope.inserted))
    ]
