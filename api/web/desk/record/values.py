"""Variables for people: by scope, and as the fields in which they are changed."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from api.web.desk.record.subject import Item, Subject
from api.web.language import gettext as _
from api.web.page import View
from engine.kernel import json_text
from engine.workflow.definition.expressions import Expression
from engine.workflow.definition.model import Node, Value
from engine.workflow.definition.plan import Plan
from engine.workflow.work.overview import scopes


@dataclass(frozen=True, slots=True)
class Editable:
    """A variable as a field: `kind` is text, number, flag or json, `text` what stands in it.

    `read_by` are the expressions that want it.
    """

    name: str
    kind: str = "text"
    text: str = ""
    known: bool = True
    read_by: tuple[str, ...] = ()


def editable(name: str, value: Any) -> Editable:
    """A variable with the value it has."""
    if isinstance(value, bool):
        return Editable(name, "flag", "true" if value else "false")
    if isinstance(value, int | Decimal):
        return Editable(name, "number", str(value))
    if isinstance(value, str):
        return Editable(name, "text", value)
    return Editable(name, "json", json_text.write(value).decode())


def editables(variables: Mapping[str, Any]) -> list[Editable]:
    """All variables, by their names."""
    return [editable(name, variables[name]) for name in sorted(variables)]


def to_repair(subject: Subject, incident: Item) -> list[Editable]:
    """What an element reads where it stopped: what is missing first, then what has a value."""
    found = read_by(subject.plan, incident["element"])
    variables = subject.item["variables"]
    asked = {
        name: tuple(x.text for x in found if name in x.names) for x in found for name in x.names
    }
    kinds = _kinds(subject.plan, found)
    missing = [
        Editable(name, kinds.get(name, "text"), "", False, asked[name])
        for name in sorted(asked.keys() - variables.keys())
    ]
    return missing + [
        replace(editable(name, variables[name]), read_by=asked[name])
        for name in sorted(asked.keys() & variables.keys())
    ]


def read_by(plan: Plan, element: str) -> list[Expression]:
    """The conditions, times, parameters and decision inputs of an element."""
    for each in plan.all():
        node = each.model.nodes.get(element)
        if node is not None:
            return list(_expressions(each, node))
    return []


def _kinds(plan: Plan, expressions: Iterable[Expression]) -> dict[str, str]:
    """What kind a variable should be: as a form writes it, else as it is compared."""
    kinds = {}
    for expression in expressions:
        for compared in expression.comparisons:
            constant = compared.constant
            first = constant[0] if isinstance(constant, tuple) and constant else constant
            kinds[compared.name] = editable("", first).kind
    types = {"number": "number", "check": "flag"}
    for each in plan.all():
        for form in each.forms.values():
            kinds |= {name: types.get(kind, "text") for name, kind in form.variable_types.items()}
    return kinds


def _expressions(plan: Plan, node: Node) -> Iterable[Expression]:
    work = node.work
    values: list[Value | None] = [value for _name, value in work.parameters]
    values += [work.due, work.follow_up, work.duration, work.priority, work.retries]
    values += [work.correlation]
    if node.event is not None and node.event.timer is not None:
        values.append(node.event.timer.value)
    found = [flow.condition for flow in node.outgoing]
    found += [node.event.condition] if node.event is not None else []
    found += [node.loop.condition, node.loop.cardinality] if node.loop is not None else []
    found += [value.expression for value in values if value is not None]
    decision = plan.decisions.get(work.decision or "")
    found += [given.expression for given in decision.inputs] if decision is not None else []
    return [expression for expression in found if expression is not None]


def inner_scopes(view: View, subject: Subject) -> list[Item]:
    """What lives inside: each scope with the words for it."""
    words = {
        "called": _("values of the sub-routing, apart from those of the order"),
        "data": _("values of this group of steps only"),
        "item": _("values of one run only"),
    }
    found = view.read(scopes.inner_scopes, instance=subject.id, site=view.site)
    return [
        each | {"title": subject.label(each["element"]), "words": words[each["kind"]]}
        for each in found
    ]
