"""Decision tables and how their hit policies answer.

Source: OMG DMN 1.3 §8.2.10 (hit policies), §8.2.11 (default output values), §8.3 (metamodel).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from engine.workflow.definition.decisions.unary_tests import UnaryTests
from engine.workflow.definition.expressions.expression import Expression
from engine.workflow.definition.expressions.values import (
    ExpressionFailed,
    VariableMissing,
    calculate,
    exact,
    same,
    shown,
)


class DecisionFailed(ExpressionFailed):
    """A decision without an answer; its text is a plain sentence that names the decision."""


class HitPolicy(StrEnum):
    """What follows when several rules match."""

    UNIQUE = "UNIQUE"
    FIRST = "FIRST"
    ANY = "ANY"
    COLLECT = "COLLECT"
    RULE_ORDER = "RULE ORDER"


class Aggregation(StrEnum):
    """What a COLLECT table makes of its hits."""

    SUM = "SUM"
    COUNT = "COUNT"
    MIN = "MIN"
    MAX = "MAX"


@dataclass(frozen=True, slots=True)
class Input:
    """An input column: its expression, and which values it may have at all."""

    id: str
    label: str
    expression: Expression
    allowed: UnaryTests | None = None


@dataclass(frozen=True, slots=True)
class Output:
    """An output column: the variable it gives, its default, and which values it may have."""

    id: str
    name: str
    default: Expression | None = None
    allowed: UnaryTests | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """A row: one cell per input, one expression per output. `number` counts from 1."""

    id: str
    number: int
    cells: tuple[UnaryTests, ...]
    results: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Decision:
    """A decision table; `names` are the variables it may read."""

    key: str
    name: str
    hit_policy: HitPolicy
    aggregation: Aggregation | None
    inputs: tuple[Input, ...]
    outputs: tuple[Output, ...]
    rules: tuple[Rule, ...]
    names: frozenset[str]

    def evaluate(self, variables: Mapping[str, object]) -> dict[str, object]:
        """The outputs by name; the variables are only read.

        UNIQUE, FIRST and ANY give one value per output. If no rule matches they give the default
        output entries, and null for an output without one, as DMN answers an incomplete table.
        RULE ORDER and COLLECT give a list per output in the order of the rules; if no rule matches
        the list holds the default alone, else nothing. SUM, MIN and MAX of nothing are the default,
        else null; COUNT of nothing is 0.

        Raises:
            VariableMissing: if a variable it needs is not there.
            DecisionFailed: if several rules of a UNIQUE table match, those of an ANY table differ,
                an input or output is not among its allowed values, or a cell cannot be compared.

        Source: OMG DMN 1.3 §8.2.10 and §8.2.11.
        """
        values = [self._input(column, variables) for column in self.inputs]
        hits = self._hits(values)
        if self.aggregation is not None:
            return {self.outputs[0].name: self._aggregated(hits, variables)}
        if self.hit_policy in (HitPolicy.COLLECT, HitPolicy.RULE_ORDER):
            rows = [self._results(rule, variables) for rule in hits]
            rows = rows or self._defaults(variables)
            return {o.name: [row[i] for row in rows] for i, o in enumerate(self.outputs)}
        row = self._single(hits, variables)
        return {output.name: row[i] for i, output in enumerate(self.outputs)}

    def _input(self, column: Input, variables: Mapping[str, object]) -> object:
        place = f"input {column.label}"
        value = self._evaluated(column.expression, variables, place)
        self._allow(column.allowed, value, place)
        return value

    def _evaluated(
        self, expression: Expression, variables: Mapping[str, object], place: str
    ) -> object:
        try:
            return expression.evaluate(variables)
        except VariableMissing:
            raise
        except ExpressionFailed as failed:
            raise self._failed(f"{place}: {failed}") from None

    def _failed(self, sentence: str) -> DecisionFailed:
        return DecisionFailed(f"Decision {self.name}: {sentence}")

    def _allow(self, allowed: UnaryTests | None, value: object, place: str) -> None:
        """Null is the absence of a value, so it is not checked.

        Source: OMG DMN 1.3 §8.3.2 and §8.3.3, inputValues and outputValues.
        """
        if allowed is None or value is None:
            return
        try:
            fits = allowed.matches(value, place)
        except ExpressionFailed:
            fits = False
        if not fits:
            raise self._failed(f"{place} is {shown(value)}, but {allowed.text} is allowed.")

    def _hits(self, values: list[object]) -> list[Rule]:
        """The rules that match; of a FIRST table only the first, the others are not looked at."""
        hits: list[Rule] = []
        for rule in self.rules:
            if self._matches(rule, values):
                hits.append(rule)
                if self.hit_policy is HitPolicy.FIRST:
                    break
        return hits

    def _matches(self, rule: Rule, values: list[object]) -> bool:
        for cell, value, column in zip(rule.cells, values, self.inputs, strict=True):
            try:
                if not cell.matches(value, column.label):
                    return False
            except ExpressionFailed as failed:
                raise self._failed(f"rule {rule.number}: {failed}") from None
        return True

    def _results(self, rule: Rule, variables: Mapping[str, object]) -> list[object]:
        row = []
        for result, output in zip(rule.results, self.outputs, strict=True):
            place = f"rule {rule.number}, output {output.name}"
            value = self._evaluated(result, variables, place)
            self._allow(output.allowed, value, place)
            row.append(value)
        return row

    def _defaults(self, variables: Mapping[str, object]) -> list[list[object]]:
        """The row of default outputs, or no row if the table has none."""
        if all(output.default is None for output in self.outputs):
            return []
        row: list[object] = []
        for output in self.outputs:
            place = f"default of output {output.name}"
            given = output.default
            value = None if given is None else self._evaluated(given, variables, place)
            self._allow(output.allowed, value, place)
            row.append(value)
        return [row]

    def _single(self, hits: list[Rule], variables: Mapping[str, object]) -> list[object]:
        if not hits:
            rows = self._defaults(variables)
            return rows[0] if rows else [None] * len(self.outputs)
        if self.hit_policy is HitPolicy.UNIQUE and len(hits) > 1:
            raise self._failed(
                f"rules {_numbers(hits)} match, but a UNIQUE table has one answer. "
                "Correct the rules, or choose the hit policy FIRST."
            )
        first = self._results(hits[0], variables)
        for rule in hits[1:]:
            if not same(first, self._results(rule, variables)):
                raise self._failed(
                    f"rules {_numbers([hits[0], rule])} match with different outputs, "
                    "but all rules of an ANY table that match have to agree."
                )
        return first

    def _aggregated(self, hits: list[Rule], variables: Mapping[str, object]) -> object:
        if not hits:
            rows = self._defaults(variables)
            empty = Decimal(0) if self.aggregation is Aggregation.COUNT else None
            return rows[0][0] if rows else empty
        rows = [self._results(rule, variables) for rule in hits]
        if self.aggregation is Aggregation.COUNT:
            return Decimal(len(rows))
        try:
            return self._folded(self._numbers(hits, rows))
        except ExpressionFailed as failed:
            raise self._failed(str(failed)) from None

    def _numbers(self, hits: list[Rule], rows: list[list[object]]) -> Iterator[Decimal]:
        for rule, row in zip(hits, rows, strict=True):
            yield exact(row[0], f"the output of rule {rule.number}")

    def _folded(self, numbers: Iterator[Decimal]) -> Decimal:
        if self.aggregation is Aggregation.MIN:
            return min(numbers)
        if self.aggregation is Aggregation.MAX:
            return max(numbers)
        total = Decimal(0)
        for number in numbers:
            total = calculate("+", total, number)
        return total


def _numbers(rules: list[Rule]) -> str:
    """`2 and 5`, `2, 5 and 6`, at most five of them."""
    numbers = [str(rule.number) for rule in rules[:5]]
    more = " and more" if len(rules) > 5 else ""
    if more:
        return ", ".join(numbers) + more
    return " and ".join([", ".join(numbers[:-1]), numbers[-1]])
