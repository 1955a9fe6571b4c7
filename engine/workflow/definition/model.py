"""A process as read from its diagram: plain values in the words of BPMN, never changed."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from engine.workflow.definition.expressions import Expression

WAITING_TASKS = frozenset({"userTask", "manualTask", "task"})
ACTIVITIES = WAITING_TASKS | {"serviceTask", "businessRuleTask", "callActivity", "subProcess"}
GATEWAYS = frozenset({"exclusiveGateway", "parallelGateway"})
EVENTS = frozenset({"startEvent", "endEvent", "intermediateCatchEvent", "boundaryEvent"})


@dataclass(frozen=True, slots=True)
class Value:
    """A literal text or an expression, as attributes and parameters hold it."""

    text: str
    expression: Expression | None = None

    def resolve(self, variables: Mapping[str, object]) -> object:
        """The literal, or what the expression gives for these variables."""
        return self.text if self.expression is None else self.expression.evaluate(variables)


@dataclass(frozen=True, slots=True)
class Flow:
    """A sequence flow."""

    id: str
    source: str
    target: str
    name: str = ""
    condition: Expression | None = None


@dataclass(frozen=True, slots=True)
class Timer:
    """A timer: `kind` is `date`, `duration` or `cycle`; the value is ISO 8601."""

    kind: str
    value: Value


@dataclass(frozen=True, slots=True)
class Event:
    """What an event waits for or does: `none`, `timer`, `message`, `error` or `terminate`."""

    kind: str
    timer: Timer | None = None
    message: str = ""
    code: str | None = None


@dataclass(frozen=True, slots=True)
class Mapped:
    """One `mes:in` or `mes:out` of a call activity."""

    source: str
    target: str


@dataclass(frozen=True, slots=True)
class Work:
    """What our attributes say about a task."""

    role: str | None = None
    form: str | None = None
    operation: str | None = None
    equipment: str | None = None
    qualification: str | None = None
    topic: str | None = None
    action: str | None = None
    function: str | None = None
    decision: str | None = None
    called: str | None = None
    parameters: tuple[tuple[str, Value], ...] = ()
    ins: tuple[Mapped, ...] = ()
    outs: tuple[Mapped, ...] = ()
    due: Value | None = None
    follow_up: Value | None = None
    duration: Value | None = None
    priority: Value | None = None
    retries: Value | None = None
    maximum: int | None = None


@dataclass(frozen=True, slots=True)
class Node:
    """A flow node. `type` is its BPMN element name; `outgoing` is in the order that is tried."""

    id: str
    type: str
    scope: str
    name: str = ""
    incoming: tuple[str, ...] = ()
    outgoing: tuple[Flow, ...] = ()
    default: str | None = None
    event: Event | None = None
    attached_to: str | None = None
    boundaries: tuple[str, ...] = ()
    work: Work = Work()


@dataclass(frozen=True, slots=True)
class ScopeModel:
    """A process or an embedded subprocess: where tokens run and variables live."""

    id: str
    parent: str | None
    nodes: Mapping[str, Node]

    @property
    def starts(self) -> tuple[Node, ...]:
        """The start events, in document order."""
        return tuple(n for n in self.nodes.values() if n.type == "startEvent")


@dataclass(frozen=True, slots=True)
class ProcessModel:
    """An executable process with its subprocesses."""

    key: str
    name: str
    scopes: Mapping[str, ScopeModel]
    nodes: Mapping[str, Node] = field(default_factory=dict)

    @property
    def root(self) -> ScopeModel:
        """The process itself."""
        return self.scopes[self.key]

    @property
    def plain_start(self) -> Node | None:
        """The start event without a trigger, by which an API call starts the process."""
        for node in self.root.starts:
            if node.event is None or node.event.kind == "none":
                return node
        return None


@dataclass(frozen=True, slots=True)
class Finding:
    """What lint found: `error` cannot run as drawn or is unsafe, `warning` is everything else."""

    severity: str
    rule: str
    element: str
    message: str
    cure: str

    def as_item(self) -> dict[str, str]:
        """The finding as the API shows it."""
        return {
            "severity": self.severity,
            "rule": self.rule,
            "element": self.element,
            "message": self.message,
            "cure": self.cure,
        }


def error(rule: str, element: str, message: str, cure: str) -> Finding:
    """A finding that refuses the deployment."""
    return Finding("error", rule, element, message, cure)


def warning(rule: str, element: str, message: str, cure: str) -> Finding:
    """A finding that is shown and does not stop anything."""
    return Finding("warning", rule, element, message, cure)
