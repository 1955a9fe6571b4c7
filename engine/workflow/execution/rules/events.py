"""Events that happen: who takes them, and what becomes of what they interrupt.

Source: BPMN 2.0.2 sections 10.5.4 to 10.5.7, 13.5.3 and 13.5.4.
"""

from dataclasses import dataclass

from engine.workflow.definition.model import Node
from engine.workflow.execution.frontier import Variables
from engine.workflow.execution.openings import choices
from engine.workflow.execution.run import Run, StepFailed, label
from engine.workflow.execution.tree import Branch, Root, Token

CATCHING = frozenset({"intermediateCatchEvent", "receiveTask"})


@dataclass(frozen=True, slots=True)
class Taker:
    """Who takes an error or an escalation: a boundary event of `host`, or an event subprocess."""

    scope: Root | Branch
    event: Node
    host: Token | None = None
    handler: Node | None = None


def occur(run: Run, owner: int, element: str, variables: Variables, actor: str | None) -> bool:
    """An event happened for a token or scope; False if nobody waits for it any more."""
    token = run.root.token(owner)
    if token is not None and at_token(run, token, element, variables, actor):
        return True
    found = waiting(run, owner, element)
    if found is None:
        return False
    take(run, found, variables, actor)
    return True


def waiting(run: Run, owner: int, element: str) -> Taker | None:
    """Who takes an event beside the work of its owner, if it is still waited for."""
    token = run.root.token(owner)
    if token is not None and token.resting and element in token.node.boundaries:
        return Taker(token.workflow, token.workflow.layout.nodes[element], token)
    scope = run.root.scope(owner)
    if scope is None or scope.state.disarmed:
        return None
    starts = {start.id: (start, handler) for handler, start in scope.layout.handlers}
    if element not in starts:
        return None
    start, handler = starts[element]
    return Taker(scope, start, None, handler)


def waits_on(run: Run, owner: int, element: str) -> bool:
    """Whether a token or scope still waits for an event."""
    token = run.root.token(owner)
    if token is not None and element in {token.node.id, *(c.id for c in choices(token))}:
        return True
    return waiting(run, owner, element) is not None


def at_token(run: Run, token: Token, element: str, variables: Variables, actor: str | None) -> bool:
    """An event happened that a token itself waits for; False if it does not any more."""
    node = token.node
    if not token.resting:
        return False
    if node.id == element and node.type in CATCHING and not token.incident:
        run.write(token, variables)
        run.finish(token, actor)
    elif any(choice.id == element for choice in choices(token)):
        _choose_event(run, token, element, variables, actor)
    else:
        return False
    return True


def _choose_event(
    run: Run, gateway: Token, element: str, variables: Variables, actor: str | None
) -> None:
    """The first event after an event-based gateway takes its token."""
    scope = gateway.workflow
    run.leave(gateway, True)
    run.record(gateway, "completed")
    event = scope.place_resting(element)
    scope.drop(gateway)
    run.write(event, variables)
    run.record(event, "completed", actor)
    event.complete()


def take(run: Run, taker: Taker, variables: Variables, actor: str | None) -> None:
    """An event is taken: what it interrupts ends, its own token begins."""
    token = interrupt(run, taker, actor)
    token.again()
    token.actor = actor
    if taker.handler is None:
        run.write(token, variables)
    else:
        token.payload = variables


def interrupt(run: Run, taker: Taker, actor: str | None) -> Token:
    """End what an event interrupts; its own token, which does not run yet."""
    assert taker.event.event is not None
    scope, interrupting = taker.scope, taker.event.event.interrupting
    if taker.handler is not None:
        if interrupting:
            for other in list(scope.tasks.values()):
                run.cancel(other, actor=actor)
            scope.state.joins.clear()
            disarm(run, scope)
        return scope.place_resting(taker.handler.id)
    if interrupting and taker.host is not None and taker.host.live:
        run.cancel(taker.host, actor=actor)
    return scope.place_resting(taker.event.id)


def disarm(run: Run, scope: Root | Branch) -> None:
    """The event subprocesses of a scope wait for nothing any more."""
    if scope.layout.handlers and not scope.state.disarmed:
        scope.state.disarmed = True
        starts = frozenset(start.id for _, start in scope.layout.handlers)
        run.outcome.disarm(scope.owner, starts)


# ---- errors and escalations ----


def taker(run: Run, token: Token, kind: str, code: str | None) -> Taker | None:
    """The nearest event around a token that takes an error or escalation of that code."""
    at: Token | None = token
    while at is not None:
        scope = at.workflow
        boundary = _matching([scope.layout.nodes[b] for b in at.node.boundaries], kind, code)
        if boundary is not None:
            return Taker(scope, boundary, at)
        if not (at.node.triggered or scope.state.disarmed):  # a handler does not catch its own
            handlers = {start.id: handler for handler, start in scope.layout.handlers}
            start = _matching([s for _, s in scope.layout.handlers], kind, code)
            if start is not None:
                return Taker(scope, start, None, handlers[start.id])
        at = scope.holder
    return None


def _matching(events: list[Node], kind: str, code: str | None) -> Node | None:
    """One with the code goes before one without, which takes every code: section 10.5.4."""
    mine = [n for n in events if n.event is not None and n.event.kind == kind]
    for wanted in (code, None):
        for node in mine:
            if node.event is not None and node.event.code == wanted:
                return node
    return None


def raise_error(run: Run, token: Token, code: str, actor: str | None = None) -> bool:
    """Raise an error at a token whose work failed; False if nothing takes it."""
    found = taker(run, token, "error", code)
    if found is None:
        return False
    run.cancel(token, "failed", actor=actor)
    take(run, found, {}, actor)
    return True


def end_by_error(run: Run, token: Token, node: Node) -> None:
    """An error end event: its token ends, and what takes the error begins.

    Raises:
        StepFailed: if nothing takes it.
    """
    assert node.event is not None
    found = taker(run, token, "error", node.event.code or "")
    if found is None:
        raise StepFailed("problem", f"The error of {label(node)} is caught by nobody.")
    run.then = lambda: take(run, found, {}, None)


def escalate(run: Run, token: Token, node: Node) -> None:
    """A throwing escalation event: its token goes on first, then what takes the escalation."""
    assert node.event is not None
    found = taker(run, token, "escalation", node.event.code or "")
    if found is not None:
        run.then = lambda: take(run, found, {}, None)
