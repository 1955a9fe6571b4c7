"""Random texts, random values: nothing but our own refusals and failures ever comes out."""

import contextlib
import datetime
from collections.abc import Mapping
from decimal import Decimal as D

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from engine.workflow.definition.expressions import (
    ExpressionFailed,
    ExpressionRefused,
    compile_expression,
)

NUMBERS = st.integers(-9999, 9999).map(lambda n: D(n) / 10)
ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.sampled_from([10**4000, -(10**4000), 2**70]),
    st.decimals(),
    st.sampled_from([D("sNaN"), D("1E+999999"), D("1E-999999"), D("-0"), D("9" * 3000)]),
    st.floats(),
    st.text(max_size=20),
    st.binary(max_size=3),
    st.just(datetime.datetime(2030, 1, 1, tzinfo=datetime.UTC)),
    st.just(object()),
)
ANY_VALUE = st.recursive(
    ODD,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=8,
)
WORDS = [
    *"abx()[],+-*/%<>=!.:{}$#@&|\\'\"_ü\n\t\x00\ud800\u017f\u0308",
    *["==", "!=", "<=", ">=", "&&", "||", "**", "//", ":=", "->", "..", "${", "not in"],
    *["and", "or", "not", "in", "if", "else", "is", "lambda", "for", "true", "null", "None"],
    *["len", "min", "max", "abs", "round", "0", "1", "2.50", "1e3", "007", "0x1", "1e999", ".5"],
    *["'a'", '"b"', "'a\\n'", "__class__", "\U0001d431"],
]


@settings(deadline=None)
@given(st.text(max_size=60), ANY_VALUE)
def test_random_text_is_compiled_or_refused(text: str, given_value: object) -> None:
    _compile_and_run(text, {"a": given_value})


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.sampled_from(WORDS), max_size=14),
    st.sampled_from(["", " "]),
    st.fixed_dictionaries({"a": ANY_VALUE, "b": ANY_VALUE}, optional={"x": ANY_VALUE}),
)
def test_random_words_are_compiled_or_refused(
    words: list[str], glue: str, variables: dict[str, object]
) -> None:
    _compile_and_run(glue.join(words), variables)


TEMPLATES = [
    *["a == b", "a != b", "a < b", "a in b", "a not in [b, 1, 'x']", "a < b < x", "a in [b, x]"],
    *["a + b", "a - b", "a * b", "a / b", "a % b", "-a", "not a", "a and b", "a or b or x"],
    *["a if b else x", "a['']", "a[0]", "a[0][''] == b", "[a] == [b]", "[a, b]", "a"],
    *["len(a)", "min(a)", "max(a, b)", "abs(a)", "round(a)", "round(a, b)", "a == true"],
    *["a == 1", "a > 1.5", "a == 'a'", "a < 'b'", "a in ['a']", "a in [1, [2], null]"],
    *["a == [1, 'a']", "a == null"],
]


@settings(max_examples=400, deadline=None)
@given(
    st.sampled_from(TEMPLATES),
    st.fixed_dictionaries({"a": ANY_VALUE, "b": ANY_VALUE}, optional={"x": ANY_VALUE}),
)
@example("a % b", {"a": D("1e999"), "b": D("1e-999")})
@example("round(a, b)", {"a": D("1E-999999"), "b": 30})
@example("a in b", {"a": D("sNaN"), "b": [D("sNaN")]})
def test_odd_values_fail_with_a_sentence(text: str, variables: dict[str, object]) -> None:
    assert _compile_and_run(text, variables)


@pytest.mark.soak
@settings(max_examples=10_000, deadline=None)
@given(
    st.lists(st.sampled_from(WORDS), max_size=14).map("".join) | st.sampled_from(TEMPLATES),
    st.fixed_dictionaries({"a": ANY_VALUE, "b": ANY_VALUE}, optional={"x": ANY_VALUE}),
)
def test_much_of_everything(text: str, variables: dict[str, object]) -> None:
    _compile_and_run(text, variables)


def _compile_and_run(text: str, variables: Mapping[str, object]) -> bool:
    """Whether it compiled; nothing but our own refusals and failures may come out."""
    try:
        expression = compile_expression(text)
    except ExpressionRefused:
        return False
    before = repr(variables)
    for run in (expression.evaluate, expression.condition):
        with contextlib.suppress(ExpressionFailed):
            run(variables)
    assert repr(variables) == before
    return True
