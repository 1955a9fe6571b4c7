"""A process as read from its diagram: plain values in the words of BPMN, never changed."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from engine.workflow.definition.expressions import Expression

WAITING_TASKS = frozenset({"userTask", "manualTask", "task"})
MESSAGE_TASKS = frozenset({"sendTask", "receiveTask"})
NESTED = frozenset({"callActivity", "subProcess"})
ACTIVITIES = WAITING_TASKS | MESSAGE_TASKS | NESTED | {"serviceTask", "businessRuleTask"}
GATEWAYS = frozenset(
    {"exclusiveGateway", "parallelGateway", "inclusiveGateway", "eventBasedGateway"}
)
EVENTS = frozenset(
    {
        "startEvent",
        "endEvent",
        "intermediateCatchEvent",
        "intermediateThrowEvent",
        "boundaryEvent",
    }
)


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
    """What an event waits for or does.

    `kind` is the name of its definition: `none`, `timer`, `message`, `signal`, `conditional`,
    `error`, `escalation`, `link` or `terminate`. `name` is that of the message, signal or link;
    `code` that of the error or escalation, None for every code. `interrupting` is False for a
    boundary event, or the start of an event subprocess, that leaves the others running.
    """

    kind: str
    timer: Timer | None = None
    name: str = ""
    code: str | None = None
    condition: Expression | None = None
    interrupting: bool = True


@dataclass(frozen=True, slots=True)
class Loop:
    """How often an activity runs when a token comes: `kind` is `parallel`, `sequential` or `loop`.

    `parallel` and `sequential` are multi-instance, over the list in the variable `source` or a
    number `cardinality`; `item` is each item's own variable, `target` the variable that becomes the
    list of what the items left in `result`. `condition` ends a multi-instance early, or lets a
    standard loop run once more; `first` reads it before the first run; `maximum` ends the loop.

    Source: BPMN 2.0.2 sections 10.3.8, 13.3.6 and 13.3.7.
    """

    kind: str
    source: str | None = None
    cardinality: Expression | None = None
    item: str | None = None
    target: str | None = None
    result: str | None = None
    condition: Expression | None = None
    first: bool = False
    maximum: int | None = None


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
    signature: str | None = None
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
    calendar: str | None = None
    correlation: Value | None = None
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Node:
    """A flow node. `type` is its BPMN element name; `outgoing` is in the order that is tried.

    `event` is also there for send and receive tasks that name a message. `triggered` marks an event
    subprocess. A link event that throws has one flow, to the one that catches. `documentation` is
    what the diagram tells people about it; nothing follows from it.
    """

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
    loop: Loop | None = None
    triggered: bool = False
    documentation: str = ""

    @property
    def splits(self) -> bool:
        """Whether one token that comes here may leave as several."""
        return len(self.outgoing) > 1 and self.type not in ("exclusiveGateway", "eventBasedGateway")


@dataclass(frozen=True, slots=True)
class ScopeModel:
    """A process or a subprocess: where tokens run and variables live.

    `data` are the names of a subprocess's own data objects.
    """

    id: str
    parent: str | None
    nodes: Mapping[str, Node]
    data: frozenset[str] = frozenset()

    @property
    def starts(self) -> tuple[Node, ...]:
        """The start events, in document order."""
        return tuple(n for n in self.nodes.values() if n.type == "startEvent")

    @property
    def handlers(self) -> tuple[Node, ...]:
        """The event subprocesses, in document order."""
        return tuple(n for n in self.nodes.values() if n.triggered)


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
