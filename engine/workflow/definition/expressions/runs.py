"""The closures an expression becomes: each takes the variables and gives a value.

The common ones are special: a variable against a constant costs a lookup, a type check and one
comparison (about 0.15 µs), and whatever does not fit falls back to the rules in `values`.
"""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal

from engine.workflow.definition.expressions.functions import Function
from engine.workflow.definition.expressions.values import (
    TESTS,
    ExpressionFailed,
    VariableMissing,
    calculate,
    compare,
    contains,
    exact,
    named,
    negate,
    shown,
)

Variables = Mapping[str, object]
Run = Callable[[Variables], object]
Label = str | None


def variable(name: str) -> Run:
    """Read one variable."""

    def run(variables: Variables) -> object:
        try:
            return variables[name]
        except KeyError:
            raise VariableMissing(name) from None

    return run


def always(value: object) -> Run:
    """The same scalar each time."""
    return lambda _: value


def listed(items: Sequence[Run]) -> Run:
    """A new list, whole numbers as Decimal."""

    def run(variables: Variables) -> object:
        values = [item(variables) for item in items]
        return [exact(v, None) if type(v) is int else v for v in values]

    return run


def number_test(name: str, op: str, constant: Decimal) -> Run:
    """Compare a variable with a constant number."""
    test = TESTS[op]
    whole = int(constant) if constant == constant.to_integral_value() else None

    def run(variables: Variables) -> object:
        try:
            value = variables[name]
        except KeyError:
            raise VariableMissing(name) from None
        if type(value) is Decimal and value.is_finite():
            return test(value, constant)
        if type(value) is int and whole is not None:
            return test(value, whole)
        return compare(op, value, constant, name, None)

    return run


def text_test(name: str, op: str, constant: str) -> Run:
    """Compare a variable with a constant text."""
    test = TESTS[op]

    def run(variables: Variables) -> object:
        try:
            value = variables[name]
        except KeyError:
            raise VariableMissing(name) from None
        if type(value) is str:
            return test(value, constant)
        return compare(op, value, constant, name, None)

    return run


def compared(op: str, left: Run, right: Run, labels: tuple[Label, Label]) -> Run:
    """Compare any two values."""
    label, other = labels
    return lambda variables: compare(op, left(variables), right(variables), label, other)


def within(left: Run, right: Run, label: Label, wanted: bool) -> Run:
    """Whether a value is in a list (`wanted`) or is not."""
    return lambda variables: contains(left(variables), right(variables), label) is wanted


def within_texts(name: str, texts: frozenset[str], wanted: bool) -> Run:
    """Whether a variable is one of some constant texts, or is not."""
    items = sorted(texts)

    def run(variables: Variables) -> object:
        try:
            value = variables[name]
        except KeyError:
            raise VariableMissing(name) from None
        if type(value) is str:
            return (value in texts) is wanted
        return contains(value, items, None) is wanted

    return run


def chain(first: Run, links: Sequence[tuple[str, Run, Label]], label: Label) -> Run:
    """`a < b <= c`: each operand evaluated once, and none after the first that fails."""

    def run(variables: Variables) -> object:
        left, before = first(variables), label
        for op, operand, after in links:
            right = operand(variables)
            if not linked(op, left, right, before, after):
                return False
            left, before = right, after
        return True

    return run


def linked(op: str, left: object, right: object, before: Label, after: Label) -> bool:
    """One link of a chain."""
    if op.endswith("in"):
        return contains(left, right, after) is (op == "in")
    return compare(op, left, right, before, after)


def truth(value: object, label: Label) -> bool:
    """The value itself if it is true or false.

    Raises:
        ExpressionFailed: for anything else; nothing is "truthy".
    """
    if value is True or value is False:
        return value
    raise ExpressionFailed(f"Expected true or false, but {named(label)} is {shown(value)}.")


def joined(stop: bool, parts: Sequence[Run], labels: Sequence[Label]) -> Run:
    """`or` (`stop` is True) and `and` (False): from the left, until one is `stop`."""
    if len(parts) == 2:
        return _pair(stop, parts[0], parts[1], labels[0], labels[1])

    def run(variables: Variables) -> object:
        for part, label in zip(parts, labels, strict=True):
            if truth(part(variables), label) is stop:
                return stop
        return not stop

    return run


def _pair(stop: bool, left: Run, right: Run, label: Label, other: Label) -> Run:
    go = not stop

    def run(variables: Variables) -> object:
        first = left(variables)
        if first is stop:
            return stop
        if first is not go:
            truth(first, label)
        second = right(variables)
        if second is True or second is False:
            return second
        return truth(second, other)

    return run


def opposite(part: Run, label: Label) -> Run:
    """`not`."""
    return lambda variables: not truth(part(variables), label)


def chosen(test: Run, label: Label, then: Run, other: Run) -> Run:
    """`then if test else other`; only one of the two is evaluated."""
    return lambda variables: then(variables) if truth(test(variables), label) else other(variables)


def calculated(op: str, left: Run, right: Run, labels: tuple[Label, Label]) -> Run:
    """Arithmetic on two numbers; both are read before either is judged."""
    label, other = labels

    def run(variables: Variables) -> object:
        first, second = left(variables), right(variables)
        return calculate(op, exact(first, label), exact(second, other))

    return run


def negated(part: Run, label: Label) -> Run:
    """Unary minus."""
    return lambda variables: negate(exact(part(variables), label))


def called(function: Function, parts: Sequence[Run], labels: Sequence[Label]) -> Run:
    """A function on its arguments."""
    work = function.run
    return lambda variables: work([part(variables) for part in parts], labels)
