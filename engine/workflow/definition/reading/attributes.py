"""Our attributes on BPMN elements: which exist, where they belong, and what they say.

Source: the dialect, docs/reference/dialect.md.
"""

from collections.abc import Callable, Iterable

from lxml import etree

from engine.workflow.definition.expressions import ExpressionRefused, compile_expression
from engine.workflow.definition.model import (
    ACTIVITIES,
    Finding,
    Mapped,
    Value,
    Work,
    error,
    warning,
)
from engine.workflow.definition.times import EPOCH as SOME_DAY
from engine.workflow.definition.times import TimeRefused, due_at, read_duration

BPMN = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"
MES = "{urn:routecard:bpmn:1}"
SPIFF = "{http://spiffworkflow.org/bpmn/schema/1.0/core}"
FOREIGN = (
    "http://camunda.org/schema/1.0/bpmn",
    "http://camunda.org/schema/zeebe/",
    "http://flowable.org/",
    "http://activiti.org/",
)

WORK_ITEMS = frozenset({"userTask", "manualTask", "task"})
JOBS = frozenset({"serviceTask", "sendTask"})
TASKS = WORK_ITEMS | JOBS | {"businessRuleTask", "receiveTask", "scriptTask"}

ATTRIBUTES: dict[str, frozenset[str]] = {
    "role": frozenset({"lane"}),
    "operation": TASKS | ACTIVITIES,
    "form": frozenset({"userTask"}),
    "equipment": TASKS,
    "qualification": frozenset({"userTask"}),
    "signature": frozenset({"userTask"}),
    "topic": JOBS,
    "action": JOBS,
    "function": frozenset({"serviceTask"}),
    "decision": frozenset({"businessRuleTask"}),
    "duration": TASKS,
    "due": TASKS,
    "followUp": TASKS,
    "priority": TASKS,
    "retries": JOBS,
    "maximum": ACTIVITIES | TASKS | {"exclusiveGateway"},
    "optional": frozenset({"intermediateThrowEvent", "endEvent", "sendTask"}),
}
ELEMENTS: dict[str, frozenset[str]] = {
    "parameter": TASKS,
    "material": TASKS,
    "tool": TASKS,
    "characteristic": TASKS,
    "in": frozenset({"callActivity"}),
    "out": frozenset({"callActivity"}),
}
NOT_YET = frozenset(
    {"equipment", "qualification", "optional", "material", "tool", "characteristic"}
)
SPIFF_READ = frozenset({"calledDecisionId", "properties"})
SPIFF_REFUSED = ("script", "operator")

Report = Callable[[Finding], None]


def local(element: etree._Element) -> str:
    """An element's name without its namespace."""
    return etree.QName(element).localname


def read_value(text: str, element: str, report: Report) -> Value:
    """A literal, or the expression behind `=` or inside `${…}`."""
    plain = text.strip()
    if not (plain.startswith("=") or (plain.startswith("${") and plain.endswith("}"))):
        return Value(text)
    try:
        return Value(text, compile_expression(plain))
    except ExpressionRefused as refused:
        report(error("expression", element, refused.reason, "Change the expression."))
        return Value(text)


def extensions(node: etree._Element, name: str = MES) -> Iterable[etree._Element]:
    """The elements right below `extensionElements` whose tag starts like this."""
    for holder in node.findall(f"{BPMN}extensionElements"):
        for child in holder.iterchildren(tag=etree.Element):
            if child.tag.startswith(name):
                yield child


def read_work(node: etree._Element, role: str | None, report: Report) -> Work:
    """What our attributes and elements say about one task."""
    name = node.get("id", "")

    def attribute(key: str) -> str | None:
        return (node.get(MES + key) or "").strip() or None

    def value(key: str) -> Value | None:
        given = attribute(key)
        return None if given is None else read_value(given, name, report)

    parts: dict[str, list[etree._Element]] = {}
    for child in extensions(node):
        parts.setdefault(local(child), []).append(child)
    work = Work(
        role=role,
        form=attribute("form"),
        operation=attribute("operation"),
        equipment=attribute("equipment"),
        qualification=attribute("qualification"),
        topic=attribute("topic"),
        action=attribute("action"),
        function=attribute("function"),
        decision=attribute("decision") or _spiff_decision(node),
        called=node.get("calledElement"),
        parameters=_parameters(node, parts.get("parameter", []), report),
        ins=_mapped(parts.get("in", []), name, report),
        outs=_mapped(parts.get("out", []), name, report),
        due=value("due"),
        follow_up=value("followUp"),
        duration=value("duration"),
        priority=value("priority"),
        retries=value("retries"),
        maximum=_whole(attribute("maximum"), name, "maximum", 1, 1_000_000, report),
    )
    _check_values(work, name, report)
    return work


def check_names(node: etree._Element, report: Report) -> None:
    """Refuse attributes of ours that do not exist or stand in a wrong place; name foreign ones."""
    name, kind = _named(node), local(node)
    for key in node.attrib:
        if str(key).startswith(MES):
            _check_place(str(key)[len(MES) :], ATTRIBUTES, name, kind, report)
        elif str(key).startswith(tuple("{" + f for f in FOREIGN)):
            _foreign(str(key), name, report)
    for child in extensions(node, "{"):
        _check_extension(child, name, kind, report)


def _named(node: etree._Element) -> str:
    """The id of an element, or of the nearest one around it that has one."""
    while node.get("id") is None and (around := node.getparent()) is not None:
        node = around
    return node.get("id", "")


def _check_extension(child: etree._Element, name: str, kind: str, report: Report) -> None:
    if child.tag.startswith(MES):
        _check_place(local(child), ELEMENTS, name, kind, report)
    elif child.tag.startswith(SPIFF):
        _check_spiff(local(child), name, report)
    elif child.tag.startswith(tuple("{" + f for f in FOREIGN)):
        _foreign(child.tag, name, report)


def _check_place(
    key: str, known: dict[str, frozenset[str]], name: str, kind: str, report: Report
) -> None:
    if key not in known:
        names = ", ".join(sorted(known))
        report(
            error("unknown-attribute", name, f"mes:{key} does not exist.", f"Known are {names}.")
        )
    elif kind not in known[key]:
        places = ", ".join(sorted(known[key]))
        message = f"mes:{key} has no meaning on a {kind}."
        report(error("misplaced-attribute", name, message, f"It belongs on: {places}."))
    elif key == "signature":
        message = "mes:signature cannot be asked for yet."
        report(error("not-supported", name, message, "Leave it out until signatures exist."))
    elif key in NOT_YET:
        message = f"mes:{key} is kept, but nothing enforces it yet."
        report(warning("not-enforced-yet", name, message, "Check it by hand for now."))


def _check_spiff(key: str, name: str, report: Report) -> None:
    if any(word in key.lower() for word in SPIFF_REFUSED):
        report(
            error(
                "no-scripts",
                name,
                f"spiffworkflow:{key} would run code from the diagram.",
                "Use a service task with mes:function or mes:topic.",
            )
        )
    elif key not in SPIFF_READ:
        report(
            warning(
                "foreign-extension",
                name,
                f"spiffworkflow:{key} is kept, but has no effect here.",
                "Remove it, or say the same with our attributes.",
            )
        )


def _foreign(key: str, name: str, report: Report) -> None:
    report(
        warning(
            "foreign-extension",
            name,
            f"{etree.QName(key).localname} of another tool is kept, but has no effect here.",
            "Say the same with our attributes.",
        )
    )


def _spiff_decision(node: etree._Element) -> str | None:
    for child in extensions(node, SPIFF):
        if local(child) == "calledDecisionId":
            return (child.text or "").strip() or None
    return None


def _parameters(
    node: etree._Element, given: list[etree._Element], report: Report
) -> tuple[tuple[str, Value], ...]:
    element, found = node.get("id", ""), dict[str, Value]()
    pairs = [(child.get("name"), child.get("value")) for child in given]
    for child in extensions(node, SPIFF):
        if local(child) == "properties":
            pairs += [(p.get("name"), p.get("value")) for p in child]
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


def _mapped(given: list[etree._Element], name: str, report: Report) -> tuple[Mapped, ...]:
    found = []
    for child in given:
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
        else:
            found.append(Mapped(source, target))
    return tuple(found)


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


def _check_values(work: Work, name: str, report: Report) -> None:
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
