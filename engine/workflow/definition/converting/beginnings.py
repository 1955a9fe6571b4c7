"""Where a process or subprocess begins, if the drawing does not say: at what no flow leads to.

Source: OMG BPMN 2.0.2 section 10.5.2: without a start event, every element without an incoming
flow gets a token when the process starts.
"""

from lxml import etree

from engine.workflow.definition.converting.context import Context
from engine.workflow.definition.converting.ledger import unique
from engine.workflow.definition.drawing.auto_layout import DC, DDI, DI, is_node
from engine.workflow.definition.drawing.shapes import Box
from engine.workflow.definition.reading.values import BPMN, TRUE, children, local, reference

SIZE, GAP = 36.0, 40.0
WAITING = ("boundaryEvent", "startEvent", "endEvent")


def add_beginnings(context: Context) -> None:
    """A start event for each scope that runs, has none, and says where it begins."""
    for process in context.root.iterfind(f"{BPMN}process"):
        if process.get("isExecutable") in TRUE:
            for scope in [process, *process.iter(f"{BPMN}subProcess")]:
                if scope.get("triggeredByEvent") not in TRUE:
                    _begin(scope, context)


def _begin(scope: etree._Element, context: Context) -> None:
    nodes = [child for child in children(scope) if is_node(child) and child.get("id")]
    if not nodes or any(local(node) == "startEvent" for node in nodes):
        return
    flows = scope.findall(f"{BPMN}sequenceFlow")
    entered = {reference(flow.get("targetRef")) for flow in flows}
    first = [node for node in nodes if _begins(node) and node.get("id") not in entered]
    if not first:
        return
    known = [str(e.get("id")) for e in context.root.iter(etree.Element) if e.get("id")]
    start = etree.Element(f"{BPMN}startEvent", id=unique("start_added", known))
    scope.insert(scope.index(nodes[0]), start)
    for target in first:
        name = unique("flow_added", [*known, *(f.get("id", "") for f in scope)])
        flow = etree.SubElement(scope, f"{BPMN}sequenceFlow", id=name)
        flow.set("sourceRef", start.get("id", ""))
        flow.set("targetRef", target.get("id", ""))
        _draw_flow(flow, start, target, target is first[0], context)
    told = f"It begins at {', '.join(node.get('id', '') for node in first)}; a start event says so."
    context.carry(start, "bpmn:startEvent", told)


def _begins(node: etree._Element) -> bool:
    """Whether an element can get the first token."""
    triggered = node.get("triggeredByEvent") in TRUE or node.get("isForCompensation") in TRUE
    link = node.find(f"{BPMN}linkEventDefinition") is not None
    return local(node) not in WAITING and not triggered and not link


# ---- drawing ----


def _draw_flow(
    flow: etree._Element,
    start: etree._Element,
    target: etree._Element,
    with_start: bool,
    context: Context,
) -> None:
    """Draw the start event to the left of what it leads to; nothing where nothing is drawn."""
    shape = _shape(target, context)
    plane = None if shape is None else shape.getparent()
    box = _box(shape)
    if box is None or plane is None:
        return
    if with_start:
        place = Box(box.x - GAP - SIZE, box.middle[1] - SIZE / 2, SIZE, SIZE)
        _draw(plane, "BPMNShape", start, place)
    begin = _box(_shape(start, context))
    if begin is not None:
        edge = _draw(plane, "BPMNEdge", flow, None)
        for x, y in ((begin.right, begin.middle[1]), (box.x, box.middle[1])):
            etree.SubElement(edge, f"{DDI}waypoint", x=f"{x:g}", y=f"{y:g}")


def _shape(node: etree._Element, context: Context) -> etree._Element | None:
    for shape in context.root.iter(f"{DI}BPMNShape"):
        if reference(shape.get("bpmnElement")) == node.get("id"):
            return shape
    return None


def _box(shape: etree._Element | None) -> Box | None:
    bounds = None if shape is None else shape.find(f"{DC}Bounds")
    if bounds is None:
        return None
    try:
        return Box(*(float(bounds.get(key, "")) for key in ("x", "y", "width", "height")))
    except ValueError:
        return None


def _draw(plane: etree._Element, tag: str, node: etree._Element, box: Box | None) -> etree._Element:
    drawn = etree.SubElement(plane, DI + tag, id=f"{node.get('id')}_di")
    drawn.set("bpmnElement", node.get("id", ""))
    if box is not None:
        given = {"x": box.x, "y": box.y, "width": box.width, "height": box.height}
        etree.SubElement(drawn, f"{DC}Bounds", {k: f"{v:g}" for k, v in given.items()})
    return drawn
