"""Camunda 7 and those it came from or that came from it: Activiti, Flowable.

Source: Camunda 7.23 reference, BPMN extension attributes and elements; Flowable 7 BPMN reference.
"""

import re
from collections.abc import Callable, Mapping

from lxml import etree

from engine.workflow.definition.converting import people, variables
from engine.workflow.definition.converting.context import JOB_CURE, Context, said
from engine.workflow.definition.converting.ledger import (
    SEVEN,
    attributes,
    drop,
    foreign_elements,
    shown,
)
from engine.workflow.definition.reading.values import MES, local

Given = Mapping[str, str]
Attribute = Callable[[etree._Element, str, str, Given, Context], None]
Inside = Callable[[etree._Element, etree._Element, str, Context], None]


def convert_seven(node: etree._Element, context: Context) -> None:
    """Everything that these tools say on one element of BPMN."""
    names = attributes(node, *SEVEN)
    given = {key: str(node.attrib.pop(full)) for key, full in names.items()}
    for key, text in given.items():
        name = shown(names[key], node)
        if key in _NOT_NEEDED:
            context.carry(node, name, _NOT_NEEDED[key])
        elif key in _LOST:
            context.lose(node, name, f"{_LOST[key][0]}: {said(text)}.", _LOST[key][1])
        else:
            _ATTRIBUTES.get(key, _unknown)(node, name, text, given, context)
    for child in foreign_elements(node, *SEVEN):
        name = shown(child.tag, child)
        if local(child) in _LOST:
            what, cure = _LOST[local(child)]
            context.lose(node, name, f"{what}{_named(child)}.", cure)
        else:
            _ELEMENTS.get(local(child), _unknown_element)(node, child, name, context)
        drop(child)


def _named(child: etree._Element) -> str:
    told = [
        child.get(key) for key in ("event", "name", "class", "expression", "delegateExpression")
    ]
    words = " ".join(word for word in told if word)
    return f": {said(words)}" if words else ""


def _unknown(node: etree._Element, name: str, text: str, given: Given, context: Context) -> None:
    context.lose(node, name, f"{said(text)} means nothing here.", "Leave it out.")


def _unknown_element(
    node: etree._Element, child: etree._Element, name: str, context: Context
) -> None:
    context.lose(node, name, f"The element means nothing here{_named(child)}.", "Leave it out.")


# ---- what does the work ----


def _type(node: etree._Element, name: str, text: str, given: Given, context: Context) -> None:
    if text == "external" and "topic" in given:
        context.carry(node, name, "A task with a topic hands out jobs.")
    else:
        topic = context.topic_of(node, text)
        context.become_job(node, topic)
        told = f"What does the work is {said(text)}; it became a job of the topic {topic}."
        context.lose(node, name, told, JOB_CURE)


def _topic(node: etree._Element, name: str, text: str, given: Given, context: Context) -> None:
    task = _task_of(node)
    if task is None:
        told = f"The event throws a job of the topic {said(text)}; here it throws its message."
        context.lose(node, name, told, "Draw a service task before it, with this topic.")
    elif "$" in text or text.startswith("="):
        topic = context.topic_of(task, "")
        context.become_job(task, topic)
        told = f"The topic is computed: {said(text)}; it is {topic} now."
        context.lose(node, name, told, "Write one topic, and tell the rest by mes:action.")
    else:
        context.become_job(task, text)
        context.write(task, "topic", text, name)


def _task_of(node: etree._Element) -> etree._Element | None:
    """The task that an attribute is about; None on a definition inside an event."""
    return node if local(node).endswith("Task") else None


def _code(node: etree._Element, name: str, text: str, given: Given, context: Context) -> None:
    """A class or an expression that the other engine calls."""
    task = _task_of(node)
    if task is None:
        told = f"Code is called here: {said(text)}."
        context.lose(node, name, told, "Draw a service task before it.")
        return
    topic = context.topic_of(task, text)
    context.become_job(task, topic)
    told = f"Code is called, {said(text)}; the task became a job of the topic {topic}."
    context.lose(node, name, told, JOB_CURE)


def _decision(node: etree._Element, name: str, text: str, given: Given, context: Context) -> None:
    if "$" in text:
        told = f"The decision is computed: {said(text)}."
        context.lose(node, name, told, "Write one decision: mes:decision.")
    else:
        context.write(node, "decision", text, name)


def _result(node: etree._Element, name: str, text: str, given: Given, context: Context) -> None:
    if node.get(MES + "decision") or "decisionRef" in given:
        told = f"The result would become {said(text)}; outputs become variables by their names."
        context.lose(node, name, told, "Name the output of the decision as the variable.")
    else:
        told = f"The result would become {said(text)}."
        context.lose(node, name, told, "Let the worker complete its job with this variable.")


# ---- times and numbers ----


def _timed(ours: str) -> Attribute:
    def convert(node: etree._Element, name: str, text: str, given: Given, context: Context) -> None:
        value = context.value(node, name, text)
        if value is not None:
            context.write(node, ours, value, name)

    return convert


def _priority(node: etree._Element, name: str, text: str, given: Given, context: Context) -> None:
    fits = not text.isdigit() or int(text) <= 100
    if _task_of(node) is None or not fits or text.startswith("-"):
        told = f"The priority {said(text)} has no place here."
        context.lose(node, name, told, "Write mes:priority, 0 to 100, on the tasks themselves.")
    else:
        _timed("priority")(node, name, text, given, context)


def _retries(node: etree._Element, child: etree._Element, name: str, context: Context) -> None:
    text = (child.text or "").strip()
    found = re.fullmatch(r"R(\d{1,2})/(P\w+)", text)
    if found and local(node) in ("serviceTask", "sendTask") and int(found[1]) > 0:
        node.set(MES + "retries", found[1])
        context.carry(node, name, f"mes:retries is {found[1]}; the worker says when to try again.")
    elif local(node) in ("serviceTask", "sendTask"):
        told = f"Attempts {said(text)} cannot be said here."
        context.lose(node, name, told, "Write mes:retries, a number.")
    else:
        context.carry(node, name, "Not needed: only jobs are tried again.")


# ---- called processes ----


def _called(node: etree._Element, name: str, text: str, given: Given, context: Context) -> None:
    context.carry(node, name, "Not needed: a release pins the version of what it calls.")


def _fixed(node: etree._Element, name: str, text: str, given: Given, context: Context) -> None:
    told = f"One version is asked for, {said(text)}; a release pins what is released then."
    context.lose(node, name, told, "Release the called process in that version first.")


# ---- loops ----


def _collection(node: etree._Element, name: str, text: str, given: Given, context: Context) -> None:
    variables.collection(node, name, text, context)


def _item(node: etree._Element, name: str, text: str, given: Given, context: Context) -> None:
    variables.item(node, name, text, context)


_ALWAYS = "Not needed: each step is stored before the next one begins."
_NOT_NEEDED: Mapping[str, str] = {
    **dict.fromkeys(("async", "asyncBefore", "asyncAfter", "exclusive", "asyncLeave"), _ALWAYS),
    "historyTimeToLive": "Not needed: histories are kept.",
    "isStartableInTasklist": "Not needed: roles say who may start.",
    "diagramRelationId": "Not needed: the other tool's own number.",
    "modelerTemplate": "Not needed: only the other tool's own form for the task.",
    "modelerTemplateVersion": "Not needed: only the other tool's own form for the task.",
    "modelerTemplateIcon": "Not needed: only a picture.",
    "versionTag": "Not needed: versions are numbered here.",
    "variableName": "Not needed: a condition is looked at whenever a variable changes.",
    "variableEvents": "Not needed: a condition is looked at whenever a variable changes.",
    "formFieldValidation": "Not needed: answers are always checked.",
    "sameDeployment": "Not needed: what is in the bundle comes first.",
}
_STARTERS = "Give the role that may start instances to those people."
_LISTENER = "Draw what it does as a step of its own."
_LOST: Mapping[str, tuple[str, str]] = {
    "assignee": (
        "One person is named",
        "Leave it to the role, or assign the task when it is open.",
    ),
    "candidateUsers": ("People are named", "Give them the role of the lane."),
    "candidateStarterUsers": ("Who may start is named", _STARTERS),
    "candidateStarterGroups": ("Who may start is named", _STARTERS),
    "potentialStarter": ("Who may start is named", _STARTERS),
    "initiator": ("Who started becomes a variable", "The history says who started."),
    "errorCodeVariable": ("The error's code becomes a variable", "Draw an event for each code."),
    "errorMessageVariable": ("The error's text becomes a variable", "The history has it."),
    "escalationCodeVariable": ("The code becomes a variable", "Draw an event for each code."),
    "executionListener": ("Code runs beside the drawing", _LISTENER),
    "taskListener": ("Code runs beside the drawing", _LISTENER),
    "eventListener": ("Code runs beside the drawing", _LISTENER),
    "connector": ("A connector is called", JOB_CURE),
    "field": ("A value is injected into code", "Write it as mes:parameter of the job."),
    "script": ("A script runs", "Let a worker or a function do it."),
    "resource": ("A script is in a file", "Let a worker or a function do it."),
    "taskPriority": ("Jobs have a priority", "Write mes:priority on the tasks."),
    "jobPriority": ("Jobs have a priority", "Write mes:priority on the tasks."),
    "errorEventDefinition": ("A failure becomes an error", "Let the worker fail with the code."),
    "formHandlerClass": ("Code reads the form", "Let the form's fields say what is accepted."),
    "skipExpression": ("The step may be left out", "Draw a gateway before it."),
    "variableMappingClass": ("Code maps variables", "Write mes:in and mes:out."),
    "variableMappingDelegateExpression": ("Code maps variables", "Write mes:in and mes:out."),
    "caseRef": ("A case is called", "Draw it as a process, and name that in calledElement."),
    "caseBinding": ("A case is called", "Draw it as a process."),
    "caseVersion": ("A case is called", "Draw it as a process."),
    "errorMessage": ("The error has a text", "Write it into the name of the error."),
    "category": ("A category is named", "Leave it out."),
}
_ATTRIBUTES: Mapping[str, Attribute] = {
    "type": _type,
    "topic": _topic,
    **dict.fromkeys(("class", "delegateExpression", "expression"), _code),
    "decisionRef": _decision,
    **dict.fromkeys(("resultVariable", "resultVariableName"), _result),
    "mapDecisionResult": _result,
    "dueDate": _timed("due"),
    "followUpDate": _timed("followUp"),
    "priority": _priority,
    "candidateGroups": people.groups,
    **dict.fromkeys(("formKey", "formRef"), people.form_key),
    **dict.fromkeys(("formRefBinding", "calledElementBinding", "decisionRefBinding"), _called),
    **dict.fromkeys(("formRefVersion", "calledElementVersion", "calledElementVersionTag"), _fixed),
    **dict.fromkeys(("decisionRefVersion", "decisionRefVersionTag"), _fixed),
    "collection": _collection,
    "elementVariable": _item,
}
_ELEMENTS: Mapping[str, Inside] = {
    "in": variables.call_in,
    "out": variables.call_out,
    "inputOutput": variables.input_output,
    "properties": variables.properties,
    "formData": people.form_data,
    "formProperty": people.form_data,
    "failedJobRetryTimeCycle": _retries,
}
