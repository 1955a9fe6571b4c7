"""One value of each region stands for all: whatever holds for some value is found."""

from collections.abc import Sequence
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as some

from engine.workflow.definition.expressions import (
    Expression,
    ExpressionFailed,
    compile_condition,
)
from engine.workflow.definition.expressions.regions import is_decidable, outcomes

NUMBERS = [Decimal(n) for n in ("-2", "0", "0.5", "1", "3")]
OPERATORS = ["==", "!=", "<", "<=", ">", ">="]
numeric = some.builds(
    "{} {} {}".format,
    some.sampled_from("vw"),
    some.sampled_from(OPERATORS),
    some.sampled_from(NUMBERS),
)
textual = some.builds(
    't {} "{}"'.format, some.sampled_from(OPERATORS), some.sampled_from(["", "a", "ab", "b"])
)
listed = some.sampled_from(["v in [1, 3]", "v not in [0]", 't in ["a", "b"]', "f", "f == false"])
conditions = some.recursive(
    numeric | textual | listed,
    lambda inner: (
        some.builds("({} and {})".format, inner, inner)
        | some.builds("({} or {})".format, inner, inner)
        | some.builds("not ({})".format, inner)
    ),
    max_leaves=5,
)
numbers = some.decimals(-4, 5, places=2) | some.sampled_from(NUMBERS)
values = some.fixed_dictionaries(
    {"v": numbers, "w": numbers, "t": some.text("abc", max_size=3), "f": some.booleans()}
)


def held(condition: Expression, variables: dict[str, object]) -> bool | None:
    """What the condition is for these variables; None if it fails."""
    try:
        return condition.condition(variables)
    except ExpressionFailed:
        return None


@given(some.lists(conditions, min_size=1, max_size=3), values)
def test_every_value_is_in_a_region_of_its_own_kind(
    texts: list[str], variables: dict[str, object]
) -> None:
    compiled = [compile_condition(text) for text in texts]
    assert all(is_decidable(condition) for condition in compiled)
    rows = outcomes(compiled)
    if rows is not None:
        assert tuple(held(condition, variables) for condition in compiled) in rows


@pytest.mark.parametrize(
    ("text", "decidable"),
    [
        ("v > 1", True),
        ("1 < v <= 3", True),
        ("v > -1 * 2", True),
        ("true", True),
        ("null == v", True),
        ("v > w", False),
        ("v + 1 > 2", False),
        ("len(v) > 2", False),
        ("v[0] == 1", False),
        ("(v if w else true) == false", False),
        ("${v > 1}", True),
        ("= v > 1", True),
    ],
)
def test_only_comparisons_with_constants_are_decided(text: str, decidable: bool) -> None:
    assert is_decidable(compile_condition(text)) is decidable


@pytest.mark.parametrize(
    ("texts", "possible"),
    [
        (["v > 1 and v < 2"], True),
        (["v > 1 and v < 1"], False),
        (["v > 9999999999999999999999999999999999999999"], True),
        (["v > 1e-999 and v < 2e-999"], True),
        (['t > "a" and t < "b"'], True),
        (['t < ""'], False),
        (["false"], False),
    ],
)
def test_what_can_be_true_is_told(texts: Sequence[str], possible: bool) -> None:
    rows = outcomes([compile_condition(text) for text in texts])
    assert rows is not None
    assert any(all(row) for row in rows) is possible


def test_what_would_take_too_long_is_not_told() -> None:
    texts = [f"v{n} > 1" for n in range(8)]
    assert outcomes([compile_condition(text) for text in texts]) is None
