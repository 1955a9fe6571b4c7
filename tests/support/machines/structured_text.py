"""Function blocks of docs/reference/plc-handshake.md, made to run: a small part of IEC 61131-3.

Known are variables of BOOL, UINT and UDINT in their sections, RETAIN, assignments, IF, comparisons,
AND, OR and NOT, in the spelling of the standard and in Siemens' SCL. Anything else is an error, and
so is what a compiler would refuse: a name that was not declared, a type that does not fit, a write
to an input. A scan is a generator that rests after each assignment: there the power may fail.
"""

import operator
import re
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

from tests.support.machines.function_block import (
    LARGEST,
    Block,
    Body,
    NotUnderstood,
    Put,
    Values,
    Variable,
)

Term = Callable[[Values], int]

PAGE = Path(__file__).resolve().parents[3] / "docs" / "reference" / "plc-handshake.md"
SECTIONS = ("VAR_INPUT", "VAR_OUTPUT", "VAR_IN_OUT", "VAR", "VAR_TEMP")
LEVELS = (("OR",), ("AND",), ("=", "<>"), ("<", ">", "<=", ">="))
SIGNS: dict[str, Callable[[int, int], int]] = {
    "OR": operator.or_, "AND": operator.and_, "=": operator.eq, "<>": operator.ne,
    "<": operator.lt, ">": operator.gt, "<=": operator.le, ">=": operator.ge,
}  # fmt: skip
TOKEN = re.compile(
    r"(?P<skip>\s+|//[^\n]*|\(\*.*?\*\))|(?P<pragma>\{[^}]*\})|(?P<version>\d+\.\d+)|(?P<number>\d+)"
    r'|(?P<name>#?[A-Za-z_]\w*|"\w+")|(?P<sign>:=|<>|<=|>=|[:;=<>()])|(?P<other>.)',
    re.DOTALL,
)


def listing(language: str) -> str:
    """The one listing of the page in this language: `iecst` or `scl`."""
    [text] = re.findall(rf"```{language}\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    return str(text)


class Reader:
    """Reads one function block; in SCL a variable has `#` before its name."""

    def __init__(self, text: str) -> None:
        self.scl = "\nBEGIN\n" in text
        self.variables: dict[str, Variable] = {}
        self._tokens = [
            (str(m.lastgroup), m[0], text.count("\n", 0, m.start()) + 1)
            for m in TOKEN.finditer(text)
            if m.lastgroup != "skip"
        ]

    def block(self) -> Block:
        """The whole of it."""
        self.take("FUNCTION_BLOCK")
        self.take(kind="name")
        if self.scl:
            self.take("{ S7_Optimized_Access := 'TRUE' }")
            self.take("VERSION")
            self.take(":")
            self.take(kind="version")
        while self.next in SECTIONS:
            self.section()
        if self.scl:
            self.take("BEGIN")
        body = self.statements("END_FUNCTION_BLOCK")
        self.take("END_FUNCTION_BLOCK")
        if self._tokens:
            raise self.error()
        return Block(self.variables, body)

    # ---- tokens ----

    @property
    def next(self) -> str:
        return self._tokens[0][1] if self._tokens else "the end"

    def error(self, told: str = "is not known here") -> NotUnderstood:
        line = self._tokens[0][2] if self._tokens else "last"
        return NotUnderstood(f"line {line} of the listing: {self.next} {told}")

    def take(self, text: str | None = None, kind: str | None = None) -> str:
        """What comes next, which has to be this text, or of this kind."""
        found = self._tokens[0][0] if self._tokens else None
        if found is None or (text or self.next) != self.next or (kind or found) != found:
            raise self.error(f"stands where {text or kind} belongs")
        return self._tokens.pop(0)[1]

    # ---- declarations ----

    def section(self) -> None:
        section = self.take()
        retained = self.next == "RETAIN"
        if retained:
            self.take("RETAIN")
            if section in ("VAR_IN_OUT", "VAR_TEMP"):
                raise self.error(f"follows {section} RETAIN, which there is not")
        while self.next != "END_VAR":
            self.declaration(section, retained)
        self.take("END_VAR")

    def declaration(self, section: str, retained: bool) -> None:
        name = self.take(kind="name")
        self.take(":")
        kind = self.take(kind="name").upper()
        if kind not in LARGEST or name in self.variables:
            raise self.error(f"follows a {kind} {name} that cannot be declared")
        initial: int = False if kind == "BOOL" else 0
        if self.next == ":=":
            self.take(":=")
            initial = self.literal()[0]
        made = self.variables[name] = Variable(section, kind, retained, initial)
        if not made.fits(initial):
            raise self.error(f"follows {initial}, which is no {kind}")
        self.take(";")

    def literal(self) -> tuple[int, str]:
        if self.next in ("TRUE", "FALSE"):
            return self.take() == "TRUE", "BOOL"
        return int(self.take(kind="number")), "number"

    # ---- statements ----

    def statements(self, *ends: str) -> Body:
        if self.next in ends:
            raise self.error("comes where a statement belongs")
        found: list[Body] = []
        while self.next not in ends:
            found.append(self.choice() if self.next == "IF" else self.assignment())

        def run(values: Values, put: Put) -> Iterator[str]:
            for statement in found:
                yield from statement(values, put)

        return run

    def choice(self) -> Body:
        branches = [self.branch("IF")]
        while self.next == "ELSIF":
            branches.append(self.branch("ELSIF"))
        if self.next == "ELSE":
            self.take("ELSE")
            branches.append((lambda _: True, self.statements("END_IF")))
        self.take("END_IF")
        self.take(";")

        def run(values: Values, put: Put) -> Iterator[str]:
            for condition, body in branches:
                if condition(values):
                    yield from body(values, put)
                    return

        return run

    def branch(self, word: str) -> tuple[Term, Body]:
        self.take(word)
        condition, kind = self.expression()
        if kind != "BOOL":
            raise self.error(f"follows a {kind} where a condition belongs")
        self.take("THEN")
        return condition, self.statements("ELSIF", "ELSE", "END_IF")

    def assignment(self) -> Body:
        name = self.variable()
        if self.variables[name].section == "VAR_INPUT":
            raise self.error("follows an input, which is not written")
        self.take(":=")
        value, kind = self.expression()
        wanted = self.variables[name].type
        if kind != wanted and (wanted == "BOOL" or kind not in ("number", "UINT")):
            raise self.error(f"follows a {kind} for {name}, which is {wanted}")
        self.take(";")

        def run(values: Values, put: Put) -> Iterator[str]:
            yield put(name, value(values))

        return run

    # ---- expressions: what they are worth, and their type ----

    def expression(self, level: int = 0) -> tuple[Term, str]:
        if level == len(LEVELS):
            return self.operand()
        left, kind = self.expression(level + 1)
        while self.next in LEVELS[level]:
            sign = self.take()
            right, other = self.expression(level + 1)
            if (kind == "BOOL") != (other == "BOOL") or (kind == "BOOL") != (level < 2):
                raise self.error(f"follows {kind} {sign} {other}")
            left, kind = self.joined(left, SIGNS[sign], right), "BOOL"
        return left, kind

    def joined(self, left: Term, sign: Callable[[int, int], int], right: Term) -> Term:
        return lambda values: sign(left(values), right(values))

    def operand(self) -> tuple[Term, str]:
        if self.next == "NOT":
            self.take("NOT")
            value, kind = self.operand()
            if kind != "BOOL":
                raise self.error(f"follows NOT {kind}")
            return lambda values: not value(values), kind
        if self.next == "(":
            self.take("(")
            inner = self.expression()
            self.take(")")
            return inner
        if self.next in ("TRUE", "FALSE") or self._tokens[0][0] == "number":
            constant, kind = self.literal()
            return lambda _: constant, kind
        name = self.variable()
        return lambda values: values[name], self.variables[name].type

    def variable(self) -> str:
        token = self.next
        name = token.removeprefix("#")
        if token.startswith("#") != self.scl or name not in self.variables:
            raise self.error("is no variable of this block")
        self.take()
        return name


_read = cache(lambda language: Reader(listing(language)).block())


def block(language: str) -> Block:
    """The function block of the page's listing in this language, switched on."""
    read = _read(language)
    return Block(read.variables, read.body)
