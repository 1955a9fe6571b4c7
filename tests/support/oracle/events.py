"""Events: what tokens and scopes wait for, what happens to them, and what they throw."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tests.support.clock import START
from tests.support.oracle.conditions import Missing, evaluate, resolve
from tests.support.oracle.drawing import Node
from tests.support.oracle.state import Scope, Token, Variables, Wait, scopes, seen, tokens, write

OUTSIDE = ("timer", "message", "signal", "conditional")
CYCLE = re.compile(r"R(\d+)/PT(\d+)M")
DURATION = re.compile(r"PT(\d+)M")


@dataclass(eq=False)
class Thrown:
    """A message or signal on its way; a message's `token` waits for its delivery."""

    kind: str
    name: str
    values: Variables
    key: str | None
    optional: bool = False
    token: Token | None = None


class Events:
    """The events of an instance."""

    root: Scope
    now: int
    key: str | None
    outbox: list[Thrown]
    place: Callable[..., Token]
    leave: Callable[[Token], None]
    complete: Callable[[Token, Variables], None]
    end: Callable[[Token], None]
    note: Callable[[Token], None]
    parameters: Callable[[Token], Variables]

    # ---- waiting ----

    def arm_boundaries(self, token: Token) -> None:
        """An activity waits for its boundary events."""
        for event in token.node.boundaries:
            if event.trigger.kind in OUTSIDE:
                token.waits.append(self.wait(token, event))

    def arm_handlers(self, scope: Scope) -> None:
        """A scope waits for its event subprocesses."""
        assert scope.level is not None
        for handler in scope.level.handlers:
            assert handler.level is not None
            event = handler.level.start
            if event.trigger.kind in OUTSIDE:
                scope.waits.append(self.wait(scope, event, handler))

    def arm_catch(self, token: Token) -> None:
        """A token waits at a catch event or receive task."""
        token.state = "waiting"
        token.waits.append(self.wait(token, token.node))

    def arm_gateway(self, token: Token) -> None:
        """A token waits for the events after a gateway."""
        token.state = "waiting"
        level = token.scope.level
        assert level is not None
        token.waits += [self.wait(token, level.nodes[flow.target]) for flow in token.node.out]

    def wait(self, owner: Token | Scope, event: Node, handler: Node | None = None) -> Wait:
        """What an owner waits for from now on."""
        wait = Wait(owner, event, handler)
        if event.trigger.kind == "message":
            said = event.ours("correlation")
            wait.key = self.key if said is None else str(resolve(said, seen(owner)))
        if event.trigger.kind == "timer":
            _set_time(wait, str(event.trigger.time), self.now)
        return wait

    def waits(self) -> list[Wait]:
        """Everything that is waited for, the oldest owner first."""
        found = [w for token in tokens(self.root) for w in token.waits]
        found += [w for scope in scopes(self.root) for w in scope.waits]
        return sorted(found, key=lambda wait: wait.age)

    def look_at_conditions(self) -> bool:
        """Let the first conditional event happen that may."""
        for wait in self.waits():
            if wait.event.trigger.kind != "conditional":
                continue
            if not self.is_true(wait):
                wait.ready = True
            elif wait.ready:
                self.happen(wait, {})
                return True
        return False

    def is_true(self, wait: Wait) -> bool:
        try:
            return bool(evaluate(str(wait.event.trigger.condition), seen(wait.owner)))
        except Missing:
            return False

    # ---- happening ----

    def happen(self, wait: Wait, values: Variables) -> None:
        """An event that is waited for happens."""
        event, owner = wait.event, wait.owner
        if isinstance(owner, Scope):
            assert wait.handler is not None
            if not event.interrupts:
                self.once_more(wait, owner.waits)
            self.start_handler(owner, wait.handler, values)
        elif event is owner.node:
            self.complete(owner, values)
        elif event.kind == "boundaryEvent":
            if not event.interrupts:
                self.once_more(wait, owner.waits)
            self.take_boundary(owner, event, values)
        else:
            scope = owner.scope
            self.note(owner)
            self.end(owner)
            write(self.place(event, scope, finished=True), values)

    def once_more(self, wait: Wait, waits: list[Wait]) -> None:
        """What becomes of the wait for an event that interrupts nothing."""
        wait.ready = False
        if wait.event.trigger.kind == "timer":
            wait.remaining -= 1
            if wait.remaining:
                assert wait.due is not None
                wait.due += wait.period
            else:
                waits.remove(wait)

    def take_boundary(self, host: Token, event: Node, values: Variables) -> None:
        scope = host.scope
        if event.interrupts:
            self.end(host)
        write(self.place(event, scope, finished=True), values)

    def start_handler(self, scope: Scope, handler: Node, values: Variables) -> None:
        """An event subprocess starts in its scope."""
        assert handler.level is not None
        if handler.level.start.interrupts:
            for token in list(scope.tokens):
                self.end(token)
            scope.joins.clear()
            scope.waits.clear()
            scope.disarmed = True
        self.place(handler, scope).brought = values

    def open_handler(self, run: Token) -> None:
        """The run of an event subprocess gets its turn."""
        level = run.node.level
        assert level is not None
        run.state = "waiting"
        run.inside = Scope(level, run)
        self.arm_handlers(run.inside)
        write(self.place(level.start, run.inside, finished=True), run.brought)

    # ---- throwing ----

    def throw(self, token: Token) -> None:
        """A token comes to an event that does something."""
        kind, name = token.node.trigger.kind, token.node.trigger.name
        if kind == "message":
            self.throw_message(token)
        elif kind == "error":
            self.raise_error(token, str(name))
        elif kind == "escalation":
            self.escalate(token, name)
        else:
            if kind == "signal":
                self.outbox.append(Thrown(kind, str(name), self.parameters(token), None))
            if kind == "terminate":
                self.terminate(token)
            self.leave(token)

    def throw_message(self, token: Token) -> None:
        """A message goes out; its token waits for the delivery."""
        node = token.node
        said = node.ours("correlation")
        key = self.key if said is None else str(resolve(said, seen(token)))
        optional = node.ours("optional") == "true"
        token.state = "waiting"
        name, values = str(node.trigger.name), self.parameters(token)
        self.outbox.append(Thrown("message", name, values, key, optional, token))

    def terminate(self, token: Token) -> None:
        for other in list(token.scope.tokens):
            if other is not token:
                self.end(other)
        token.scope.joins.clear()

    def raise_error(self, token: Token, code: str) -> None:
        """An error is taken by the nearest that takes it, or stays as an incident."""
        found = self.taker(token, "error", code)
        if found is None:
            token.state, token.work = "incident", None
        else:
            if not token.node.is_activity:
                self.note(token)
            self.take(*found)

    def escalate(self, token: Token, code: str | None) -> None:
        """An escalation is taken by the nearest that takes it; the thrower moves on before."""
        found = self.taker(token, "escalation", code)
        if found is None or not _event(found[1]).interrupts:
            self.leave(token)
        else:
            self.note(token)
        if found is not None:
            self.take(*found)

    def take(self, at: Token | Scope, event: Node) -> None:
        if isinstance(at, Scope):
            self.start_handler(at, event, {})
        else:
            self.take_boundary(at, event, {})

    def taker(self, token: Token, kind: str, code: str | None) -> tuple[Token | Scope, Node] | None:
        """Who takes an error or escalation: the nearest, and there one with its code first."""
        at: Token | None = token
        while at is not None:
            if not at.is_run and (event := _fitting(at.node.boundaries, kind, code)):
                return at, event
            scope = at.scope
            armed = scope.level is not None and not scope.disarmed and not at.node.is_handler
            if armed and (event := _fitting(scope.level.handlers, kind, code)):
                return scope, event
            at = scope.holder
        return None


def _event(taker: Node) -> Node:
    return taker.level.start if taker.is_handler and taker.level else taker


def _fitting(takers: Iterable[Node], kind: str, code: str | None) -> Node | None:
    found: dict[Any, Node] = {}
    for taker in takers:
        trigger = _event(taker).trigger
        if trigger.kind == kind:
            found.setdefault(trigger.name, taker)
    return found.get(code) or found.get(None)


def _set_time(wait: Wait, text: str, now: int) -> None:
    if cycle := CYCLE.fullmatch(text):
        wait.remaining, wait.period = int(cycle[1]), int(cycle[2])
        wait.due = now + wait.period
    elif duration := DURATION.fullmatch(text):
        wait.due = now + int(duration[1])
    else:
        wait.due = int((datetime.fromisoformat(text) - START).total_seconds()) // 60
