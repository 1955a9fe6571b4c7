"""What every part of the reader uses: namespaces, elements, values that may be expressions."""

from collections.abc import Callable, Iterable

from lxml import etree

from engine.workflow.definition.expressions import (
    Expression,
    ExpressionRefused,
    compile_condition,
    compile_expression,
)
from engine.workflow.definition.model import Finding, Value, error

BPMN = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"
MES = "{urn:routecard:bpmn:1}"
SPIFF = "{http://spiffworkflow.org/bpmn/schema/1.0/core}"
TRUE = ("true", "1")
FALSE = ("false", "0")

Report = Callable[[Finding], None]


def local(element: etree._Element) -> str:
    """An element's name without its namespace."""
    return etree.QName(element).localname


def children(element: etree._Element) -> Iterable[etree._Element]:
    """The elements right below one."""
    return element.iterchildren(tag=etree.Element)


def text_of(element: etree._Element | None) -> str:
    """The text of an element without blanks around it; empty if there is none."""
    return "" if element is None else (element.text or "").strip()


def reference(text: str | None) -> str:
    """The id that a reference names, without the prefix of a namespace."""
    return (text or "").strip().rpartition(":")[2]


def extensions(node: etree._Element, name: str = MES) -> Iterable[etree._Element]:
    """The elements right below `extensionElements` whose tag starts like this."""
    for holder in node.findall(f"{BPMN}extensionElements"):
        for child in children(holder):
            if child.tag.startswith(name):
                yield child


def is_variable(name: str | None) -> bool:
    """Whether a diagram may call a variable so."""
    return name is not None and name.isidentifier() and not name.startswith("_")


def read_value(text: str, element: str, report: Report) -> Value:
    """A literal, or the expression behind `=` or inside `${…}`."""
    plain = text.strip()
    if not (plain.startswith("=") or (plain.startswith("${") and plain.endswith("}"))):
        return Value(text)
    return Value(text, read_expression(plain, element, report))


def read_expression(text: str, element: str, report: Report) -> Expression | None:
    """An expression of any kind; None if it is refused."""
    return _compiled(compile_expression, text, element, report)


def read_condition(text: str, element: str, report: Report) -> Expression | None:
    """An expression that is true or false; None if it is refused."""
    return _compiled(compile_condition, text, element, report)


def _compiled(
    compiler: Callable[[str], Expression], text: str, element: str, report: Report
) -> Expression | None:
    try:
        return compiler(text)
    except ExpressionRefused as refused:
        report(error("expression", element, refused.reason, "Change the expression."))
        return None


def named(node: etree._Element) -> str:
    """The id of an element, or of the nearest one around it that has one."""
    while node.get("id") is None and (around := node.getparent()) is not None:
        node = around
    return node.get("id", "")
