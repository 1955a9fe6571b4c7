"""What counts as a value, and what may be compared or calculated: the rules of every expression.

Values are JSON's, with every number a Decimal. A comparison between two kinds is a failure and
never a silent "no": text "12" against the number 12 is a mistake in the diagram or in the data.
"""

import operator
from collections.abc import Callable, Mapping, Sequence
from decimal import (
    ROUND_HALF_EVEN,
    Context,
    Decimal,
    DivisionByZero,
    InvalidOperation,
    Overflow,
)
from enum import StrEnum
from types import NoneType
from typing import Any

MAX_ITEMS = 10_000
MAX_NESTING = 32
MAX_BITS = 3_400  # a little beyond 10**1000, where the context ends as well
DIGITS = 34
_SHOWN = 40

# IEEE 754-2019 decimal128 has these 34 digits, and FEEL rounds the same way (DMN 1.3 §10.3.2.3.1).
# One context serves all threads: its methods read it, and only flags nobody looks at are written.
_CONTEXT = Context(
    prec=DIGITS,
    rounding=ROUND_HALF_EVEN,
    Emin=-999,
    Emax=999,
    clamp=0,
    flags=[],
    traps=[Overflow, DivisionByZero, InvalidOperation],
)


class ExpressionFailed(Exception):
    """An evaluation without an answer; its text is one plain sentence."""


class VariableMissing(ExpressionFailed):
    """An expression reads a variable that is not there."""

    def __init__(self, name: str) -> None:
        super().__init__(f"The variable {name} is missing.")
        self.name = name


class Kind(StrEnum):
    """The kinds of values; the text of each is what a sentence calls it."""

    NULL = "null"
    BOOLEAN = "true or false"
    NUMBER = "a number"
    TEXT = "text"
    LIST = "a list"
    OBJECT = "an object"
    OTHER = "something that expressions cannot read"


_KINDS: dict[type, Kind] = {
    NoneType: Kind.NULL,
    bool: Kind.BOOLEAN,
    Decimal: Kind.NUMBER,
    int: Kind.NUMBER,
    str: Kind.TEXT,
    list: Kind.LIST,
    tuple: Kind.LIST,
    dict: Kind.OBJECT,
}
ORDERED = frozenset({Kind.NUMBER, Kind.TEXT})
TESTS: Mapping[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def kind_of(value: object) -> Kind:
    """The kind of any value; a float is none of ours, because its digits are not exact."""
    given = type(value)
    kind = _KINDS.get(given)
    if kind is not None:
        return kind
    return next((k for known, k in _KINDS.items() if issubclass(given, known)), Kind.OTHER)


def shown(value: object) -> str:
    """A value as a sentence shows it, shortened: `text ('12')`, `the number 5`, `true`."""
    kind = kind_of(value)
    if kind is Kind.BOOLEAN:
        return "true" if value else "false"
    if kind is Kind.TEXT:
        return f"text ({_short(repr(str(value)[: _SHOWN + 1]))})"
    if kind is Kind.NUMBER:
        if isinstance(value, int) and value.bit_length() > MAX_BITS:
            return "a number that is too large"
        return f"the number {_short(str(value))}"
    if kind is Kind.OTHER:
        return f"{kind} ({_short(type(value).__name__)})"
    return str(kind)


def _short(text: str) -> str:
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "…"


def exact(value: object, label: str | None) -> Decimal:
    """The value as a finite Decimal.

    Raises:
        ExpressionFailed: if it is no number, not finite, or beyond 10**1000.
    """
    if type(value) is Decimal and value.is_finite():
        return value
    if kind_of(value) is Kind.NUMBER:
        if isinstance(value, Decimal):
            if value.is_finite():
                return value
            raise ExpressionFailed(f"Expected a finite number, but {named(label)} is {value}.")
        if isinstance(value, int) and value.bit_length() <= MAX_BITS:
            return Decimal(value)
    raise ExpressionFailed(f"Expected a number, but {named(label)} is {shown(value)}.")


def named(label: str | None) -> str:
    """What a sentence calls an operand; constants carry no label."""
    return "the value" if label is None else label


def compare(op: str, left: object, right: object, label: str | None, other: str | None) -> bool:
    """Compare two values by `==`, `!=`, `<`, `<=`, `>` or `>=`; a label of None is a constant.

    Numbers compare by value, texts by code points; null may only be asked for with `==` and `!=`.

    Raises:
        ExpressionFailed: for two kinds, or a kind without order.
    """
    if type(left) is str and type(right) is str:
        return TESTS[op](left, right)
    if op == "==":
        return _equal(left, right, label, other, 0)
    if op == "!=":
        return not _equal(left, right, label, other, 0)
    kind, second = kind_of(left), kind_of(right)
    if kind is not second or kind not in ORDERED:
        raise _clash(left, right, label, other)
    if kind is Kind.NUMBER:
        return TESTS[op](exact(left, label), exact(right, other))
    return TESTS[op](left, right)


def _equal(left: Any, right: Any, label: str | None, other: str | None, depth: int) -> bool:
    kind, second = kind_of(left), kind_of(right)
    if kind is Kind.NULL or second is Kind.NULL:
        return kind is second
    if kind is not second or kind in (Kind.OBJECT, Kind.OTHER):
        raise _clash(left, right, label, other)
    if kind is Kind.NUMBER:
        return exact(left, label) == exact(right, other)
    if kind is not Kind.LIST:
        return bool(left == right)
    _check_list(left, depth)
    return len(left) == len(right) and all(
        _equal(a, b, _item(label), _item(other), depth + 1)
        for a, b in zip(left, right, strict=True)
    )


def _item(label: str | None) -> str | None:
    return None if label is None else f"an item of {label}"


def _clash(left: object, right: object, label: str | None, other: str | None) -> ExpressionFailed:
    """The sentence for two values that cannot be compared; blames what is not a constant."""
    if other is None:
        left, right, label, other = right, left, other, label
    wanted, found = kind_of(left), kind_of(right)
    if Kind.OBJECT in (wanted, found):
        guilty = other if found is Kind.OBJECT else label
        return ExpressionFailed(
            f'{named(guilty)} is an object; compare one of its fields, such as x["value"].'
        )
    if wanted is found or wanted not in ORDERED | {Kind.BOOLEAN}:
        guilty, value = (label, left) if wanted not in ORDERED else (other, right)
        return ExpressionFailed(
            f"Expected to compare numbers or texts, but {named(guilty)} is {shown(value)}."
        )
    return ExpressionFailed(
        f"Expected to compare {wanted} with {wanted}, but {named(other)} is {shown(right)}."
    )


def same(left: Any, right: Any, depth: int = 0) -> bool:
    """Whether two values are equal, where values of two kinds are just different.

    This is how `in` looks into a list, and how outputs of a table are compared: true is not 1.

    Raises:
        ExpressionFailed: for a number that is not finite, or lists beyond the limits.
    """
    kind = kind_of(left)
    if kind is not kind_of(right):
        return False
    if kind is Kind.NUMBER:
        return exact(left, None) == exact(right, None)
    if kind is Kind.LIST:
        _check_list(left, depth)
        return len(left) == len(right) and all(
            same(a, b, depth + 1) for a, b in zip(left, right, strict=True)
        )
    if kind is Kind.OBJECT:
        _check_list(left, depth)
        return left.keys() == right.keys() and all(
            same(item, right[key], depth + 1) for key, item in left.items()
        )
    return kind is not Kind.OTHER and bool(left == right)


def _check_list(items: Sequence[object] | Mapping[str, object], depth: int) -> None:
    if len(items) > MAX_ITEMS:
        raise ExpressionFailed(f"A list has {len(items)} items; at most {MAX_ITEMS} are compared.")
    if depth >= MAX_NESTING:
        raise ExpressionFailed(f"Lists nest deeper than {MAX_NESTING}.")


def contains(value: object, items: object, label: str | None) -> bool:
    """Whether a list holds the value.

    Raises:
        ExpressionFailed: if `items` is no list; text inside text is not looked for.
    """
    if not isinstance(items, list | tuple):
        raise ExpressionFailed(f'Expected a list after "in", but {named(label)} is {shown(items)}.')
    _check_list(items, 0)
    return any(same(value, item) for item in items)


def _modulo(left: Decimal, right: Decimal) -> Decimal:
    """The remainder with the sign of the divisor, as FEEL and Python have it: -7 % 3 is 2."""
    rest = _CONTEXT.remainder(left, right)
    return _CONTEXT.add(rest, right) if rest and (rest < 0) != (right < 0) else rest


_OPERATIONS: Mapping[str, Callable[[Decimal, Decimal], Decimal]] = {
    "+": _CONTEXT.add,
    "-": _CONTEXT.subtract,
    "*": _CONTEXT.multiply,
    "/": _CONTEXT.divide,
    "%": _modulo,
}


def calculate(op: str, left: Decimal, right: Decimal) -> Decimal:
    """`+ - * / %` with 34 digits, a half rounded to the even digit.

    Raises:
        ExpressionFailed: for a division by zero, or a result of 10**1000 and beyond.
    """
    if not right and op in "/%":
        raise ExpressionFailed(f"Expected to divide {_short(str(left))}, but the divisor is 0.")
    try:
        return unsigned_zero(_OPERATIONS[op](left, right))
    except ArithmeticError:
        raise ExpressionFailed(
            f"{_short(str(left))} {op} {_short(str(right))} is beyond what can be calculated."
        ) from None


def unsigned_zero(value: Decimal) -> Decimal:
    """The value itself; minus zero becomes zero, because people see the sign."""
    return value if value else value.copy_abs()


def negate(value: Decimal) -> Decimal:
    """The number with the other sign, all its digits kept."""
    return unsigned_zero(value.copy_negate())


def rounded(value: Decimal, digits: Decimal) -> Decimal:
    """The number with at most `digits` decimals, 0 to 30; a half goes to the even digit.

    Raises:
        ExpressionFailed: for other digits, or a number too large to be rounded.
    """
    if digits != digits.to_integral_value() or not 0 <= digits <= 30:
        raise ExpressionFailed(
            f"Expected to round to 0 to 30 decimals, but got {_short(str(digits))}."
        )
    exponent = value.as_tuple().exponent
    if isinstance(exponent, int) and exponent >= -int(digits):
        return value
    try:
        return unsigned_zero(_CONTEXT.quantize(value, Decimal((0, (1,), -int(digits)))))
    except ArithmeticError:
        raise ExpressionFailed(f"{_short(str(value))} has too many digits to be rounded.") from None


def settled(result: object) -> object:
    """A result as it leaves an evaluation: whole numbers as Decimal, text and lists bounded.

    Raises:
        ExpressionFailed: for more than 10,000 characters or items, and for what is no JSON value.
    """
    kind = kind_of(result)
    if kind is Kind.NUMBER:
        return exact(result, "the result")
    if isinstance(result, str | list | tuple) and len(result) > MAX_ITEMS:
        what = "characters" if kind is Kind.TEXT else "items"
        raise ExpressionFailed(
            f"The result has {len(result)} {what}; at most {MAX_ITEMS} are kept."
        )
    if kind is Kind.OTHER:
        raise ExpressionFailed(f"The result is {shown(result)}.")
    return result
