"""A dry run's messages and signals: what it throws arrives in itself, or nowhere."""

from collections.abc import Iterator

from engine.workflow.definition.expressions import ExpressionFailed
from engine.workflow.definition.model import Node
from engine.workflow.execution import openings
from engine.workflow.execution.advance import Advance
from engine.workflow.execution.outcome import Thrown
from engine.workflow.execution.rules.conditions import inside_variables
from engine.workflow.execution.rules.events import CATCHING
from engine.workflow.execution.tree import Branch, Root, Token


def deliver(advance: Advance, business_key: str | None) -> None:
    """Hand over all that was thrown, until nothing more is; who throws never waits for long."""
    outcome = advance.outcome
    while True:
        signals, outcome.signals = outcome.signals, []
        messages = [o.thrown for o in outcome.opened.values() if o.thrown is not None]
        if not signals and not messages:
            return
        for signal in signals:
            for owner, event in list(_waiting(advance, signal, business_key)):
                advance.occur(owner, event.id, dict(signal.variables), None)
        for message in messages[:1]:
            _hand_over(advance, message, business_key)


def _hand_over(advance: Advance, message: Thrown, business_key: str | None) -> None:
    """To who has waited longest, if anybody does; then the token that threw goes on."""
    found = sorted(_waiting(advance, message, business_key), key=lambda wait: abs(wait[0]))
    if found:
        advance.occur(found[0][0], found[0][1].id, dict(message.variables), None)
    token = None if message.token is None else advance.root.token(message.token)
    if token is not None and token.resting:
        advance.complete(token, {}, None, None)


def _waiting(advance: Advance, thrown: Thrown, key: str | None) -> Iterator[tuple[int, Node]]:
    """(owner, event) of everything that waits for what was thrown."""
    sent = key if thrown.correlation is None else thrown.correlation
    for owner, event, at in _waits(advance):
        told = event.event
        if told is None or (told.kind, told.name) != (thrown.kind, thrown.name):
            continue
        if thrown.kind == "signal" or sent is None or sent == _key(event, at, key):
            yield owner, event


def _waits(advance: Advance) -> Iterator[tuple[int, Node, Token | Root | Branch]]:
    for scope in advance.root.scopes():
        if not scope.state.disarmed:
            yield from ((scope.owner, start, scope) for _, start in scope.layout.handlers)
    for token in advance.root.tokens():
        yield from ((token.number, event, token) for event in events_of(token))


def events_of(token: Token) -> list[Node]:
    """The events that a token waits for."""
    node = token.node
    events = [token.workflow.layout.nodes[name] for name in node.boundaries]
    events += openings.choices(token)
    if node.type in CATCHING and not token.incident:
        events.append(node)
    return events


def _key(event: Node, at: Token | Root | Branch, key: str | None) -> str | None:
    variables = at.variables if isinstance(at, Token) else inside_variables(at)
    try:
        found = openings.correlation(event, variables)
    except ExpressionFailed:
        return None
    return key if found is None else found
