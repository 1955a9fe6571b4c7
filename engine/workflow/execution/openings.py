"""What a resting token needs from outside: a person, a worker, a message, the time."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from decimal import Decimal

from engine.kernel.clock import to_ms
from engine.workflow.definition.expressions import ExpressionFailed
from engine.workflow.definition.model import WAITING_TASKS, Node, ScopeModel, Timer, Value
from engine.workflow.definition.times import add, due_at, read_cycle, read_date, read_duration
from engine.workflow.execution.frontier import Variables
from engine.workflow.execution.tree import Token

DEFAULT_PRIORITY = 50
DEFAULT_ATTEMPTS = 3


@dataclass(slots=True)
class Site:
    """What times without an offset refer to; asked for only when there is one."""

    find_zone: Callable[[], tzinfo]

    @property
    def zone(self) -> tzinfo:
        """The site's time zone."""
        return self.find_zone()


@dataclass(slots=True)
class Opening:
    """A token that came to rest.

    `timers` are (element, due in ms): the token's own catch event or boundary events of its
    activity. `message` is the name its catch event waits for.
    """

    token: int
    node: Node
    process: str
    priority: int = DEFAULT_PRIORITY
    due: int | None = None
    follow_up: int | None = None
    attempts: int = DEFAULT_ATTEMPTS
    parameters: Variables = field(default_factory=dict)
    timers: list[tuple[str, int]] = field(default_factory=list)
    message: str = ""

    @property
    def is_task(self) -> bool:
        """Whether a person completes it."""
        return self.node.type in WAITING_TASKS

    @property
    def is_job(self) -> bool:
        """Whether a worker completes it."""
        return self.node.type == "serviceTask"


def opening(token: Token, now: datetime, site: Site) -> Opening:
    """Everything the database must know about a token that comes to rest.

    Raises:
        ExpressionFailed, TimeRefused: if an attribute cannot be evaluated.
    """
    node, scope = token.node, token.workflow
    variables, work = scope.variables, node.work
    opened = Opening(token.number, node, scope.plan.model.key)
    opened.timers = _timers(scope.model, node, variables, now, site)
    if node.event is not None and node.event.kind == "message":
        opened.message = node.event.message
    if opened.is_task or opened.is_job:
        if work.priority is not None:
            opened.priority = _whole(work.priority, variables, 0, 100, "mes:priority")
        opened.due = _instant(work.due, variables, now, site)
        opened.follow_up = _instant(work.follow_up, variables, now, site)
    if opened.is_job:
        opened.parameters = {k: v.resolve(variables) for k, v in work.parameters}
        if work.retries is not None:
            opened.attempts = _whole(work.retries, variables, 1, 100, "mes:retries")
    return opened


def catching(model: ScopeModel, node: Node, code: str) -> Node | None:
    """The error boundary event of an activity that catches a code; one with the code goes first.

    Source: BPMN 2.0.2 section 10.5.4: without an error code every error is caught.
    """
    events = [model.nodes[b] for b in node.boundaries]
    errors = [b for b in events if b.event is not None and b.event.kind == "error"]
    for wanted in (code, None):
        for boundary in errors:
            if boundary.event is not None and boundary.event.code == wanted:
                return boundary
    return None


def _timers(
    model: ScopeModel, node: Node, variables: Variables, now: datetime, site: Site
) -> list[tuple[str, int]]:
    found = []
    for event in (node, *(model.nodes[b] for b in node.boundaries)):
        if event.event is not None and event.event.timer is not None:
            found.append((event.id, to_ms(_first(event.event.timer, variables, now, site))))
    return found


def _first(timer: Timer, variables: Variables, now: datetime, site: Site) -> datetime:
    """When a timer fires first; an interrupting event fires once, so no later time counts."""
    text = _text(timer.value, variables)
    if timer.kind == "duration":
        return add(now, read_duration(text))
    if timer.kind == "date":
        return read_date(text, site.zone)
    cycle = read_cycle(text, site.zone)
    return cycle.start or add(now, cycle.period)


def _instant(value: Value | None, variables: Variables, now: datetime, site: Site) -> int | None:
    return None if value is None else to_ms(_due(_text(value, variables), now, site))


def _due(text: str, now: datetime, site: Site) -> datetime:
    return due_at(text, now) if text.lstrip()[:1] in "Pp" else read_date(text, site.zone)


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
