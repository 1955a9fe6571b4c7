"""Tolerance: whether a measured value lies within the limits of its field, and by how much not.

A value beyond `min` or `max` of a field is refused; one beyond its `limits` is accepted and
flagged: it is what was measured.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Context, Decimal
from enum import StrEnum

from forms.fields import FormField, Limits

# Answers have at most 40 digits and exponents within 100, so nothing of theirs is cut at 400.
_EXACT = Context(prec=400)


class Side(StrEnum):
    """Where a value lies."""

    WITHIN = "within"
    BELOW = "below"
    ABOVE = "above"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is to be said of one value.

    Attributes:
        side: within the limits, or below or above them; a value on a limit is within.
        beyond: how far outside, in the unit of the field; 0 within.
        off: the value less the target, or None without a target.
    """

    side: Side
    beyond: Decimal
    off: Decimal | None = None

    @property
    def within(self) -> bool:
        """Whether the value is in tolerance."""
        return self.side is Side.WITHIN


def verdict(field: FormField, value: object) -> Verdict | None:
    """What is to be said of a clean answer; of samples, of the one that lies farthest out.

    None where there is nothing to say: the field has no limits, or it was left open.
    """
    found = verdicts(field, value if isinstance(value, list | tuple) else [value])
    return max(found, key=lambda each: each.beyond, default=None)


def verdicts(field: FormField, values: Sequence[object]) -> tuple[Verdict, ...]:
    """What is to be said of each of several values; empty where the field has no limits."""
    limits = field.limits
    if limits is None:
        return ()
    return tuple(_verdict(limits, value) for value in values if isinstance(value, Decimal))


def _verdict(limits: Limits, value: Decimal) -> Verdict:
    side, beyond = Side.WITHIN, Decimal(0)
    if limits.lower is not None and value < limits.lower:
        side, beyond = Side.BELOW, _EXACT.subtract(limits.lower, value)
    elif limits.upper is not None and value > limits.upper:
        side, beyond = Side.ABOVE, _EXACT.subtract(value, limits.upper)
    off = None if limits.target is None else _EXACT.subtract(value, limits.target)
    return Verdict(side, beyond, off)
