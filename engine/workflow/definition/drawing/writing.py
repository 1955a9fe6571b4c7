"""A drawing written into its document: the diagram is new, everything else stays as it was."""

from collections.abc import Mapping

from lxml import etree

from engine.workflow.definition.drawing.auto_layout import DC, DDI, DI, is_node
from engine.workflow.definition.drawing.pools import draw
from engine.workflow.definition.drawing.shapes import Box, Drawing
from engine.workflow.definition.reading.values import BPMN, children, local, reference
from engine.workflow.definition.reading.xml import DocumentRefused, whole_xml

NAMESPACES = {"bpmndi": DI[1:-1], "dc": DC[1:-1], "di": DDI[1:-1]}
LABEL_WIDTH, LABEL_LINE, LABEL_SIGNS = 90.0, 14.0, 14


def lay_out(xml: bytes) -> bytes:
    """The document with a drawing laid out anew; colours of shapes are kept.

    Raises:
        DocumentRefused: if the file is unsafe or no BPMN.
        DrawingRefused: if it is too large, takes too long or cannot be laid out.
    """
    root = whole_xml(xml)
    if root.tag != f"{BPMN}definitions":
        raise DocumentRefused("The file is no BPMN 2.0: its root is not bpmn:definitions.")
    lay_out_tree(root)
    return bytes(etree.tostring(root.getroottree(), xml_declaration=True, encoding="UTF-8"))


def lay_out_tree(root: etree._Element) -> None:
    """As `lay_out`, for a document that was read already."""
    drawing = draw(root)
    colours = _colours(root)
    for old in root.findall(f"{DI}BPMNDiagram"):
        root.remove(old)
    diagram = etree.SubElement(root, f"{DI}BPMNDiagram", nsmap=NAMESPACES, id=_own(root, "diagram"))
    diagram.tail = "\n"
    plane = etree.SubElement(diagram, f"{DI}BPMNPlane", id=_own(root, "plane"))
    plane.set("bpmnElement", _plane(root))
    _write(root, plane, drawing, colours)
    etree.indent(diagram, space="  ", level=1)


def has_drawing(root: etree._Element) -> bool:
    """Whether every element that flows lead to, and every flow between two, is drawn."""
    shapes = {reference(s.get("bpmnElement")) for s in root.iter(f"{DI}BPMNShape")}
    edges = {reference(e.get("bpmnElement")) for e in root.iter(f"{DI}BPMNEdge")}
    nodes = [e for p in root.iterfind(f"{BPMN}process") for e in children(p) if is_node(e)]
    flows = [f for p in root.iterfind(f"{BPMN}process") for f in p.findall(f"{BPMN}sequenceFlow")]
    drawn = all(e.get("id") in shapes for e in nodes if e.get("id"))
    return drawn and all(f.get("id") in edges for f in flows if f.get("id") and _joins(f, shapes))


def _joins(flow: etree._Element, shapes: set[str]) -> bool:
    """Whether both ends of a flow are drawn; one that leads nowhere cannot be."""
    return all(reference(flow.get(key)) in shapes for key in ("sourceRef", "targetRef"))


def _own(root: etree._Element, wanted: str) -> str:
    taken = {e.get("id") for e in root.iter(etree.Element)}
    name, number = f"routecard_{wanted}", 2
    while name in taken:
        name, number = f"routecard_{wanted}_{number}", number + 1
    return name


def _plane(root: etree._Element) -> str:
    """What the plane draws: the collaboration if there is one, else the process."""
    for tag in ("collaboration", "process"):
        for found in root.iterfind(BPMN + tag):
            return found.get("id", "")
    return ""


def _colours(root: etree._Element) -> dict[str, Mapping[str, str]]:
    """What other namespaces say on shapes and edges, by the element that they draw."""
    return {
        reference(drawn.get("bpmnElement")): {
            str(key): str(value) for key, value in drawn.attrib.items() if str(key).startswith("{")
        }
        for drawn in (*root.iter(f"{DI}BPMNShape"), *root.iter(f"{DI}BPMNEdge"))
    }


def _write(
    root: etree._Element,
    plane: etree._Element,
    drawing: Drawing,
    colours: Mapping[str, Mapping[str, str]],
) -> None:
    """Shapes in the order of the document, so that what is inside lies above what is around."""
    elements = {e.get("id", ""): e for e in root.iter(etree.Element) if e.get("id")}
    rank = {"participant": 0, "lane": 1}
    ordered = [name for name in elements if name in drawing.boxes]
    for name in sorted(ordered, key=lambda each: rank.get(local(elements[each]), 2)):
        shape = etree.SubElement(plane, f"{DI}BPMNShape", id=f"{name}_di", bpmnElement=name)
        _describe(shape, elements[name], name in drawing.open)
        for key, value in colours.get(name, {}).items():
            shape.set(key, value)
        _bounds(shape, drawing.boxes[name])
        _label(shape, elements[name], drawing.boxes[name])
    for name, line in drawing.lines.items():
        edge = etree.SubElement(plane, f"{DI}BPMNEdge", id=f"{name}_di", bpmnElement=name)
        for key, value in colours.get(name, {}).items():
            edge.set(key, value)
        for x, y in line:
            etree.SubElement(edge, f"{DDI}waypoint", x=_number(x), y=_number(y))


def _describe(shape: etree._Element, element: etree._Element, is_open: bool) -> None:
    kind = local(element)
    if kind in ("participant", "lane"):
        shape.set("isHorizontal", "true")
    elif kind == "exclusiveGateway":
        shape.set("isMarkerVisible", "true")
    elif kind in ("subProcess", "transaction", "adHocSubProcess"):
        shape.set("isExpanded", "true" if is_open else "false")


def _bounds(holder: etree._Element, box: Box) -> None:
    etree.SubElement(
        holder,
        f"{DC}Bounds",
        x=_number(box.x),
        y=_number(box.y),
        width=_number(box.width),
        height=_number(box.height),
    )


def _label(shape: etree._Element, element: etree._Element, box: Box) -> None:
    """The question of a gateway stands above it, where no flow leaves."""
    text = " ".join((element.get("name") or "").split())
    if local(element).endswith("Gateway") and text:
        lines = 1 + len(text) // LABEL_SIGNS
        height = lines * LABEL_LINE
        left = box.middle[0] - LABEL_WIDTH / 2
        place = Box(left, box.y - height - 4, LABEL_WIDTH, height)
        _bounds(etree.SubElement(shape, f"{DI}BPMNLabel"), place)


def _number(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
