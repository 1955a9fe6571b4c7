"""The cells of input columns: what FEEL calls unary tests, as far as our expressions reach.

    -   "a","b"   5   true   null   >= 5   < 3   [1..10]   (1..10]   ]1..10[   not("a","b")

Source: OMG DMN 1.3 §7.3.14 and §10.3.1.2, grammar rules 7 to 18; endpoints are literals.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from engine.workflow.definition.expressions.scanner import (
    ExpressionRefused,
    Token,
    read_number,
    read_text,
    tokens,
)
from engine.workflow.definition.expressions.values import (
    ORDERED,
    TESTS,
    ExpressionFailed,
    Kind,
    exact,
    kind_of,
    negate,
    shown,
)

CURE = 'Write a cell like "a","b" or >= 5 or [1..10] or not("a"), or - for anything.'
_CONSTANTS = {
    "true": True,
    "false": False,
    "null": None,
    "True": True,
    "False": False,
    "None": None,
}
_OPERATORS = {"=": "==", **{sign: sign for sign in TESTS}}
_OPENS = frozenset({"[", "(", "]"})
_CLOSES = frozenset({"]", ")", "["})

Check = Callable[[Any], bool]


@dataclass(frozen=True, slots=True)
class UnaryTests:
    """One compiled cell.

    Attributes:
        text: as it was written.
        kinds: the kinds of values it asks for; empty if it takes anything.
        is_any: whether it is `-` or empty.
    """

    text: str
    kinds: frozenset[Kind]
    is_any: bool
    _negated: bool = False
    _null: bool = False
    _checks: tuple[tuple[Kind, Check], ...] = field(default=(), repr=False, compare=False)

    def matches(self, value: object, label: str) -> bool:
        """Whether the value of an input satisfies the cell.

        Null satisfies only `-`, `null` and a `not(…)` without null. A cell may list several kinds;
        a value of none of them is a mistake in the table or in the data, not a "no".

        Raises:
            ExpressionFailed: if the cell asks for other kinds of values.
        """
        if self.is_any:
            return True
        kind = kind_of(value)
        if kind is Kind.NULL:
            return self._null is not self._negated
        if kind is Kind.NUMBER:
            value = exact(value, label)
        if self.kinds and kind not in self.kinds:
            wanted = " or ".join(sorted(self.kinds))
            raise ExpressionFailed(
                f"Expected to compare {wanted} with {wanted}, but {label} is {shown(value)}."
            )
        hit = any(check(value) for wanted, check in self._checks if wanted is kind)
        return hit is not self._negated


def compile_cell(text: str) -> UnaryTests:
    """Check and compile the cell of an input column.

    Raises:
        ExpressionRefused: for anything but the tests above, with what to write instead.
    """
    words = [token for token in tokens(text.strip()) if token.kind != "space"]
    if not words or [word.text for word in words] == ["-"]:
        return UnaryTests(text, frozenset(), True)
    return _Parser(text, words).cell()


class _Parser:
    """One reading of one cell, from left to right."""

    def __init__(self, text: str, words: list[Token]) -> None:
        self.text = text
        self.words = words
        self.place = 0
        self.null = False
        self.checks: list[tuple[Kind, Check]] = []

    def cell(self) -> UnaryTests:
        negated = self.peek() == "not"
        if negated:
            self.place += 1
            self.expect("(")
        self.test()
        while self.peek() == ",":
            self.place += 1
            self.test()
        if negated:
            self.expect(")")
        if self.place < len(self.words):
            raise self.refused(f"{self.peek()} is misplaced.")
        kinds = frozenset(kind for kind, _ in self.checks)
        return UnaryTests(self.text, kinds, False, negated, self.null, tuple(self.checks))

    def refused(self, reason: str) -> ExpressionRefused:
        return ExpressionRefused(self.text, reason)

    def peek(self) -> str:
        return self.words[self.place].text if self.place < len(self.words) else ""

    def take(self) -> Token:
        if self.place == len(self.words):
            raise self.refused("The cell is not complete.")
        self.place += 1
        return self.words[self.place - 1]

    def expect(self, sign: str) -> None:
        if self.take().text != sign:
            raise self.refused(f'A "{sign}" is missing.')

    def test(self) -> None:
        """One entry of the list."""
        if self.peek() in _OPENS:
            self.interval()
        elif self.peek() in _OPERATORS:
            self.comparison(_OPERATORS[self.take().text])
        else:
            self.comparison("==")

    def comparison(self, op: str) -> None:
        constant = self.constant()
        kind, test = kind_of(constant), TESTS[op]
        if kind is Kind.NULL and op == "==":
            self.null = True
        elif (op in ("==", "!=") and kind is not Kind.NULL) or kind in ORDERED:
            self.checks.append((kind, lambda value: test(value, constant)))
        else:
            raise self.refused(f'"{op}" needs a number or a text, but got {shown(constant)}.')

    def interval(self) -> None:
        """`[` and `]` include an end, `(` and `)` and the turned brackets leave it out."""
        above = TESTS[">=" if self.take().text == "[" else ">"]
        low = self.constant()
        self.expect("..")
        high = self.constant()
        closing = self.take().text
        if closing not in _CLOSES:
            raise self.refused('The range is not closed with "]", ")" or "[".')
        below = TESTS["<=" if closing == "]" else "<"]
        kind = kind_of(low)
        if kind is not kind_of(high) or kind not in ORDERED:
            raise self.refused("A range goes from number to number or from text to text.")
        if TESTS[">"](low, high) or (low == high and not (above(low, low) and below(low, low))):
            raise self.refused("The range holds no value, because it ends before it starts.")
        self.checks.append((kind, lambda value: above(value, low) and below(value, high)))

    def constant(self) -> Decimal | str | bool | None:
        token = self.take()
        if token.kind == "text":
            return read_text(token.text)
        if token.kind == "number":
            return read_number(token.text, self.text)
        if token.text == "-" and self.peek()[:1] in ".0123456789" and self.peek():
            return negate(read_number(self.take().text, self.text))
        if token.text in _CONSTANTS:
            return _CONSTANTS[token.text]
        raise self.refused(self.habit(token))

    def habit(self, token: Token) -> str:
        """The sentence for what people bring along from elsewhere."""
        word = token.text
        if token.kind == "name" and self.peek() == "(":
            return f"{word}(…) cannot be used in a cell. Compare in the input column instead."
        if token.kind == "name":
            return (
                f'A cell compares with constants only: as a text, write "{word}" in quotes; '
                f"for a variable, write the comparison with {word} into the input column."
            )
        if word == "?":
            return '"?" cannot be written. Leave it out, or compare in the input column.'
        return "A quote has no end." if word in ('"', "'") else f"{word} is misplaced."
