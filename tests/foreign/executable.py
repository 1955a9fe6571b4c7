"""What a process engineer does first with a drawing: mark it, write conditions, names and times.

Elements and flows stay as they are drawn; every addition is counted under what it adds. The steps
are mechanical, so that two people get the same file: `docs/reference/foreign-diagrams.md`.
"""

from collections import Counter
from dataclasses import dataclass, field

from lxml import etree

from tests.foreign.events import Events
from tests.foreign.markup import (
    BPMN,
    MES,
    NODES,
    child_text,
    children,
    is_readable,
    local,
    short,
    write,
)
from tests.support.other_tools import take_out

DECISION = "added_decision"
DECISION_FILE = b"""<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d"
name="d">
<decision id="added_decision" name="Always"><decisionTable id="t"><input><inputExpression>
<text>1</text></inputExpression></input><output name="decided"/><rule><inputEntry><text>-</text>
</inputEntry><outputEntry><text>1</text></outputEntry></rule></decisionTable></decision>
</definitions>"""


@dataclass(frozen=True)
class Made:
    """One process of a file made executable: the files to deploy, and what was added how often."""

    process: str
    diagram: bytes
    files: dict[str, bytes] = field(default_factory=dict)
    added: Counter[str] = field(default_factory=Counter)


def made_executable(data: bytes) -> list[Made]:
    """The file once for each of its processes that has elements and is called by none of them.

    Raises:
        etree.XMLSyntaxError: if it is no XML.
    """
    found = [p.get("id", "") for p in drawn(etree.fromstring(data))]
    called = {name for key in found for name in _Step(data, key).called_here()}
    heads = [key for key in found if key not in called] or found
    return [_Step(data, key).made() for key in heads]


def drawn(root: etree._Element) -> list[etree._Element]:
    """The processes that have elements; the others are black boxes."""
    return [
        p
        for p in root.findall(f"{BPMN}process")
        if any(local(c).endswith(NODES) for c in children(p))
    ]


class _Step:
    """The step on one process of one file."""

    def __init__(self, data: bytes, process: str) -> None:
        self.root = etree.fromstring(data)
        taken_out = take_out(self.root)
        self.process = process
        self.files: dict[str, bytes] = {}
        self.stand_ins: set[str] = set()
        self.added: Counter[str] = Counter()
        if taken_out:
            self.added["another tool's attributes taken out"] = 1
        self.processes = {p.get("id", ""): p for p in self.root.findall(f"{BPMN}process")}

    def called_here(self) -> list[str]:
        """The other processes of this file that the process calls, however deep."""
        found = [self.process]
        for key in found:
            for call in self.processes[key].iter(f"{BPMN}callActivity"):
                name = short(call.get("calledElement"))
                if name in self.processes and name not in found:
                    found.append(name)
        return found[1:]

    def made(self) -> Made:
        """The file with everything added that the process needs."""
        run = [self.process, *self.called_here()]
        for key, process in self.processes.items():
            marked = process.get("isExecutable") in ("true", "1")
            if marked != (key in run):
                process.set("isExecutable", "true" if key in run else "false")
                self.added["executable"] += 1
        events = Events(self.root, self.added)
        for key in run:
            process = self.processes[key]
            self._conditions(process)
            self._loops(process)
            self._work(process)
            events.complete(process)
        return Made(self.process, etree.tostring(self.root), self.files, self.added)

    # ---- gateways ----

    def _conditions(self, process: etree._Element) -> None:
        flows: dict[str, list[etree._Element]] = {}
        for flow in process.iter(f"{BPMN}sequenceFlow"):
            self._replace_unreadable(flow, "conditionExpression", "false")
            if _joins_two(flow):
                flows.setdefault(flow.get("sourceRef", ""), []).append(flow)
        gateways = [n for n in process.iter(etree.Element) if _chooses(n)]
        for number, gateway in enumerate(gateways, start=1):
            leaving = flows.get(gateway.get("id", ""), [])
            if len(leaving) > 1:
                self._choice(gateway, leaving, f"way_{number}")

    def _choice(self, gateway: etree._Element, leaving: list[etree._Element], name: str) -> None:
        """`way == 1`, `way == 2` …, the last flow by default; inclusive: all ways but one."""
        sign = "==" if local(gateway) == "exclusiveGateway" else "!="
        lacking = [
            (number, flow)
            for number, flow in enumerate(leaving, start=1)
            if not child_text(flow, "conditionExpression")
            and flow.get("id") != (gateway.get("default") or "-")
        ]
        last = lacking[-1][1].get("id") if lacking else None
        if sign == "==" and last and not gateway.get("default"):
            gateway.set("default", last)
            self.added["default flow"] += 1
            lacking.pop()
        for number, flow in lacking:
            write(flow, "conditionExpression", f"{name} {sign} {number}")
            self.added["condition"] += 1

    def _replace_unreadable(self, element: etree._Element, tag: str, text: str) -> None:
        """Conditions in other languages become ours: what they ask, a person answers."""
        given = child_text(element, tag)
        if given and not is_readable(given):
            known = self.added["condition in our language"] = (
                self.added["condition in our language"] + 1
            )
            write(element, tag, f"asked_{known}" if text == "false" else text)

    # ---- activities ----

    def _loops(self, process: etree._Element) -> None:
        for loop in process.iter(f"{BPMN}multiInstanceLoopCharacteristics"):
            self._replace_unreadable(loop, "loopCardinality", "2")
            self._replace_unreadable(loop, "completionCondition", "false")
            if not child_text(loop, "loopCardinality") and not child_text(loop, "loopDataInputRef"):
                write(loop, "loopCardinality", "2", first=True)
                self.added["number of items"] += 1
        for number, loop in enumerate(process.iter(f"{BPMN}standardLoopCharacteristics"), start=1):
            self._replace_unreadable(loop, "loopCondition", "false")
            if not child_text(loop, "loopCondition"):
                write(loop, "loopCondition", f"again_{number}")
                self.added["loop condition"] += 1
            if not (loop.get("loopMaximum") or "0").strip("0"):
                loop.set("loopMaximum", "3")
                self.added["loop maximum"] += 1

    def _work(self, process: etree._Element) -> None:
        for node in process.iter(etree.Element):
            kind = local(node)
            if kind == "serviceTask" or (kind == "sendTask" and not node.get("messageRef")):
                if not given(node, "topic", "function"):
                    self._topic(node)
            elif kind == "businessRuleTask" and not given(node, "decision"):
                node.set(MES + "decision", DECISION)
                self.files["added.dmn"] = DECISION_FILE
                self.added["decision"] += 1
            elif kind == "callActivity":
                self._called(node)

    def _topic(self, node: etree._Element) -> None:
        node.set(MES + "topic", "added")
        self.added["topic"] += 1

    def _called(self, node: etree._Element) -> None:
        """A process of another file is stood for by a start and an end."""
        if "{" in (node.get("calledElement") or "{"):  # none, or an expression
            node.set("calledElement", "added_process")
        name = short(node.get("calledElement"))
        if name not in self.processes and name not in self.stand_ins:
            self.stand_ins.add(name)
            self.files[f"added{len(self.files)}.bpmn"] = _stand_in(name)
            self.added["called process"] += 1


def given(node: etree._Element, *attributes: str) -> bool:
    """Whether one of our attributes is there."""
    return any(node.get(MES + name) for name in attributes)


def _chooses(node: etree._Element) -> bool:
    return local(node) in ("exclusiveGateway", "inclusiveGateway")


def _joins_two(flow: etree._Element) -> bool:
    """Whether both ends are drawn on the flow's own level; other flows are refused anyway."""
    around = flow.getparent()
    beside = {e.get("id") for e in children(around)} if around is not None else set()
    return {flow.get("sourceRef"), flow.get("targetRef")} <= beside


def _stand_in(key: str) -> bytes:
    root = etree.Element(f"{BPMN}definitions")
    process = etree.SubElement(root, f"{BPMN}process", id=key, isExecutable="true")
    etree.SubElement(process, f"{BPMN}startEvent", id="added_start")
    etree.SubElement(process, f"{BPMN}endEvent", id="added_end")
    flow = {"id": "added_flow", "sourceRef": "added_start", "targetRef": "added_end"}
    etree.SubElement(process, f"{BPMN}sequenceFlow", flow)
    return bytes(etree.tostring(root))
