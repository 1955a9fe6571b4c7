"""The traveller: the operations of a routing in their order, as they go through the plant."""

import re
from dataclasses import dataclass, field

from markupsafe import Markup

from api.web.desk.printing.codes import OPERATION, code_128
from api.web.desk.steps import in_order, is_work, planned_seconds, title
from engine.workflow.definition.model import Node
from engine.workflow.definition.plan import Plan

NUMBER = re.compile(r"(\d+)")


@dataclass(frozen=True, slots=True)
class Operation:
    """One line of a traveller; `seconds` is its standard time, `code` what is scanned there."""

    number: str
    name: str
    role: str = ""
    equipment: str = ""
    seconds: float | None = None
    note: str = ""
    asks: str = ""
    meaning: str = ""
    code: Markup | None = field(default=None, repr=False)
    text: str = ""


def operations(plan: Plan, business_key: str | None) -> tuple[list[Operation], list[Operation]]:
    """The numbered operations by their numbers, and the other steps as the routing has them."""
    steps = [node for node in in_order(plan.model) if is_work(node)]
    numbered = [node for node in steps if node.work.operation]
    numbered.sort(key=lambda node: _rank(node.work.operation or ""))
    others = [node for node in steps if not node.work.operation]
    if not numbered:
        numbered, others = others, []
    return (
        [_operation(plan, node, business_key) for node in numbered],
        [_operation(plan, node, None) for node in others],
    )


def _rank(number: str) -> list[tuple[int, str]]:
    """10 before 20 before 100, and 20A behind 20."""
    return [(int(part), "") if part.isdecimal() else (0, part) for part in NUMBER.split(number)]


def _operation(plan: Plan, node: Node, business_key: str | None) -> Operation:
    number = node.work.operation or ""
    form = plan.forms.get(node.work.form or "")
    text = f"{OPERATION}{business_key}:{number}" if business_key and number else ""
    return Operation(
        number,
        title(node),
        (node.work.role or "").replace("_", " "),
        node.work.equipment or "",
        planned_seconds(node),
        getattr(node, "documentation", ""),
        form.title if form is not None else "",
        getattr(node.work, "signature", None) or "",
        code_128(text) if text else None,
        text,
    )
