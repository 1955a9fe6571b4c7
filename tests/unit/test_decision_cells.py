"""The cells of a decision table: every form, every kind, and exact digits."""

from decimal import Decimal as D

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.workflow.definition.decisions.unary_tests import compile_cell
from engine.workflow.definition.expressions import ExpressionFailed, ExpressionRefused, Kind

FORMS: list[tuple[str, list[object], list[object]]] = [
    ("", [1, "a", None, True, [1], {}, 0.5], []),
    (" - ", [1, "a", None, True, [1], {}], []),
    ('"a"', ["a"], ["b", "A", "", None]),
    ('"a","b"', ["a", "b"], ["c", "a,b", None]),
    ("'a', 'b'", ["a", "b"], ["c"]),
    ('"a,b", "-"', ["a,b", "-"], ["a"]),
    ('"say \\"hi\\""', ['say "hi"'], ["say"]),
    ("5", [5, D("5.0")], [6, None]),
    ("-5", [-5], [5]),
    ("5, 7.10", [5, D("7.1")], [6]),
    (">= 5", [5, D("5.00"), 6], [D("4.999"), None]),
    ("> 5", [D("5.0000001")], [5]),
    ("<= -5", [-5, -6], [-4]),
    ("<3", [D("2.9")], [3]),
    ("= 3", [3], [4]),
    ("== 3", [3], [4]),
    ("!= 3", [4], [3, None]),
    ('!= "a"', ["b"], ["a"]),
    ("[1..10]", [1, 10, 5], [0, 11, None, D("10.01")]),
    ("(1..10]", [D("1.01"), 10], [1]),
    ("[1..10)", [1, D("9.99")], [10]),
    ("]1..10[", [5], [1, 10]),
    ("(1..10)", [5], [1, 10]),
    ("[ -1.5 .. -.5 ]", [-1], [0]),
    ("[5..5]", [5], [4]),
    ('["a".."c"]', ["a", "b", "c"], ["d", "ca"]),
    ('>= "2030-01-01"', ["2030-01-01T00:00:00Z"], ["2029-12-31"]),
    ("true", [True], [False, None]),
    ("false", [False], [True]),
    ("True, False", [True, False], [None]),
    ("null", [None], [1, "a", True, []]),
    ('null, "a"', [None, "a"], ["b"]),
    ("not(null)", [1, "a", []], [None]),
    ('not("a", "b")', ["c", None], ["a", "b"]),
    ("not( 5, > 7 , [1..2])", [3, 6, 7, None], [5, 8, 1]),
    ("not(null, 5)", [6], [None, 5]),
    ('5, "a", true, [7..8]', [5, "a", True, 8], [6, "b", False, None]),
    ("0.1", [D("0.1"), D("0.10")], [D("0.1000000000000000055511151231257827")]),
    ("1e3", [1000], [999]),
]


@pytest.mark.parametrize(("text", "hits", "misses"), FORMS)
def test_every_form(text: str, hits: list[object], misses: list[object]) -> None:
    cell = compile_cell(text)
    assert [value for value in hits if not cell.matches(value, "x")] == []
    assert [value for value in misses if cell.matches(value, "x")] == []


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("5", "5"),
        ("5", True),
        ("5", 0.5),
        ("5", D("NaN")),
        ('"a"', 5),
        ("true", 1),
        ("not(5)", "a"),
        ('5, "a"', True),
        (">= 5", [5]),
        ('!= "a"', {"value": "a"}),
    ],
)
def test_other_kinds_are_failures(text: str, value: object) -> None:
    with pytest.raises(ExpressionFailed, match="but x is"):
        compile_cell(text).matches(value, "x")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("pass", 'write "pass" in quotes'),
        (">= limit", "into the input column"),
        ('date("2030-01-01")', "cannot be used in a cell"),
        ("? > 5", "Leave it out"),
        ("> true", "needs a number or a text"),
        ("< null", "needs a number or a text"),
        ("!= null", "needs a number or a text"),
        ('[1.."a"]', "from number to number"),
        ("[true..false]", "from number to number"),
        ("[10..1]", "holds no value"),
        ("(5..5)", "holds no value"),
        ("[5..5)", "holds no value"),
        ("[1..10", "not complete"),
        ("[1..10 5", "not closed"),
        ("[1 10]", 'A ".." is missing'),
        ("1..5", ".. is misplaced"),
        ("5 6", "6 is misplaced"),
        ('"a" "b"', '"b" is misplaced'),
        ('"a", ', "not complete"),
        (', "a"', ", is misplaced"),
        ("not", "not complete"),
        ('not "a"', 'A "(" is missing'),
        ("not(5", "not complete"),
        ("not()", ") is misplaced"),
        ("not(not(5))", "cannot be used in a cell"),
        ("not(5), 6", ", is misplaced"),
        ('"a', "A quote has no end"),
        ("--5", "- is misplaced"),
        ("- 'a'", "- is misplaced"),
        ("_x", "underscore"),
        ("007", "Write 7"),
        ("1_000", "decimal digits"),
        ("5mm", "decimal digits"),
        ("x" * 2001, "2001 characters"),
        ("9" * 41, "40 digits"),
    ],
)
def test_what_cannot_be_a_cell(text: str, sentence: str) -> None:
    with pytest.raises(ExpressionRefused) as caught:
        compile_cell(text)
    assert sentence in caught.value.reason


def test_what_a_cell_asks_for() -> None:
    assert compile_cell('5, "a", null').kinds == {Kind.NUMBER, Kind.TEXT}
    assert compile_cell("-").is_any
    assert not compile_cell("null").is_any


BOUNDS = st.integers(-30, 30).map(lambda n: D(n) / 10)


@settings(max_examples=200, deadline=None)
@given(BOUNDS, BOUNDS, st.sampled_from("[]("), st.sampled_from("])["), BOUNDS, st.booleans())
def test_ranges(low: D, high: D, opens: str, closes: str, value: D, negated: bool) -> None:
    text = f"{opens}{low}..{high}{closes}"
    closed = (opens == "[", closes == "]")
    if low > high or (low == high and closed != (True, True)):
        with pytest.raises(ExpressionRefused):
            compile_cell(text)
        return
    expected = low < value < high or (value == low and closed[0]) or (value == high and closed[1])
    cell = compile_cell(f"not({text})" if negated else text)
    assert cell.matches(value, "x") is (expected is not negated)
