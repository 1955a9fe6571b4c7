"""What an event waits for or does: none, timer, message, error, terminate; the rest is refused."""

from collections.abc import Mapping
from dataclasses import dataclass

from lxml import etree

from engine.workflow.definition.model import Event, Timer, error
from engine.workflow.definition.reading.attributes import BPMN, Report, local, read_value
from engine.workflow.definition.times import TimeRefused, read_cycle, read_date, read_duration

# Which definitions each event may carry now.
ALLOWED: Mapping[str, tuple[str, ...]] = {
    "startEvent": ("none", "timer", "message"),
    "intermediateCatchEvent": ("timer", "message"),
    "boundaryEvent": ("timer", "error"),
    "endEvent": ("none", "terminate"),
}
TIMERS = {"timeDate": "date", "timeDuration": "duration", "timeCycle": "cycle"}
READERS = {"date": read_date, "duration": read_duration, "cycle": read_cycle}
NONE = Event("none")


@dataclass(frozen=True, slots=True)
class Declared:
    """Messages and errors declared in the document, by id."""

    messages: Mapping[str, str]
    errors: Mapping[str, str | None]

    @classmethod
    def of(cls, root: etree._Element) -> "Declared":
        """Collect the declarations of a document."""
        return cls(
            {m.get("id", ""): m.get("name") or "" for m in root.iterfind(f"{BPMN}message")},
            {e.get("id", ""): e.get("errorCode") for e in root.iterfind(f"{BPMN}error")},
        )


def read_event(node: etree._Element, declared: Declared, report: Report) -> Event:
    """The single event definition of an event element."""
    name, kind = node.get("id", ""), local(node)
    found = [c for c in node if isinstance(c.tag, str) and c.tag.endswith("EventDefinition")]
    found += [c for c in node if isinstance(c.tag, str) and local(c) == "eventDefinitionRef"]
    if not found and "none" in ALLOWED[kind]:
        return NONE
    meaning = local(found[0]).removesuffix("EventDefinition") if len(found) == 1 else ""
    if meaning not in ALLOWED[kind]:
        what = meaning or ("several definitions" if found else "nothing to wait for")
        report(
            error(
                "not-supported",
                name,
                f"A {kind} with {what} cannot be executed yet.",
                f"Possible here: {', '.join(ALLOWED[kind])}.",
            )
        )
        return NONE
    definition = found[0]
    if meaning == "timer":
        return Event("timer", timer=_timer(definition, name, report))
    if meaning == "message":
        return Event("message", name=_message(definition, name, declared, report))
    if meaning == "error":
        return Event("error", code=_code(definition, name, declared, report))
    return Event(meaning)


def _timer(definition: etree._Element, name: str, report: Report) -> Timer | None:
    given = [
        (TIMERS[local(c)], (c.text or "").strip())
        for c in definition
        if isinstance(c.tag, str) and local(c) in TIMERS
    ]
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


def _message(definition: etree._Element, name: str, declared: Declared, report: Report) -> str:
    ref = (definition.get("messageRef") or "").rpartition(":")[2]
    message = declared.messages.get(ref, "").strip()
    if not message:
        report(
            error(
                "message",
                name,
                "The event names no message.",
                "Choose a message with a name.",
            )
        )
    return message


def _code(definition: etree._Element, name: str, declared: Declared, report: Report) -> str | None:
    ref = (definition.get("errorRef") or "").rpartition(":")[2]
    if not ref:
        return None  # catches every error: BPMN 2.0.2 section 10.5.4, error boundary without code
    if not declared.errors.get(ref):
        report(
            error(
                "error-code",
                name,
                "The event names an error that has no code.",
                "Choose an error with an error code, or none to catch all.",
            )
        )
        return "?"
    return declared.errors[ref]
