"""What every other tool writes into its files: SpiffWorkflow, Signavio, and whoever else."""

from lxml import etree

from engine.workflow.definition.converting import people, variables
from engine.workflow.definition.converting.context import JOB_CURE, Context, said
from engine.workflow.definition.converting.ledger import (
    drop,
    foreign_elements,
    is_foreign,
    shown,
)
from engine.workflow.definition.reading.values import BPMN, local

KEPT_SPIFF = "calledDecisionId"
_METADATA = frozenset(
    {
        *("signavio:signavioLabel", "signavio:signavioStencil", "signavio:signavioDiagramMetaData"),
        *("modeler:executionPlatform", "modeler:executionPlatformVersion"),
        *("flowable-design:palette", "flowable-design:stencilid", "flowable-design:stencilsuperid"),
    }
)


def convert_spiff(node: etree._Element, context: Context) -> None:
    """What SpiffWorkflow says on one element; its decisions are read as they are."""
    for child in foreign_elements(node, "spiffworkflow"):
        name = shown(child.tag, child)
        kind = local(child)
        if kind == KEPT_SPIFF:
            context.carry(node, name, f"It is read as it is: {said(child.text or '')}.")
            continue
        if kind == "properties":
            _properties(node, child, context)
        elif kind == "serviceTaskOperator":
            topic = context.topic_of(node, child.get("id") or "")
            context.become_job(node, topic)
            told = f"The operator {said(child.get('id') or '')} is called; it became a job of "
            context.lose(node, name, f"{told}the topic {topic}.", JOB_CURE)
        elif "cript" in kind:
            told = f"Code runs beside the drawing: {said(child.text or '')}."
            context.lose(node, name, told, "Draw what it does as a step of its own.")
        else:
            context.lose(node, name, f"{said(_text(child))} means nothing here.", "Leave it out.")
        context.carry(node, name, "Its parts are listed one by one.") if len(child) else None
        drop(child)


def _properties(node: etree._Element, child: etree._Element, context: Context) -> None:
    """A form that is named belongs to the task; the rest is as elsewhere."""
    for each in list(child.iterchildren(tag=etree.Element)):
        key, value = each.get("name") or "", each.get("value") or ""
        if key == "formJsonSchemaFilename":
            people.form_key(node, f"{shown(each.tag, each)} {key}", value, {}, context)
            child.remove(each)
    variables.properties(node, child, shown(child.tag, child), context)


def leave_out(root: etree._Element, context: Context) -> None:
    """Take out everything foreign that nobody has carried over, with a row for each."""
    for node in list(root.iter(etree.Element)):
        if not is_foreign(node.tag):
            _drop_attributes(node, context)
        elif _is_outermost(node) and not node.tag.endswith(f"}}{KEPT_SPIFF}"):
            _drop_element(node, context)
    for holder in list(root.iter(f"{BPMN}extensionElements")):
        if len(holder) == 0:
            drop(holder)


def _is_outermost(node: etree._Element) -> bool:
    around = node.getparent()
    return around is None or not is_foreign(around.tag)


def _drop_attributes(node: etree._Element, context: Context) -> None:
    for key in [str(key) for key in node.attrib if is_foreign(key)]:
        _row(node, shown(key, node), str(node.attrib.pop(key)), context)


def _drop_element(node: etree._Element, context: Context) -> None:
    around = node.getparent()
    if around is not None:
        holder = around if local(around) != "extensionElements" else around.getparent()
        _row(holder if holder is not None else around, shown(node.tag, node), _text(node), context)
        drop(node)


def _row(node: etree._Element, name: str, text: str, context: Context) -> None:
    if name in _METADATA or node.tag.startswith(_DRAWING):
        context.carry(node, name, "Not needed: how the other tool draws and files it.")
    elif text:
        context.lose(node, name, f"{said(text)} has no place here.", _CURE)
    else:
        context.lose(node, name, "It has no place here.", _CURE)


_CURE = "Say it with steps and attributes of ours if it matters; nothing follows from it."
_DRAWING = (
    "{http://www.omg.org/spec/BPMN/20100524/DI}",
    "{http://www.omg.org/spec/DD/20100524/DI}",
    "{http://www.omg.org/spec/DD/20100524/DC}",
)


def _text(node: etree._Element) -> str:
    """What an element of another tool says, in one line."""
    told = [f"{key!s} {value!s}" for key, value in node.attrib.items()]
    told += [str(text).strip() for text in node.itertext() if str(text).strip()]
    return " ".join(told)
