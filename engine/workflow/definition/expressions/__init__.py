"""Expressions compare variables and nothing else; each is checked and compiled when it is deployed.

The language is that of `docs/reference/dialect.md`: comparisons, `and or not`, `in`, `+ - * / %`,
`a if c else b`, lists, constant subscripts and `len min max abs round`. There is no attribute, no
call by name, no string arithmetic and no loop, so an expression cannot reach beyond its variables.
"""

from engine.workflow.definition.expressions.checks import mismatches
from engine.workflow.definition.expressions.compiler import compile_condition, compile_expression
from engine.workflow.definition.expressions.expression import Comparison, Demand, Expression, Pair
from engine.workflow.definition.expressions.scanner import ExpressionRefused
from engine.workflow.definition.expressions.values import (
    ExpressionFailed,
    Kind,
    VariableMissing,
)

__all__ = [
    "Comparison",
    "Demand",
    "Expression",
    "ExpressionFailed",
    "ExpressionRefused",
    "Kind",
    "Pair",
    "VariableMissing",
    "compile_condition",
    "compile_expression",
    "mismatches",
]
