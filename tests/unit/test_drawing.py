"""Diagrams laid out: every element is drawn, nothing lies on another, the rest stays as it was."""

from itertools import combinations
from pathlib import Path

import pytest
from lxml import etree

from engine.workflow.definition.compare.drawing import places
from engine.workflow.definition.drawing import DrawingRefused, has_drawing, lay_out
from engine.workflow.definition.drawing.auto_layout import DC, DDI, DI, MAX_ELEMENTS
from engine.workflow.definition.reading.xml import DocumentRefused, safe_xml
from tests.support.diagrams import (
    boundary,
    end,
    exclusive,
    lanes,
    process,
    start,
    subprocess,
    user,
)
from tests.support.shipped import PROCESSES

SHIPPED = sorted(PROCESSES.rglob("*.bpmn"))

ROUTING = process(
    start(),
    lanes(operator=["start", "turn", "again"], quality=["good", "inspect", "end"]),
    user("turn", "inspect", "again", form="x"),
    exclusive("good", default="end"),
    subprocess("pack", start("in"), user("wrap"), end("out"), "in -> wrap -> out"),
    boundary("late", on="inspect", duration="PT1H"),
    end(),
    "start -> turn -> inspect -> good -> end",
    "good -> again if diameter > 25",
    "again -> inspect",
    "late -> pack -> end",
)


def drawn(diagram: bytes) -> etree._Element:
    return safe_xml(lay_out(diagram))


def test_every_element_and_flow_is_drawn() -> None:
    root = drawn(ROUTING)
    assert has_drawing(root)
    assert not has_drawing(safe_xml(ROUTING))
    shapes = {s.get("bpmnElement") for s in root.iter(f"{DI}BPMNShape")}
    assert {"turn", "late", "pack", "wrap", "in"} <= shapes
    edges = {
        e.get("bpmnElement"): len(list(e.iter(f"{DDI}waypoint")))
        for e in root.iter(f"{DI}BPMNEdge")
    }
    assert {"in_to_wrap", "good_to_again"} <= edges.keys()
    assert min(edges.values()) >= 2


def test_nothing_lies_on_another() -> None:
    found = places([lay_out(ROUTING)])
    apart = [found[name] for name in ("start", "turn", "inspect", "again", "good", "pack", "end")]
    for (ax, ay, aw, ah), (bx, by, bw, bh) in combinations(apart, 2):
        assert ax + aw <= bx or bx + bw <= ax or ay + ah <= by or by + bh <= ay


def test_what_is_inside_lies_inside() -> None:
    found = places([lay_out(ROUTING)])
    x, y, width, height = found["pack"]
    for name in ("in", "wrap", "out"):
        ix, iy, iw, ih = found[name]
        assert x <= ix
        assert ix + iw <= x + width
        assert y <= iy
        assert iy + ih <= y + height


def without_drawing(xml: bytes) -> bytes:
    """The document in one way of writing, without its drawing."""
    root = etree.fromstring(xml)
    for diagram in root.findall(f"{DI}BPMNDiagram"):
        root.remove(diagram)
    etree.cleanup_namespaces(root)
    return bytes(etree.tostring(root, method="c14n2", strip_text=True))


@pytest.mark.parametrize("file", SHIPPED, ids=lambda file: file.stem)
def test_everything_but_the_drawing_stays(file: Path) -> None:
    xml = file.read_bytes()
    laid = lay_out(xml)
    assert without_drawing(laid) == without_drawing(xml)
    assert places([laid]).keys() >= places([xml]).keys()


def test_elements_stand_in_their_lanes() -> None:
    xml = next(file for file in SHIPPED if file.stem == "nonconformance").read_bytes()
    root = drawn(xml)
    found = places([etree.tostring(root)])
    bpmn = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"
    for lane in root.iter(f"{bpmn}lane"):
        x, y, width, height = found[lane.get("id", "")]
        for ref in lane.findall(f"{bpmn}flowNodeRef"):
            ex, ey, ew, eh = found[(ref.text or "").strip()]
            assert y <= ey, ref.text
            assert ey + eh <= y + height, ref.text
            assert x <= ex
            assert ex + ew <= x + width


def test_comments_and_colours_stay() -> None:
    old = ROUTING.replace(
        b"<definitions ", b'<definitions xmlns:bioc="http://bpmn.io/schema/bpmn/biocolor/1.0" '
    )
    shape = (
        f'<di:BPMNDiagram xmlns:di="{DI[1:-1]}" id="g"><di:BPMNPlane id="l" bpmnElement="p">'
        f'<di:BPMNShape id="x" bpmnElement="turn" bioc:fill="#eee"><c:Bounds xmlns:c="{DC[1:-1]}"'
        ' x="1" y="1" width="9" height="9"/></di:BPMNShape></di:BPMNPlane></di:BPMNDiagram>'
    )
    old = old.replace(b"</definitions>", f"<!-- kept -->{shape}</definitions>".encode())
    laid = lay_out(old)
    assert b"<!-- kept -->" in laid
    assert laid.count(b'fill="#eee"') == 1
    assert laid.count(b"BPMNDiagram ") == 1


def test_a_diagram_that_is_too_large_is_refused() -> None:
    many = process(start(), user(*(f"t{n}" for n in range(MAX_ELEMENTS))), end())
    with pytest.raises(DrawingRefused, match="at most 1000"):
        lay_out(many)


@pytest.mark.parametrize("text", [b"", b"<a/>", b"<nothing"])
def test_what_is_no_diagram_is_refused(text: bytes) -> None:
    with pytest.raises(DocumentRefused):
        lay_out(text)
