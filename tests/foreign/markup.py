"""Small words over XML elements, for files that others wrote."""

from collections.abc import Iterator

from lxml import etree

from engine.workflow.definition.expressions import ExpressionRefused, compile_condition

BPMN = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"
# How the names of flow nodes end.
NODES = ("task", "Task", "Event", "Gateway", "ubProcess", "callActivity", "transaction")
MES = "{urn:routecard:bpmn:1}"


def local(element: etree._Element) -> str:
    """A BPMN element's name; nothing for an element of another namespace."""
    return str(element.tag)[len(BPMN) :] if str(element.tag).startswith(BPMN) else ""


def short(name: str | None) -> str:
    """A qualified name without its prefix."""
    return (name or "").rpartition(":")[2]


def children(element: etree._Element) -> Iterator[etree._Element]:
    """The elements right below."""
    return iter(element.iterchildren(tag=etree.Element))


def child_text(element: etree._Element, tag: str) -> str:
    """What stands in the child of this name."""
    return (element.findtext(BPMN + tag) or "").strip()


def write(element: etree._Element, tag: str, text: str, first: bool = False) -> None:
    """Write text into the child of this name, which is made if it is not there."""
    child = element.find(BPMN + tag)
    if child is None:
        child = etree.Element(BPMN + tag)
        element.insert(0, child) if first else element.append(child)
    for inside in list(child):
        child.remove(inside)
    child.text = text


def is_readable(text: str) -> bool:
    """Whether our language can read a condition."""
    try:
        compile_condition(text)
    except ExpressionRefused:
        return False
    return True
