"""Where an instance is: tokens in scopes, their variables, and what they wait for."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.support.oracle.conditions import Missing
from tests.support.oracle.drawing import Level, Node

Variables = dict[str, Any]


@dataclass(eq=False)
class Wait:
    """An event that may happen to a token, or to a scope for one of its event subprocesses.

    `due` is in minutes, `period` that of a cycle. `ready` is whether a condition was seen not true.
    """

    owner: "Token | Scope"
    event: Node
    handler: Node | None = None
    key: str | None = None
    due: int | None = None
    period: int = 0
    remaining: int = 1
    ready: bool = True

    @property
    def age(self) -> int:
        """Smaller is older."""
        return self.owner.number


@dataclass
class Rounds:
    """How far the runs of a loop are."""

    number: int | None
    items: list[Any]
    begun: int = 0
    completed: int = 0
    results: dict[int, Any] = field(default_factory=dict)


@dataclass(eq=False)
class Scope:
    """Where tokens run: a process, a subprocess, or the runs of a loop (without a level)."""

    level: Level | None
    holder: "Token | None"
    wall: bool = False
    own: Variables = field(default_factory=dict)
    written: set[str] = field(default_factory=set)
    tokens: "list[Token]" = field(default_factory=list)
    joins: dict[str, dict[str, list[int]]] = field(default_factory=dict)
    waits: list[Wait] = field(default_factory=list)
    disarmed: bool = False
    alive: bool = True

    @property
    def number(self) -> int:
        """That of the activity around it; a process that nobody called has 0."""
        return self.holder.number if self.holder is not None else 0

    def has(self, name: str) -> bool:
        """Whether it has a variable of this name for itself."""
        return name in self.own or (self.level is not None and name in self.level.data)

    def holds(self, name: str) -> bool:
        """Whether it has a value of this name for itself."""
        return name in self.own


@dataclass(eq=False)
class Token:
    """A token at an element.

    `state` is `moving`, `waiting` or `incident`; `finished` that its work is done, so that it has
    only to leave. A run of a loop is a token at the same element, with variables of its own.
    """

    number: int
    node: Node
    scope: Scope
    state: str = "moving"
    finished: bool = False
    own: Variables = field(default_factory=dict)
    is_run: bool = False
    inside: Scope | None = None
    rounds: Rounds | None = None
    waits: list[Wait] = field(default_factory=list)
    work: str | None = None
    noted: bool = False
    brought: Variables = field(default_factory=dict)
    left: Variables = field(default_factory=dict)
    alive: bool = True


def tokens(scope: Scope) -> Iterator[Token]:
    """Every token in a scope and inside of those."""
    for token in scope.tokens:
        yield token
        if token.inside is not None:
            yield from tokens(token.inside)


def scopes(scope: Scope) -> Iterator[Scope]:
    """A scope and all inside of it."""
    yield scope
    for token in tokens(scope):
        if token.inside is not None:
            yield token.inside


def places(at: Token | Scope) -> Iterator[Token | Scope]:
    """What may hold variables, from here outwards as far as the process."""
    scope = at if isinstance(at, Scope) else at.scope
    if isinstance(at, Token):
        yield at
    while True:
        yield scope
        if scope.wall:
            return
        assert scope.holder is not None
        yield scope.holder
        scope = scope.holder.scope


def wall(at: Token | Scope) -> Scope:
    """The process around."""
    return next(p for p in places(at) if isinstance(p, Scope) and p.wall)


def seen(at: Token | Scope) -> Variables:
    """Every variable that can be read from here."""
    found: Variables = {}
    hidden: set[str] = set()
    for place in places(at):
        found |= {k: v for k, v in place.own.items() if k not in found and k not in hidden}
        if isinstance(place, Scope) and place.level is not None and not place.wall:
            hidden |= place.level.data - found.keys()
    return found


def read(at: Token | Scope, name: str) -> Any:
    """One variable."""
    found = seen(at)
    if name not in found:
        raise Missing(name)
    return found[name]


def write(at: Token | Scope, values: Variables) -> None:
    """Write each variable where it is, else in the process."""
    for name, value in values.items():
        for place in places(at):
            if isinstance(place, Token) and name in place.own:
                place.own[name] = value
                break
            if isinstance(place, Scope) and (place.wall or place.has(name)):
                place.own[name] = value
                if place.wall:
                    place.written.add(name)
                break
