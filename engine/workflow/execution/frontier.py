"""The stored state of an instance: its live tokens and scopes, in a format of our own.

The format (docs/reference/frontier.md): element ids, token states, nesting, join counters and
variables; never a dump of the library. Everything that is finished lives in the history.
"""

from dataclasses import dataclass, field
from typing import Any

import orjson

from engine.kernel import json_text

FORMAT = 2
OLDEST = 1
WAITING = "waiting"
INCIDENT = "incident"
STUCK = "stuck"  # an incident at a join that waits for tokens that can no longer come
ROOT = 0

Variables = dict[str, object]


@dataclass(slots=True)
class TokenState:
    """A token at rest: its number in the instance, where it is, since when (ms).

    `own` are the variables of an item; `held` its conditional events that were true at last sight.
    """

    number: int
    element: str
    scope: int
    since: int
    state: str = WAITING
    held: list[str] = field(default_factory=list)
    own: Variables | None = None


@dataclass(slots=True)
class LoopState:
    """The runs of an activity that has several: how many of `total` began and are done.

    `items` are the values of those to come, `results` what the finished ones left, by their number.
    A standard loop has no total.
    """

    total: int | None
    begun: int = 0
    done: int = 0
    items: list[object] | None = None
    results: dict[str, object] = field(default_factory=dict)


@dataclass(slots=True)
class Insert:
    """Work that one instance has beside its diagram: a task that follows the element `after`.

    It is `open` while a token is there; `reason` says why a person added it.
    """

    after: str
    name: str
    role: str | None
    form: str | None
    open: bool = False
    reason: str = ""


@dataclass(slots=True)
class ScopeState:
    """A running process, called process or subprocess, or the runs of one activity.

    `number` is that of the activity's token, 0 for the process itself; `joins` counts arrivals per
    gateway and incoming flow; `visits` counts entries of elements with a cap. A wall (a process or
    called process) has `variables` and knows which it has `written` itself; an embedded subprocess
    has None and uses its parent's, beside `own`, its data objects. `held` are conditional starts of
    event subprocesses that were true at last sight; `disarmed` says that an event subprocess has
    taken the scope over; `inserted` is extra work, by the id that its task has.
    """

    number: int
    variables: Variables | None = None
    joins: dict[str, dict[str, int]] = field(default_factory=dict)
    visits: dict[str, int] = field(default_factory=dict)
    written: list[str] = field(default_factory=list)
    own: Variables | None = None
    loop: LoopState | None = None
    held: list[str] = field(default_factory=list)
    disarmed: bool = False
    inserted: dict[str, Insert] = field(default_factory=dict)

    def arrive(self, gateway: str, flow: str) -> dict[str, int]:
        """Count a token that came to a join; all that came there."""
        arrived = self.joins.setdefault(gateway, {})
        arrived[flow] = arrived.get(flow, 0) + 1
        return arrived

    def join(self, gateway: str) -> None:
        """Take one token of each flow that brought one."""
        left = {flow: n - 1 for flow, n in self.joins.pop(gateway).items() if n > 1}
        if left:
            self.joins[gateway] = left


@dataclass(slots=True)
class Frontier:
    """Everything an instance needs to go on. `next` is the next free token number."""

    next: int = 1
    tokens: list[TokenState] = field(default_factory=list)
    scopes: list[ScopeState] = field(default_factory=list)


def dump(frontier: Frontier) -> tuple[bytes, bytes]:
    """The frontier and its variables, as two JSON texts; parents stand before their children."""
    variables: dict[str, object] = {}
    tokens: list[list[Any]] = []
    scopes: list[list[Any]] = []
    for t in frontier.tokens:
        token: list[Any] = [t.number, t.element, t.scope, t.since, t.state]
        if t.held:
            token.append(t.held)
        tokens.append(token)
        if t.own is not None:
            variables[f"{t.number}.item"] = t.own
    for s in frontier.scopes:
        scope: list[Any] = [s.number, s.joins, s.visits, s.written]
        if s.loop or s.held or s.disarmed or s.inserted:
            scope.append(_more(s))
        scopes.append(scope)
        _add_variables(s, variables)
    return orjson.dumps([FORMAT, frontier.next, tokens, scopes]), json_text.write(variables)


def _add_variables(scope: ScopeState, variables: dict[str, object]) -> None:
    if scope.variables is not None:
        variables[str(scope.number)] = scope.variables
    if scope.own is not None:
        variables[f"{scope.number}.data"] = scope.own
    if scope.loop is not None:
        loop = scope.loop
        variables[f"{scope.number}.loop"] = {"items": loop.items, "results": loop.results}


def _more(scope: ScopeState) -> dict[str, Any]:
    """What few scopes have."""
    loop = scope.loop
    more = {
        "loop": [loop.total, loop.begun, loop.done] if loop is not None else None,
        "held": scope.held,
        "disarmed": scope.disarmed,
        "inserted": {
            name: [i.after, i.name, i.role, i.form, i.open, i.reason]
            for name, i in scope.inserted.items()
        },
    }
    return {key: value for key, value in more.items() if value}


def load(body: bytes, variables: bytes) -> Frontier:
    """What `dump` wrote, or an earlier version of it.

    Raises:
        ValueError: for a format that this version does not know.
    """
    form, following, tokens, scopes = orjson.loads(body)
    if not OLDEST <= form <= FORMAT:
        raise ValueError(f"the frontier has format {form}; this version reads up to {FORMAT}")
    values = json_text.read(variables)
    return Frontier(
        following,
        [_token(t, values) for t in tokens],
        [_scope(s, values) for s in scopes],
    )


def read_tokens(body: bytes) -> tuple[list[TokenState], dict[tuple[int, str], Insert]]:
    """The tokens of a stored frontier, and inserted work by scope and id, without any value."""
    _form, _following, tokens, scopes = orjson.loads(body)
    inserted = {
        (stored[0], name): Insert(*insert)
        for stored in scopes
        if len(stored) > 4
        for name, insert in stored[4].get("inserted", {}).items()
    }
    return [TokenState(*stored) for stored in tokens], inserted


def read_places(body: bytes) -> list[tuple[str, int]]:
    """(element, since) of the tokens of a stored frontier, for whoever looks at many of them."""
    return [(token[1], token[3]) for token in orjson.loads(body)[2]]


def _token(stored: list[Any], values: dict[str, Any]) -> TokenState:
    token = TokenState(*stored)
    token.own = values.get(f"{token.number}.item")
    return token


def _scope(stored: list[Any], values: dict[str, Any]) -> ScopeState:
    number, joins, visits, written = stored[:4]
    scope = ScopeState(number, values.get(str(number)), joins, visits, written)
    scope.own = values.get(f"{number}.data")
    if len(stored) > 4:
        more = stored[4]
        scope.held, scope.disarmed = more.get("held", []), more.get("disarmed", False)
        scope.inserted = {name: Insert(*i) for name, i in more.get("inserted", {}).items()}
        if "loop" in more:
            scope.loop = LoopState(*more["loop"], **values[f"{number}.loop"])
    return scope


def read_variables(variables: bytes) -> dict[int, Variables]:
    """The variables of every wall, by scope number."""
    found = json_text.read(variables)
    return {int(number): values for number, values in found.items() if number.isdigit()}
