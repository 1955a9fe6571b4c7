"""Units and exact conversion between them: a subset of UCUM over Decimal.

A unit is a product of parts: `mm`, `N.m`, `km/h`, `kg/m3`, `/min`, `mm[Hg]`, `{pcs}`. Left out of UCUM:
parentheses, powers of ten and factors other than a leading 1, and logarithms. Frequent spellings of
people are read too (`°C`, `Nm`, `in`, `rpm`, `pcs`; see `ucum.py`) and have a UCUM code, `canonical`.

Why no library: those we know compute in floats or take a good part of a second to start, and a
measured value must come out of a conversion with the digits a person can check by hand.

Source: UCUM 2.1 (unitsofmeasure.org), the case-sensitive codes.
"""

import re
from collections import Counter
from dataclasses import dataclass
from decimal import Context, Decimal, DivisionByZero, Inexact, InvalidOperation, Overflow
from fractions import Fraction
from functools import lru_cache

from forms import ucum
from forms.errors import UnitMismatch, UnitUnknown

LONGEST = 50
ROUNDED_DIGITS = 34
REMEMBERED = 1024

_PART = re.compile(
    r"(?P<sign>[./])?(?:(?P<one>1)(?![0-9.])|(?P<atom>(?:[A-Za-z%']|\[[A-Za-z0-9_']+\])+)"
    r"(?P<power>[+-]?[1-9])?)?(?P<note>\{[!-z|~]*\})?"
)
_TRAPS = [InvalidOperation, DivisionByZero, Overflow]
# Answers have at most 40 digits and exponents within 100, so nothing here is ever cut at 400.
_EXACT = Context(prec=400, traps=_TRAPS)
_ROUNDED = Context(prec=ROUNDED_DIGITS, traps=_TRAPS)

type_ = type


@dataclass(frozen=True, slots=True)
class _Unit:
    """One unit as `factor` base units; `dimension` holds each base unit with its power."""

    code: str
    factor: Fraction
    dimension: frozenset[tuple[str, int]]
    shift: Fraction = Fraction(0)


@dataclass(frozen=True, slots=True)
class _Step:
    """How to convert: `((value + before) * times - after) / by`."""

    before: Decimal
    times: Decimal
    after: Decimal
    by: Decimal


def known(unit: str) -> bool:
    """Whether the text is a unit we can convert."""
    try:
        _read(unit)
    except UnitUnknown:
        return False
    return True


def canonical(unit: str) -> str:
    """The UCUM code of a unit: `Cel` for `°C`, `N.m` for `Nm`.

    Raises:
        UnitUnknown: if the text is no unit.
    """
    return _read(unit).code


def same_dimension(unit: str, other: str) -> bool:
    """Whether amounts in one unit can be converted to the other.

    Raises:
        UnitUnknown: if one of the texts is no unit.
    """
    return _read(unit).dimension == _read(other).dimension


def convert(value: Decimal, source: str, target: str) -> Decimal:
    """The same amount in another unit, exactly; 34 digits where no finite decimal is exact.

    Digits given are kept: 25.310 mm are 0.025310 m, and an equal unit returns `value` itself.

    Raises:
        UnitUnknown: if one of the texts is no unit.
        UnitMismatch: if they measure different things.
        ValueError: if the value is not finite.
    """
    if not value.is_finite():
        raise ValueError(f"{value} is not finite")
    step = _step(source, target)
    if step is None:
        return value
    if not step.before and not step.after:
        return _plain(_divided(_EXACT.multiply(value, step.times), step.by))
    moved = _EXACT.multiply(_EXACT.add(value, step.before), step.times)
    return _trimmed(_divided(_EXACT.subtract(moved, step.after), step.by), value)


@lru_cache(maxsize=REMEMBERED)
def _step(source: str, target: str) -> _Step | None:
    given, wanted = _read(source), _read(target)
    if given.dimension != wanted.dimension:
        raise UnitMismatch(source, target)
    if given.factor == wanted.factor and given.shift == wanted.shift:
        return None
    ratio = given.factor / wanted.factor
    times, by = Decimal(ratio.numerator), Decimal(ratio.denominator)
    finite = _EXACT.copy()
    finite.clear_flags()
    quotient = finite.divide(times, by)
    if not finite.flags[Inexact]:
        times, by = quotient, Decimal(1)
    after = _EXACT.multiply(_decimal(wanted.shift), by)
    return _Step(_decimal(given.shift), _EXACT.normalize(times), after, _EXACT.normalize(by))


def _decimal(number: Fraction) -> Decimal:
    return _EXACT.divide(Decimal(number.numerator), Decimal(number.denominator))
