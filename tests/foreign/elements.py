"""Which elements and constructs of BPMN a file uses, as the coverage page names them."""

from collections.abc import Iterator

from lxml import etree

from tests.foreign.markup import children, local

# What stands beside flow nodes and flows and says nothing about how a process runs.
PARTS = frozenset(
    {
        "definitions",
        "process",
        "incoming",
        "outgoing",
        "extensionElements",
        "text",
        "flowNodeRef",
        "script",
    }
)
MARKS = {
    ("boundaryEvent", "cancelActivity", "false"): "boundaryEvent, not interrupting",
    ("startEvent", "isInterrupting", "false"): "startEvent, not interrupting",
    ("subProcess", "triggeredByEvent", "true"): "subProcess, triggered by an event",
}


def elements_of(root: etree._Element) -> list[str]:
    """The names of the elements used, an event's with its definition."""
    found: set[str] = set()
    for element in root.iter(etree.Element):
        kind = local(element)
        if kind and kind not in PARTS and not kind.endswith(("EventDefinition", "Ref", "Refs")):
            found.update(_names(element, kind))
    return sorted(found)


def _names(element: etree._Element, kind: str) -> Iterator[str]:
    inside = [local(c).removesuffix("EventDefinition") for c in children(element) if _defines(c)]
    if kind.endswith("Event"):
        yield f"{kind}: {inside[0] if len(inside) == 1 else 'several' if inside else 'none'}"
    else:
        yield kind
    for attribute, value in element.attrib.items():
        if (kind, attribute, value) in MARKS:
            yield MARKS[kind, str(attribute), str(value)]
    if element.get("isForCompensation") == "true":
        yield "compensation"


def _defines(element: etree._Element) -> bool:
    return local(element).endswith(("EventDefinition", "eventDefinitionRef"))
