"""The one module that knows `bpmn-io`, the port of bpmn.io's layout: a process in, places out.

It runs in a process of its own, because a layout that takes too long can only be stopped from
outside. What it gets is a skeleton that we write: no text of an uploaded file reaches its parser.
"""

import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from lxml import etree

from engine.workflow.definition.drawing.shapes import Box, Drawing
from engine.workflow.definition.reading.values import BPMN, children, local, reference

MAX_ELEMENTS = 1_000
SECONDS = 20
DI = "{http://www.omg.org/spec/BPMN/20100524/DI}"
DC = "{http://www.omg.org/spec/DD/20100524/DC}"
DDI = "{http://www.omg.org/spec/DD/20100524/DI}"
_RUN = (
    "import sys; from bpmn_io.auto_layout import layout_process; "
    "sys.stdout.write(layout_process(sys.stdin.read()))"
)
_KINDS = ("Task", "Event", "Gateway")
_ALONE = ("task", "subProcess", "callActivity", "transaction", "adHocSubProcess")
_NESTED = ("subProcess", "transaction", "adHocSubProcess")


class DrawingRefused(Exception):
    """A diagram that cannot be laid out; its text says why and what to do."""


def is_node(element: etree._Element) -> bool:
    """Whether sequence flows can lead to an element."""
    kind = local(element)
    return element.tag.startswith(BPMN) and (kind.endswith(_KINDS) or kind in _ALONE)


def lay_out_process(process: etree._Element) -> Drawing:
    """Where the elements of a process go; its subprocesses are drawn open.

    Raises:
        DrawingRefused: if it is too large, takes too long or cannot be laid out.
    """
    skeleton = _Skeleton.of(process)
    if not skeleton.names:
        return Drawing()
    return skeleton.read(_run(skeleton.text()))


def _run(text: str) -> bytes:
    try:
        # No shell; the program and its argument are ours, and so is every character of the input.
        done = subprocess.run(
            [sys.executable, "-c", _RUN],
            input=text.encode(),
            capture_output=True,
            timeout=SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise DrawingRefused(
            f"The layout took longer than {SECONDS} seconds. Split the diagram into subprocesses."
        ) from None
    if done.returncode:
        reason = done.stderr.decode(errors="replace").strip().rpartition("\n")[2][:200]
        raise DrawingRefused(f"The diagram cannot be laid out: {reason}. Draw it by hand.")
    return done.stdout


@dataclass(slots=True)
class _Skeleton:
    """A process without its words: nodes and flows with short ids of ours, `n0`, `f0` …"""

    process: etree._Element
    names: dict[str, str]
    flows: dict[str, tuple[str, str, str]]

    @classmethod
    def of(cls, process: etree._Element) -> "_Skeleton":
        nodes = [e for e in process.iter(etree.Element) if is_node(e) and e.get("id")]
        if len(nodes) > MAX_ELEMENTS:
            raise DrawingRefused(
                f"The process has {len(nodes)} elements; at most {MAX_ELEMENTS} are laid out. "
                "Split it into several."
            )
        names = {e.get("id", ""): f"n{number}" for number, e in enumerate(nodes)}
        flows: dict[str, tuple[str, str, str]] = {}
        for flow in process.iter(f"{BPMN}sequenceFlow"):
            ends = reference(flow.get("sourceRef")), reference(flow.get("targetRef"))
            if flow.get("id") and ends[0] in names and ends[1] in names:
                flows[flow.get("id", "")] = (f"f{len(flows)}", names[ends[0]], names[ends[1]])
        return cls(process, names, flows)

    def text(self) -> str:
        """The skeleton as BPMN, with a drawing that only says what is open."""
        open_ = [
            self.names[e.get("id", "")]
            for e in self.process.iter(etree.Element)
            if local(e) in _NESTED and e.get("id") in self.names
        ]
        shapes = "".join(
            f'<bpmndi:BPMNShape id="s{name}" bpmnElement="{name}" isExpanded="true">'
            f'<dc:Bounds x="0" y="0" width="1" height="1"/></bpmndi:BPMNShape>'
            for name in open_
        )
        return (
            f'<bpmn:definitions xmlns:bpmn="{BPMN[1:-1]}" xmlns:bpmndi="{DI[1:-1]}" '
            f'xmlns:dc="{DC[1:-1]}" id="d" targetNamespace="urn:layout">'
            f'<bpmn:process id="p">{"".join(self._inside(self.process))}</bpmn:process>'
            f'<bpmndi:BPMNDiagram id="g"><bpmndi:BPMNPlane id="l" bpmnElement="p">{shapes}'
            "</bpmndi:BPMNPlane></bpmndi:BPMNDiagram></bpmn:definitions>"
        )

    def _inside(self, holder: etree._Element) -> Iterator[str]:
        """The nodes and flows right inside a process or subprocess."""
        here = [e for e in children(holder) if e.get("id") in self.names]
        for element in here:
            yield self._node(element)
        mine = {self.names[e.get("id", "")] for e in here}
        for name, source, target in self.flows.values():
            if source in mine and target in mine:
                yield f'<bpmn:sequenceFlow id="{name}" sourceRef="{source}" targetRef="{target}"/>'

    def _node(self, element: etree._Element) -> str:
        name, kind = self.names[element.get("id", "")], local(element)
        kind = "subProcess" if kind in _NESTED else kind
        host = self.names.get(reference(element.get("attachedToRef")))
        attached = f' attachedToRef="{host}"' if host else ""
        if kind == "boundaryEvent" and not host:
            kind = "intermediateCatchEvent"
        ways = "".join(
            [
                f"<bpmn:incoming>{f}</bpmn:incoming>"
                for f, _, to in self.flows.values()
                if to == name
            ]
            + [
                f"<bpmn:outgoing>{f}</bpmn:outgoing>"
                for f, by, _ in self.flows.values()
                if by == name
            ]
        )
        inside = "".join(self._inside(element)) if kind == "subProcess" else ""
        return f'<bpmn:{kind} id="{name}"{attached}>{ways}{inside}</bpmn:{kind}>'

    def read(self, answer: bytes) -> Drawing:
        """The drawing in the names of the diagram."""
        root = etree.fromstring(answer)
        back = {short: name for name, short in self.names.items()}
        back |= {short: name for name, (short, _, _) in self.flows.items()}
        drawing = Drawing()
        for shape in root.iter(f"{DI}BPMNShape"):
            name = back.get(shape.get("bpmnElement", ""))
            bounds = shape.find(f"{DC}Bounds")
            if name is None or bounds is None:
                continue
            drawing.boxes[name] = Box(*_numbers(bounds, ("x", "y", "width", "height")))
            if shape.get("isExpanded") == "true":
                drawing.open.add(name)
        for edge in root.iter(f"{DI}BPMNEdge"):
            name = back.get(edge.get("bpmnElement", ""))
            points = [_numbers(p, ("x", "y")) for p in edge.iter(f"{DDI}waypoint")]
            if name is not None:
                drawing.lines[name] = tuple((x, y) for x, y in points)
        return drawing


def _numbers(element: etree._Element, keys: Iterable[str]) -> list[float]:
    return [float(element.get(key, "0")) for key in keys]
