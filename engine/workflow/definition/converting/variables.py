"""Variables that are handed around: into jobs, into and out of called processes, into loops."""

from lxml import etree

from engine.workflow.definition.converting.context import Context, is_expression, said
from engine.workflow.definition.converting.ledger import extend, shown
from engine.workflow.definition.expressions.translation import Untranslatable, translated
from engine.workflow.definition.reading.values import BPMN, is_variable, local

COPIED = "Not needed: without mes:in everything is copied in, without mes:out what it wrote."
JOBS = ("serviceTask", "sendTask", "userTask", "manualTask", "task", "receiveTask")
THROWS = ("intermediateThrowEvent", "endEvent")


def variable_of(text: str) -> str | None:
    """The one variable that a text or an expression reads; None if it is anything else."""
    plain = text.strip()
    try:
        plain = translated(plain) if is_expression(plain) else plain
    except Untranslatable:
        return None
    return plain if is_variable(plain) else None


# ---- called processes ----


def call_in(node: etree._Element, child: etree._Element, name: str, context: Context) -> None:
    """`camunda:in` of a call activity."""
    if child.get("businessKey"):
        context.carry(
            node, name, "Not needed: a called process has the business key of its caller."
        )
    elif child.get("variables") == "all":
        context.carry(node, name, COPIED)
    else:
        _mapped(node, child, "in", name, context)


def call_out(node: etree._Element, child: etree._Element, name: str, context: Context) -> None:
    """`camunda:out` of a call activity."""
    if child.get("variables") == "all":
        context.carry(node, name, COPIED)
    else:
        _mapped(node, child, "out", name, context)


def _mapped(
    node: etree._Element, child: etree._Element, tag: str, name: str, context: Context
) -> None:
    given = child.get("source") or child.get("sourceExpression") or ""
    mapped(node, tag, given, child.get("target") or "", name, context)


def mapped(
    node: etree._Element, tag: str, given: str, target: str, name: str, context: Context
) -> None:
    """One variable that is copied in or out, as `mes:in` or `mes:out`."""
    source = variable_of(given)
    if local(node) == "callActivity" and source and is_variable(target):
        extend(node, tag, {"source": source, "target": target})
        context.carry(node, f"{name} {target}", f"mes:{tag} copies {source} to {target}.")
    else:
        told = f"{said(given)} to {said(target)} cannot be copied: only variables are."
        cure = f"Write it into a variable first, and copy that with mes:{tag}."
        context.lose(node, f"{name} {target}".strip(), told, cure)


# ---- inputs and outputs of tasks ----


def input_output(node: etree._Element, child: etree._Element, name: str, context: Context) -> None:
    """`camunda:inputOutput`: what a task is given and what becomes of its result."""
    for each in child.iterchildren(tag=etree.Element):
        own = shown(each.tag, each)
        key = each.get("name") or ""
        if local(each) == "inputParameter":
            taken_in(node, f"{own} {key}", key, _text_of(each), context)
        elif local(each) == "outputParameter":
            taken_out(node, f"{own} {key}", key, _text_of(each), context)
        else:
            context.lose(node, own, "The element means nothing here.", "Leave it out.")
    context.carry(node, name, "Its parts are listed one by one.")


def _text_of(each: etree._Element) -> str | None:
    """The text of a parameter; None if it is a script, a list or a map."""
    return None if len(each) else (each.text or "").strip()


def taken_in(node: etree._Element, name: str, key: str, text: str | None, context: Context) -> None:
    """An input of a task becomes a parameter."""
    if local(node) == "callActivity" and text is not None:
        mapped(node, "in", text, key, name.rpartition(" ")[0] or name, context)
        return
    places = JOBS + (THROWS if node.find(f"{BPMN}messageEventDefinition") is not None else ())
    if text is None or local(node) not in places:
        what = "A list, map or script" if text is None else said(text)
        told = f"{what} cannot be the input {key} here."
        context.lose(node, name, told, "Write it into a variable in a step before.")
        return
    value = context.value(node, name, text)
    if value is not None:
        extend(node, "parameter", {"name": key, "value": value})
        context.carry(node, name, f"mes:parameter {key} is {said(value)}.")


def taken_out(
    node: etree._Element, name: str, key: str, text: str | None, context: Context
) -> None:
    """An output of a task: what it writes becomes a variable by its own name."""
    source = None if text is None else variable_of(text)
    if local(node) == "callActivity" and source:
        mapped(node, "out", source, key, name.rpartition(" ")[0] or name, context)
    elif source == key:
        context.carry(node, name, "Not needed: what a task writes becomes a variable.")
    else:
        what = "a list, map or script" if text is None else said(text)
        told = f"The variable {key} would become {what}."
        context.lose(node, name, told, "Let the worker or the form write this variable itself.")


def properties(node: etree._Element, child: etree._Element, name: str, context: Context) -> None:
    """Free properties: the tool gives them no meaning, so they become parameters of a job."""
    for each in child.iterchildren(tag=etree.Element):
        key, value = each.get("name") or each.get("key") or "", each.get("value") or ""
        own = f"{shown(each.tag, each)} {key}".strip()
        if local(node) in ("serviceTask", "sendTask") and key and not is_expression(value):
            extend(node, "parameter", {"name": key, "value": value})
            context.carry(node, own, f"mes:parameter {key} is {said(value)}.")
        else:
            told = f"The property {key} is {said(value)}."
            context.lose(node, own, told, "Say it with an attribute of ours, or leave it out.")
    context.carry(node, name, "Its parts are listed one by one.")


# ---- loops ----


def collection(node: etree._Element, name: str, text: str, context: Context) -> None:
    """The list that a multi-instance activity runs over."""
    source = variable_of(text)
    if source is None:
        told = f"The list is computed: {said(text)}."
        context.lose(node, name, told, "Write the list into a variable, and name it here.")
        return
    _inside(node, "loopDataInputRef").text = source
    context.carry(node, name, f"loopDataInputRef is {source}.")


def item(node: etree._Element, name: str, text: str, context: Context) -> None:
    """The variable of each item."""
    if is_variable(text):
        _inside(node, "inputDataItem").set("name", text)
        context.carry(node, name, f"inputDataItem is {text}.")
    else:
        context.lose(node, name, f"No variable can be called {said(text)}.", "Choose a name.")


def result(node: etree._Element, name: str, target: str, text: str, context: Context) -> None:
    """The list of results, and what each item leaves in it."""
    source = variable_of(text)
    if source is None or not is_variable(target):
        told = f"The list {said(target)} would get {said(text)} of each item."
        cure = "Write it into a variable in each item, and name that in outputDataItem."
        context.lose(node, name, told, cure)
        return
    _inside(node, "loopDataOutputRef").text = target
    _inside(node, "outputDataItem").set("name", source)
    context.carry(node, name, f"loopDataOutputRef is {target}, outputDataItem is {source}.")


_ORDER = (
    *("documentation", "extensionElements", "loopCardinality", "loopDataInputRef"),
    *("loopDataOutputRef", "inputDataItem", "outputDataItem", "complexBehaviorDefinition"),
    "completionCondition",
)


def _inside(node: etree._Element, tag: str) -> etree._Element:
    """A child of multi-instance characteristics, in the order that BPMN has them."""
    found = node.find(BPMN + tag)
    if found is None:
        found = etree.Element(BPMN + tag)
        before = {BPMN + each for each in _ORDER[: _ORDER.index(tag)]}
        place = sum(1 for each in node.iterchildren(tag=etree.Element) if each.tag in before)
        node.insert(place, found)
    return found
