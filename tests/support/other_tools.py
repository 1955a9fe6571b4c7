"""Diagrams as other tools write them, and what import makes of them."""

from lxml import etree

from engine.kernel.actor import ROLES
from engine.workflow.definition.bundles import Bundle
from engine.workflow.definition.converting import Conversion, convert
from engine.workflow.definition.lint import Known, lint
from engine.workflow.definition.model import Node, Work
from engine.workflow.definition.reading.attributes import FOREIGN

ENGINES = tuple("{" + space for space in FOREIGN)
HEAD = (
    '<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" '
    'xmlns:camunda="http://camunda.org/schema/1.0/bpmn" '
    'xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" '
    'xmlns:flowable="http://flowable.org/bpmn" xmlns:signavio="http://www.signavio.com" '
    'xmlns:spiffworkflow="http://spiffworkflow.org/bpmn/schema/1.0/core" '
    'xmlns:bioc="http://bpmn.io/schema/bpmn/biocolor/1.0" '
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" id="d" targetNamespace="urn:t">'
)


def without_foreign(xml: bytes) -> bytes:
    """A document without what other engines' attributes and elements say; the rest stays."""
    root = etree.fromstring(xml)
    return bytes(etree.tostring(root)) if take_out(root) else xml


def take_out(root: etree._Element) -> bool:
    """Take out what other engines' attributes and elements say; whether there was any."""
    found = False
    for element in list(root.iter(etree.Element)):
        around = element.getparent()
        if element.tag.startswith(ENGINES) and around is not None:
            around.remove(element)
            found = True
            continue
        for key in [str(key) for key in element.attrib if str(key).startswith(ENGINES)]:
            del element.attrib[key]
            found = True
    return found


def diagram(task: str, *more: str, marked: str = ' isExecutable="true"') -> bytes:
    """A process of one step with the id `t` between a start and an end."""
    return (
        f'{HEAD}<bpmn:process id="p"{marked}><bpmn:startEvent id="s"/>{task}'
        '<bpmn:endEvent id="e"/><bpmn:sequenceFlow id="f1" sourceRef="s" targetRef="t"/>'
        f'<bpmn:sequenceFlow id="f2" sourceRef="t" targetRef="e"/></bpmn:process>{"".join(more)}'
        "</bpmn:definitions>"
    ).encode()


def step(kind: str, attributes: str = "", inside: str = "", beside: str = "") -> str:
    """A step `t`, with extension elements inside and other elements beside them."""
    held = f"<bpmn:extensionElements>{inside}</bpmn:extensionElements>" if inside else ""
    return f'<bpmn:{kind} id="t" name="Do it" {attributes}>{held}{beside}</bpmn:{kind}>'


def made(task: str, *more: str, files: dict[str, bytes] | None = None) -> Conversion:
    """What import makes of a step."""
    return convert("a.bpmn", {"a.bpmn": diagram(task, *more), **(files or {})}, ROLES)


def node(conversion: Conversion, name: str = "t") -> Node:
    """A step of what came out."""
    bundle = conversion.bundle(ROLES)
    return bundle.processes[bundle.key].nodes[name]


def work(task: str, files: dict[str, bytes] | None = None) -> Work:
    """What our attributes say about the step that came out."""
    return node(made(task, files=files)).work


def lost(conversion: Conversion) -> list[str]:
    """The names of what was not carried over."""
    return [row.name for row in conversion.lost]


def errors(bundle: Bundle) -> list[str]:
    """The rules that refuse a bundle."""
    return [f.rule for f in lint(bundle, Known()) if f.severity == "error"]
