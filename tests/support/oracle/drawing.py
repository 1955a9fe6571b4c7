"""A diagram as drawn: levels of nodes and flows, read from its XML."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any

from lxml import etree

from tests.support.diagrams import BPMN, MES

B, M = f"{{{BPMN}}}", f"{{{MES}}}"
TIMES = ("timeDuration", "timeDate", "timeCycle")
ACTIVITIES = frozenset(
    {
        "userTask",
        "manualTask",
        "task",
        "serviceTask",
        "sendTask",
        "receiveTask",
        "businessRuleTask",
        "subProcess",
        "callActivity",
    }
)
REFERENCES = {
    "message": "name",
    "signal": "name",
    "error": "errorCode",
    "escalation": "escalationCode",
}


@dataclass(frozen=True)
class Flow:
    """A sequence flow."""

    id: str
    source: str
    target: str
    condition: str | None


@dataclass(frozen=True)
class Trigger:
    """What an event waits for or does; `name` is a message's, signal's or link's, or a code."""

    kind: str
    name: str | None = None
    time: str | None = None
    condition: str | None = None


@dataclass(frozen=True)
class Loop:
    """How often an activity runs: `kind` is `loop`, `sequential` or `parallel`."""

    kind: str
    source: str | None = None
    cardinality: str | None = None
    item: str | None = None
    target: str | None = None
    result: str | None = None
    condition: str | None = None
    first: bool = False
    maximum: int | None = None


@dataclass(eq=False)
class Node:
    """A flow node."""

    id: str
    kind: str
    element: etree._Element
    trigger: Trigger
    loop: Loop | None
    into: list[Flow] = field(default_factory=list)
    out: list[Flow] = field(default_factory=list)
    boundaries: "list[Node]" = field(default_factory=list)
    level: "Level | None" = None
    block: Any = None

    def get(self, attribute: str) -> str | None:
        """A BPMN attribute."""
        return self.element.get(attribute)

    def ours(self, attribute: str) -> str | None:
        """An attribute of the dialect."""
        return self.element.get(M + attribute)

    def pairs(self, tag: str, key: str, value: str) -> list[tuple[str, str]]:
        """The elements of the dialect with this tag."""
        found = self.element.iterfind(f"{B}extensionElements/{M}{tag}")
        return [(e.get(key), e.get(value)) for e in found]

    @cached_property
    def interrupts(self) -> bool:
        """Whether a boundary or start event ends what runs."""
        return "false" not in (self.get("cancelActivity"), self.get("isInterrupting"))

    @cached_property
    def is_activity(self) -> bool:
        """Whether it is work."""
        return self.kind in ACTIVITIES

    @cached_property
    def is_handler(self) -> bool:
        """Whether it is an event subprocess."""
        return self.get("triggeredByEvent") == "true"


class Level:
    """A process or subprocess as drawn."""

    def __init__(self, holder: etree._Element, names: dict[str, str | None]) -> None:
        self.id = holder.get("id")
        self.data = {e.get("name") for e in holder.iterchildren(B + "dataObject")}
        self.nodes: dict[str, Node] = {}
        flows: list[Flow] = []
        for child in holder:
            if child.tag == B + "sequenceFlow":
                text = child.findtext(B + "conditionExpression")
                ends = (child.get("sourceRef"), child.get("targetRef"))
                flows.append(Flow(child.get("id"), *ends, text))
            elif _is_node(child):
                self.nodes[child.get("id")] = _node(child, names)
        for flow in flows:
            self.nodes[flow.source].out.append(flow)
            self.nodes[flow.target].into.append(flow)
        for node in self.nodes.values():
            self._connect(node)

    def _connect(self, node: Node) -> None:
        listed = [e.text for e in node.element.iterchildren(B + "outgoing")]
        if listed:
            node.out.sort(key=lambda flow: listed.index(flow.id))
        if host := node.get("attachedToRef"):
            self.nodes[host].boundaries.append(node)

    @cached_property
    def start(self) -> Node:
        """The start event: of a process and a subprocess the one without a trigger."""
        return next(n for n in self.nodes.values() if n.kind == "startEvent")

    @cached_property
    def handlers(self) -> list[Node]:
        """Its event subprocesses."""
        return [n for n in self.nodes.values() if n.is_handler]

    def link(self, name: str | None) -> Node:
        """Where a link leads."""
        return next(
            n
            for n in self.nodes.values()
            if n.kind == "intermediateCatchEvent" and n.trigger == Trigger("link", name)
        )

    def after(self, node: Node) -> Iterator[Node]:
        """Where a token at a node may be next, as far as one can tell from the drawing."""
        for source in (node, *node.boundaries):
            yield from (self.nodes[flow.target] for flow in source.out)
        if node.kind == "intermediateThrowEvent" and node.trigger.kind == "link":
            yield self.link(node.trigger.name)


@lru_cache(maxsize=32)
def processes(document: bytes) -> dict[str, Level]:
    """The processes of a document."""
    root = etree.fromstring(document)
    names: dict[str, str | None] = {}
    for kind, attribute in REFERENCES.items():
        names |= {e.get("id"): e.get(attribute) for e in root.iterchildren(B + kind)}
    return {p.get("id"): Level(p, names) for p in root.iterchildren(B + "process")}


def _is_node(element: etree._Element) -> bool:
    kind = kind_of(element)
    return kind in ACTIVITIES or kind.endswith(("Event", "Gateway"))


def kind_of(element: etree._Element) -> str:
    """The BPMN name of an element."""
    return str(etree.QName(element).localname)


def _node(element: etree._Element, names: dict[str, str | None]) -> Node:
    node = Node(
        element.get("id"), kind_of(element), element, _trigger(element, names), _loop(element)
    )
    if node.kind == "subProcess":
        node.level = Level(element, names)
    return node


def _trigger(element: etree._Element, names: dict[str, str | None]) -> Trigger:
    if ref := element.get("messageRef"):
        return Trigger("message", names[ref])
    for definition in element:
        kind = kind_of(definition)
        if kind.endswith("EventDefinition"):
            return _definition(definition, kind.removesuffix("EventDefinition"), names)
    return Trigger("none")


def _definition(definition: Any, kind: str, names: dict[str, str | None]) -> Trigger:
    if kind == "timer":
        return Trigger(
            kind, time=next(definition.findtext(B + t) for t in TIMES if _has(definition, t))
        )
    if kind == "conditional":
        return Trigger(kind, condition=definition.findtext(B + "condition"))
    if kind == "link":
        return Trigger(kind, definition.get("name"))
    ref = definition.get(f"{kind}Ref")
    return Trigger(kind, names[ref] if ref else None)


def _has(definition: Any, tag: str) -> bool:
    return definition.find(B + tag) is not None


def _loop(element: etree._Element) -> Loop | None:
    several = element.find(B + "multiInstanceLoopCharacteristics")
    if several is not None:
        return Loop(
            "sequential" if several.get("isSequential") == "true" else "parallel",
            source=several.findtext(B + "loopDataInputRef"),
            cardinality=several.findtext(B + "loopCardinality"),
            item=_named(several, "inputDataItem"),
            target=several.findtext(B + "loopDataOutputRef"),
            result=_named(several, "outputDataItem"),
            condition=several.findtext(B + "completionCondition"),
        )
    again = element.find(B + "standardLoopCharacteristics")
    if again is not None:
        most = again.get("loopMaximum")
        return Loop(
            "loop",
            condition=again.findtext(B + "loopCondition"),
            first=again.get("testBefore") == "true",
            maximum=int(most) if most else None,
        )
    return None


def _named(several: etree._Element, tag: str) -> str | None:
    found = several.find(B + tag)
    return None if found is None else found.get("name")
