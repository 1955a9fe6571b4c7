"""The stored state of an instance: its live tokens and scopes, in a format of our own.

The format (docs/reference/frontier.md): element ids, token states, nesting, join counters and
variables; never a dump of the library. Everything that is finished lives in the history.
"""

from dataclasses import dataclass, field
from typing import Any

import orjson

from engine.kernel import json_text

FORMAT = 1
WAITING = "waiting"
INCIDENT = "incident"
STUCK = "stuck"  # an incident at a join that waits for tokens that can no longer come
ROOT = 0

Variables = dict[str, object]


@dataclass(slots=True)
class TokenState:
    """A token at rest: its number in the instance, where it is, since when (ms)."""

    number: int
    element: str
    scope: int
    since: int
    state: str = WAITING


@dataclass(slots=True)
class ScopeState:
    """A running process, called process or subprocess.

    `number` is that of the activity's token, 0 for the process itself; `joins` counts arrivals per
    gateway and incoming flow; `visits` counts entries of elements with a cap. A wall (a process or
    called process) has `variables` and knows which it has `written` itself; an embedded subprocess
    has None and uses its parent's.
    """

    number: int
    variables: Variables | None = None
    joins: dict[str, dict[str, int]] = field(default_factory=dict)
    visits: dict[str, int] = field(default_factory=dict)
    written: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Frontier:
    """Everything an instance needs to go on. `next` is the next free token number."""

    next: int = 1
    tokens: list[TokenState] = field(default_factory=list)
    scopes: list[ScopeState] = field(default_factory=list)


def dump(frontier: Frontier) -> tuple[bytes, bytes]:
    """The frontier and its variables, as two JSON texts; parents stand before their children."""
    scopes: list[list[Any]] = []
    variables: dict[str, Variables] = {}
    for s in frontier.scopes:
        scopes.append([s.number, s.joins, s.visits, s.written])
        if s.variables is not None:
            variables[str(s.number)] = s.variables
    tokens = [[t.number, t.element, t.scope, t.since, t.state] for t in frontier.tokens]
    return orjson.dumps([FORMAT, frontier.next, tokens, scopes]), json_text.write(variables)


def load(body: bytes, variables: bytes) -> Frontier:
    """What `dump` wrote.

    Raises:
        ValueError: for a format that this version does not know.
    """
    form, following, tokens, scopes = orjson.loads(body)
    if form != FORMAT:
        raise ValueError(f"the frontier has format {form}; this version reads {FORMAT}")
    values = read_variables(variables)
    return Frontier(
        following,
        [TokenState(*t) for t in tokens],
        [
            ScopeState(n, values.get(n), joins, visits, written)
            for n, joins, visits, written in scopes
        ],
    )


def read_variables(variables: bytes) -> dict[int, Variables]:
    """The variables of every wall, by scope number."""
    return {int(number): values for number, values in json_text.read(variables).items()}
