"""How often an activity runs: multi-instance and standard loops.

Source: OMG BPMN 2.0.2, sections 10.3.8, 13.3.6 and 13.3.7.
"""

from collections.abc import Mapping
from decimal import Decimal

from lxml import etree

from engine.workflow.definition.expressions import Expression
from engine.workflow.definition.model import Loop, error
from engine.workflow.definition.reading.values import (
    BPMN,
    TRUE,
    Report,
    is_variable,
    read_condition,
    read_expression,
    reference,
    text_of,
)

MULTI = f"{BPMN}multiInstanceLoopCharacteristics"
STANDARD = f"{BPMN}standardLoopCharacteristics"
COMPLEX = f"{BPMN}complexBehaviorDefinition"
MAX_ITEMS = 1_000
OWN = frozenset(
    {
        "loopCounter",
        "numberOfInstances",
        "numberOfActiveInstances",
        "numberOfCompletedInstances",
        "numberOfTerminatedInstances",
    }
)


def read_loop(node: etree._Element, data: Mapping[str, str | None], report: Report) -> Loop | None:
    """The loop of an activity, if it has one; `data` has the variables of data objects by id."""
    multi, standard = node.find(MULTI), node.find(STANDARD)
    if multi is not None:
        return _multi(multi, node.get("id", ""), data, report)
    if standard is not None:
        return _standard(standard, node.get("id", ""), report)
    return None


def _multi(
    given: etree._Element, name: str, data: Mapping[str, str | None], report: Report
) -> Loop | None:
    if given.get("behavior", "All") != "All" or given.find(COMPLEX) is not None:
        report(
            error(
                "not-supported",
                name,
                "A multi-instance activity that throws events for its items cannot be executed.",
                'Leave out behavior, or write behavior="All".',
            )
        )
    source = _variable("loopDataInputRef", given, name, data, report)
    target = _variable("loopDataOutputRef", given, name, data, report)
    item = _item("inputDataItem", given, name, report)
    result = _item("outputDataItem", given, name, report)
    cardinality = _cardinality(given, name, report)
    many = given.find(f"{BPMN}loopCardinality") is not None
    if problem := _contradiction(source, many, item, target, result):
        report(error("multi-instance", name, *problem))
    return Loop(
        "sequential" if given.get("isSequential") in TRUE else "parallel",
        source,
        cardinality,
        item,
        target,
        result,
        _condition("completionCondition", given, name, report),
    )


def _contradiction(
    source: str | None, many: bool, item: str | None, target: str | None, result: str | None
) -> tuple[str, str] | None:
    """What is wrong with a multi-instance activity, and the cure."""
    if (source is None) == (not many):
        return (
            "It must say either over which list it runs, or how often.",
            "Write loopDataInputRef, the variable with the list, or loopCardinality.",
        )
    if item is not None and source is None:
        return (
            "Without a list the items have no values of their own.",
            "Write loopDataInputRef, or leave out inputDataItem and read loopCounter.",
        )
    if (target is None) != (result is None):
        return (
            "A list of results needs a name, and the variable that each item leaves in it.",
            "Write both loopDataOutputRef and outputDataItem, or neither.",
        )
    return None


def _cardinality(given: etree._Element, name: str, report: Report) -> Expression | None:
    holder = given.find(f"{BPMN}loopCardinality")
    if holder is None:
        return None
    text = text_of(holder)
    if not text:
        message = "loopCardinality is empty."
        report(error("multi-instance", name, message, "Write a number or an expression."))
        return None
    number = read_expression(text, name, report)
    if number is not None and number.is_constant and not _countable(number):
        message = f"loopCardinality is {text[:40]}, no whole number from 0 to {MAX_ITEMS}."
        report(error("multi-instance", name, message, "Write such a number, or an expression."))
    return number


def _countable(number: Expression) -> bool:
    value = number.evaluate({})
    return isinstance(value, Decimal) and value == int(value) and 0 <= value <= MAX_ITEMS


def _standard(given: etree._Element, name: str, report: Report) -> Loop:
    text = (given.get("loopMaximum") or "").strip()
    maximum = int(text) if text.isascii() and text.isdigit() and 0 < len(text) < 8 else None
    if text and not maximum:
        message = f"loopMaximum is {text[:40]!r}."
        report(error("number", name, message, "Write a whole number from 1 to 9999999."))
    return Loop(
        "loop",
        condition=_condition("loopCondition", given, name, report),
        first=given.get("testBefore") in TRUE,
        maximum=maximum,
    )


def _condition(key: str, given: etree._Element, name: str, report: Report) -> Expression | None:
    text = text_of(given.find(BPMN + key))
    return read_condition(text, name, report) if text else None


def _variable(
    key: str,
    given: etree._Element,
    name: str,
    data: Mapping[str, str | None],
    report: Report,
) -> str | None:
    """The variable that a reference to data names; the id of a data object stands for its own."""
    holder = given.find(BPMN + key)
    if holder is None:
        return None
    text = text_of(holder)
    named = data.get(reference(text)) or text
    return _named(key, named, name, report)


def _item(key: str, given: etree._Element, name: str, report: Report) -> str | None:
    holder = given.find(BPMN + key)
    if holder is None:
        return None
    return _named(key, (holder.get("name") or holder.get("id") or "").strip(), name, report)


def _named(key: str, variable: str, name: str, report: Report) -> str | None:
    if is_variable(variable) and variable not in OWN:
        return variable
    message = f"{key} names {variable[:40]!r}, which no variable can be called."
    cure = "Write a name of letters, digits and underscores that starts with a letter."
    report(error("variable-name", name, message, cure))
    return variable
