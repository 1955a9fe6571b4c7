"""Where the elements of a file are drawn."""

from collections.abc import Iterable

from lxml import etree

from engine.workflow.definition.compare.change import Place
from engine.workflow.definition.reading.values import reference
from engine.workflow.definition.reading.xml import safe_xml

DI = "{http://www.omg.org/spec/BPMN/20100524/DI}"
DC = "{http://www.omg.org/spec/DD/20100524/DC}"


def places(files: Iterable[bytes]) -> dict[str, Place]:
    """The place of each shape by the element that it draws; a shape without numbers has none."""
    found: dict[str, Place] = {}
    for file in files:
        for shape in safe_xml(file).iter(f"{DI}BPMNShape"):
            bounds = shape.find(f"{DC}Bounds")
            place = None if bounds is None else _place(bounds)
            if place is not None:
                found[reference(shape.get("bpmnElement"))] = place
    return found


def _place(bounds: etree._Element) -> Place | None:
    try:
        x, y, width, height = (float(bounds.get(k, "")) for k in ("x", "y", "width", "height"))
    except ValueError:
        return None
    return x, y, width, height
