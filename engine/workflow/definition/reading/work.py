"""What our attributes and elements say about one element of a diagram."""

from lxml import etree

from engine.records.signatures import MEANINGS
from engine.workflow.definition.model import Mapped, Value, Work, error
from engine.workflow.definition.reading.values import (
    FALSE,
    MES,
    SPIFF,
    TRUE,
    Report,
    children,
    extensions,
    local,
    read_value,
)
from engine.workflow.definition.times import EPOCH as SOME_DAY
from engine.workflow.definition.times import TimeRefused, due_at, read_duration


def read_work(node: etree._Element, role: str | None, report: Report) -> Work:
    """What our attributes and elements say about one element."""
    name = node.get("id", "")

    def attribute(key: str) -> str | None:
        return (node.get(MES + key) or "").strip() or None

    def value(key: str) -> Value | None:
        given = attribute(key)
        return None if given is None else read_value(given, name, report)

    work = Work(
        role=role,
        form=attribute("form"),
        operation=attribute("operation"),
        equipment=attribute("equipment"),
        qualification=attribute("qualification"),
        signature=_meaning(attribute("signature"), name, report),
        topic=attribute("topic"),
        action=attribute("action"),
        function=attribute("function"),
        decision=attribute("decision") or _spiff_decision(node),
        called=node.get("calledElement"),
        parameters=_parameters(node, report),
        ins=_mapped(node, "in", report),
        outs=_mapped(node, "out", report),
        due=value("due"),
        follow_up=value("followUp"),
        duration=value("duration"),
        priority=value("priority"),
        retries=value("retries"),
        maximum=_whole(attribute("maximum"), name, "maximum", 1, 1_000_000, report),
        calendar=attribute("calendar"),
        correlation=value("correlation"),
        optional=_truth(attribute("optional"), name, "optional", report),
    )
    return _checked(work, name, report)


def _spiff_decision(node: etree._Element) -> str | None:
    for child in extensions(node, SPIFF):
        if local(child) == "calledDecisionId":
            return (child.text or "").strip() or None
    return None


def _elements(node: etree._Element, key: str) -> list[etree._Element]:
    return [child for child in extensions(node) if local(child) == key]


def _parameters(node: etree._Element, report: Report) -> tuple[tuple[str, Value], ...]:
    element, found = node.get("id", ""), dict[str, Value]()
    pairs = [(child.get("name"), child.get("value")) for child in _elements(node, "parameter")]
    for child in extensions(node, SPIFF):
        if local(child) == "properties":
            pairs += [(p.get("name"), p.get("value")) for p in children(child)]
    for key, text in pairs:
        if not key or text is None or key in found:
            report(
                error(
                    "parameter",
                    element,
                    f"The parameter {key or 'without a name'!r} needs one name and one value.",
                    "Write <mes:parameter name=… value=…/>, each name once.",
                )
            )
        else:
            found[key] = read_value(text, element, report)
    return tuple(found.items())


def _mapped(node: etree._Element, key: str, report: Report) -> tuple[Mapped, ...]:
    name, found = node.get("id", ""), []
    for child in _elements(node, key):
        source, target = child.get("source"), child.get("target") or child.get("source")
        if not source or not target:
            report(
                error(
                    "mapping",
                    name,
                    f"mes:{local(child)} names no source.",
                    "Write source and target, each the name of a variable.",
                )
            )
        elif source.startswith("_") or target.startswith("_"):
            report(
                error(
                    "variable-name",
                    name,
                    f"mes:{local(child)} names a variable that starts with an underscore.",
                    "Choose another name; these are reserved.",
                )
            )
        else:
            found.append(Mapped(source, target))
    return tuple(found)


def _meaning(text: str | None, name: str, report: Report) -> str | None:
    if text is None or text in MEANINGS:
        return text
    message = f"mes:signature is {text[:40]!r}, which is no meaning of a signature."
    report(error("signature", name, message, f"Known are {', '.join(MEANINGS)}."))
    return None


def _truth(text: str | None, name: str, key: str, report: Report) -> bool:
    if text is not None and text not in TRUE + FALSE:
        report(error("truth", name, f"mes:{key} is {text[:40]!r}.", "Write true or false."))
    return text in TRUE


def _whole(
    text: str | None, name: str, key: str, low: int, high: int, report: Report
) -> int | None:
    if text is None:
        return None
    if text.isascii() and text.isdigit() and len(text) < 8 and low <= int(text) <= high:
        return int(text)
    report(
        error(
            "number",
            name,
            f"mes:{key} is {text[:40]!r}.",
            f"Write a whole number from {low} to {high}.",
        )
    )
    return None


def _checked(work: Work, name: str, report: Report) -> Work:
    """Literal times and numbers are checked now; expressions when they are evaluated."""
    for key, value in (
        ("due", work.due),
        ("followUp", work.follow_up),
        ("duration", work.duration),
    ):
        if value is not None and value.expression is None:
            try:
                read_duration(value.text) if key == "duration" else due_at(value.text, SOME_DAY)
            except TimeRefused as refused:
                report(error("time", name, f"mes:{key}: {refused}", "Write ISO 8601."))
    for key, value, low, high in (
        ("priority", work.priority, 0, 100),
        ("retries", work.retries, 1, 100),
    ):
        if value is not None and value.expression is None:
            _whole(value.text.strip(), name, key, low, high, report)
    return work
