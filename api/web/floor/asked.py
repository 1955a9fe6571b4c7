"""What a form's fields look like on a screen: where their limits stand, how a value is written."""

from dataclasses import dataclass
from decimal import Decimal

from api.web.language import gettext as _
from api.web.language import here
from forms.fields import FieldType, FormField
from forms.messages import shown_unit

MANY = 8  # choices beyond this are picked from a list, not from buttons
MARGIN = Decimal("0.6")  # how far a bar goes on beyond a tolerance, in widths of it
SIGNS = {"um": "µm", "Cel": "°C", "[degF]": "°F", "deg": "°", "Ohm": "Ω"}
WIDE = frozenset({FieldType.CHECKLIST, FieldType.SAMPLES, FieldType.TEXT, FieldType.MULTICHOICE})


@dataclass(frozen=True, slots=True)
class Bar:
    """The drawing of a tolerance: from where to where it goes, and its places in percent."""

    low: str
    high: str
    lower: float
    upper: float
    target: float | None


def bar_of(field: FormField) -> Bar | None:
    """The bar under a number or under samples; None without a tolerance."""
    limits = field.limits
    if limits is None or (limits.lower is None and limits.upper is None):
        return None
    low, high = _ends(field)
    width = high - low

    def place(value: Decimal) -> float:
        return round(float((value - low) / width * 100), 2)

    return Bar(
        plain(low),
        plain(high),
        0.0 if limits.lower is None else place(limits.lower),
        100.0 if limits.upper is None else place(limits.upper),
        None if limits.target is None else place(limits.target),
    )


def _ends(field: FormField) -> tuple[Decimal, Decimal]:
    """Where a bar begins and ends; a tolerance with one limit is given a width."""
    limits = field.limits
    assert limits is not None, "asked for fields with limits only"
    lower, upper = limits.lower, limits.upper
    known = [each for each in (lower, limits.target, upper) if each is not None]
    width = max(known) - min(known) or abs(known[0]) / 10 or Decimal(1)
    margin = width * MARGIN
    low = min(known) - (margin if lower is not None else width)
    high = max(known) + (margin if upper is not None else width)
    return low, high


def plain(value: object) -> str:
    """A number as scripts read it, with its digits and no exponent; empty for None."""
    return f"{value:f}" if isinstance(value, Decimal) else "" if value is None else str(value)


def tolerance_of(field: FormField) -> str:
    """The limits in words: `24.980 – 25.020`, `≤ 25.05`."""
    limits = field.limits
    if limits is None:
        return ""
    lower = None if limits.lower is None else here().number(limits.lower)
    upper = None if limits.upper is None else here().number(limits.upper)
    if lower and upper:
        return f"{lower} – {upper}"
    return f"≥ {lower}" if lower else f"≤ {upper}" if upper else ""


def range_of(field: FormField) -> str:
    """What is refused beyond, in words; empty where nothing is or where nobody reads numbers."""
    if field.type not in (FieldType.NUMBER, FieldType.SAMPLES):
        return ""
    least = None if field.min is None else _limit(field.min)
    most = None if field.max is None else _limit(field.max)
    if least and most:
        return _("from %(least)s to %(most)s") % {"least": least, "most": most}
    if least:
        return _("at least %(limit)s") % {"limit": least}
    return _("at most %(limit)s") % {"limit": most} if most else ""


def _limit(value: object) -> str:
    return here().number(value) if isinstance(value, int | Decimal) else str(value)


def unit_of(field: FormField) -> str:
    """The unit as it stands beside a value; pieces and bare numbers have none."""
    unit = shown_unit(field.unit)
    return SIGNS.get(unit, unit)


def picked_from_list(field: FormField) -> bool:
    """Whether a choice has too many answers for buttons."""
    return len(field.choices) > MANY


def is_wide(field: FormField) -> bool:
    """Whether a field takes the whole width of a record."""
    return field.type in WIDE or len(field.choices) > MANY


def shown_answer(field: FormField, answer: object) -> str:
    """An answer that was recorded, in words."""
    if answer is None:
        return "–"
    labels = {str(each.value): each.label for each in (*field.choices, *field.items)}
    if isinstance(answer, dict):
        said = {"ok": _("OK"), "not_ok": _("Not OK"), "na": _("N.A.")}
        return "; ".join(f"{labels.get(k, k)}: {said.get(v, v)}" for k, v in answer.items())
    if isinstance(answer, list):
        return ", ".join(shown_answer(field, each) for each in answer)
    if isinstance(answer, bool):
        return _("Yes") if answer else _("No")
    if str(answer) in labels:
        return labels[str(answer)]
    if isinstance(answer, int | Decimal):
        return f"{here().number(answer)} {unit_of(field)}".strip()
    return str(answer)


KNOWN = {
    "bar_of": bar_of,
    "is_wide": is_wide,
    "picked_from_list": picked_from_list,
    "plain": plain,
    "range_of": range_of,
    "shown_answer": shown_answer,
    "tolerance_of": tolerance_of,
    "unit_of": unit_of,
}
