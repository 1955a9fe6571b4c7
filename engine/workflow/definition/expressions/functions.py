"""The five functions an expression may call."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from engine.workflow.definition.expressions.values import (
    ExpressionFailed,
    Kind,
    exact,
    kind_of,
    named,
    rounded,
    shown,
)

Labels = Sequence[str | None]
_NUMBER = frozenset({Kind.NUMBER})
_MEASURED = frozenset({Kind.TEXT, Kind.LIST})
_LIST = frozenset({Kind.LIST})


@dataclass(frozen=True, slots=True)
class Function:
    """A function: how it runs on values, how many it takes, and how to write it."""

    run: Callable[[Sequence[object], Labels], Decimal]
    least: int
    most: int
    usage: str

    def wanted(self, count: int) -> frozenset[Kind]:
        """The kinds each of `count` arguments may have."""
        if self.run is _length:
            return _MEASURED
        return _LIST if count == 1 and self.most > 2 else _NUMBER


def _length(values: Sequence[object], labels: Labels) -> Decimal:
    value = values[0]
    if isinstance(value, str | list | tuple):
        return Decimal(len(value))
    raise ExpressionFailed(
        f"Expected the length of a text or a list, but {named(labels[0])} is {shown(value)}."
    )


def _extreme(
    name: str, better: Callable[[Decimal, Decimal], bool]
) -> Callable[[Sequence[object], Labels], Decimal]:
    """`min` or `max` of several numbers, or of one list of them."""

    def run(values: Sequence[object], labels: Labels) -> Decimal:
        if len(values) == 1:
            items = values[0]
            if not isinstance(items, list | tuple):
                raise ExpressionFailed(
                    f"Expected {name} of a list, but {named(labels[0])} is {shown(items)}."
                )
            if not items:
                raise ExpressionFailed(
                    f"Expected {name} of a list, but {named(labels[0])} is empty."
                )
            values, labels = items, [f"an item of {named(labels[0])}"] * len(items)
        best = exact(values[0], labels[0])
        for value, label in zip(values[1:], labels[1:], strict=True):
            number = exact(value, label)
            if better(number, best):
                best = number
        return best

    return run


def _absolute(values: Sequence[object], labels: Labels) -> Decimal:
    return exact(values[0], labels[0]).copy_abs()


def _round(values: Sequence[object], labels: Labels) -> Decimal:
    digits = exact(values[1], labels[1]) if len(values) > 1 else Decimal(0)
    return rounded(exact(values[0], labels[0]), digits)


FUNCTIONS: Mapping[str, Function] = {
    "abs": Function(_absolute, 1, 1, "abs(x)"),
    "len": Function(_length, 1, 1, "len(x)"),
    "max": Function(_extreme("max", lambda a, b: a > b), 1, 100, "max(a, b) or max(list)"),
    "min": Function(_extreme("min", lambda a, b: a < b), 1, 100, "min(a, b) or min(list)"),
    "round": Function(_round, 1, 2, "round(x) or round(x, 2)"),
}


def field(value: object, key: str | int, label: str | None) -> object:
    """One field of an object by its text, or one item of a list by its place from 0.

    Raises:
        ExpressionFailed: if the value has no fields or no such one.
    """
    found = kind_of(value)
    if isinstance(key, str) and isinstance(value, dict):
        if key in value:
            return value[key]
        raise ExpressionFailed(f'{named(label)} has no field "{key}".')
    if isinstance(key, int) and isinstance(value, list | tuple):
        if -len(value) <= key < len(value):
            return value[key]
        raise ExpressionFailed(f"{named(label)} has {len(value)} items, so there is no item {key}.")
    wanted = Kind.OBJECT if isinstance(key, str) else Kind.LIST
    if found is wanted:
        raise ExpressionFailed(f"{named(label)} cannot be read.")
    raise ExpressionFailed(f"Expected {wanted}, but {named(label)} is {shown(value)}.")
