"""What the events of a drawing lack: names of messages and signals, codes, times, conditions."""

from collections import Counter
from collections.abc import Callable

from lxml import etree

from engine.workflow.definition.times import TimeRefused, read_cycle, read_date, read_duration
from tests.foreign.markup import BPMN, MES, child_text, children, is_readable, local, short, write

TIMES: dict[str, Callable[[str], object]] = {
    "timeDate": read_date,
    "timeDuration": read_duration,
    "timeCycle": read_cycle,
}
THROWS = ("intermediateThrowEvent", "endEvent")
# What each definition names, with the attribute that the engine goes by.
NAMED = {
    "message": "name",
    "signal": "name",
    "error": "errorCode",
    "escalation": "escalationCode",
}
NEEDED = (
    "message",
    "signal",
)  # error and escalation without a reference are caught whatever they are


class Events:
    """The events of one document, and the names it declares."""

    def __init__(self, root: etree._Element, added: Counter[str]) -> None:
        self.root, self.added = root, added
        self.declared = {
            (kind, e.get("id", "")): e for kind in NAMED for e in root.findall(BPMN + kind)
        }

    def complete(self, process: etree._Element) -> None:
        """Add what the events and the message tasks of a process lack."""
        shared = {e.get("id", ""): e for e in children(self.root) if _is_definition(e)}
        for node in list(process.iter(etree.Element)):
            sends = local(node) == "sendTask" and node.get("messageRef")
            if sends or local(node) == "receiveTask":
                self._name(node, "message", node)
            if sends:
                self._optional(node)
            if not local(node).endswith("Event"):
                continue
            inside = [e for e in children(node) if _is_definition(e)]
            refs = (
                shared.get(short((r.text or "").strip()))
                for r in node.findall(f"{BPMN}eventDefinitionRef")
            )
            for definition in [*inside, *(e for e in refs if e is not None)]:
                self._definition(node, definition)

    def _definition(self, node: etree._Element, definition: etree._Element) -> None:
        kind = local(definition).removesuffix("EventDefinition")
        throws = local(node) in THROWS
        if kind == "timer":
            self._time(node, definition)
        elif kind == "conditional":
            given = child_text(definition, "condition")
            if not given or not is_readable(given):
                self.added["condition of an event"] += 1
                write(definition, "condition", f"happened_{self.added['condition of an event']}")
        elif kind in NAMED and (throws or kind in NEEDED or definition.get(kind + "Ref")):
            self._name(definition, kind, node)
        if kind == "message" and throws:
            self._optional(node)

    def _name(self, element: etree._Element, kind: str, node: etree._Element) -> None:
        """What is named must be declared, with a name or a code."""
        declared = self.declared.get((kind, short(element.get(kind + "Ref"))))
        if declared is None:
            key = f"added_{kind}_{len(self.declared)}"
            declared = etree.Element(BPMN + kind, id=key)
            first = self.root.find(f"{BPMN}process")
            self.root.insert(0 if first is None else self.root.index(first), declared)
            self.declared[kind, key] = declared
            element.set(kind + "Ref", key)
        if not (declared.get(NAMED[kind]) or "").strip():
            declared.set(NAMED[kind], f"{kind} of {node.get('id', '')}")
            self.added[f"{kind} name" if NAMED[kind] == "name" else f"{kind} code"] += 1

    def _optional(self, node: etree._Element) -> None:
        """Who gets it is not in the file, so that nobody may be there."""
        if node.get(MES + "optional") is None:
            node.set(MES + "optional", "true")
            self.added["receiver outside"] += 1

    def _time(self, node: etree._Element, definition: etree._Element) -> None:
        given = [e for e in children(definition) if local(e) in TIMES]
        if len(given) == 1 and _is_time(given[0]):
            return
        for element in given:
            definition.remove(element)
        around = node.getparent()
        starts = local(node) == "startEvent" and around is not None and local(around) == "process"
        write(definition, *(("timeCycle", "R3/PT60M") if starts else ("timeDuration", "PT60M")))
        self.added["time" if not given else "time in ISO 8601"] += 1


def _is_definition(element: etree._Element) -> bool:
    return local(element).endswith("EventDefinition")


def _is_time(element: etree._Element) -> bool:
    text = (element.text or "").strip()
    if text.startswith(("=", "${")):
        return is_readable(text)
    try:
        TIMES[local(element)](text)
    except TimeRefused:
        return False
    return True
