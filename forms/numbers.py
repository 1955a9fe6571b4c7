"""Numbers and amounts as people and machines write them, read into a Decimal of one unit."""

import re
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation

from forms import units
from forms.errors import Refused, UnitMismatch, UnitUnknown
from forms.messages import Message, shown, shown_unit

MAX_DIGITS = 40
MAX_EXPONENT = 100
LONGEST_TEXT = 200
# Any int beyond has more than MAX_DIGITS digits; to count them exactly would cost more.
LONGEST_INT_BITS = 4 * MAX_DIGITS

_AMOUNT = re.compile(r"([+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)(.*)", re.ASCII | re.DOTALL)
_NOT_FINITE = frozenset({"nan", "snan", "inf", "infinity"})


def read_number(value: object, unit: str | None = None) -> Decimal:
    """A number in `unit`: 25.31, "25.31", "25.31 mm" or {"value": "25.31", "unit": "mm"}.

    A number alone is in `unit` already and keeps its digits; an amount is converted exactly.

    Args:
        value: JSON, its numbers int or Decimal; a float counts as what it prints.
        unit: a known unit, or None for a number that has none.

    Raises:
        Refused: if it is no such number, has more than 40 digits, an exponent beyond 100, or a
            unit that measures something else.
    """
    if isinstance(value, Decimal):
        return _bounded(value, value)
    if isinstance(value, str):
        number, given = _split(value)
        return _in_unit(number, given, unit) if given else number
    if isinstance(value, Mapping):
        return _amount(value, unit)
    return _plain(value)


def _plain(value: object) -> Decimal:
    """A JSON number."""
    if isinstance(value, int) and not isinstance(value, bool):
        if value.bit_length() > LONGEST_INT_BITS:
            raise _too_long(value)
        return _bounded(Decimal(value), value)
    if isinstance(value, float):
        return _bounded(Decimal(str(value)), value)
    raise Refused(Message.NUMBER.say(got=shown(value)))


def _split(text: str) -> tuple[Decimal, str]:
    """The number at the start of a text, and the unit behind it, or nothing."""
    if len(text) > LONGEST_TEXT:
        raise Refused(Message.NUMBER.say(got=shown(text)))
    found = _AMOUNT.fullmatch(text.strip())
    if found is None or "," in text:
        raise Refused(_why_no_number(text).say(got=shown(text)))
    try:
        number = Decimal(found[1])
    except InvalidOperation:
        raise _too_long(text) from None
    return _bounded(number, text), found[2].strip()


def _why_no_number(text: str) -> Message:
    if text.strip().lstrip("+-").lower() in _NOT_FINITE:
        return Message.NOT_FINITE
    return Message.COMMA if re.search(r"\d\s*,\s*\d", text) else Message.NUMBER


def _amount(value: Mapping[object, object], unit: str | None) -> Decimal:
    """An amount object."""
    if value.keys() != {"value", "unit"}:
        raise Refused(Message.AMOUNT.say(got=_names(value)))
    number, given = value["value"], value["unit"]
    if not isinstance(given, str) or not given.strip():
        raise Refused(Message.UNIT_TEXT.say(got=shown(given)))
    if not isinstance(number, str):
        return _in_unit(_plain_or_decimal(number), given, unit)
    read, rest = _split(number)
    if rest:
        raise Refused(Message.NUMBER.say(got=shown(number)))
    return _in_unit(read, given, unit)


def _plain_or_decimal(number: object) -> Decimal:
    return _bounded(number, number) if isinstance(number, Decimal) else _plain(number)


def _names(value: Mapping[object, object]) -> str:
    return shown(", ".join(sorted(str(name) for name in value))) if value else shown({})


def _in_unit(number: Decimal, given: str, unit: str | None) -> Decimal:
    if given == unit:
        return number
    if unit is None:
        raise Refused(Message.UNIT_NONE.say(got=shown(given)))
    name = shown_unit(unit)
    try:
        return units.convert(number, given, unit)
    except UnitUnknown:
        message = Message.UNIT_UNKNOWN if name else Message.UNIT_NONE
    except UnitMismatch:
        message = Message.UNIT_OTHER if name else Message.UNIT_NONE
    raise Refused(message.say(got=shown(given), unit=name))


def _bounded(number: Decimal, given: object) -> Decimal:
    exponent = number.as_tuple().exponent
    if not isinstance(exponent, int):
        raise Refused(Message.NOT_FINITE.say(got=shown(given)))
    digits = number.adjusted() - exponent + 1
    if digits > MAX_DIGITS or exponent < -MAX_EXPONENT or number.adjusted() > MAX_EXPONENT:
        raise _too_long(given)
    return number


def _too_long(given: object) -> Refused:
    return Refused(Message.DIGITS.say(digits=MAX_DIGITS, exponent=MAX_EXPONENT, got=shown(given)))
