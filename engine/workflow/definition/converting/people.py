"""Who does a task, and what they are asked."""

import re
from collections.abc import Mapping

from lxml import etree

from engine.workflow.definition.converting.asking import Asked, from_data
from engine.workflow.definition.converting.context import Context, is_expression, said
from engine.workflow.definition.converting.ledger import foreign_elements, slug
from engine.workflow.definition.reading.values import MES, local

Given = Mapping[str, str]
WORK = ("userTask", "manualTask", "task")
FILE_NAME = re.compile(r"([^/:]+?)(?:\.form(?:\.json)?|\.json|\.html)?$")


def groups(node: etree._Element, name: str, text: str, given: Given, context: Context) -> None:
    """Candidate groups become the task's role, if one of them is a role here."""
    named = [slug(each) for each in text.split(",") if each.strip()]
    if is_expression(text):
        told = f"Who may do it is computed: {said(text)}."
        context.lose(node, name, told, _ROLE_CURE)
        return
    known = [each for each in named if each in context.roles]
    if local(node) not in WORK or not known:
        told = f"No role here is called {text}; the task is open to everybody."
        context.lose(node, name, told, _ROLE_CURE)
        return
    context.write(node, "role", known[0], name)
    others = [each for each in text.split(",") if slug(each) != known[0]]
    if others:
        told = f"{', '.join(each.strip() for each in others)} may do it too; a task has one role."
        context.lose(node, name, told, "Give these people the role as well.")


_ROLE_CURE = "Write mes:role on the task or on its lane, or name its lane like a role."


# ---- forms ----


def form_key(node: etree._Element, name: str, text: str, given: Given, context: Context) -> None:
    """A form that is named: one of the files, one that is released here, or lost."""
    plain = text.strip()
    short = _short(plain)
    key = context.found.get(plain) or context.found.get(short)
    key = key or next((each for each in (plain, short) if each in context.released), None)
    if local(node) != "userTask":
        told = f"The form {said(text)} is asked when an instance starts."
        context.lose(node, name, told, "Ask in a first task, or give variables at the start.")
    elif key is None:
        told = f"The form {said(text)} is not among the files."
        context.lose(node, name, told, "Bring its file along, or make a form and write mes:form.")
    else:
        context.write(node, "form", key, name)


def _short(text: str) -> str:
    """`measure` of `camunda-forms:deployment:forms/measure.form`."""
    found = FILE_NAME.search(text)
    return found[1] if found else text


def form_data(node: etree._Element, child: etree._Element, name: str, context: Context) -> None:
    """Fields that are drawn into the task become a form of its own."""
    fields = _fields(node, child)
    if local(node) != "userTask":
        told = f"{len(fields)} fields are asked when an instance starts."
        context.lose(node, name, told, "Ask in a first task, or give variables at the start.")
        return
    if node.get(MES + "form"):
        context.carry(node, name, f"It is part of the form {node.get(MES + 'form')}.")
        return
    key = f"{slug(node.get('id') or '', 'task')}_form"
    asked = from_data(fields, key, " ".join((node.get("name") or "").split()))
    write_form(node, name, asked, context)


def _fields(node: etree._Element, child: etree._Element) -> list[etree._Element]:
    """The fields of form data; loose form properties belong together."""
    if local(child) == "formProperty":
        beside = foreign_elements(node, *_SEVEN)
        return [each for each in beside if local(each) == "formProperty"]
    return [each for each in child.iterchildren(tag=etree.Element) if local(each) == "formField"]


_SEVEN = ("camunda", "activiti", "flowable")


def write_form(node: etree._Element, name: str, asked: Asked, context: Context) -> None:
    """Keep a form that was made, and let the task ask with it."""
    key = context.add_form(asked.definition)
    context.write(node, "form", key, name)
    for field, what, cure in asked.lost:
        context.lose(node, f"{name} {field}", what, cure)
