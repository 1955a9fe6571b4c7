"""The conditions of diagrams, as far as random diagrams use them."""

import ast
import operator
from collections.abc import Callable, Mapping
from typing import Any

OPERATORS: dict[type, Callable[[Any, Any], Any]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Add: operator.add,
    ast.Sub: operator.sub,
}


class Missing(Exception):
    """A variable that is not there."""


def evaluate(text: str, variables: Mapping[str, Any]) -> Any:
    """What an expression gives."""
    return _value(ast.parse(text.strip().removeprefix("=").strip(), mode="eval").body, variables)


def resolve(text: str, variables: Mapping[str, Any]) -> Any:
    """A literal, or what an expression gives: it starts with an equals sign."""
    return evaluate(text, variables) if text.startswith("=") else text


def _value(node: ast.expr, variables: Mapping[str, Any]) -> Any:
    match node:
        case ast.Constant(value):
            return value
        case ast.Name(name):
            if name not in variables:
                raise Missing(name)
            return variables[name]
        case ast.Compare(left, [test], [right]):
            return OPERATORS[type(test)](_value(left, variables), _value(right, variables))
        case ast.BinOp(left, test, right):
            return OPERATORS[type(test)](_value(left, variables), _value(right, variables))
        case ast.BoolOp(ast.And(), parts):
            return all(_value(part, variables) for part in parts)
        case ast.BoolOp(ast.Or(), parts):
            return any(_value(part, variables) for part in parts)
    raise AssertionError(f"not a condition of ours: {ast.dump(node)}")
