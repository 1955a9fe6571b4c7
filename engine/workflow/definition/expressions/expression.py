"""A compiled expression, and what can be said about it before it runs."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from engine.workflow.definition.expressions.runs import Run
from engine.workflow.definition.expressions.values import ExpressionFailed, Kind, settled, shown


@dataclass(frozen=True, slots=True)
class Comparison:
    """A variable compared with a constant; a constant list is a tuple. `op` may be `not in` too."""

    name: str
    op: str
    constant: object


@dataclass(frozen=True, slots=True)
class Pair:
    """A variable compared with another; `op` is one of `== != < <= > >=`."""

    name: str
    op: str
    other: str


@dataclass(frozen=True, slots=True)
class Demand:
    """A variable that must be of one of these kinds wherever `text` is evaluated."""

    name: str
    kinds: frozenset[Kind]
    text: str


@dataclass(frozen=True, slots=True)
class Expression:
    """A compiled expression: safe to keep, to share between threads and to evaluate at any time.

    Attributes:
        text: as it was written.
        names: the variables it may read.
        kind: what it evaluates to, where its text tells; else None.
        is_constant: whether it reads no variable.
        comparisons, pairs, demands: what can be said about it before it runs, for lint.
    """

    text: str
    names: frozenset[str]
    kind: Kind | None = field(compare=False)
    is_constant: bool = field(compare=False)
    comparisons: tuple[Comparison, ...] = field(compare=False)
    pairs: tuple[Pair, ...] = field(compare=False)
    demands: tuple[Demand, ...] = field(compare=False)
    _run: Run = field(repr=False, compare=False)

    def evaluate(self, variables: Mapping[str, object]) -> object:
        """The value for these variables, which are only read; every number is a Decimal.

        A result that is a variable's own list or object is that very object, not a copy.

        Raises:
            VariableMissing: if a variable it needs is not there.
            ExpressionFailed: if there is no answer, with a plain sentence.
        """
        try:
            result = self._run(variables)
        except RecursionError:
            raise ExpressionFailed("The expression nests too deeply to be evaluated.") from None
        return result if result is True or result is False else settled(result)

    def condition(self, variables: Mapping[str, object]) -> bool:
        """Whether the condition holds.

        Raises:
            VariableMissing: if a variable it needs is not there.
            ExpressionFailed: if there is no answer, or it is neither true nor false.
        """
        try:
            result = self._run(variables)
        except RecursionError:
            raise ExpressionFailed("The expression nests too deeply to be evaluated.") from None
        if result is True or result is False:
            return result
        raise ExpressionFailed(
            f"Expected the condition to be true or false, but it is {shown(result)}."
        )
