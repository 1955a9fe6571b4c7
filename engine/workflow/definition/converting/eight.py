"""Camunda 8: the extension elements of Zeebe, with FEEL behind `=`.

Source: Camunda 8.8 documentation, BPMN modelling; zeebe-bpmn-moddle 1.11.
"""

from collections.abc import Callable, Mapping

from lxml import etree

from engine.workflow.definition.converting import people, variables
from engine.workflow.definition.converting.context import (
    JOB_CURE,
    Context,
    is_expression,
    said,
)
from engine.workflow.definition.converting.ledger import (
    attributes,
    drop,
    foreign_elements,
    shown,
)
from engine.workflow.definition.reading.values import BPMN, MES, local, reference

Inside = Callable[[etree._Element, etree._Element, str, Context], None]


def convert_eight(node: etree._Element, context: Context) -> None:
    """Everything that Zeebe says on one element of BPMN."""
    for full in attributes(node, "zeebe").values():
        name = shown(full, node)
        del node.attrib[full]
        context.carry(node, name, "Not needed: only the other tool's own form for the task.")
    children = foreign_elements(node, "zeebe")
    for child in sorted(children, key=lambda each: local(each) not in _FIRST):
        name = shown(child.tag, child)
        if local(child) in _NOT_NEEDED:
            context.carry(node, name, _NOT_NEEDED[local(child)])
        else:
            _ELEMENTS.get(local(child), _unknown)(node, child, name, context)
    for child in children:
        drop(child)


def _unknown(node: etree._Element, child: etree._Element, name: str, context: Context) -> None:
    told = " ".join(f"{key!s} {value!s}" for key, value in child.attrib.items())
    context.lose(node, name, f"The element means nothing here: {said(told)}.", _UNKNOWN_CURE)


_UNKNOWN_CURE = "Say it with steps and attributes of ours, or leave it out."


# ---- tasks ----


def _definition(node: etree._Element, child: etree._Element, name: str, context: Context) -> None:
    kind = child.get("type") or ""
    if not local(node).endswith("Task"):
        told = f"The event hands out a job, {said(kind)}; here it throws its message."
        context.lose(node, name, told, "Draw a service task before it, with this topic.")
        return
    if node.get(MES + "topic") not in (None, kind):
        told = f"The topic {said(kind)}, but mes:topic is {node.get(MES + 'topic')} already."
        context.lose(node, name, told, "Decide which one it is, and write it as mes:topic.")
    elif not kind or is_expression(kind):
        topic = context.topic_of(node, "")
        context.become_job(node, topic)
        told = f"The topic is computed: {said(kind)}; it is {topic} now."
        context.lose(node, name, told, "Write one topic, and tell the rest by mes:action.")
    else:
        context.become_job(node, kind)
        context.carry(node, name, f"mes:topic is {said(kind)}.")
    retries = child.get("retries")
    if retries:
        value = context.value(node, f"{name} retries", retries)
        if value is not None and node.get(MES + "retries") is None:
            node.set(MES + "retries", value)
            context.carry(node, f"{name} retries", f"mes:retries is {said(value)}.")


def _headers(node: etree._Element, child: etree._Element, name: str, context: Context) -> None:
    for each in child.iterchildren(tag=etree.Element):
        key, text = each.get("key") or "", each.get("value") or ""
        variables.taken_in(node, f"zeebe:header {key}", key, text, context)
    context.carry(node, name, "Its parts are listed one by one.")


def _mapping(node: etree._Element, child: etree._Element, name: str, context: Context) -> None:
    for each in child.iterchildren(tag=etree.Element):
        source, target = each.get("source") or "", each.get("target") or ""
        own = f"{shown(each.tag, each)} {target}".strip()
        taken = variables.taken_in if local(each) == "input" else variables.taken_out
        taken(node, own, target, source, context)
    context.carry(node, name, "Its parts are listed one by one.")


def _assignment(node: etree._Element, child: etree._Element, name: str, context: Context) -> None:
    given = {str(key): str(value) for key, value in child.attrib.items()}
    if text := given.pop("candidateGroups", ""):
        people.groups(node, f"{name} candidateGroups", text, {}, context)
    for key, value in given.items():
        told = f"People are named, {key}: {said(value)}."
        cure = "Leave it to the role, or assign the task when it is open."
        context.lose(node, f"{name} {key}", told, cure)
    context.carry(node, name, "Its parts are listed one by one.")


def _schedule(node: etree._Element, child: etree._Element, name: str, context: Context) -> None:
    for theirs, ours in (("dueDate", "due"), ("followUpDate", "followUp")):
        if text := child.get(theirs):
            value = context.value(node, f"{name} {theirs}", text)
            if value is not None:
                context.write(node, ours, value, f"{name} {theirs}")
    context.carry(node, name, "Its parts are listed one by one.")


def _priority(node: etree._Element, child: etree._Element, name: str, context: Context) -> None:
    text = child.get("priority") or ""
    value = context.value(node, name, text)
    if value is not None:
        context.write(node, "priority", value, name)


# ---- forms ----


def _form(node: etree._Element, child: etree._Element, name: str, context: Context) -> None:
    text = child.get("formId") or child.get("formKey") or child.get("externalReference") or ""
    people.form_key(node, name, text, {}, context)


def _embedded(node: etree._Element, child: etree._Element, name: str, context: Context) -> None:
    """A form that stands in the file itself; `conversion` has read it before."""
    key = context.found.get(child.get("id") or "")
    if key is None:
        told = f"The form {said(child.get('id') or '')} could not be read."
        context.lose(node, name, told, "Bring its file along, or make the form anew.")
    else:
        context.carry(node, f"{name} {child.get('id')}", f"It is the form {key}.")
        context.carry(node, name, f"It is the form {key}.")


# ---- calls, decisions, scripts ----


def _called(node: etree._Element, child: etree._Element, name: str, context: Context) -> None:
    process = child.get("processId") or ""
    if is_expression(process) or not process:
        told = f"The called process is computed: {said(process)}."
        context.lose(node, name, told, "Write one process: calledElement.")
    else:
        node.set("calledElement", process)
        context.carry(node, name, f"calledElement is {process}.")
    for key in ("propagateAllChildVariables", "propagateAllParentVariables"):
        if child.get(key) == "false":
            told = f"{key} is false: only what is mapped is handed over."
            cure = "Write mes:in and mes:out for each variable that is handed over."
            context.lose(node, f"{name} {key}", told, cure)


def _decision(node: etree._Element, child: etree._Element, name: str, context: Context) -> None:
    decision = child.get("decisionId") or ""
    if is_expression(decision) or not decision:
        told = f"The decision is computed: {said(decision)}."
        context.lose(node, name, told, "Write one decision: mes:decision.")
    else:
        context.write(node, "decision", decision, name)
    if variable := child.get("resultVariable"):
        told = f"The result would become {variable}; outputs become variables by their names."
        cure = "Name the output of the decision as the variable."
        context.lose(node, f"{name} resultVariable", told, cure)


def _script(node: etree._Element, child: etree._Element, name: str, context: Context) -> None:
    topic = context.topic_of(node, "")
    context.become_job(node, topic)
    told = f"{said(child.get('expression') or '')} is computed into "
    told += f"{child.get('resultVariable')}; the task became a job of the topic {topic}."
    context.lose(node, name, told, JOB_CURE)


# ---- loops and messages ----


def _loop(node: etree._Element, child: etree._Element, name: str, context: Context) -> None:
    if text := child.get("inputCollection"):
        variables.collection(node, f"{name} inputCollection", text, context)
    if text := child.get("inputElement"):
        variables.item(node, f"{name} inputElement", text, context)
    target, source = child.get("outputCollection"), child.get("outputElement")
    if target or source:
        own = f"{name} outputCollection"
        variables.result(node, own, target or "", source or "", context)
    context.carry(node, name, "Its parts are listed one by one.")


def _subscription(node: etree._Element, child: etree._Element, name: str, context: Context) -> None:
    """The key of a message belongs on what waits for it."""
    text = child.get("correlationKey") or ""
    value = context.value(node, name, text)
    if value is None:
        return
    told = [each for each in _waiting(node, context) if _inside_instance(each)]
    for each in told:
        each.set(MES + "correlation", value)
    context.carry(node, name, f"mes:correlation is {said(value)} on {len(told)} elements.")


def _waiting(message: etree._Element, context: Context) -> list[etree._Element]:
    """The tasks and events that wait for a message."""
    key = message.get("id")
    found = []
    for each in context.root.iter(f"{BPMN}receiveTask", f"{BPMN}messageEventDefinition"):
        if reference(each.get("messageRef")) == key:
            around = each if local(each) == "receiveTask" else each.getparent()
            if around is not None and "Throw" not in local(around) and local(around) != "endEvent":
                found.append(around)
    return found


def _inside_instance(node: etree._Element) -> bool:
    """Whether an instance is there already when it begins to wait."""
    around = node.getparent()
    return local(node) != "startEvent" or (around is not None and local(around) != "process")


_FIRST = frozenset({"taskDefinition", "calledElement", "calledDecision", "script"})
_NOT_NEEDED: Mapping[str, str] = {
    "userTask": "Not needed: every user task is a task for people.",
    "versionTag": "Not needed: versions are numbered here.",
}
_ELEMENTS: Mapping[str, Inside] = {
    "taskDefinition": _definition,
    "taskHeaders": _headers,
    "ioMapping": _mapping,
    "assignmentDefinition": _assignment,
    "taskSchedule": _schedule,
    "priorityDefinition": _priority,
    "formDefinition": _form,
    "userTaskForm": _embedded,
    "calledElement": _called,
    "calledDecision": _decision,
    "script": _script,
    "loopCharacteristics": _loop,
    "subscription": _subscription,
    "properties": variables.properties,
}
