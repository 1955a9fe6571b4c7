"""BPMN documents for tests, written as one would describe them.

    process(
        start(), user("turn"), exclusive("good", default="end"), end(),
        "start -> turn -> good -> end",
        "good -> turn if diameter > 25.1",
    )

A text with an arrow draws flows; the flow from `a` to `b` has the id `a_to_b`. Keywords become
attributes of ours: `follow_up` is `mes:followUp`. Messages, signals, errors and escalations declare
themselves. What an event waits for or does is one keyword: `message`, `signal`, `escalation`,
`error`, `link` (names or codes; "" is every code), `condition`, `duration`, `date`, `cycle`. Every
activity takes `loop`, which `each`, `times` or `again` write.
"""

import re
from collections.abc import Mapping, Sequence
from itertools import pairwise
from xml.sax.saxutils import escape, quoteattr

OURS = re.compile(
    "role|operation|form|equipment|qualification|signature|topic|action|function|decision|duration"
    "|due|followUp|priority|retries|maximum|optional|correlation|calendar"
)
BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"
MES = "urn:routecard:bpmn:1"
SPIFF = "http://spiffworkflow.org/bpmn/schema/1.0/core"
_HEAD = f'<definitions xmlns="{BPMN}" xmlns:mes="{MES}" xmlns:spiffworkflow="{SPIFF}" id="d"'
_DI = (
    ' xmlns:bpmndi="http://www.omg.org/spec/BPMN/20100524/DI"'
    ' xmlns:dc="http://www.omg.org/spec/DD/20100524/DC"'
)


def process(*parts: str, key: str = "p", name: str = "", drawn: str = "") -> bytes:
    """A document with one executable process; `drawn` comes from `drawing`."""
    return document(executable(*parts, key=key, name=name), drawn)


def executable(*parts: str, key: str = "p", name: str = "") -> str:
    """An executable process, for a document with several."""
    return element("process", key, _inside(parts), name=name, isExecutable="true")


def document(*processes: str) -> bytes:
    """A document of processes and whatever else; it declares every message and error they name."""
    body = "".join(processes)
    declared = "".join(
        f'<{kind} id="{kind}_{name}" {attribute}="{name}"/>'
        for kind, attribute in _DECLARED.items()
        for name in _named(kind, body)
    )
    head = _HEAD + (_DI if "bpmndi:" in body else "")
    return f"{head}>{declared}{body}</definitions>".encode()


def drawing(**tops: int) -> str:
    """Where elements stand on paper: the y of each, downwards."""
    shapes = "".join(
        f'<bpmndi:BPMNShape id="{e}_di" bpmnElement="{e}">'
        f'<dc:Bounds x="100" y="{y}" width="100" height="80"/></bpmndi:BPMNShape>'
        for e, y in tops.items()
    )
    plane = f'<bpmndi:BPMNPlane id="plane" bpmnElement="p">{shapes}</bpmndi:BPMNPlane>'
    return f'<bpmndi:BPMNDiagram id="diagram">{plane}</bpmndi:BPMNDiagram>'


# ---- tasks ----


def user(*names: str, **ours: object) -> str:
    """User tasks."""
    return "".join(element("userTask", name, **ours) for name in names)


def manual(*names: str, **ours: object) -> str:
    """Manual tasks."""
    return "".join(element("manualTask", name, **ours) for name in names)


def plain(*names: str, **ours: object) -> str:
    """Tasks without a type."""
    return "".join(element("task", name, **ours) for name in names)


def job(element_id: str, /, topic: str = "machine", **ours: object) -> str:
    """A service task that a worker completes."""
    return element("serviceTask", element_id, topic=topic, **ours)


def function(element_id: str, /, called: str, **ours: object) -> str:
    """A service task that calls an in-house function."""
    return element("serviceTask", element_id, function=called, **ours)


def send(element_id: str, /, **ours: object) -> str:
    """A send task: with `message` it throws it, with `topic` it is a job."""
    return _messaging("sendTask", element_id, ours)


def receive(element_id: str, /, message: str, **ours: object) -> str:
    """A task that waits for a message."""
    return _messaging("receiveTask", element_id, {"message": message, **ours})


def decide(element_id: str, /, decision: str) -> str:
    """A business rule task."""
    return element("businessRuleTask", element_id, decision=decision)


def call(
    element_id: str,
    /,
    called: str,
    ins: Mapping[str, str] | None = None,
    outs: Mapping[str, str] | None = None,
    **ours: object,
) -> str:
    """A call activity; `ins` and `outs` are source -> target."""
    mapped = [("in", s, t) for s, t in (ins or {}).items()]
    mapped += [("out", s, t) for s, t in (outs or {}).items()]
    inside = "".join(f'<mes:{way} source="{s}" target="{t}"/>' for way, s, t in mapped)
    return element("callActivity", element_id, _extended(inside), calledElement=called, **ours)


def subprocess(element_id: str, /, *parts: str, **ours: object) -> str:
    """An embedded subprocess."""
    return element("subProcess", element_id, _inside(parts), **ours)


def event_subprocess(element_id: str, /, *parts: str, **ours: object) -> str:
    """A subprocess that its start event starts; see `start(..., interrupting=False)`."""
    return element("subProcess", element_id, _inside(parts), triggeredByEvent="true", **ours)


def data(*names: str) -> str:
    """Data objects, each with a reference as one draws it."""
    return "".join(
        element("dataObject", name, name=name)
        + element("dataObjectReference", f"{name}_ref", dataObjectRef=name)
        for name in names
    )


# ---- loops: the value of an activity's `loop` ----


def each(
    over: str,
    item: str = "",
    *,
    into: str = "",
    result: str = "",
    until: str = "",
    sequential: bool = False,
) -> str:
    """Multi-instance over the list in the variable `over`; `into` collects each item's `result`."""
    ways = f"<loopDataInputRef>{over}</loopDataInputRef>"
    ways += f"<loopDataOutputRef>{into}</loopDataOutputRef>" if into else ""
    ways += _item("inputDataItem", item) if item else ""
    ways += _item("outputDataItem", result) if result else ""
    return _several(ways, until, sequential)


def times(
    number: int | str,
    *,
    into: str = "",
    result: str = "",
    until: str = "",
    sequential: bool = False,
) -> str:
    """Multi-instance, a number or an expression of it."""
    ways = f"<loopCardinality>{escape(str(number))}</loopCardinality>"
    ways += f"<loopDataOutputRef>{into}</loopDataOutputRef>" if into else ""
    ways += _item("outputDataItem", result) if result else ""
    return _several(ways, until, sequential)


def again(condition: str = "", *, first: bool = False, maximum: int | None = None) -> str:
    """A standard loop: once more as long as the condition holds; `first` reads it before a run."""
    asked = f"<loopCondition>{escape(condition)}</loopCondition>" if condition else ""
    told = ' testBefore="true"' if first else ""
    told += f' loopMaximum="{maximum}"' if maximum is not None else ""
    return f"<standardLoopCharacteristics{told}>{asked}</standardLoopCharacteristics>"


# ---- gateways and events ----


def exclusive(
    element_id: str, /, default: str = "", outgoing: Sequence[str] = (), **ours: object
) -> str:
    """An exclusive gateway; `default` and `outgoing` name the elements its flows lead to."""
    return _choosing("exclusiveGateway", element_id, default, outgoing, ours)


def inclusive(
    element_id: str, /, default: str = "", outgoing: Sequence[str] = (), **ours: object
) -> str:
    """An inclusive gateway; `default` and `outgoing` name the elements its flows lead to."""
    return _choosing("inclusiveGateway", element_id, default, outgoing, ours)


def parallel(*names: str) -> str:
    """Parallel gateways."""
    return "".join(element("parallelGateway", name) for name in names)


def event_gateway(*names: str) -> str:
    """Event-based gateways."""
    return "".join(element("eventBasedGateway", name) for name in names)


def start(name: str = "start", interrupting: bool = True, **event: object) -> str:
    """A start event; the event says what triggers it."""
    told: dict[str, object] = {} if interrupting else {"isInterrupting": "false"}
    return _event("startEvent", name, event | told)


def end(*names: str, **event: object) -> str:
    """End events, one called `end` unless names are given."""
    return "".join(_event("endEvent", name, event) for name in names or ("end",))


def terminate(name: str) -> str:
    """A terminate end event."""
    return element("endEvent", name, "<terminateEventDefinition/>")


def catch(element_id: str, /, **event: object) -> str:
    """An intermediate event that waits: timer, message, signal, condition, or the end of a link."""
    return _event("intermediateCatchEvent", element_id, event)


def throw(*names: str, **event: object) -> str:
    """Intermediate events that do something: message, signal, escalation, link or nothing."""
    return "".join(_event("intermediateThrowEvent", name, event) for name in names)


def boundary(element_id: str, /, on: str, interrupting: bool = True, **event: object) -> str:
    """A boundary event of the activity `on`."""
    told: dict[str, object] = {} if interrupting else {"cancelActivity": "false"}
    return _event("boundaryEvent", element_id, event | told | {"attachedToRef": on})


def lanes(**roles: Sequence[str]) -> str:
    """One lane for each role, with the elements in it."""
    drawn = "".join(
        element("lane", f"lane_{r}", *(f"<flowNodeRef>{e}</flowNodeRef>" for e in refs), role=r)
        for r, refs in roles.items()
    )
    return element("laneSet", "lanes", drawn)


# ---- underneath ----

_TIMERS = {"duration": "timeDuration", "date": "timeDate", "cycle": "timeCycle"}
_DECLARED = {
    "message": "name",
    "signal": "name",
    "error": "errorCode",
    "escalation": "escalationCode",
}
_FLOW = re.compile(r"(?P<way>[\w.\s>-]+?)(?:\s+if\s+(?P<condition>.+))?", re.DOTALL)


def element(tag: str, element_id: str, /, *inside: str, **attributes: object) -> str:
    """Any element; ours get their prefix, empty ones are left out.

    `parameters` is a mapping that becomes `mes:parameter` elements; a `loop` is written last.
    """
    parameters = attributes.pop("parameters", None)
    if isinstance(parameters, Mapping):
        inside = (_parameters(parameters), *inside)
    inside = (*inside, str(attributes.pop("loop", "")))
    given = {_attribute(key): str(value) for key, value in attributes.items() if value != ""}
    written = "".join(f" {key}={quoteattr(value)}" for key, value in given.items())
    return f'<{tag} id="{element_id}"{written}>{"".join(inside)}</{tag}>'


def _attribute(key: str) -> str:
    if key == "follow_up":
        return "mes:followUp"
    return f"mes:{key}" if OURS.fullmatch(key) else key


def _parameters(given: Mapping[str, object]) -> str:
    return _extended(
        "".join(
            f"<mes:parameter name={quoteattr(name)} value={quoteattr(str(value))}/>"
            for name, value in given.items()
        )
    )


def _extended(inside: str) -> str:
    return f"<extensionElements>{inside}</extensionElements>" if inside else ""


def _inside(parts: Sequence[str]) -> str:
    return "".join(part if part.lstrip().startswith("<") else _flows(part) for part in parts)


def _flows(text: str) -> str:
    found = _FLOW.fullmatch(text.strip())
    assert found is not None, f"no flow: {text}"
    stops = [stop.strip() for stop in found["way"].split("->")]
    condition = found["condition"]
    assert condition is None or len(stops) == 2, f"a condition stands on one flow: {text}"
    asked = f"<conditionExpression>{escape(condition)}</conditionExpression>" if condition else ""
    return "".join(
        element("sequenceFlow", f"{a}_to_{b}", asked, sourceRef=a, targetRef=b)
        for a, b in pairwise(stops)
    )


def _choosing(
    tag: str, element_id: str, default: str, outgoing: Sequence[str], ours: Mapping[str, object]
) -> str:
    listed = "".join(f"<outgoing>{element_id}_to_{target}</outgoing>" for target in outgoing)
    flow = f"{element_id}_to_{default}" if default else ""
    return element(tag, element_id, listed, default=flow, **ours)


def _messaging(tag: str, element_id: str, ours: Mapping[str, object]) -> str:
    told = {key: value for key, value in ours.items() if key != "message"}
    if "message" in ours:
        told["messageRef"] = f"message_{ours['message']}"
    return element(tag, element_id, **told)


def _item(tag: str, name: str) -> str:
    return f'<{tag} name="{name}"/>'


def _several(ways: str, until: str, sequential: bool) -> str:
    told = ' isSequential="true"' if sequential else ""
    asked = f"<completionCondition>{escape(until)}</completionCondition>" if until else ""
    tag = "multiInstanceLoopCharacteristics"
    return f"<{tag}{told}>{ways}{asked}</{tag}>"


def _event(tag: str, element_id: str, told: Mapping[str, object]) -> str:
    kinds = {*_TIMERS, *_DECLARED, "condition", "link"}
    event = {kind: str(value) for kind, value in told.items() if kind in kinds}
    rest = {key: value for key, value in told.items() if key not in kinds}
    return element(tag, element_id, _definition(event), **rest)


def _definition(event: Mapping[str, str]) -> str:
    for kind, value in event.items():
        if kind in _TIMERS:
            told = f"<{_TIMERS[kind]}>{escape(value)}</{_TIMERS[kind]}>"
            return f"<timerEventDefinition>{told}</timerEventDefinition>"
        if kind == "condition":
            told = f"<condition>{escape(value)}</condition>"
            return f"<conditionalEventDefinition>{told}</conditionalEventDefinition>"
        if kind == "link":
            return f"<linkEventDefinition name={quoteattr(value)}/>"
        named = f' {kind}Ref="{kind}_{value}"' if value else ""
        return f"<{kind}EventDefinition{named}/>"
    return ""


def _named(kind: str, body: str) -> list[str]:
    return sorted(set(re.findall(f'{kind}Ref="{kind}_([^"]+)"', body)))


# ---- decision tables ----

DMN = "https://www.omg.org/spec/DMN/20191111/MODEL/"


def table(
    key: str, asked: str, answered: str, rules: Mapping[str, str], hit: str = "FIRST"
) -> bytes:
    """A DMN file with one decision of one input and one output; rules are cell -> answer."""
    rows = "".join(
        f'<rule id="r{n}"><inputEntry id="i{n}"><text>{escape(cell)}</text></inputEntry>'
        f'<outputEntry id="o{n}"><text>{escape(answer)}</text></outputEntry></rule>'
        for n, (cell, answer) in enumerate(rules.items())
    )
    return (
        f'<definitions xmlns="{DMN}" id="dmn" name="dmn" namespace="urn:test">'
        f'<decision id="{key}" name="{key}"><decisionTable id="t" hitPolicy="{hit}">'
        f'<input id="in"><inputExpression id="ie"><text>{asked}</text></inputExpression></input>'
        f'<output id="out" name="{answered}"/>{rows}</decisionTable></decision></definitions>'
    ).encode()
