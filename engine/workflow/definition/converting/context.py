"""What the steps of one conversion share."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from lxml import etree

from engine.workflow.definition.converting.ledger import Ledger, slug, unique
from engine.workflow.definition.expressions.translation import Untranslatable, translated
from engine.workflow.definition.reading.values import BPMN, MES, local

MAX_SAID = 120
JOB_CURE = "Write a worker that claims jobs of this topic, or choose mes:function instead."


@dataclass(slots=True)
class Context:
    """One file that is being converted.

    Args:
        forms: definitions of ours that the file's tasks ask with, by key.
        found: what each form is called elsewhere (id, key, file name) -> its key here.
        roles: the roles that exist.
        released: keys of forms that are released here.
        asked: the flows whose conditions were expressions of the other tool.
    """

    root: etree._Element
    ledger: Ledger
    forms: dict[str, dict[str, Any]]
    found: Mapping[str, str]
    roles: frozenset[str]
    released: frozenset[str] = frozenset()
    asked: set[str] = field(default_factory=set)

    def carry(self, node: etree._Element, name: str, what: str) -> None:
        """Note what was carried over."""
        self.ledger.carry(node, name, what)

    def lose(self, node: etree._Element, name: str, what: str, cure: str) -> None:
        """Note what could not be."""
        self.ledger.lose(node, name, what, cure)

    def value(self, node: etree._Element, name: str, text: str) -> str | None:
        """A literal as it is, or an expression in our words behind `=`; None if it is lost."""
        if not is_expression(text):
            return text
        try:
            return f"= {translated(text)}"
        except Untranslatable as failed:
            told = f"{said(text)} cannot be said here. {failed}"
            self.lose(node, name, told, "Write it as an expression over variables.")
            return None

    def write(self, node: etree._Element, ours: str, text: str, name: str) -> None:
        """Write an attribute of ours from one of theirs, unless it is there already."""
        if node.get(MES + ours) is None:
            node.set(MES + ours, text)
            self.carry(node, name, f"mes:{ours} is {said(text)}.")
        elif node.get(MES + ours) == text:
            self.carry(node, name, f"It says the same as mes:{ours}, {said(text)}.")
        else:
            told = f"{said(text)}, but mes:{ours} is {said(node.get(MES + ours) or '')} already."
            self.lose(node, name, told, f"Decide which one it is, and write it as mes:{ours}.")

    def become_job(self, node: etree._Element, topic: str) -> None:
        """Turn a task into a service task that hands out jobs of a topic."""
        if local(node) not in ("serviceTask", "sendTask"):
            node.tag = f"{BPMN}serviceTask"
        if node.get(MES + "topic") is None:
            node.set(MES + "topic", topic)

    def topic_of(self, node: etree._Element, text: str) -> str:
        """A topic named after a class, an expression or the task."""
        plain = text.strip("${}# ").rpartition(".")[2] if "(" not in text else ""
        return slug(plain or node.get("name") or node.get("id") or "", "job")

    def add_form(self, definition: dict[str, Any]) -> str:
        """Keep a form that was made from this file; its key."""
        key = unique(str(definition["key"]), self.forms)
        self.forms[key] = {**definition, "key": key}
        return key


def said(text: str) -> str:
    """A text of the other tool, quoted and short."""
    line = " ".join(text.split())
    return repr(line if len(line) <= MAX_SAID else line[: MAX_SAID - 1] + "…")


def is_expression(text: str) -> bool:
    """Whether a text of another tool is computed."""
    plain = text.strip()
    return plain.startswith("=") or "${" in plain or "#{" in plain
