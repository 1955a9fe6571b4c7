"""Units and exact conversion between them: a subset of UCUM over Decimal.

A unit is a product of parts: `mm`, `N.m`, `km/h`, `kg/m3`, `/min`, `mm[Hg]`, `{pcs}`. Left out of
UCUM: parentheses, powers of ten, factors other than a leading 1, and logarithms. What people often
write is read too (`°C`, `Nm`, `in`, `rpm`, `pcs`; see `ucum.py`); `canonical` tells its code.

Why no library: a measured value must come out of a conversion with digits a person can check by
hand, so it has to be exact in Decimal throughout, and one table costs no start-up time.

Source: UCUM 2.1 (ucum.org), the case-sensitive codes.
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
    r"(?P<sign>[./])?"
    r"(?:(?P<one>1)(?=/|\{|$)|(?P<atom>(?:[A-Za-z%']|\[[A-Za-z0-9_']+\])+)(?P<power>[+-]?[1-9])?)?"
    r"(?P<note>\{[!-z|~]*\})?"
)
_TRAPS = [InvalidOperation, DivisionByZero, Overflow]
# Answers have at most 40 digits and exponents within 100, so nothing of theirs is cut at 400.
_EXACT = Context(prec=400, traps=_TRAPS)
_ROUNDED = Context(prec=ROUNDED_DIGITS, traps=_TRAPS)


@dataclass(frozen=True, slots=True)
class _Unit:
    """One unit: base units = (value + shift) * factor; `dimension` is base units with powers."""

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
    rounded: bool


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
    """The same amount in another unit: exact, or 34 digits where no finite decimal is.

    The digits given are kept: 25.310 mm are 0.025310 m, and between equal units `value` itself
    is returned. Between degrees and radians there are always 34 digits.

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
        return _plain(_divided(_EXACT.multiply(value, step.times), step))
    moved = _EXACT.multiply(_EXACT.add(value, step.before), step.times)
    return _trimmed(_divided(_EXACT.subtract(moved, step.after), step), value)


@lru_cache(maxsize=REMEMBERED)
def _step(source: str, target: str) -> _Step | None:
    given, wanted = _read(source), _read(target)
    if given.dimension != wanted.dimension:
        raise UnitMismatch(source, target)
    if given.factor == wanted.factor and given.shift == wanted.shift:
        return None
    ratio = given.factor / wanted.factor
    times, by = Decimal(ratio.numerator), Decimal(ratio.denominator)
    quotient, exact = _quotient(times, by)
    if exact:
        times, by = quotient, Decimal(1)
    return _Step(
        before=_decimal(given.shift),
        times=_EXACT.normalize(times),
        after=_EXACT.multiply(_decimal(wanted.shift), by),
        by=by,
        rounded=max(len(times.as_tuple().digits), len(by.as_tuple().digits)) > ROUNDED_DIGITS,
    )


def _decimal(number: Fraction) -> Decimal:
    return _EXACT.divide(Decimal(number.numerator), Decimal(number.denominator))


def _quotient(number: Decimal, by: Decimal) -> tuple[Decimal, bool]:
    """The quotient, and whether it is exact."""
    context = _EXACT.copy()
    context.clear_flags()
    return context.divide(number, by), not context.flags[Inexact]


def _divided(number: Decimal, step: _Step) -> Decimal:
    if step.rounded:
        return _ROUNDED.divide(number, step.by)
    if step.by == 1:
        return number
    quotient, exact = _quotient(number, step.by)
    return quotient if exact else _ROUNDED.divide(number, step.by)


def _exponent(number: Decimal) -> int:
    exponent = number.as_tuple().exponent
    assert isinstance(exponent, int)
    return exponent


def _plain(number: Decimal) -> Decimal:
    """25310 instead of 2.531E+4, unless the zeros would be many."""
    if _exponent(number) > 0 and number.adjusted() < ROUNDED_DIGITS:
        return _EXACT.quantize(number, Decimal(1))
    return number


def _trimmed(number: Decimal, given: Decimal) -> Decimal:
    """Without the zeros that shift and factor brought in: 100 Cel are 212 [degF], not 212.000."""
    bare = _EXACT.normalize(number)
    exponent = min(_exponent(bare), max(_exponent(given), -ROUNDED_DIGITS), 0)
    if _exponent(number) >= exponent:
        return _plain(number)
    return _EXACT.quantize(number, Decimal(1).scaleb(exponent))


@lru_cache(maxsize=REMEMBERED)
def _read(unit: str) -> _Unit:
    """The unit a text names.

    Raises:
        UnitUnknown: if it names none.
    """
    text = unit.strip() if len(unit) <= LONGEST else ""
    text = ucum.WHOLE.get(text, text)
    for sign, code in ucum.SIGNS.items():
        text = text.replace(sign, code)
    parts = [_part(found, unit) for found in _split(text, unit)]
    if len(parts) > 1 and any(part.shift for part in parts):
        raise UnitUnknown(unit)
    factor, powers = Fraction(1), Counter[str]()
    for part in parts:
        factor *= part.factor
        powers.update(dict(part.dimension))
    dimension = frozenset((base, power) for base, power in powers.items() if power)
    return _Unit("".join(part.code for part in parts), factor, dimension, parts[0].shift)


def _split(text: str, unit: str) -> list[re.Match[str]]:
    found: list[re.Match[str]] = []
    place = 0
    while place < len(text) or not found:
        part = _PART.match(text, place)
        # A dot joins, so it cannot come first; a slash can: /min.
        joined = part is not None and (part["sign"] == "/" or (part["sign"] is None) == (not found))
        if part is None or not joined or not (part["one"] or part["atom"] or part["note"]):
            raise UnitUnknown(unit)
        found.append(part)
        place = part.end()
    return found


def _part(found: re.Match[str], unit: str) -> _Unit:
    """One part with its sign and power: `/s2`."""
    sign, note = found["sign"] or "", found["note"] or ""
    if not found["atom"]:
        return _Unit(f"{sign}{found['one'] or ''}{note}", Fraction(1), frozenset())
    atom = _atom(found["atom"], unit)
    power = int(found["power"] or 1) * (-1 if sign == "/" else 1)
    if (atom.shift or atom.code.startswith("{")) and (found["power"] or (atom.shift and sign)):
        raise UnitUnknown(unit)
    dimension = frozenset((base, times * power) for base, times in atom.dimension)
    code = f"{sign}{atom.code}{found['power'] or ''}{note}"
    return _Unit(code, atom.factor**power, dimension, atom.shift)


def _atom(atom: str, unit: str) -> _Unit:
    """A unit of the table, by its code or a spelling, or one with a metric prefix."""
    code = atom if _listed(atom) else ucum.PARTS.get(atom, atom)
    if code.startswith("{"):
        return _Unit(code, Fraction(1), frozenset())
    if _listed(code):
        return _entry(code)
    for length in (2, 1):
        prefix, rest = code[:length], code[length:]
        if prefix in ucum.PREFIXES and (rest in ucum.METRIC or rest in ucum.BASE - {"[pH]"}):
            scale, whole = Fraction(10) ** ucum.PREFIXES[prefix], _entry(rest)
            return _Unit(code, whole.factor * scale, whole.dimension, whole.shift / scale)
    raise UnitUnknown(unit)


def _listed(code: str) -> bool:
    return code in ucum.BASE or code in ucum.METRIC or code in ucum.PLAIN


def _entry(code: str) -> _Unit:
    if code in ucum.BASE:
        return _Unit(code, Fraction(1), frozenset({(code, 1)}))
    number, _, terms = (ucum.METRIC.get(code) or ucum.PLAIN[code]).partition(" ")
    whole = _read(terms)
    shift = Fraction(ucum.SHIFTS.get(code, "0"))
    return _Unit(code, whole.factor * Fraction(number), whole.dimension, shift)
