"""Reads one decision table: its hit policy, its columns and its rules.

Source: OMG DMN 1.3 §8.3.
"""

from collections.abc import Iterator, Sequence
from typing import TypeVar

from lxml import etree

from engine.workflow.definition.decisions.reading import Reading
from engine.workflow.definition.decisions.tables import (
    Aggregation,
    Decision,
    HitPolicy,
    Input,
    Output,
    Rule,
)
from engine.workflow.definition.decisions.unary_tests import CURE, UnaryTests, compile_cell
from engine.workflow.definition.expressions import (
    Expression,
    ExpressionFailed,
    ExpressionRefused,
    Kind,
    compile_expression,
)

MAX_RULES = 1_000
MAX_COLUMNS = 50

_KINDS = {
    "string": Kind.TEXT,
    "boolean": Kind.BOOLEAN,
    **dict.fromkeys(("number", "integer", "long", "double", "decimal"), Kind.NUMBER),
}
_T = TypeVar("_T")
_POLICIES = {policy.value: policy for policy in HitPolicy}


class TableReader:
    """One reading of one decision table."""

    def __init__(
        self, reading: Reading, decision: etree._Element, table: etree._Element, key: str
    ) -> None:
        self.reading = reading
        self.element = decision
        self.table = table
        self.key = key
        self.aggregation: Aggregation | None = None

    def decision(self) -> Decision | None:
        """The decision; None, or one that is not whole, if there are problems."""
        reading, table = self.reading, self.table
        reading.check_inside(table, self.key)
        inputs, outputs = reading.children(table, "input"), reading.children(table, "output")
        rules = reading.children(table, "rule")
        policy = self.policy(len(outputs))
        if not self.check_size(len(inputs), len(outputs), len(rules)):
            return None
        columns = [_Column(self, e, n) for n, e in enumerate((*inputs, *outputs), 1)]
        asked, given = columns[: len(inputs)], columns[len(inputs) :]
        questions = _present([column.input() for column in asked])
        answers = _present([column.output(single=len(given) == 1) for column in given])
        self.check_names(answers)
        rows = _present([self.rule(e, n, asked, given) for n, e in enumerate(rules, 1)])
        return Decision(
            self.key,
            self.element.get("name") or self.key,
            policy,
            self.aggregation,
            questions,
            answers,
            rows,
            frozenset(_names(questions, answers, rows)),
        )

    def problem(self, element: str | None, rule: str, message: str, cure: str) -> None:
        """Note a problem of this decision; without an id the place stands for the element."""
        place, _, _ = message.partition(":")
        self.reading.problem(
            element or f"{self.key}, {place}", rule, f"Decision {self.key}, {message}", cure
        )

    def check_size(self, inputs: int, outputs: int, rules: int) -> bool:
        """Whether the table is worth reading: not empty, not endless."""
        key = self.table.get("id") or self.key
        columns = inputs + outputs
        if not outputs:
            self.problem(key, "decision-output", "there is no output.", "Add an output column.")
        if not rules:
            self.problem(key, "decision-rule", "there is no rule.", "Add a rule.")
        if rules > MAX_RULES or columns > MAX_COLUMNS:
            self.problem(
                key,
                "decision",
                f"{rules} rules and {columns} columns are too many; "
                f"{MAX_RULES} and {MAX_COLUMNS} are accepted.",
                "Split it into several decisions.",
            )
        return bool(outputs) and 0 < rules <= MAX_RULES and columns <= MAX_COLUMNS

    def policy(self, outputs: int) -> HitPolicy:
        """The hit policy, UNIQUE if none is given; notes the aggregation as well."""
        given, wanted = self.table.get("hitPolicy", "UNIQUE"), self.table.get("aggregation")
        key = self.table.get("id") or self.key
        if given not in _POLICIES:
            self.problem(
                key,
                "hit-policy",
                f"the hit policy {given} cannot be evaluated.",
                f"Choose one of {', '.join(_POLICIES)}.",
            )
            return HitPolicy.UNIQUE
        if wanted:
            if wanted in list(Aggregation) and given == HitPolicy.COLLECT and outputs == 1:
                self.aggregation = Aggregation(wanted)
            else:
                self.problem(
                    key,
                    "hit-policy",
                    f"the aggregation {wanted} cannot be evaluated here.",
                    "SUM, COUNT, MIN and MAX go with the hit policy COLLECT and one output.",
                )
        return _POLICIES[given]

    def check_names(self, outputs: Sequence[Output]) -> None:
        """Two outputs of one name would overwrite each other."""
        names = [output.name for output in outputs]
        for place, output in enumerate(outputs):
            if output.name in names[:place]:
                self.problem(
                    output.id,
                    "decision-output",
                    f"two outputs are called {output.name}.",
                    "Give each output a name of its own.",
                )

    def rule(
        self,
        element: etree._Element,
        number: int,
        asked: Sequence["_Column"],
        given: Sequence["_Column"],
    ) -> Rule | None:
        """One row; None if anything in it is refused."""
        reading, key = self.reading, element.get("id") or f"{self.key}, rule {number}"
        reading.check_inside(element, f"{self.key}, rule {number}")
        entries = reading.children(element, "inputEntry")
        results = reading.children(element, "outputEntry")
        if len(entries) != len(asked) or len(results) != len(given):
            self.problem(
                key,
                "decision-rule",
                f"rule {number}: it has {len(entries)} inputs and {len(results)} outputs, "
                f"but the table has {len(asked)} and {len(given)}.",
                "Give every column a cell.",
            )
            return None
        cells = [c.cell(e, number) for c, e in zip(asked, entries, strict=True)]
        texts = [c.result(e, number) for c, e in zip(given, results, strict=True)]
        if None in cells or None in texts:
            return None
        return Rule(key, number, _present(cells), _present(texts))


class _Column:
    """One reading of one column and of its cells. Columns count from 1, outputs after inputs."""

    def __init__(self, table: TableReader, element: etree._Element, number: int) -> None:
        self.table = table
        self.reading = table.reading
        self.element = element
        self.number = number
        self.kind: Kind | None = None
        self.allowed: UnaryTests | None = None
        self.label = (element.get("label") or element.get("name") or "").strip()
        self.place = f"column {number}" + (f" ({self.label})" if self.label else "")

    @property
    def key(self) -> str:
        return self.element.get("id") or f"{self.table.key}, {self.place}"

    def input(self) -> Input | None:
        """The column as an input."""
        self.reading.check_inside(self.element, f"{self.table.key}, {self.place}")
        given = self.element.find(self.reading.prefix + "inputExpression")
        text = self.reading.text(given, f"{self.table.key}, {self.place}")
        self.kind = _kind(given, self.element)
        self.allowed = self.values("inputValues")
        if not text:
            self.table.problem(
                self.key,
                "decision-input",
                f"{self.place}: it has no expression.",
                "Write the variable it looks at.",
            )
            return None
        expression = self.expression(text, self.key, "decision-input", self.place)
        if expression is None:
            return None
        return Input(self.key, self.label or text, expression, self.allowed)

    def output(self, *, single: bool) -> Output | None:
        """The column as an output."""
        self.reading.check_inside(self.element, f"{self.table.key}, {self.place}")
        self.kind = _kind(self.element)
        self.allowed = self.values("outputValues")
        name = self.name(single)
        default = self.element.find(self.reading.prefix + "defaultOutputEntry")
        if default is None:
            return Output(self.key, name, None, self.allowed) if name else None
        place = f"{self.place}, default"
        expression = self.answer(default, place)
        if name is None or expression is None:
            return None
        return Output(self.key, name, expression, self.allowed)

    def name(self, single: bool) -> str | None:
        """The variable of an output; a single one may leave its name to the decision."""
        name = (self.element.get("name") or "").strip()
        if not name and single:
            variable = self.table.element.find(self.reading.prefix + "variable")
            name = "" if variable is None else (variable.get("name") or "").strip()
            name = name or self.table.key
        try:
            if compile_expression(name).names == {name}:
                return name
        except ExpressionRefused:
            pass
        self.table.problem(
            self.key,
            "decision-output",
            f'{self.place}: "{name}" is no name of a variable.',
            "Give the output a name of letters, digits and underscores that starts with a letter.",
        )
        return None

    def values(self, name: str) -> UnaryTests | None:
        """The allowed values of the column; editors leave an empty element behind."""
        given = self.element.find(self.reading.prefix + name)
        text = self.reading.text(given, f"{self.table.key}, {self.place}")
        if not text:
            return None
        return self.tests(text, self.key, f"{self.place}, {name}")

    def tests(self, text: str, key: str, place: str) -> UnaryTests | None:
        """Compile unary tests, which have to suit the type of the column."""
        found = self.reading.compiled(
            compile_cell,
            text,
            lambda reason: self.table.problem(key, "decision-cell", f"{place}: {reason}", CURE),
        )
        if found is not None and self.kind is not None and found.kinds - {self.kind}:
            self.table.problem(
                key,
                "decision-cell",
                f"{place}: {text} compares with {min(found.kinds - {self.kind})}, "
                f"but the column holds {self.kind}.",
                "Correct the cell (text stands in quotes), or the type of the column.",
            )
        return found

    def cell(self, entry: etree._Element, rule: int) -> UnaryTests | None:
        """The cell of one rule in an input column."""
        place = f"rule {rule}, {self.place}"
        text = self.reading.text(entry, f"{self.table.key}, {place}")
        return self.tests(text, entry.get("id") or f"{self.table.key}, {place}", place)

    def result(self, entry: etree._Element, rule: int) -> Expression | None:
        """The cell of one rule in an output column."""
        return self.answer(entry, f"rule {rule}, {self.place}")

    def answer(self, entry: etree._Element, place: str) -> Expression | None:
        """An output expression; an empty cell is null. Constants are checked here and now."""
        key = entry.get("id") or f"{self.table.key}, {place}"
        text = self.reading.text(entry, f"{self.table.key}, {place}")
        text = "null" if text in ("", "-") else text
        expression = self.expression(text, key, "decision-cell", place)
        if expression is not None:
            self.check_answer(expression, key, place)
        return expression

    def expression(self, text: str, key: str, rule: str, place: str) -> Expression | None:
        """Compile an expression, or note why not."""
        return self.reading.compiled(
            compile_expression,
            text,
            lambda reason: self.table.problem(
                key, rule, f"{place}: {reason}", "Correct the expression."
            ),
        )

    def check_answer(self, expression: Expression, key: str, place: str) -> None:
        """The type of the column, its allowed values, and numbers to be added up."""
        aggregated = self.table.aggregation not in (None, Aggregation.COUNT)
        wanted = Kind.NUMBER if aggregated else self.kind
        if expression.kind not in (None, wanted) and wanted is not None:
            if expression.kind is not Kind.NULL or aggregated:
                self.table.problem(
                    key,
                    "decision-cell",
                    f"{place}: {expression.text} is {expression.kind}, but {wanted} is needed.",
                    "Correct the cell, or the type of the column.",
                )
        elif expression.is_constant and not self.fits(expression):
            self.table.problem(
                key,
                "decision-cell",
                f"{place}: {expression.text} is not among the allowed values.",
                "Correct the cell, or the allowed values of the column.",
            )

    def fits(self, expression: Expression) -> bool:
        """Whether a constant is an allowed value; null is the absence of one."""
        value = expression.evaluate({})
        if self.allowed is None or value is None:
            return True
        try:
            return self.allowed.matches(value, self.place)
        except ExpressionFailed:
            return False


def _kind(*elements: etree._Element | None) -> Kind | None:
    """The kind a `typeRef` names; types of the file's own are documentation only."""
    for element in elements:
        given = "" if element is None else element.get("typeRef") or ""
        if given:
            return _KINDS.get(given.rpartition(":")[2].lower())
    return None


def _present(found: Sequence[_T | None]) -> tuple[_T, ...]:
    return tuple(item for item in found if item is not None)


def _names(
    inputs: Sequence[Input], outputs: Sequence[Output], rules: Sequence[Rule]
) -> Iterator[str]:
    """The variables a decision may read."""
    for column in inputs:
        yield from column.expression.names
    for output in outputs:
        yield from output.default.names if output.default else ()
    for rule in rules:
        for result in rule.results:
            yield from result.names
