"""Random expressions against a naive evaluator: trees, exact fractions, no shortcuts."""

import operator
from collections.abc import Callable, Mapping
from decimal import Decimal as D
from fractions import Fraction
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.workflow.definition.expressions import (
    ExpressionFailed,
    VariableMissing,
    compile_expression,
)

NUMBERS = st.integers(-9999, 9999).map(lambda n: D(n) / 10)
TESTS: dict[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
ARITHMETIC: dict[str, Callable[..., Fraction]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "%": operator.mod,
    "neg": operator.neg,
    "abs": abs,
    "min": min,
    "max": max,
}
CALLS = ("min", "max", "abs", "len")
Node = tuple[Any, ...]


class Fails(Exception):
    """The oracle has no answer."""


class Absent(Fails):
    """The oracle misses a variable."""


# ---- trees, well typed as far as names keep what their first letter promises ---------------------


def constant(node: D | str | bool) -> Node:
    return ("const", node)


def leaf(kind: str) -> st.SearchStrategy[Node]:
    values: dict[str, st.SearchStrategy[Any]] = {
        "n": NUMBERS.map(abs),
        "t": st.text("ab", max_size=2),
        "b": st.booleans(),
    }
    return values[kind].map(constant) | st.sampled_from([("name", kind + i) for i in "012"])


@cache
def tree(kind: str, depth: int) -> st.SearchStrategy[Node]:
    if depth == 0:
        return leaf(kind)
    number, text, truth = (tree(k, depth - 1) for k in "ntb")
    choice = st.tuples(st.just("if"), truth, tree(kind, depth - 1), tree(kind, depth - 1))
    if kind == "t":
        return leaf("t") | choice
    if kind == "n":
        tenths = st.sampled_from([D(2), D(4), D(5), D(8)]).map(constant)  # exact in 34 digits
        return st.one_of(
            leaf("n"),
            choice,
            st.tuples(st.sampled_from(["neg", "abs"]), number),
            st.tuples(st.sampled_from(["+", "-", "*", "min", "max"]), number, number),
            st.tuples(st.sampled_from(["/", "%"]), number, tenths),
            st.tuples(st.just("len"), text),
        )
    order = st.sampled_from(sorted(TESTS))
    return st.one_of(
        leaf("b"),
        choice,
        st.tuples(order, number, number),
        st.tuples(order, text, text),
        st.tuples(st.sampled_from(["and", "or"]), truth, truth),
        st.tuples(st.just("not"), truth),
        st.tuples(st.sampled_from(["in", "not in"]), text, st.lists(text, max_size=3)),
        st.tuples(st.just("chain"), order, order, number, number, number),
    )


def render(node: Node) -> str:
    head, *rest = node
    if head in ("const", "name"):
        return written(head, rest[0])
    if head == "chain":
        first, second, a, b, c = rest
        return f"({render(a)} {first} {render(b)} {second} {render(c)})"
    if head in ("in", "not in"):
        return f"({render(rest[0])} {head} [{', '.join(map(render, rest[1]))}])"
    parts = [render(part) for part in rest]
    if head in CALLS:
        return f"{head}({', '.join(parts)})"
    if head == "if":
        return f"({parts[1]} if {parts[0]} else {parts[2]})"
    if len(parts) == 1:
        return f"({'-' if head == 'neg' else 'not '}{parts[0]})"
    return f"({parts[0]} {head} {parts[1]})"


def written(head: str, given_value: Any) -> str:
    if head == "name" or isinstance(given_value, D):
        return str(given_value)
    return f'"{given_value}"' if isinstance(given_value, str) else str(given_value).lower()


# ---- the oracle ----------------------------------------------------------------------------------


class Oracle:
    """Evaluates a tree for some variables, one method per kind of node."""

    def __init__(self, variables: Mapping[str, object]) -> None:
        self.variables = variables

    def value(self, node: Node) -> Any:
        head, *rest = node
        if head in ("const", "name"):
            return self.leaf(head, rest[0])
        if head == "if":
            return self.value(rest[1] if self.truth(rest[0]) else rest[2])
        if head in ("and", "or", "not"):
            return self.logic(head, rest)
        if head in ("in", "not in"):
            wanted, items = self.value(rest[0]), [self.value(item) for item in rest[1]]
            found = any(type(item) is type(wanted) and item == wanted for item in items)
            return found is (head == "in")
        if head == "chain":
            first, second, a, b, c = rest
            left, middle = self.value(a), self.value(b)
            return ordered(first, left, middle) and ordered(second, middle, self.value(c))
        values = [self.value(part) for part in rest]
        return ordered(head, *values) if head in TESTS else calculated(head, values)

    def leaf(self, head: str, given_value: Any) -> Any:
        if head == "name":
            if given_value not in self.variables:
                raise Absent(given_value)
            given_value = self.variables[given_value]
        return Fraction(given_value) if isinstance(given_value, D) else given_value

    def logic(self, head: str, parts: list[Node]) -> bool:
        first = self.truth(parts[0])
        if head == "not":
            return not first
        return first if first is (head == "or") else self.truth(parts[1])

    def truth(self, node: Node) -> bool:
        return bool(typed(self.value(node), bool))


def typed(found: Any, kind: type) -> Any:
    if type(found) is not kind:
        raise Fails
    return found


def ordered(op: str, left: Any, right: Any) -> bool:
    equality = op in ("==", "!=")
    if equality and (left is None or right is None):
        return (left is right) is (op == "==")
    if type(left) is not type(right) or (type(left) is bool and not equality):
        raise Fails
    return TESTS[op](left, right)


def calculated(head: str, values: list[Any]) -> Fraction:
    if head == "len":
        return Fraction(len(typed(values[0], str)))
    return ARITHMETIC[head](*[typed(found, Fraction) for found in values])


VARIABLES: st.SearchStrategy[dict[str, object]] = st.fixed_dictionaries(
    {},
    optional={
        **{f"n{i}": NUMBERS | st.integers(-9, 9).map(D) | st.just("12") for i in range(3)},
        **{f"t{i}": st.text("ab", max_size=2) | st.just(D(1)) for i in range(3)},
        **{f"b{i}": st.booleans() | st.booleans() | st.none() for i in range(3)},
    },
)


TREES = tree("b", 1) | tree("n", 3) | tree("b", 2) | tree("b", 3)


@settings(max_examples=300, deadline=None)
@given(TREES, VARIABLES)
def test_what_an_expression_means(node: Node, variables: dict[str, object]) -> None:
    check(node, variables)


@pytest.mark.soak
@settings(max_examples=20_000, deadline=None)
@given(TREES, VARIABLES)
def test_what_many_expressions_mean(node: Node, variables: dict[str, object]) -> None:
    check(node, variables)


def check(node: Node, variables: dict[str, object]) -> None:
    expression = compile_expression(render(node))
    expected: Any
    try:
        expected = Oracle(variables).value(node)
    except Fails as fails:
        expected = fails
    if not isinstance(expected, Fails):
        result: Any = expression.evaluate(variables)
        assert (Fraction(result) if isinstance(result, D) else result) == expected
        assert isinstance(result, bool) is isinstance(expected, bool)
        return
    with pytest.raises(ExpressionFailed) as caught:
        expression.evaluate(variables)
    assert isinstance(caught.value, VariableMissing) is isinstance(expected, Absent)
    assert getattr(caught.value, "name", "") == str(expected)
