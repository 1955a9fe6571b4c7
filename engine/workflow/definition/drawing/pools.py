"""A whole document drawn: processes in their pools and lanes, messages, texts and data beside."""

from collections.abc import Iterable, Iterator

from lxml import etree

from engine.workflow.definition.drawing.auto_layout import is_node, lay_out_process
from engine.workflow.definition.drawing.shapes import Box, Drawing, Point, routed
from engine.workflow.definition.reading.values import BPMN, children, local, reference, text_of

HEAD, GAP, PADDING, EMPTY_POOL = 30.0, 40.0, 50.0, 60.0
ROW_GAP, LEAST_LANE, LEAST_WIDTH = 60.0, 120.0, 600.0
TEXT_WIDTH, LINE, SIGNS = 100.0, 14.0, 16
DATA = {"dataObjectReference": (36.0, 50.0), "dataStoreReference": (50.0, 50.0)}


def draw(root: etree._Element) -> Drawing:
    """The drawing of a document, laid out anew.

    Raises:
        DrawingRefused: if it is too large, takes too long or cannot be laid out.
    """
    whole = Drawing()
    top = 0.0
    owners = _owners(root)
    processes = root.findall(f"{BPMN}process")
    drawn = {p.get("id", ""): _with_artifacts(p, lay_out_process(p)) for p in processes}
    for process in processes:
        drawing = drawn[process.get("id", "")]
        pool = owners.get(process.get("id", ""))
        part = drawing if pool is None else _pool(pool, process, drawing)
        if part.boxes:
            here = part.around
            part.move(-here.x, top - here.y)
            top = part.around.bottom + GAP
            whole.add(part)
    width = max((box.right for box in whole.boxes.values()), default=LEAST_WIDTH)
    for pool in _pools(root):
        if pool not in whole.boxes:
            whole.boxes[pool] = Box(0, top, width, EMPTY_POOL)
            top += EMPTY_POOL + GAP
    _rest(root, whole)
    _messages(root, whole)
    return whole


def _rest(root: etree._Element, whole: Drawing) -> None:
    """Flows that leave their subprocess: they are drawn, so that one sees what is wrong."""
    for flow in root.iter(f"{BPMN}sequenceFlow"):
        name = flow.get("id", "")
        ends = [whole.boxes.get(reference(flow.get(key))) for key in ("sourceRef", "targetRef")]
        if name and name not in whole.lines and ends[0] is not None and ends[1] is not None:
            whole.lines[name] = routed(ends[0], ends[1])


def _pools(root: etree._Element) -> list[str]:
    return [p.get("id", "") for p in root.iterfind(f"{BPMN}collaboration/{BPMN}participant")]


def _owners(root: etree._Element) -> dict[str, str]:
    """The pool of each process that has one."""
    return {
        reference(p.get("processRef")): p.get("id", "")
        for p in root.iterfind(f"{BPMN}collaboration/{BPMN}participant")
        if p.get("processRef")
    }


# ---- pools and lanes ----


def _pool(pool: str, process: etree._Element, drawing: Drawing) -> Drawing:
    lanes = process.findall(f"{BPMN}laneSet/{BPMN}lane")
    if lanes and drawing.boxes:
        return _Lanes(pool, process, lanes, drawing).drawn()
    inside = drawing.around
    box = Box(
        inside.x - PADDING - HEAD,
        inside.y - PADDING,
        max(inside.width + 2 * PADDING + HEAD, LEAST_WIDTH),
        inside.height + 2 * PADDING,
    )
    drawing.boxes[pool] = box
    return drawing


class _Lanes:
    """One pool whose elements are sorted into the bands of its lanes."""

    def __init__(
        self,
        pool: str,
        process: etree._Element,
        lanes: list[etree._Element],
        drawing: Drawing,
    ) -> None:
        self.pool, self.process, self.lanes, self.drawing = pool, process, lanes, drawing
        self.shift: dict[str, float] = {}
        inside = drawing.around
        self.left = inside.x - PADDING
        depth = max(_depth(lane) for lane in lanes)
        self.right = max(inside.right + PADDING, self.left + LEAST_WIDTH)
        self.edge = self.left - HEAD * depth
        self.tops = [e for e in children(process) if is_node(e) and e.get("id") in drawing.boxes]
        self.boxes: dict[str, Box] = {}

    def drawn(self) -> Drawing:
        """The pool with its lanes."""
        top = self.drawing.around.y - PADDING
        placed = {
            text_of(ref)
            for lane in self.lanes
            for each in (lane, *lane.iter(f"{BPMN}lane"))
            for ref in each.findall(f"{BPMN}flowNodeRef")
        }
        loose = [e for e in self.tops if e.get("id") not in placed]
        bottom = top
        for number, lane in enumerate(self.lanes):
            bottom = self.band(lane, bottom, self.edge + HEAD, loose if number == 0 else [])
        self.move()
        self.drawing.boxes |= self.boxes
        width = self.right - self.edge
        self.drawing.boxes[self.pool] = Box(self.edge, top, width, bottom - top)
        return self.drawing

    def band(
        self, lane: etree._Element, top: float, left: float, more: list[etree._Element]
    ) -> float:
        """Place a lane and what is in it; where it ends."""
        inner = lane.findall(f"{BPMN}childLaneSet/{BPMN}lane")
        bottom = top
        if inner:
            for number, each in enumerate(inner):
                bottom = self.band(each, bottom, left + HEAD, more if number == 0 else [])
        else:
            named = {text_of(ref) for ref in lane.findall(f"{BPMN}flowNodeRef")}
            here = [e for e in self.tops if e.get("id") in named] + more
            bottom = self.rows(here, top)
        self.boxes[lane.get("id", "")] = Box(left, top, self.right - left, bottom - top)
        return bottom

    def rows(self, elements: list[etree._Element], top: float) -> float:
        """Stack the rows that a lane's elements stand in; where the lane ends."""
        standing = [e for e in elements if local(e) != "boundaryEvent"]
        boxes = {e.get("id", ""): self.drawing.boxes[e.get("id", "")] for e in standing}
        y = top + ROW_GAP / 2
        for centre in sorted({box.middle[1] for box in boxes.values()}):
            row = {name: box for name, box in boxes.items() if box.middle[1] == centre}
            height = max(box.height for box in row.values())
            for name in row:
                self.shift[name] = y + height / 2 - centre
            y += height + ROW_GAP
        return max(y - ROW_GAP / 2, top + LEAST_LANE)

    def move(self) -> None:
        """Move every element with the one that it belongs to, and lead the flows anew."""
        moved = self.moves()
        boxes, lines = self.drawing.boxes, self.drawing.lines
        for name, box in boxes.items():
            boxes[name] = box.moved(0, moved.get(name, 0.0))
        for flow in self.process.iter(f"{BPMN}sequenceFlow"):
            name = flow.get("id", "")
            ends = [reference(flow.get(key)) for key in ("sourceRef", "targetRef")]
            if name not in lines or any(end not in boxes for end in ends):
                continue
            by = {moved.get(end, 0.0) for end in ends}
            if len(by) == 1:
                lines[name] = tuple((x, y + min(by)) for x, y in lines[name])
            else:
                lines[name] = routed(boxes[ends[0]], boxes[ends[1]])

    def moves(self) -> dict[str, float]:
        """How far down each element goes: what is inside or attached goes along."""
        moved = dict(self.shift)
        for top in self.tops:
            name = top.get("id", "")
            if local(top) == "boundaryEvent":
                moved[name] = self.shift.get(reference(top.get("attachedToRef")), 0.0)
            for inside in top.iter(etree.Element):
                if inside.get("id") and inside is not top:
                    moved[inside.get("id", "")] = moved.get(name, 0.0)
        return moved


def _depth(lane: etree._Element) -> int:
    inner = lane.findall(f"{BPMN}childLaneSet/{BPMN}lane")
    return 1 + max((_depth(each) for each in inner), default=0)


# ---- messages, texts, data ----


def _messages(root: etree._Element, whole: Drawing) -> None:
    for flow in root.iterfind(f"{BPMN}collaboration/{BPMN}messageFlow"):
        ends = [whole.boxes.get(reference(flow.get(key))) for key in ("sourceRef", "targetRef")]
        if ends[0] is not None and ends[1] is not None and flow.get("id"):
            whole.lines[flow.get("id", "")] = _upright(ends[0], ends[1])


def _upright(start: Box, end: Box) -> tuple[Point, ...]:
    """A line between two pools; at a pool itself it stands where its other end is."""
    down = end.middle[1] > start.middle[1]
    y = (start.bottom, end.y) if down else (start.y, end.bottom)
    sx, ex = start.middle[0], end.middle[0]
    if start.width > LEAST_WIDTH / 2:
        sx = min(max(ex, start.x), start.right)
    if end.width > LEAST_WIDTH / 2:
        ex = min(max(sx, end.x), end.right)
    half = (y[0] + y[1]) / 2
    if abs(sx - ex) < 1:
        return (sx, y[0]), (ex, y[1])
    return (sx, y[0]), (sx, half), (ex, half), (ex, y[1])


def _with_artifacts(process: etree._Element, drawing: Drawing) -> Drawing:
    """Texts stand above what they are about, data below what reads or writes it."""
    partners = dict(_partners(process))
    spare = drawing.around.bottom + GAP
    for element in process.iter(etree.Element):
        name, kind = element.get("id", ""), local(element)
        about = drawing.boxes.get(partners.get(name, ""))
        if not name or (kind != "textAnnotation" and kind not in DATA):
            continue
        width, height = DATA.get(kind) or (TEXT_WIDTH, _height(element))
        if about is None:
            place = Box(drawing.around.x, spare, width, height)
            spare += height + GAP / 2
        elif kind == "textAnnotation":
            place = Box(about.right, about.y - height - GAP / 2, width, height)
        else:
            place = Box(about.x, about.bottom + GAP / 2, width, height)
        drawing.boxes[name] = _free(place, drawing.boxes.values())
    for line in (*process.iter(f"{BPMN}association"), *_data_lines(process)):
        ends = [drawing.boxes.get(end) for end in _ends(line)]
        if line.get("id") and ends[0] is not None and ends[1] is not None:
            drawing.lines[line.get("id", "")] = _straight(ends[0], ends[1])
    return drawing


def _height(element: etree._Element) -> float:
    signs = len(text_of(element.find(f"{BPMN}text")))
    return max(30.0, LINE * (1 + signs // SIGNS) + 10)


def _free(place: Box, taken: Iterable[Box]) -> Box:
    """The place itself, or the next one to the right that no small thing has."""
    small = [box for box in taken if box.height < LEAST_LANE]
    while any(
        place.x < b.right and b.x < place.right and place.y < b.bottom and b.y < place.bottom
        for b in small
    ):
        place = place.moved(place.width + 10, 0)
    return place


def _data_lines(process: etree._Element) -> Iterator[etree._Element]:
    yield from process.iter(f"{BPMN}dataInputAssociation", f"{BPMN}dataOutputAssociation")


def _ends(line: etree._Element) -> tuple[str, str]:
    """What an association joins; a data association's other end is the task around it."""
    if local(line) == "association":
        return reference(line.get("sourceRef")), reference(line.get("targetRef"))
    around = line.getparent()
    task = "" if around is None else around.get("id", "")
    if local(line) == "dataInputAssociation":
        return reference(text_of(line.find(f"{BPMN}sourceRef"))), task
    return task, reference(text_of(line.find(f"{BPMN}targetRef")))


def _partners(process: etree._Element) -> Iterator[tuple[str, str]]:
    for line in (*process.iter(f"{BPMN}association"), *_data_lines(process)):
        source, target = _ends(line)
        yield source, target
        yield target, source


def _straight(start: Box, end: Box) -> tuple[Point, ...]:
    (sx, sy), (ex, ey) = start.middle, end.middle
    if abs(ey - sy) >= abs(ex - sx):
        return (sx, start.bottom if ey > sy else start.y), (ex, end.y if ey > sy else end.bottom)
    return (start.right if ex > sx else start.x, sy), (end.x if ex > sx else end.right, ey)
