"""What people on the floor call things: the words of the sentences."""

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation

from engine.workflow.definition.model import Loop, Node, Timer, Value

TYPES: Mapping[str, str] = {
    "startEvent": "Start",
    "endEvent": "End",
    "intermediateCatchEvent": "Event",
    "intermediateThrowEvent": "Event",
    "boundaryEvent": "Boundary event",
    "exclusiveGateway": "Gateway",
    "parallelGateway": "Parallel gateway",
    "inclusiveGateway": "Inclusive gateway",
    "eventBasedGateway": "Event gateway",
    "userTask": "Task",
    "manualTask": "Manual task",
    "task": "Task",
    "serviceTask": "Machine step",
    "sendTask": "Send task",
    "receiveTask": "Receive task",
    "businessRuleTask": "Decision task",
    "callActivity": "Sub-routing",
    "subProcess": "Subprocess",
}
NOTHING = "nothing"
MAX_SHOWN = 120


def label(node: Node) -> str:
    """What a step is called: its name, else its id."""
    return " ".join(node.name.split()) or node.id


def quoted(node: Node) -> str:
    """The label in quotes."""
    return f"'{label(node)}'"


def titled(node: Node) -> str:
    """What a step is, with its operation number if it has one: Operation 30 'Deburr'."""
    if node.work.operation:
        return f"Operation {node.work.operation} {quoted(node)}"
    return f"{TYPES.get(node.type, 'Element')} {quoted(node)}"


def said(value: object) -> str | None:
    """A value in words; None where there is none."""
    if value is None or value == "" or value == ():
        return None
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Value):
        return short(value.text)
    return short(str(value))


def short(text: str) -> str:
    """A text in one line, not longer than a sentence bears."""
    line = " ".join(text.split())
    return line if len(line) <= MAX_SHOWN else line[: MAX_SHOWN - 1] + "…"


def arrow(before: str | None, after: str | None) -> str:
    """`25.02 mm → 25.03 mm`."""
    return f"{before or NOTHING} → {after or NOTHING}"


def timed(timer: Timer | None) -> str | None:
    """A timer in words."""
    return None if timer is None else f"{timer.kind} {short(timer.value.text)}"


def looped(loop: Loop | None) -> str | None:
    """How often an activity runs, in words."""
    if loop is None:
        return None
    if loop.kind == "loop":
        how = f"again while {loop.condition.text}" if loop.condition else "again and again"
        return how + (f", at most {loop.maximum} times" if loop.maximum else "")
    many = f"for each of {loop.source}" if loop.source else "several times"
    if loop.cardinality is not None:
        many = f"{loop.cardinality.text} times"
    order = "one after the other" if loop.kind == "sequential" else "side by side"
    until = f", until {loop.condition.text}" if loop.condition else ""
    return f"{many}, {order}{until}"


def number(value: object) -> object:
    """The same number for 25.0 and 25.00, so that digits alone are no change."""
    if isinstance(value, bool) or value is None:
        return value
    try:
        return Decimal(str(value)).normalize()
    except InvalidOperation:
        return value
