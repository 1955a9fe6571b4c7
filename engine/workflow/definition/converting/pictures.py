"""Drawings that say too little to run: what is missing is written in, and told.

A tool that only draws says neither which process runs, nor on which condition a way is taken, nor
what a message is called. Nothing of this is guessed silently: each addition is a row.
"""

from typing import Any

from lxml import etree

from engine.workflow.definition.converting.conditions import is_label
from engine.workflow.definition.converting.context import JOB_CURE, Context, said
from engine.workflow.definition.converting.ledger import slug, unique
from engine.workflow.definition.reading.values import BPMN, MES, TRUE, local, reference, text_of

NODES = ("Task", "Event", "Gateway", "task", "subProcess", "callActivity")
ASKING = ("userTask", "task", "manualTask")
CHOOSING = ("exclusiveGateway", "inclusiveGateway")
ALL_THROWN = ("endEvent", "intermediateThrowEvent")


def complete_picture(context: Context) -> None:
    """Write in what a drawing leaves out and an engine needs."""
    _executable(context)
    for node in list(context.root.iter(etree.Element)):
        kind = local(node)
        if kind == "subProcess" and not _size(node):
            _emptied(node, context)
        elif kind == "scriptTask":
            _script(node, context)
        elif kind in ("serviceTask", "sendTask", "businessRuleTask"):
            _work(node, context)
        if kind in ("receiveTask", "messageEventDefinition", "signalEventDefinition"):
            _called(node, context)
        elif kind in ("errorEventDefinition", "escalationEventDefinition"):
            _coded(node, context)
        if kind in CHOOSING:
            _choice(node, context)


# ---- which process runs ----


def _executable(context: Context) -> None:
    found = context.root.findall(f"{BPMN}process")
    if any(process.get("isExecutable") in TRUE for process in found):
        return
    drawn = sorted(found, key=_size, reverse=True)
    if not drawn or _size(drawn[0]) == 0:
        return
    drawn[0].set("isExecutable", "true")
    told = "No process is marked to be run; this one is now."
    context.carry(drawn[0], "bpmn:isExecutable", told)
    for process in drawn[1:]:
        if _size(process):
            told = "The process is only shown: one routing runs."
            cure = "Mark it as executable in a file of its own, if it is a routing too."
            context.lose(process, "bpmn:process", told, cure)


def _size(scope: etree._Element) -> int:
    return sum(local(each).endswith(NODES) for each in scope.iterdescendants(etree.Element))


# ---- what does the work ----


def _emptied(node: etree._Element, context: Context) -> None:
    """A subprocess that nobody has drawn yet is a task."""
    if node.get("triggeredByEvent") in TRUE:
        return
    for child in list(node):
        if local(child) not in _OF_TASKS:
            node.remove(child)
    node.tag = f"{BPMN}task"
    node.attrib.pop("triggeredByEvent", "")
    told = "The subprocess is empty; it became a task for people."
    context.lose(node, "bpmn:subProcess", told, "Draw what is done in it.")


_OF_TASKS = (
    *("documentation", "extensionElements", "incoming", "outgoing"),
    *("multiInstanceLoopCharacteristics", "standardLoopCharacteristics"),
)


def _script(node: etree._Element, context: Context) -> None:
    topic = context.topic_of(node, "")
    text = text_of(node.find(f"{BPMN}script"))
    for child in node.findall(f"{BPMN}script"):
        node.remove(child)
    node.attrib.pop("scriptFormat", "")
    context.become_job(node, topic)
    told = f"A script runs, {said(text)}; the task became a job of the topic {topic}."
    context.lose(node, "bpmn:script", told, JOB_CURE)


def _work(node: etree._Element, context: Context) -> None:
    given = [node.get(MES + key) for key in ("topic", "function", "decision")]
    if any(given) or (local(node) == "sendTask" and node.get("messageRef")):
        return
    if any(local(each) == "calledDecisionId" for each in node.iter(etree.Element)):
        return
    topic = context.topic_of(node, "")
    kind = local(node)
    context.become_job(node, topic)
    if kind == "businessRuleTask":
        node.tag = f"{BPMN}serviceTask"
    told = f"The task does not say what does it; it became a job of the topic {topic}."
    context.lose(node, f"bpmn:{kind}", told, JOB_CURE)


# ---- what is told ----


def _called(node: etree._Element, context: Context) -> None:
    """A message or signal gets a name, where it has none."""
    kind = "signal" if local(node).startswith("signal") else "message"
    declared = _declared(kind, node.get(f"{kind}Ref"), context)
    if declared is not None and (declared.get("name") or "").strip():
        return
    name = slug(_title(node), kind)
    if declared is None:
        declared = _declare(kind, context)
        node.set(f"{kind}Ref", declared.get("id", ""))
    declared.set("name", name)
    told = f"The {kind} has no name; it is called {name} now."
    context.lose(node, f"bpmn:{kind}", told, f"Name the {kind} as its sender does.")


def _coded(node: etree._Element, context: Context) -> None:
    """What throws an error or escalation needs a code; what takes without one takes all."""
    kind = local(node).removesuffix("EventDefinition")
    declared = _declared(kind, node.get(f"{kind}Ref"), context)
    code = None if declared is None else declared.get(f"{kind}Code")
    around = node.getparent()
    throws = around is not None and local(around) in ALL_THROWN
    if code or (declared is None and not throws):
        return
    if declared is None:
        declared = _declare(kind, context)
        node.set(f"{kind}Ref", declared.get("id", ""))
    code = slug(declared.get("name") or _title(node), kind)
    declared.set(f"{kind}Code", code)
    told = f"The {kind} has no code; it is {code} now."
    context.lose(node, f"bpmn:{kind}", told, "Give what throws and what takes it the same code.")


def _declared(kind: str, ref: str | None, context: Context) -> etree._Element | None:
    named = [e for e in context.root.iterfind(BPMN + kind) if e.get("id") == reference(ref)]
    return named[0] if ref and named else None


def _declare(kind: str, context: Context) -> etree._Element:
    known = [str(e.get("id")) for e in context.root.iter(etree.Element) if e.get("id")]
    made = etree.Element(BPMN + kind, id=unique(f"{kind.title()}_added", known))
    context.root.insert(0, made)
    return made


def _title(node: etree._Element) -> str:
    """What the task or event around a definition is called."""
    around = node.getparent() if local(node).endswith("Definition") else node
    return (around.get("name") or around.get("id") or "") if around is not None else ""


# ---- which way is taken ----


def _choice(gateway: etree._Element, context: Context) -> None:
    around = gateway.getparent()
    flows = [] if around is None else around.findall(f"{BPMN}sequenceFlow")
    leaving = [f for f in flows if reference(f.get("sourceRef")) == gateway.get("id")]
    open_ = [f for f in leaving if f.get("id") != gateway.get("default") and _is_open(f, context)]
    if len(leaving) < 2 or not open_:
        return
    if len(open_) == 1 and not gateway.get("default") and open_[0].get("id"):
        told = "It says no condition; it is taken if no other way is."
        gateway.set("default", open_[0].get("id", ""))
        _drop_condition(open_[0])
        context.carry(open_[0], "bpmn:sequenceFlow", told)
        return
    _ask(gateway, open_, flows, context)


def _is_open(flow: etree._Element, context: Context) -> bool:
    """Whether a way says no condition, or only a word."""
    text = text_of(flow.find(f"{BPMN}conditionExpression"))
    return not text or (flow.get("id") not in context.asked and is_label(text))


def _drop_condition(flow: etree._Element) -> None:
    for condition in flow.findall(f"{BPMN}conditionExpression"):
        flow.remove(condition)


def _ask(
    gateway: etree._Element,
    open_: list[etree._Element],
    flows: list[etree._Element],
    context: Context,
) -> None:
    """Let each way be taken by its label, and let the task before say which."""
    variable = f"way_{slug(gateway.get('name') or gateway.get('id') or '', 'g')}"[:80]
    several = local(gateway) == "inclusiveGateway"
    choices: list[dict[str, str]] = []
    for flow in open_:
        label = _label(flow, context)
        value = unique(slug(label, "way"), [choice["value"] for choice in choices])
        choices.append({"value": value, "label": label[:200]})
        text = f'"{value}" in {variable}' if several else f'{variable} == "{value}"'
        _drop_condition(flow)
        etree.SubElement(flow, f"{BPMN}conditionExpression").text = text
        told = f"The way {said(label)} says no condition; it is taken if {text}."
        cure = "Write the condition you mean, or let a form before it write this variable."
        context.lose(flow, "bpmn:sequenceFlow", told, cure)
    question = " ".join((gateway.get("name") or "").split()) or "Which way?"
    field = {
        "key": variable,
        "type": "multichoice" if several else "choice",
        "label": question,
        "required": True,
        "choices": choices,
        "variable": variable,
    }
    _let_ask(_before(gateway, flows), field, context)


def _label(flow: etree._Element, context: Context) -> str:
    text = flow.get("name") or text_of(flow.find(f"{BPMN}conditionExpression"))
    if not text.strip():
        target = reference(flow.get("targetRef"))
        named = [e for e in context.root.iter(etree.Element) if e.get("id") == target]
        text = (named[0].get("name") or target) if named else target
    return " ".join(text.split())


def _before(gateway: etree._Element, flows: list[etree._Element]) -> etree._Element | None:
    """The one task before a gateway, if a person does it and nothing else leads there."""
    coming = [f for f in flows if reference(f.get("targetRef")) == gateway.get("id")]
    around = gateway.getparent()
    if len(coming) != 1 or around is None:
        return None
    source = reference(coming[0].get("sourceRef"))
    found = [e for e in around if e.get("id") == source and local(e) in ASKING]
    return found[0] if found else None


def _let_ask(task: etree._Element | None, field: dict[str, Any], context: Context) -> None:
    if task is None:
        return
    key = task.get(MES + "form")
    if key is None:
        title = " ".join((task.get("name") or "").split())
        made = {"key": f"{slug(task.get('id') or '', 'task')}_form", "fields": [field]}
        key = context.add_form({**made, "title": title[:200] or made["key"]})
        task.tag = f"{BPMN}userTask"
        task.set(MES + "form", key)
        told = f"It asks {said(field['label'])} with the form {key}, which was made for it."
        context.carry(task, "mes:form", told)
    elif key in context.forms:
        asked = context.forms[key]
        known = {str(each["key"]) for each in asked["fields"]}
        if field["key"] not in known:
            context.forms[key] = {**asked, "fields": [*asked["fields"], field]}
            told = f"Its form {key} asks {said(field['label'])} as well."
            context.carry(task, "mes:form", told)
