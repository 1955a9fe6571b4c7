"""What was answered, in the words of the form that asked: label, value, unit, tolerance."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from flask import g

from api.web.formats import value as as_text
from api.web.language import gettext as _
from api.web.language import here, instant
from engine.workflow.definition.plan import Plan
from forms.compiler import Form
from forms.fields import Checked, FieldType, FormField, Limits
from forms.tolerance import Side, verdict


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer. `out` says how far out of tolerance it is, `file` is the id of what was given.

    `was` is what the same question was answered before, where that differs. `parts` are the items
    of a checklist: label, answer, and whether it is a "not OK".
    """

    label: str
    text: str
    unit: str = ""
    limits: str = ""
    out: str = ""
    file: str = ""
    is_photo: bool = False
    was: str = ""
    parts: tuple[tuple[str, str, bool], ...] = ()

    @property
    def bad(self) -> bool:
        """Whether it asks for attention."""
        return bool(self.out) or any(bad for _label, _text, bad in self.parts)


def answers_of(
    plan: Plan, element: str | None, given: Mapping[str, Any], before: Mapping[str, Any]
) -> tuple[list[Answer], set[str]]:
    """The answers of a step in the order of its form, and the variables that they tell of.

    What the form does not know comes last.
    """
    form = form_of(plan, element)
    fields = {field.key: field for field in form.fields} if form is not None else {}
    order = [key for key in fields if key in given] + [key for key in given if key not in fields]
    answers, told = [], set()
    for key in order:
        field = fields.get(key)
        variable = field.variable or key if field is not None else key
        answer = _answer(field, key, given[key])
        old = before.get(variable)
        if old is not None and old != given[key]:
            answer = replace(answer, was=_answer(field, key, old).text)
        answers.append(answer)
        told.add(variable)
    return answers, told


def form_of(plan: Plan, element: str | None) -> Form | None:
    """The form of an element, of the process or of one it calls."""
    for each in plan.all():
        node = each.model.nodes.get(element or "")
        if node is not None:
            return each.forms.get(node.work.form or "")
    return None


def _answer(field: FormField | None, key: str, given: Any) -> Answer:
    if field is None:
        return Answer(key, as_text(given))
    label = field.label or key
    if field.holds_file:
        photo = field.type is FieldType.PHOTO
        return Answer(label, str(given), file=str(given), is_photo=photo)
    if field.type is FieldType.CHECKLIST and isinstance(given, Mapping):
        return Answer(label, "", parts=_checked(field, given))
    return Answer(
        label,
        _chosen(field, given),
        _unit(field),
        limits_text(field.limits),
        _beyond(field, given),
    )


def _checked(field: FormField, given: Mapping[str, Any]) -> tuple[tuple[str, str, bool], ...]:
    words = {Checked.OK: _("OK"), Checked.NOT_OK: _("not OK"), Checked.NA: _("not applicable")}
    return tuple(
        (item.label, words.get(given[str(item.value)], "–"), given[str(item.value)] == "not_ok")
        for item in field.items
        if str(item.value) in given
    )


def _chosen(field: FormField, given: Any) -> str:
    """The label of what was chosen, else the value itself."""
    labels = {choice.value: choice.label for choice in field.choices}
    if isinstance(given, list):
        return ", ".join(labels.get(one, as_text(one)) for one in given)
    if field.type is FieldType.DATETIME and isinstance(given, str):
        return here().moment(instant(given), g.zone)
    known = isinstance(given, str | Decimal) and given in labels
    return labels[given] if known else as_text(given)


def _unit(field: FormField) -> str:
    """The unit as people write it: pieces and ratios have none."""
    return "" if field.unit in (None, "1") else str(field.unit)


def _beyond(field: FormField, given: Any) -> str:
    found = verdict(field, given)
    if found is None or found.within:
        return ""
    off = here().number(found.beyond)
    amount = f"{off} {_unit(field)}".strip()
    if found.side is Side.BELOW:
        return _("%(amount)s too small") % {"amount": amount}
    return _("%(amount)s too large") % {"amount": amount}


def limits_text(limits: Limits | None) -> str:
    """A tolerance as people write it: `24.98 – 25.02`, `≥ 44`."""
    if limits is None:
        return ""
    lower = None if limits.lower is None else here().number(limits.lower)
    upper = None if limits.upper is None else here().number(limits.upper)
    if lower and upper:
        return f"{lower} – {upper}"
    return f"≥ {lower}" if lower else f"≤ {upper}" if upper else ""
