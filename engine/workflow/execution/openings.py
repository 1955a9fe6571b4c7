"""What a resting token needs from outside: a person, a worker, an event, the time."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo
from decimal import Decimal

from engine.kernel.clock import to_ms
from engine.workflow.definition import times
from engine.workflow.definition.expressions import ExpressionFailed
from engine.workflow.definition.layout import shown
from engine.workflow.definition.model import WAITING_TASKS, Node, Value
from engine.workflow.execution.frontier import Variables
from engine.workflow.execution.outcome import Alarm, Armed, Opening, Thrown, Wait
from engine.workflow.execution.tree import Branch, Root, Token

EVENT_TYPES = frozenset({"intermediateCatchEvent", "receiveTask"})
WAITING = EVENT_TYPES | {"eventBasedGateway"}
THROWING = frozenset({"intermediateThrowEvent", "endEvent", "sendTask"})
JOB_TYPES = frozenset({"serviceTask", "sendTask"})


@dataclass(slots=True)
class Site:
    """What times without an offset refer to; asked for only when there is one."""

    find_zone: Callable[[], tzinfo]


def opening(token: Token, now: datetime, site: Site) -> Opening:
    """What the database must know about the work of a token that comes to rest.

    Raises:
        ExpressionFailed, TimeRefused: if an attribute cannot be evaluated.
    """
    node, work = token.node, token.node.work
    opened = Opening(token.number, node, token.workflow.plan.model.key)
    if node.loop is not None:
        return opened
    opened.is_task = node.type in WAITING_TASKS
    opened.is_job = node.type in JOB_TYPES and work.topic is not None
    if opened.is_task or opened.is_job:
        variables = token.variables
        if work.priority is not None:
            opened.priority = _whole(work.priority, variables, 0, 100, "mes:priority")
        opened.due = _instant(work.due, work.calendar, variables, now, site)
        opened.follow_up = _instant(work.follow_up, work.calendar, variables, now, site)
        if opened.is_job:
            opened.parameters = parameters(node, variables)
            if work.retries is not None:
                opened.attempts = _whole(work.retries, variables, 1, 100, "mes:retries")
    elif node.type in THROWING and node.event is not None and node.event.kind == "message":
        opened.thrown = thrown(token)
    return opened


def thrown(token: Token) -> Thrown:
    """The message or signal that a token throws here.

    Raises:
        ExpressionFailed: if a parameter or the correlation cannot be evaluated.
    """
    node, variables = token.node, token.variables
    assert node.event is not None
    return Thrown(
        node.event.kind,
        node.event.name,
        shown(node.id),
        parameters(node, variables),
        correlation(node, variables),
        node.work.optional,
        token.number,
    )


def parameters(node: Node, variables: Mapping[str, object]) -> Variables:
    """What an element hands to a worker, a function or a receiver."""
    return {key: value.resolve(variables) for key, value in node.work.parameters}


def may_wait(node: Node) -> bool:
    """Whether a token there waits for events."""
    return bool(node.boundaries) or node.type in WAITING


def armed(token: Token, now: datetime, site: Site) -> Armed:
    """The events that a token waits for: its own, those of its gateway, its boundary events.

    Raises:
        ExpressionFailed, TimeRefused: if a time or a correlation cannot be evaluated.
    """
    node = token.node
    events = [token.workflow.layout.nodes[name] for name in node.boundaries]
    if node.loop is None and node.type in EVENT_TYPES:
        events.append(node)
    events += choices(token)
    return _armed(token.number, events, token.variables if events else {}, now, site)


def choices(token: Token) -> list[Node]:
    """The events that a token at an event-based gateway waits for, in the order of its flows."""
    if token.node.type != "eventBasedGateway" or token.incident:
        return []
    return [token.workflow.layout.nodes[flow.target] for flow in token.node.outgoing]


def armed_scope(scope: Root | Branch, variables: Variables, now: datetime, site: Site) -> Armed:
    """The starts of event subprocesses that wait as long as their scope runs.

    Raises:
        ExpressionFailed, TimeRefused: if a time or a correlation cannot be evaluated.
    """
    starts = [start for _, start in scope.layout.handlers]
    return _armed(scope.owner, starts, variables, now, site)


def _armed(
    owner: int, events: Iterable[Node], variables: Variables, now: datetime, site: Site
) -> Armed:
    found = Armed()
    for node in events:
        event = node.event
        if event is None:
            continue
        if event.timer is not None:
            text = _text(event.timer.value, variables)
            first = times.first(event.timer.kind, text, now, site.find_zone, node.work.calendar)
            alarm = Alarm(owner, node.id, to_ms(first.at), first.remaining, first.repeat)
            found.alarms.append(alarm)
        elif event.kind in ("message", "signal"):
            key = correlation(node, variables)
            found.waits.append(Wait(owner, node.id, event.kind, event.name, key))
    return found


def correlation(node: Node, variables: Mapping[str, object]) -> str | None:
    """The key that an event of this element brings or wants; None for the instance's own.

    Raises:
        ExpressionFailed: if it cannot be evaluated or is no key.
    """
    value = node.work.correlation
    if value is None:
        return None
    found = value.resolve(variables)
    if isinstance(found, Decimal):
        return f"{found.normalize():f}"
    if isinstance(found, str) and found:
        return found
    raise ExpressionFailed(f"mes:correlation must be a text or a number, got {found!r}.")


def _instant(
    value: Value | None, calendar: str | None, variables: Variables, now: datetime, site: Site
) -> int | None:
    if value is None:
        return None
    return to_ms(times.due_at(_text(value, variables), now, site.find_zone, calendar))


def _text(value: Value, variables: Variables) -> str:
    found = value.resolve(variables)
    if not isinstance(found, str):
        raise ExpressionFailed(f"Expected a time as text, such as PT2H, but got {found!r}.")
    return found


def _whole(value: Value, variables: Variables, low: int, high: int, name: str) -> int:
    found = value.resolve(variables)
    if isinstance(found, str) and found.strip().isdecimal():
        found = Decimal(found)
    if isinstance(found, Decimal) and found == found.to_integral_value() and low <= found <= high:
        return int(found)
    raise ExpressionFailed(f"{name} must be a whole number from {low} to {high}, got {found!r}.")
