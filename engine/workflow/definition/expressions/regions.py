"""What several conditions say together, where comparisons with constants decide it.

Between two constants a condition does not change. So one value of each region, and each constant
itself, stand for all values, and the conditions are simply evaluated for them.
"""

import ast
from collections.abc import Iterable, Mapping, Sequence
from decimal import Context, Decimal
from itertools import pairwise, product

from engine.workflow.definition.expressions.expression import Expression
from engine.workflow.definition.expressions.scanner import prepare
from engine.workflow.definition.expressions.values import ExpressionFailed

MAX_EVALUATIONS = 20_000  # 0.1 s
_HIGHEST = "\U0010ffff" * 4
_BEYOND = Decimal("1E+2000")  # constants are below 1E+1040
_EXACT = Context(prec=2_200)  # the middle of 1E-999 and 1E+1039 has that many digits

Row = tuple[bool | None, ...]


def is_decidable(condition: Expression) -> bool:
    """Whether a condition only compares variables with constants."""
    return _decidable(ast.parse(prepare(condition.text), mode="eval").body)


def outcomes(conditions: Sequence[Expression]) -> list[Row] | None:
    """For each region of their variables, what each decidable condition is.

    A condition that fails there, because kinds differ, is None. The answer is None if that would
    take more than 20,000 evaluations.
    """
    points = {
        name: _points(name, conditions) for name in sorted({n for c in conditions for n in c.names})
    }
    size = len(conditions)
    for values in points.values():
        size *= len(values)
    if size > MAX_EVALUATIONS:
        return None
    return [
        tuple(_held(condition, dict(zip(points, values, strict=True))) for condition in conditions)
        for values in product(*points.values())
    ]


def _held(condition: Expression, variables: Mapping[str, object]) -> bool | None:
    try:
        return condition.condition(variables)
    except ExpressionFailed:
        return None


def _decidable(node: ast.expr) -> bool:
    if isinstance(node, ast.BoolOp):
        return all(_decidable(value) for value in node.values)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        return _decidable(node.operand)
    if isinstance(node, ast.Compare):
        operands = [node.left, *node.comparators]
        return all(isinstance(o, ast.Name) or _constant(o) for o in operands) and not any(
            _variable(a) and _variable(b) for a, b in pairwise(operands)
        )
    return isinstance(node, ast.Name) or _constant(node)


def _variable(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id not in ("true", "false", "null")


def _constant(node: ast.expr) -> bool:
    return not any(_variable(part) for part in ast.walk(node) if isinstance(part, ast.expr))


def _points(name: str, conditions: Iterable[Expression]) -> list[object]:
    """One value of each region of a variable: the constants, between them, and beyond."""
    constants: list[object] = []
    for condition in conditions:
        for comparison in condition.comparisons:
            if comparison.name == name:
                given = comparison.constant
                constants += given if isinstance(given, tuple) else [given]
    numbers = sorted({c for c in constants if isinstance(c, Decimal)})
    texts = sorted({c for c in constants if isinstance(c, str)})
    points: list[object] = [True, False]
    if None in constants:
        points.append(None)
    points += numbers
    points += [_middle(a, b) for a, b in pairwise(numbers)]
    if numbers:
        points += [-_BEYOND, _BEYOND]
    points += [text for given in texts for text in (given, given + "\0")]
    if texts:
        points += ["", _HIGHEST]
    return points


def _middle(low: Decimal, high: Decimal) -> Decimal:
    return _EXACT.divide(_EXACT.add(low, high), Decimal(2))
