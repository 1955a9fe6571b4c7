"""What the readers of a DMN file share: its problems, its texts, and what may stand inside what."""

from collections.abc import Callable
from typing import TypeVar, cast

from lxml import etree

from engine.workflow.definition.decisions.problems import Problem
from engine.workflow.definition.expressions import ExpressionRefused

_ANYWHERE = frozenset({"description", "extensionElements"})
_INSIDE = {
    "definitions": frozenset(
        {
            "association",
            "decision",
            "elementCollection",
            "group",
            "inputData",
            "itemDefinition",
            "knowledgeSource",
            "organizationUnit",
            "performanceIndicator",
            "textAnnotation",
        }
    ),
    "decision": frozenset(
        {
            "allowedAnswers",
            "authorityRequirement",
            "decisionMaker",
            "decisionOwner",
            "decisionTable",
            "impactedPerformanceIndicator",
            "informationRequirement",
            "question",
            "supportedObjective",
            "usingProcess",
            "usingTask",
            "variable",
        }
    ),
    "informationRequirement": frozenset({"requiredInput"}),
    "decisionTable": frozenset({"annotation", "input", "output", "rule"}),
    "input": frozenset({"inputExpression", "inputValues"}),
    "output": frozenset({"defaultOutputEntry", "outputValues"}),
    "rule": frozenset({"annotationEntry", "inputEntry", "outputEntry"}),
}
_TEXTS = frozenset({"text"})
_CURES = {
    "requiredDecision": "Evaluate the other decision in a task before, and read its output.",
    "businessKnowledgeModel": "Write its rules into the decision table.",
    "knowledgeRequirement": "Write the rules it needs into the decision table.",
    "import": "Put the decisions into one file.",
}
_T = TypeVar("_T")


class Reading:
    """One reading of one file; texts that repeat are compiled once.

    Args:
        prefix: the namespace of the file in braces, as lxml writes it before names.
    """

    def __init__(self, prefix: str) -> None:
        self.prefix = prefix
        self.problems: list[Problem] = []
        self._compiled: dict[tuple[object, str], object] = {}

    def problem(self, element: str, rule: str, message: str, cure: str) -> None:
        """Note one thing that refuses the file."""
        self.problems.append(Problem(element, rule, message, cure))

    def children(self, parent: etree._Element, name: str) -> list[etree._Element]:
        """The child elements of that name."""
        return parent.findall(self.prefix + name)

    def check_inside(self, element: etree._Element, place: str) -> None:
        """Refuse what DMN knows, we do not evaluate, and would change the result."""
        known = _INSIDE.get(etree.QName(element).localname, _TEXTS) | _ANYWHERE
        for child in element.iterchildren(tag=etree.Element):
            name = etree.QName(child).localname
            if child.tag.startswith(self.prefix) and name not in known:
                self.problem(
                    child.get("id") or element.get("id") or place,
                    "not-supported",
                    f"The element {name} in {place} cannot be evaluated.",
                    _CURES.get(name, "Use decision tables only."),
                )
        language = element.get("expressionLanguage") or ""
        if language and "feel" not in language.lower():
            self.problem(
                element.get("id") or place,
                "not-supported",
                f"The expression language {language} in {place} is not known.",
                "Remove expressionLanguage, and write expressions as the dialect has them.",
            )

    def text(self, element: etree._Element | None, place: str) -> str:
        """What a cell or an expression says; empty if it is not there."""
        if element is None:
            return ""
        self.check_inside(element, place)
        return (element.findtext(self.prefix + "text") or "").strip()

    def compiled(
        self, build: Callable[[str], _T], text: str, problem: Callable[[str], None]
    ) -> _T | None:
        """What a text compiles to; None, and the reason handed to `problem`, if it does not."""
        key = (build, text)
        try:
            if key not in self._compiled:
                self._compiled[key] = build(text)
        except ExpressionRefused as refused:
            problem(refused.reason)
            return None
        return cast(_T, self._compiled[key])
