"""What an event waits for or does; what cannot run is refused by name.

Source: OMG BPMN 2.0.2, section 10.5.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from lxml import etree

from engine.workflow.definition.model import Event, Timer, error
from engine.workflow.definition.reading.values import (
    BPMN,
    FALSE,
    TRUE,
    Report,
    children,
    local,
    read_condition,
    read_value,
    reference,
    text_of,
)
from engine.workflow.definition.times import TimeRefused, read_cycle, read_date, read_duration

HANDLED = ("timer", "message", "signal", "conditional", "escalation", "error")
# Which definitions each event may carry; a start event also by where it stands.
ALLOWED: Mapping[str, tuple[str, ...]] = {
    "process": ("none", "timer", "message", "signal"),
    "subProcess": ("none", *HANDLED),  # lint says that only none starts a subprocess
    "eventSubProcess": ("none", *HANDLED),  # lint says that none starts no event subprocess
    "intermediateCatchEvent": ("timer", "message", "signal", "conditional", "link"),
    "intermediateThrowEvent": ("none", "message", "signal", "escalation", "link"),
    "boundaryEvent": HANDLED,
    "endEvent": ("none", "message", "signal", "escalation", "error", "terminate"),
}
NEVER = ("compensate", "cancel")
THROWING = ("intermediateThrowEvent", "endEvent")
TIMERS = {"timeDate": "date", "timeDuration": "duration", "timeCycle": "cycle"}
READERS: Mapping[str, Callable[[str], object]] = {
    "date": read_date,
    "duration": read_duration,
    "cycle": read_cycle,
}
NONE = Event("none")


@dataclass(frozen=True, slots=True)
class Declared:
    """What is declared beside the processes, by id: messages and signals with their names, errors
    and escalations with their codes, event definitions that events share."""

    names: Mapping[str, Mapping[str, str]]
    codes: Mapping[str, Mapping[str, str | None]]
    shared: Mapping[str, etree._Element]

    @classmethod
    def of(cls, root: etree._Element) -> "Declared":
        """Collect the declarations of a document."""
        return cls(
            {
                kind: {
                    m.get("id", ""): (m.get("name") or "").strip()
                    for m in root.iterfind(BPMN + kind)
                }
                for kind in ("message", "signal")
            },
            {
                kind: {e.get("id", ""): e.get(f"{kind}Code") for e in root.iterfind(BPMN + kind)}
                for kind in ("error", "escalation")
            },
            {e.get("id", ""): e for e in children(root) if _is_definition(e)},
        )

    def definitions(self, node: etree._Element) -> list[etree._Element]:
        """The definitions of an event, those it shares with others too."""
        own = [c for c in children(node) if _is_definition(c)]
        named = [reference(c.text) for c in children(node) if local(c) == "eventDefinitionRef"]
        return own + [self.shared[name] for name in named if name in self.shared]


def _is_definition(element: etree._Element) -> bool:
    return bool(element.tag.startswith(BPMN) and element.tag.endswith("EventDefinition"))


def read_event(node: etree._Element, place: str, declared: Declared, report: Report) -> Event:
    """The single event definition of an event element; `place` is a key of `ALLOWED`."""
    definitions = declared.definitions(node)
    if _refused(node, place, definitions, report):
        return NONE
    if not definitions:
        return NONE
    event = _read(node, definitions[0], declared, report)
    if event.kind == "error" and not event.interrupting:
        report(
            error(
                "error-interrupts",
                node.get("id", ""),
                "An error always interrupts what raised it.",
                "Draw the event as interrupting, or use an escalation.",
            )
        )
    return event


def read_task_event(node: etree._Element, declared: Declared, report: Report) -> Event | None:
    """The message of a send or receive task; a send task for a worker has none."""
    if local(node) == "sendTask" and not node.get("messageRef"):
        return None
    return Event("message", name=_name("message", node, node, declared, report))


def _refused(
    node: etree._Element, place: str, definitions: list[etree._Element], report: Report
) -> bool:
    name, kind = node.get("id", ""), local(node)
    meaning = local(definitions[0]).removesuffix("EventDefinition") if definitions else "none"
    what = ""
    if len(definitions) > 1 or node.get("parallelMultiple") in TRUE:
        what = "several event definitions"
    elif meaning in NEVER or (place == "process" and meaning in HANDLED):
        what = "" if meaning in ALLOWED[place] else f"the definition {meaning}"
    if what:
        message = f"The {kind} has {what}, which cannot be executed."
        report(error("not-supported", name, message, f"Possible here: {_possible(place)}."))
        return True
    if meaning not in ALLOWED[place]:
        what = "nothing to wait for" if meaning == "none" else f"no place for {meaning}"
        message = f"The {kind} has {what}."
        report(error("event-definition", name, message, f"Possible here: {_possible(place)}."))
        return True
    return False


def _possible(place: str) -> str:
    return ", ".join(ALLOWED[place])


def _read(
    node: etree._Element, definition: etree._Element, declared: Declared, report: Report
) -> Event:
    kind = local(definition).removesuffix("EventDefinition")
    name = node.get("id", "")
    interrupting = _interrupting(node)
    if kind == "timer":
        return Event(kind, _timer(definition, name, report), interrupting=interrupting)
    if kind in ("message", "signal"):
        told = _name(kind, definition, node, declared, report)
        return Event(kind, name=told, interrupting=interrupting)
    if kind in ("error", "escalation"):
        code = _code(kind, definition, node, declared, report)
        return Event(kind, code=code, interrupting=interrupting)
    if kind == "conditional":
        condition = text_of(definition.find(f"{BPMN}condition"))
        if not condition:
            message = "The event says no condition."
            report(error("condition", name, message, "Write one, such as temperature > 80."))
            return Event(kind, interrupting=interrupting)
        compiled = read_condition(condition, name, report)
        return Event(kind, condition=compiled, interrupting=interrupting)
    if kind == "link":
        return Event(kind, name=_link(definition, node, report))
    return Event(kind)


def _interrupting(node: etree._Element) -> bool:
    attribute = "isInterrupting" if local(node) == "startEvent" else "cancelActivity"
    return node.get(attribute) not in FALSE


def _timer(definition: etree._Element, name: str, report: Report) -> Timer | None:
    given = [(TIMERS[local(c)], text_of(c)) for c in children(definition) if local(c) in TIMERS]
    if len(given) != 1 or not given[0][1]:
        report(
            error(
                "timer",
                name,
                "The timer says no time.",
                "Write one of timeDuration, timeDate or timeCycle, such as PT2H.",
            )
        )
        return None
    kind, text = given[0]
    value = read_value(text, name, report)
    if value.expression is None:
        try:
            READERS[kind](text)
        except TimeRefused as refused:
            report(error("timer", name, str(refused), "Write ISO 8601 without quotes."))
    return Timer(kind, value)


def _name(
    kind: str, holder: etree._Element, node: etree._Element, declared: Declared, report: Report
) -> str:
    found = declared.names[kind].get(reference(holder.get(f"{kind}Ref")), "")
    if not found:
        message = f"The {local(node)} names no {kind}."
        cure = f"Choose a {kind} with a name."
        if kind == "message":
            report(error("message", node.get("id", ""), message, cure))
        else:
            report(error("signal", node.get("id", ""), message, cure))
    return found


def _code(
    kind: str, holder: etree._Element, node: etree._Element, declared: Declared, report: Report
) -> str | None:
    ref = reference(holder.get(f"{kind}Ref"))
    code = declared.codes[kind].get(ref)
    if code or (not ref and local(node) not in THROWING):
        return code  # without any, it takes every code: BPMN 2.0.2 section 10.5.4
    message = f"The event names no {kind} that has a code."
    cure = f"Choose an {kind} with a code" + (
        "." if local(node) in THROWING else ", or none to take all."
    )
    if kind == "error":
        report(error("error-code", node.get("id", ""), message, cure))
    else:
        report(error("escalation-code", node.get("id", ""), message, cure))
    return "?"


def _link(definition: etree._Element, node: etree._Element, report: Report) -> str:
    """The name of a link; many tools write it on the event only."""
    name = (definition.get("name") or node.get("name") or "").strip()
    if not name:
        message = "The link has no name."
        report(error("link", node.get("id", ""), message, "Name both of its events alike."))
    return name
