"""Expressions that stand in BPMN and DMN themselves, but are written in another language."""

import re
from collections.abc import Callable

from lxml import etree

from engine.workflow.definition.converting.context import Context, is_expression, said
from engine.workflow.definition.converting.others import leave_out
from engine.workflow.definition.decisions.unary_tests import compile_cell
from engine.workflow.definition.expressions import ExpressionRefused
from engine.workflow.definition.expressions.translation import Untranslatable, translated
from engine.workflow.definition.reading.values import children, is_variable, local

FEEL_TIME = re.compile(
    r'=?\s*(?:duration|date and time|time|date)\(\s*"([^"]+)"\s*\)|=\s*"([^"]+)"'
)
CRON = re.compile(r"(\S+\s+){4,6}\S+")
TIMES = ("timeDate", "timeDuration", "timeCycle")
NUMBERS = ("loopCardinality",)
TRUTHS = ("conditionExpression", "condition", "completionCondition", "loopCondition")


def convert_conditions(context: Context) -> None:
    """Every expression of the file in our words."""
    for node in list(context.root.iter(etree.Element)):
        kind = local(node)
        if kind in TIMES:
            _time(node, context)
        elif kind in TRUTHS or kind in NUMBERS:
            _expression(node, context)


def is_label(text: str) -> bool:
    """Whether a condition is only what people call the way: words, not an expression."""
    plain = text.strip()
    if is_expression(plain):
        return False
    try:
        translated(plain)
    except Untranslatable:
        return True
    return is_variable(plain) or plain in ("true", "false")


def _expression(node: etree._Element, context: Context) -> None:
    text = (node.text or "").strip()
    name = f"bpmn:{local(node)}"
    language = str(node.attrib.pop("language", ""))
    if language and _is_script(language):
        told = f"{said(text)} is written in {language}."
        context.lose(node, name, told, "Write it as a comparison of variables.")
        return
    if local(node) == "conditionExpression":
        if not text or is_label(text):
            return  # `pictures` asks what is meant
        context.asked.add(_id_around(node))
    if not text:
        return
    _replace(node, name, text, translated, context)


def _id_around(node: etree._Element) -> str:
    around = node.getparent()
    return "" if around is None else around.get("id", "")


def _is_script(language: str) -> bool:
    return not re.search("feel|juel|xpath|uel", language, re.IGNORECASE)


def _time(node: etree._Element, context: Context) -> None:
    text = (node.text or "").strip()
    name = f"bpmn:{local(node)}"
    found = FEEL_TIME.fullmatch(text)
    if found:
        node.text = found[1] or found[2]
        context.carry(node, name, f"It is {said(node.text)}.")
    elif is_expression(text):
        _replace(node, name, text, lambda given: f"= {translated(given)}", context)
    elif local(node) == "timeCycle" and (cycle := _cycle(text)) is not None:
        node.text = cycle
        context.carry(node, name, f"{said(text)} became {cycle}, counted from the release on.")
    elif local(node) == "timeCycle" and CRON.fullmatch(text):
        told = f"The times are written as {said(text)}, in the way of cron."
        context.lose(node, name, told, "Write an ISO 8601 cycle, such as R/PT5M.")


def _cycle(text: str) -> str | None:
    """The cycle of a cron text that says no more than "every so many seconds, minutes, hours"."""
    fields = [("*" if field in _EACH else field) for field in text.split()]
    if len(fields) not in (6, 7) or any(field != "*" for field in fields[3:]):
        return None
    for place, unit in enumerate("SMH"):
        every = re.fullmatch(r"(?:0|\*)/(\d{1,2})", fields[place])
        finer, coarser = fields[:place], fields[place + 1 : 3]
        if every and all(f == "0" for f in finer) and all(f == "*" for f in coarser):
            return f"R/PT{int(every[1])}{unit}"
    return None


_EACH = ("*", "?", "0/1", "1/1", "*/1")


def _replace(
    node: etree._Element,
    name: str,
    text: str,
    say: Callable[[str], str],
    context: Context,
) -> None:
    """Write an expression in our words; what cannot be said stays, and is refused at deploy."""
    try:
        node.text = say(text)
    except Untranslatable as failed:
        told = f"{said(text)} cannot be said here. {failed}"
        context.lose(node, name, told, "Write it as an expression over variables.")
        return
    if node.text != text:
        context.carry(node, name, f"{said(text)} became {said(node.text or '')}.")


# ---- decision tables ----


def convert_decisions(context: Context) -> None:
    """Every expression and cell of a DMN file, then whatever else the tool wrote into it."""
    for node in list(context.root.iter(etree.Element)):
        kind = local(node)
        language = node.get("expressionLanguage")
        if language is not None:
            _language(node, language, context)
        if kind in ("inputExpression", "outputEntry", "defaultOutputEntry"):
            _dmn_expression(node, f"dmn:{kind}", context)
        elif kind in ("inputEntry", "inputValues", "outputValues"):
            _cell(node, f"dmn:{kind}", context)
    leave_out(context.root, context)


def _language(node: etree._Element, language: str, context: Context) -> None:
    del node.attrib["expressionLanguage"]
    if "feel" in language.lower() or "juel" in language.lower():
        context.carry(node, "dmn:expressionLanguage", f"{language} is read as far as it can be.")
    else:
        told = f"The language {language} is not read."
        context.lose(node, "dmn:expressionLanguage", told, "Write it in the words of the dialect.")


def _text(node: etree._Element) -> etree._Element | None:
    found = [child for child in children(node) if local(child) == "text"]
    return found[0] if found else None


def _dmn_expression(node: etree._Element, name: str, context: Context) -> None:
    holder = _text(node)
    text = "" if holder is None else (holder.text or "").strip()
    if holder is None or text in ("", "-"):
        return
    try:
        ours = translated(text)
    except Untranslatable as failed:
        told = f"{said(text)} cannot be said here. {failed}"
        context.lose(node, name, told, "Write it as an expression over variables.")
        return
    if ours != text:
        holder.text = ours
        context.carry(node, name, f"{said(text)} became {said(ours)}.")


def _cell(node: etree._Element, name: str, context: Context) -> None:
    holder = _text(node)
    text = "" if holder is None else (holder.text or "").strip()
    if not text:
        return
    try:
        compile_cell(text)
    except ExpressionRefused as refused:
        told = f"{said(text)} cannot be said here. {refused.reason}"
        context.lose(node, name, told, 'Write such a cell: "a","b" · >= 5 · [1..10] · not(…).')
