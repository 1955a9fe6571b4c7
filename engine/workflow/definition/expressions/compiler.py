"""From text to a checked, runnable expression: an allow-list over Python's syntax tree.

Python's parser reads what the scanner let pass; every node of the tree is then either known here or
refused, and known ones become closures. Nothing is ever handed to `eval`.
"""

import ast
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeVar

from engine.workflow.definition.expressions import runs
from engine.workflow.definition.expressions.expression import (
    Comparison,
    Demand,
    Expression,
    Pair,
)
from engine.workflow.definition.expressions.functions import FUNCTIONS
from engine.workflow.definition.expressions.functions import field as read_field
from engine.workflow.definition.expressions.runs import Run
from engine.workflow.definition.expressions.scanner import ExpressionRefused, prepare, read_number
from engine.workflow.definition.expressions.values import (
    ORDERED,
    ExpressionFailed,
    Kind,
    kind_of,
    settled,
    shown,
)

MAX_NODES = 200
MAX_DEPTH = 100
_LABEL = 40

_COMPARISONS: dict[type[ast.cmpop], str] = {
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.In: "in",
    ast.NotIn: "not in",
}
_MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}
_ARITHMETIC: dict[type[ast.operator], str] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.Mod: "%",
}
_NAMED_CONSTANTS = {"true": True, "false": False, "null": None}
_NodeT = TypeVar("_NodeT", bound=ast.expr)


def compile_expression(text: str) -> Expression:
    """Check and compile an expression; `${…}` around it and `=` in front are accepted.

    Numbers are Decimals with the digits that were written; arithmetic keeps 34 digits and rounds a
    half to the even digit.

    Raises:
        ExpressionRefused: for anything that is not of the language, with what to write instead.
    """
    return _Compiler(text).expression()


def compile_condition(text: str) -> Expression:
    """As `compile_expression`, for a text that has to be true or false.

    Raises:
        ExpressionRefused: also for an expression that never is, such as `qty + 1`.
    """
    expression = compile_expression(text)
    if expression.kind not in (None, Kind.BOOLEAN):
        raise ExpressionRefused(
            text, f"It is {expression.kind}. Write a condition, such as qty >= 5."
        )
    return expression


@dataclass(frozen=True, slots=True)
class _Part:
    """A compiled piece: `label` names it in sentences and is None for a constant."""

    run: Run
    kind: Kind | None
    label: str | None
    name: str | None = None
    constant: bool = False
    value: object = None


class _Compiler:
    """One compilation of one text."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.source = prepare(text)
        self.bytes = self.source.encode()
        self.depth = 0
        self.names: set[str] = set()
        self.comparisons: list[Comparison] = []
        self.pairs: list[Pair] = []
        self.demands: list[Demand] = []

    def expression(self) -> Expression:
        part = self.part(self._parse())
        return Expression(
            self.text,
            frozenset(self.names),
            part.kind,
            part.constant,
            tuple(self.comparisons),
            tuple(self.pairs),
            tuple(self.demands),
            part.run,
        )

    def _parse(self) -> ast.expr:
        try:
            body = ast.parse(self.source, mode="eval").body
        except SyntaxError as error:
            place = max(0, (error.offset or 1) - 8)
            near = self.source[place : place + 24].strip()
            raise self.refused(
                f'It is not complete, or something is misplaced near "{near}". '
                'Write it like qty >= 5 and result == "pass".'
            ) from None
        except (ValueError, RecursionError, MemoryError):
            raise self.refused("It nests too deeply to be read. Write it shorter.") from None
        if sum(isinstance(node, ast.expr) for node in ast.walk(body)) > MAX_NODES:
            raise self.refused(f"It has more than {MAX_NODES} parts. Write it shorter.")
        return body

    def refused(self, reason: str) -> ExpressionRefused:
        return ExpressionRefused(self.text, reason)

    def part(self, node: ast.expr) -> _Part:
        """Compile one node, or refuse it."""
        build = _BUILDERS.get(type(node))
        if build is None:
            raise self.refused(
                f"{self.segment(node)} cannot be written. Compare variables only; a list is [a, b]."
            )
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise self.refused("It nests too deeply. Write it shorter.")
        part = build(self, node)
        self.depth -= 1
        return part

    def segment(self, node: ast.expr) -> str:
        """The node's own text, shortened; the columns of the tree count UTF-8 bytes."""
        text = self.bytes[node.col_offset : node.end_col_offset].decode()
        return text if len(text) <= _LABEL else text[:_LABEL] + "…"

    def done(self, node: ast.expr, run: Run, kind: Kind | None, *of: _Part) -> _Part:
        """A part made of parts; if all of them are constant it is evaluated here and now."""
        if not all(part.constant for part in of):
            return _Part(run, kind, self.segment(node))
        try:
            value = settled(run({}))
        except ExpressionFailed as failed:
            raise self.refused(f"{self.segment(node)} has no answer. {failed}") from None
        if isinstance(value, list):  # evaluated anew each time, so that nobody can change it
            return _Part(run, Kind.LIST, None, constant=True, value=_frozen(value))
        return _constant(value)

    def demand(self, part: _Part, kinds: frozenset[Kind], node: ast.expr) -> None:
        """Refuse a part of another kind; remember what a variable has to be."""
        wanted = " or ".join(sorted(kinds))
        if part.kind is not None and part.kind not in kinds:
            found = f"got {shown(part.value)}" if part.constant else f"{part.label} is {part.kind}"
            raise self.refused(f"{self.segment(node)} needs {wanted}, but {found}.")
        if part.name is not None:
            self.demands.append(Demand(part.name, kinds, self.segment(node)))

    # ---- leaves ---------------------------------------------------------------------------------

    def constant(self, node: ast.Constant) -> _Part:
        if isinstance(node.value, int | float) and not isinstance(node.value, bool):
            digits = self.bytes[node.col_offset : node.end_col_offset].decode()
            return _constant(read_number(digits, self.text))
        if node.value is None or isinstance(node.value, bool | str):
            return _constant(node.value)
        raise self.refused(f"{self.segment(node)} cannot be written.")

    def name(self, node: ast.Name) -> _Part:
        if node.id in _NAMED_CONSTANTS:
            return _constant(_NAMED_CONSTANTS[node.id])
        self.names.add(node.id)
        return _Part(runs.variable(node.id), None, node.id, name=node.id)

    def items(self, node: ast.List) -> _Part:
        parts = [self.part(item) for item in node.elts]
        return self.done(node, runs.listed([p.run for p in parts]), Kind.LIST, *parts)

    def subscript(self, node: ast.Subscript) -> _Part:
        base, key = self.part(node.value), self.part(node.slice)
        place: str | int
        if isinstance(key.value, str):
            place, kind = key.value, Kind.OBJECT
        elif isinstance(key.value, Decimal) and key.value == key.value.to_integral_value():
            place, kind = int(key.value), Kind.LIST
        else:
            raise self.refused(
                f"{self.segment(node)} cannot be written. "
                'Inside [ ] write a field in quotes or a whole number: data["key"], items[0].'
            )
        self.demand(base, frozenset({kind}), node)
        inner, label = base.run, base.label

        def run(variables: Mapping[str, object]) -> object:
            return read_field(inner(variables), place, label)

        return self.done(node, run, None, base, key)

    # ---- truth ----------------------------------------------------------------------------------

    def joined(self, node: ast.BoolOp) -> _Part:
        parts = [self.part(value) for value in node.values]
        for part in parts:
            self.demand(part, frozenset({Kind.BOOLEAN}), node)
        stop = isinstance(node.op, ast.Or)
        run = runs.joined(stop, [p.run for p in parts], [p.label for p in parts])
        return self.done(node, run, Kind.BOOLEAN, *parts)

    def chosen(self, node: ast.IfExp) -> _Part:
        test, then, other = (self.part(n) for n in (node.test, node.body, node.orelse))
        self.demand(test, frozenset({Kind.BOOLEAN}), node)
        kind = then.kind if then.kind is other.kind else None
        run = runs.chosen(test.run, test.label, then.run, other.run)
        return self.done(node, run, kind, test, then, other)

    def unary(self, node: ast.UnaryOp) -> _Part:
        part = self.part(node.operand)
        if isinstance(node.op, ast.Not):
            self.demand(part, frozenset({Kind.BOOLEAN}), node)
            return self.done(node, runs.opposite(part.run, part.label), Kind.BOOLEAN, part)
        if isinstance(node.op, ast.USub):
            self.demand(part, frozenset({Kind.NUMBER}), node)
            return self.done(node, runs.negated(part.run, part.label), Kind.NUMBER, part)
        raise self.refused(f"{self.segment(node)} cannot be written. Leave the sign out.")

    # ---- comparisons ----------------------------------------------------------------------------

    def compared(self, node: ast.Compare) -> _Part:
        parts = [self.part(n) for n in (node.left, *node.comparators)]
        ops = [_COMPARISONS.get(type(op), "") for op in node.ops]  # `is` never passes the scanner
        for left, op, right in zip(parts, ops, parts[1:], strict=False):
            if op.endswith("in"):
                self._note_membership(node, left, op, right)
            else:
                self._note_comparison(node, left, op, right)
        if len(ops) > 1:
            links = [(op, p.run, p.label) for op, p in zip(ops, parts[1:], strict=True)]
            run = runs.chain(parts[0].run, links, parts[0].label)
        else:
            run = _compare_run(parts[0], ops[0], parts[1])
        return self.done(node, run, Kind.BOOLEAN, *parts)

    def _note_comparison(self, node: ast.expr, left: _Part, op: str, right: _Part) -> None:
        ordering = op not in ("==", "!=")
        kinds = {kind for kind in (left.kind, right.kind) if kind is not None}
        if ordering and not kinds <= ORDERED:
            raise self.refused(
                f"{self.segment(node)} puts {min(kinds - ORDERED)} in order. "
                "Only numbers and texts have an order."
            )
        if len(kinds - {Kind.NULL}) > 1:
            raise self.refused(
                f"{self.segment(node)} compares {left.kind} with {right.kind}. "
                "Compare values of one kind."
            )
        wanted = frozenset(kinds - {Kind.NULL}) or (ORDERED if ordering else None)
        if left.name and right.name:
            self.pairs.append(Pair(left.name, op, right.name))
        for part, sign, other in ((left, op, right), (right, _MIRRORED[op], left)):
            if part.name and other.constant:
                self.comparisons.append(Comparison(part.name, sign, other.value))
            if part.name and wanted:
                self.demand(part, wanted, node)

    def _note_membership(self, node: ast.expr, left: _Part, op: str, right: _Part) -> None:
        if right.kind not in (None, Kind.LIST):
            raise self.refused(
                f'{self.segment(node)} looks into {right.kind}. Write a list: x in ["a", "b"].'
            )
        self.demand(right, frozenset({Kind.LIST}), node)
        if left.name and isinstance(right.value, tuple):
            self.comparisons.append(Comparison(left.name, op, right.value))
            kinds = frozenset(kind_of(item) for item in right.value) - {Kind.NULL}
            if kinds:
                self.demand(left, kinds, node)

    # ---- arithmetic and functions ---------------------------------------------------------------

    def calculated(self, node: ast.BinOp) -> _Part:
        op = _ARITHMETIC.get(type(node.op))
        if op is None:  # the scanner lets no other operator pass
            raise self.refused(f"{self.segment(node)} cannot be written.")
        left, right = self.part(node.left), self.part(node.right)
        for part in (left, right):
            self.demand(part, frozenset({Kind.NUMBER}), node)
        run = runs.calculated(op, left.run, right.run, (left.label, right.label))
        return self.done(node, run, Kind.NUMBER, left, right)

    def called(self, node: ast.Call) -> _Part:
        function = FUNCTIONS.get(node.func.id) if isinstance(node.func, ast.Name) else None
        if function is None or node.keywords:
            known = ", ".join(sorted(FUNCTIONS))
            raise self.refused(
                f"{self.segment(node.func)} cannot be called. Functions are {known}."
            )
        if not function.least <= len(node.args) <= function.most:
            raise self.refused(f"{self.segment(node)} is incomplete. Write {function.usage}.")
        parts = [self.part(argument) for argument in node.args]
        for part in parts:
            self.demand(part, function.wanted(len(parts)), node)
        run = runs.called(function, [p.run for p in parts], [p.label for p in parts])
        return self.done(node, run, Kind.NUMBER, *parts)


def _compare_run(left: _Part, op: str, right: _Part) -> Run:
    """The fastest run for one comparison."""
    if op.endswith("in"):
        return _within_run(left, op == "in", right)
    if left.constant and right.name:
        left, op, right = right, _MIRRORED[op], left
    if left.name and isinstance(right.value, Decimal):
        return runs.number_test(left.name, op, right.value)
    if left.name and isinstance(right.value, str):
        return runs.text_test(left.name, op, right.value)
    return runs.compared(op, left.run, right.run, (left.label, right.label))


def _within_run(left: _Part, wanted: bool, right: _Part) -> Run:
    items = right.value
    if left.name and isinstance(items, tuple):
        texts = [item for item in items if isinstance(item, str)]
        if len(texts) == len(items):
            return runs.within_texts(left.name, frozenset(texts), wanted)
    return runs.within(left.run, right.run, right.label, wanted)


def _constant(value: object) -> _Part:
    return _Part(runs.always(value), kind_of(value), None, constant=True, value=value)


def _frozen(items: Sequence[object]) -> tuple[object, ...]:
    return tuple(_frozen(item) if isinstance(item, list) else item for item in items)


def _builder(
    kind: type[_NodeT], build: Callable[[_Compiler, _NodeT], _Part]
) -> tuple[type[ast.expr], Callable[[_Compiler, ast.expr], _Part]]:
    def checked(compiler: _Compiler, node: ast.expr) -> _Part:
        assert isinstance(node, kind)
        return build(compiler, node)

    return kind, checked


_BUILDERS = dict(
    (
        _builder(ast.Constant, _Compiler.constant),
        _builder(ast.Name, _Compiler.name),
        _builder(ast.List, _Compiler.items),
        _builder(ast.Subscript, _Compiler.subscript),
        _builder(ast.BoolOp, _Compiler.joined),
        _builder(ast.IfExp, _Compiler.chosen),
        _builder(ast.UnaryOp, _Compiler.unary),
        _builder(ast.Compare, _Compiler.compared),
        _builder(ast.BinOp, _Compiler.calculated),
        _builder(ast.Call, _Compiler.called),
    )
)
