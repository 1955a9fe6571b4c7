"""What an expression means: kinds, digits, failures in plain words, and what lint can know."""

import copy
import dataclasses
import decimal
import operator
import threading
from collections.abc import Callable
from decimal import Decimal as D
from typing import Any

import pytest

from engine.workflow.definition.expressions import (
    Comparison,
    ExpressionFailed,
    ExpressionRefused,
    Kind,
    Pair,
    VariableMissing,
    compile_condition,
    compile_expression,
    mismatches,
)

TESTS: dict[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def value(text: str, **variables: object) -> object:
    return compile_expression(text).evaluate(variables)


def failure(text: str, **variables: object) -> str:
    with pytest.raises(ExpressionFailed) as caught:
        value(text, **variables)
    return str(caught.value)


@pytest.mark.parametrize(
    ("text", "variables", "sentence"),
    [
        (
            "result == 12",
            {"result": "12"},
            "Expected to compare a number with a number, but result is text ('12').",
        ),
        (
            "qty == result",
            {"qty": D(12), "result": "12"},
            "Expected to compare a number with a number, but result is text ('12').",
        ),
        (
            "12 == result",
            {"result": True},
            "Expected to compare a number with a number, but result is true.",
        ),
        (
            'result == "pass"',
            {"result": D(1)},
            "Expected to compare text with text, but result is the number 1.",
        ),
        (
            "done == true",
            {"done": 1},
            "Expected to compare true or false with true or false, but done is the number 1.",
        ),
        ("a < 5", {"a": None}, "Expected to compare a number with a number, but a is null."),
        ("a < b", {"a": True, "b": False}, "Expected to compare numbers or texts, but a is true."),
        ("a < b", {"a": [1], "b": [2]}, "Expected to compare numbers or texts, but a is a list."),
        (
            "a == b",
            {"a": {}, "b": {}},
            'b is an object; compare one of its fields, such as x["value"].',
        ),
        (
            "a == 5",
            {"a": {"value": 5}},
            'a is an object; compare one of its fields, such as x["value"].',
        ),
        (
            "a == [1]",
            {"a": ["1"]},
            "Expected to compare a number with a number, but an item of a is text ('1').",
        ),
        (
            "a == 5",
            {"a": 0.5},
            "Expected to compare a number with a number, but a is something that expressions "
            "cannot read (float).",
        ),
        ("a and b", {"a": 1, "b": True}, "Expected true or false, but a is the number 1."),
        ("a and b", {"a": True, "b": "yes"}, "Expected true or false, but b is text ('yes')."),
        ("a or b or c", {"a": False, "b": None}, "Expected true or false, but b is null."),
        ("not a", {"a": 0}, "Expected true or false, but a is the number 0."),
        ("1 if a else 2", {"a": []}, "Expected true or false, but a is a list."),
        ("a + 1", {"a": "1"}, "Expected a number, but a is text ('1')."),
        ("a * 2", {"a": [1]}, "Expected a number, but a is a list."),
        ("-a", {"a": True}, "Expected a number, but a is true."),
        ("1 / a", {"a": 0}, "Expected to divide 1, but the divisor is 0."),
        ("a * a", {"a": D("1e600")}, "1E+600 * 1E+600 is beyond what can be calculated."),
        ("a % 3", {"a": D("1e600")}, "1E+600 % 3 is beyond what can be calculated."),
        ("a > 5", {"a": D("NaN")}, "Expected a finite number, but a is NaN."),
        ("a != 5", {"a": D("sNaN")}, "Expected a finite number, but a is sNaN."),
        ("a", {"a": D("Infinity")}, "Expected a finite number, but the result is Infinity."),
        ("a > 5.5", {"a": 10**2000}, "Expected a number, but a is a number that is too large."),
        ("x in a", {"x": "b", "a": "abc"}, "Expected a list after \"in\", but a is text ('abc')."),
        ("len(a)", {"a": 5}, "Expected the length of a text or a list, but a is the number 5."),
        ("max(a)", {"a": []}, "Expected max of a list, but a is empty."),
        ("min(a)", {"a": 5}, "Expected min of a list, but a is the number 5."),
        ("max(1, a)", {"a": None}, "Expected a number, but a is null."),
        (
            "round(a, b)",
            {"a": 1, "b": D("0.5")},
            "Expected to round to 0 to 30 decimals, but got 0.5.",
        ),
        ('a["x"]', {"a": {}}, 'a has no field "x".'),
        ('a["x"]', {"a": "text"}, "Expected an object, but a is text ('text')."),
        ("a[2]", {"a": [1, 2]}, "a has 2 items, so there is no item 2."),
        ("a[0]", {"a": {"0": 1}}, "Expected a list, but a is an object."),
    ],
)
def test_failures_are_plain_sentences(
    text: str, variables: dict[str, object], sentence: str
) -> None:
    assert failure(text, **variables) == sentence


@pytest.mark.parametrize("op", TESTS)
def test_comparisons_read_from_both_sides(op: str) -> None:
    """Each way of writing a comparison is compiled in its own way."""
    for low, high in ((D("1.5"), D(2)), (D(2), D(2)), (1, 2), ("a", "b"), ("b", "b")):
        quoted = f'"{low}"' if isinstance(low, str) else str(low)
        expected = TESTS[op](low, high)
        assert value(f"{quoted} {op} high", high=high) is expected
        assert value(f"low {op} high", low=low, high=high) is expected
        assert value(f"high {op} {quoted}", high=high) is TESTS[op](high, low)
        assert value(f"[high][0] {op} {quoted}", high=high) is TESTS[op](high, low)


def test_true_is_not_one() -> None:
    assert value("x in [1]", x=True) is False
    assert value("x in items", x=1, items=[True, [1]]) is False
    assert "true" in failure("x == 1", x=True)
    assert "the number 1" in failure("x == true", x=1)


def test_numbers_keep_the_digits_that_were_written() -> None:
    assert str(value("0.10")) == "0.10"
    assert value("x == 0.1", x=D("0.1")) is True
    assert value("0.1 + 0.2 == 0.3") is True
    digits = "0." + "1234567890" * 3 + "123456789"
    assert str(value(digits)) == digits
    assert str(value(f"-{digits}")) == f"-{digits}"
    assert str(value("-x", x=D(digits + "5"))) == f"-{digits}5"
    assert value("x > " + digits, x=D(digits + "0001")) is True
    assert str(value("1 / 3")) == "0." + "3" * 34
    assert str(value("2 / 3")) == "0." + "6" * 33 + "7"
    assert str(value("0 * x", x=D(-1))) == "0"
    assert str(value("-x", x=0)) == "0"
    assert value("x", x=2**63) == D(2**63)


def test_halves_are_rounded_to_the_even_digit() -> None:
    assert [str(value(f"round({x}, 1)")) for x in ("0.05", "0.15", "0.25", "-0.25", "0.251")] == [
        "0.0",
        "0.2",
        "0.2",
        "-0.2",
        "0.3",
    ]
    one = D("1." + "0" * 33)
    assert value("x + 0.5e-33", x=one) == one
    assert value("x + 1.5e-33", x=one) == D("1." + "0" * 32 + "2")


def test_the_threads_own_decimal_context_changes_nothing() -> None:
    with decimal.localcontext(decimal.Context(prec=2, rounding=decimal.ROUND_UP, traps=[])):
        assert value("123.45 + 1") == D("124.45")
        assert value("x < 123.46", x=D("123.45")) is True
        assert value("-x", x=D("123.45")) == D("-123.45")
        assert value("round(x, 1)", x=D("123.45")) == D("123.4")
        assert "finite" in failure("x < 1", x=D("NaN"))


def test_and_or_and_choices_stop_early() -> None:
    assert value("a and missing", a=False) is False
    assert value("a or missing", a=True) is True
    assert value("a or b or missing", a=False, b=True) is True
    assert value("1 if a else missing", a=True) == 1
    assert value("missing if a else 2", a=False) == 2
    assert value("1 > x > missing", x=2) is False


def test_a_missing_variable_is_named() -> None:
    for text in (
        "qty",
        "qty > 5",
        'qty == "a"',
        "qty in ['a']",
        "qty in [1]",
        "1 < qty < 2",
        "qty + 1",
        'qty["x"]',
        "len(qty)",
        "not qty",
    ):
        with pytest.raises(VariableMissing) as caught:
            value(text)
        assert caught.value.name == "qty"
        assert str(caught.value) == "The variable qty is missing."
    with pytest.raises(VariableMissing):
        compile_expression("qty > 5").condition({})


def test_a_condition_is_true_or_false() -> None:
    assert compile_expression("x > 1").condition({"x": 2}) is True
    with pytest.raises(ExpressionFailed, match="true or false, but it is the number 2"):
        compile_expression("x").condition({"x": 2})
    assert compile_condition("x").condition({"x": True}) is True
    with pytest.raises(ExpressionRefused, match="It is a number"):
        compile_condition("x + 1")


def test_results_are_bounded() -> None:
    assert value("x", x="a" * 10_000) == "a" * 10_000
    assert "10001 characters" in failure("x", x="a" * 10_001)
    assert "10001 items" in failure("x", x=[0] * 10_001)
    assert "10001 items" in failure("1 in x", x=[0] * 10_001)
    assert "10001 items" in failure("x == y", x=[0] * 10_001, y=[0] * 10_001)
    nested: list[object] = []
    nested.append(nested)
    assert "nest deeper" in failure("x == y", x=nested, y=copy.deepcopy(nested))
    assert "nest deeper" in failure("x in y", x=nested, y=[copy.deepcopy(nested)])


def test_variables_are_never_changed_and_lists_are_new_each_time() -> None:
    variables: dict[str, object] = {"x": [1, [2]], "y": {"a": [3]}, "n": 4}
    before = copy.deepcopy(variables)
    expression = compile_expression("[n, x, [1, [2]]]")
    first = expression.evaluate(variables)
    assert isinstance(first, list)
    first[2][1].append("changed")
    assert expression.evaluate(variables) == [4, [1, [2]], [1, [2]]]
    constant = compile_expression("[1, [2]]")
    again: Any = constant.evaluate({})
    again[1].append(5)
    assert constant.evaluate({}) == [1, [2]]
    for text in ('y["a"] == [3]', "max(x[0], n)", "n in x", "x == [1, [2]]"):
        value(text, **variables)
    assert variables == before


def test_an_expression_is_frozen() -> None:
    expression = compile_expression("x > 1")
    with pytest.raises(dataclasses.FrozenInstanceError):
        expression.text = "x"  # type: ignore[misc]
    assert not hasattr(expression, "__dict__")
    assert expression == compile_expression("x > 1")
    assert len({expression, compile_expression("x > 1"), compile_expression("x > 2")}) == 2


def test_deep_but_lawful_expressions_evaluate_on_a_small_stack() -> None:
    text = " + ".join(["x"] * 95)
    results: list[object] = []
    threading.stack_size(256 * 1024)
    try:
        thread = threading.Thread(target=lambda: results.append(value(text, x=1)))
        thread.start()
        thread.join()
    finally:
        threading.stack_size(0)
    assert results == [D(95)]


def test_a_stack_that_is_spent_is_a_failure_not_a_crash() -> None:
    expression = compile_expression(" + ".join(["x"] * 95))

    def dive(depth: int) -> object:
        return expression.evaluate({"x": 1}) if depth == 0 else dive(depth - 1)

    outcomes = set()
    for depth in range(700, 1000, 10):
        try:
            outcomes.add(dive(depth))
        except ExpressionFailed as failed:
            outcomes.add("nests" if "nests" in str(failed) else str(failed))
        except RecursionError:  # our own dive
            break
    assert outcomes == {D(95), "nests"}


# ---- what lint can know -------------------------------------------------------------------------


def test_what_is_known_before_it_runs() -> None:
    expression = compile_expression('5 <= qty and result in ["a", 1] and (a == b or c == null)')
    assert expression.text.startswith("5 <= qty")
    assert expression.names == {"qty", "result", "a", "b", "c"}
    assert expression.comparisons == (
        Comparison("qty", ">=", D(5)),
        Comparison("result", "in", ("a", D(1))),
        Comparison("c", "==", None),
    )
    assert expression.pairs == (Pair("a", "==", "b"),)
    assert expression.kind is Kind.BOOLEAN
    assert not expression.is_constant
    assert compile_expression("1 + 1").is_constant
    assert compile_expression("x > -1").comparisons == (Comparison("x", ">", D(-1)),)
    assert compile_expression("1 < x < 5").comparisons == (
        Comparison("x", ">", D(1)),
        Comparison("x", "<", D(5)),
    )
    assert compile_expression("len(x)").names == {"x"}
    assert compile_expression("x").kind is None


TYPES = {"n": "number", "t": "text", "c": "choice", "b": "check", "d": "datetime", "o": "matrix"}


@pytest.mark.parametrize(
    "text",
    [
        "n > 5 and t == 'a' and c in ['a'] and b == true and d >= '2030'",
        "n == null and b != null",
        "c in ['a', 1]",
        "x > 5 and x == 'a'",
        "o == 5 and o == 'a'",
        "t == c",
        "n in []",
        "not b and (b or n == 1)",
        "n + n < abs(n)",
        "len(t) > 3",
        "n == n2",
    ],
)
def test_comparisons_that_may_work(text: str) -> None:
    assert mismatches(compile_expression(text), TYPES) == []


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("t == 5", "t == 5 needs t to be a number, but its form makes it text."),
        ("5 < c", "5 < c needs c to be a number, but its form makes it text."),
        ("n == '5'", "n == '5' needs n to be text, but its form makes it a number."),
        ("b == 1", "b == 1 needs b to be a number, but its form makes it true or false."),
        ("n in ['1']", "n in ['1'] needs n to be text, but its form makes it a number."),
        ("n in c", "n in c needs c to be a list, but its form makes it text."),
        ("not n", "not n needs n to be true or false, but its form makes it a number."),
        ("t + 1 > 5", "t + 1 needs t to be a number, but its form makes it text."),
        ("b > x", "b > x needs b to be a number or text, but its form makes it true or false."),
        ("n == t", "n == t compares a number with text: that is what their forms make them."),
        ("n['value'] == 1", "n['value'] needs n to be an object, but its form makes it a number."),
        ("n + 1 == t", "n + 1 == t needs t to be a number, but its form makes it text."),
    ],
)
def test_comparisons_that_never_work(text: str, sentence: str) -> None:
    assert mismatches(compile_expression(text), TYPES) == [sentence]
