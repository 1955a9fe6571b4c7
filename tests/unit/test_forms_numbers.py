"""What counts as a number, in all the ways people and machines write one."""

from decimal import Decimal, localcontext

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from forms.errors import Refused
from forms.numbers import MAX_DIGITS, MAX_EXPONENT, read_number

NUMBERS = st.builds(
    lambda negative, digits, exponent: Decimal((negative, digits, exponent)),
    st.integers(0, 1),
    st.lists(st.integers(0, 9), min_size=1, max_size=MAX_DIGITS).map(tuple),
    st.integers(-MAX_EXPONENT, MAX_EXPONENT - MAX_DIGITS),
)


def refusal(value: object, unit: str | None = None) -> str:
    with pytest.raises(Refused) as refused:
        read_number(value, unit)
    return refused.value.detail


def same(one: Decimal, other: Decimal) -> bool:
    return one.as_tuple() == other.as_tuple()


@given(NUMBERS, st.sampled_from([None, "mm", "1"]))
def test_every_way_to_write_it_keeps_every_digit(number: Decimal, unit: str | None) -> None:
    assert same(read_number(number, unit), number)
    assert same(read_number(str(number), unit), number)
    assert same(read_number(f"  {number}\t", unit), number)
    if unit == "mm":
        assert same(read_number(f"{number} mm", unit), number)
        assert same(read_number(f"{number}mm", unit), number)
        assert same(read_number({"value": str(number), "unit": "mm"}, unit), number)
        assert same(read_number({"value": number, "unit": "mm"}, unit), number)


@given(NUMBERS)
def test_an_amount_in_another_unit_is_converted_exactly(number: Decimal) -> None:
    with localcontext(prec=2 * MAX_DIGITS):  # the default would round what is expected
        millimetres, thousandths = number.scaleb(1), number.scaleb(-3)
    assert read_number(f"{number} cm", "mm") == millimetres
    assert read_number({"value": str(number), "unit": "um"}, "mm") == thousandths


@given(st.integers(-(10**MAX_DIGITS) + 1, 10**MAX_DIGITS - 1))
def test_a_whole_number_is_a_number(number: int) -> None:
    assert same(read_number(number), Decimal(number))


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_float_counts_as_what_it_prints(number: float) -> None:
    assume(abs(Decimal(str(number)).adjusted()) <= 80)
    assert same(read_number(number), Decimal(str(number)))


@given(st.text(max_size=40))
def test_any_text_is_a_number_or_refused(text: str) -> None:
    try:
        read = read_number(text, "mm")
    except Refused:
        return
    assert read.is_finite()


@pytest.mark.parametrize("text", ["25.31", "+25.31", "-25.31", ".5", "5.", "007", "2.5e3", "1E-7"])
def test_texts_that_are_numbers(text: str) -> None:
    assert same(read_number(text), Decimal(text))


@pytest.mark.parametrize(
    "value",
    [True, False, None, [], [1], "", " ", "abc", "mm", "1 2", "--1", "0x1F", "1_000", "٣", "½", "-",
     ".", "e5", "9" * 300, f"1{' ' * 200}mm", "25.31\x00"],
)  # fmt: skip
def test_what_is_no_number_is_refused(value: object) -> None:
    refusal(value)
    refusal(value, "mm")


def test_a_comma_is_refused_with_the_cure() -> None:
    wanted = (
        "Use a point as the decimal sign and nothing between thousands, as in 25.31; got '25,31'."
    )
    assert refusal("25,31") == wanted
    assert refusal("25,31", "mm") == wanted
    assert "point" in refusal("25,31 mm", "mm")
    assert "point" in refusal("1,000.5")
    assert "point" in refusal({"value": "25,31", "unit": "mm"}, "mm")


@pytest.mark.parametrize(
    "value",
    ["NaN", "Infinity", "-inf", "sNaN", float("nan"), float("inf"), Decimal("NaN"),
     Decimal("sNaN"), Decimal("-Infinity")],
    ids=repr,
)  # fmt: skip
def test_endless_numbers_are_refused(value: object) -> None:
    assert refusal(value).startswith("Expected a finite number")


@pytest.mark.parametrize(
    "number", ["9" * 41, "0." + "1" * 41, "1E+101", "1E-101", "0E-101", "1" + "0" * 40, "0E+101"]
)
def test_too_many_digits_are_refused(number: str) -> None:
    wanted = "Expected a number with at most 40 digits and an exponent from -100 to 100"
    assert refusal(number).startswith(wanted)
    assert refusal(Decimal(number)).startswith(wanted)


@pytest.mark.parametrize(
    "number", ["9" * 40, "0." + "1" * 40, "1E+100", "1E-100", "0E+100", "0." + "0" * 99 + "1"]
)
def test_the_last_digits_allowed(number: str) -> None:
    assert same(read_number(number), Decimal(number))


def test_endless_exponents_and_integers_cost_nothing() -> None:
    assert "exponent" in refusal("1e" + "9" * 30)
    assert "exponent" in refusal("1e-" + "9" * 18)
    assert "a very long number" in refusal(1 << 5_000_000)


def test_a_unit_that_measures_something_else_is_refused_naming_both() -> None:
    sentence = "Expected an amount in mm; 'kg' cannot be converted to mm."
    assert refusal("1 kg", "mm") == sentence
    assert refusal({"value": "1", "unit": "kg"}, "mm") == sentence


def test_an_unknown_unit_is_refused_naming_the_field_s() -> None:
    wanted = "The unit 'furlong' is not known. Give the amount in mm."
    assert refusal("1 furlong", "mm") == wanted


@pytest.mark.parametrize("unit", [None, "1"])
@pytest.mark.parametrize("amount", ["25 mm", {"value": "25", "unit": "mm"}, "25 furlong"])
def test_a_field_without_a_unit_takes_no_amount(unit: str | None, amount: object) -> None:
    assert refusal(amount, unit).startswith("This field has no unit. Give the number alone")


def test_pieces_and_percent_are_counts() -> None:
    assert read_number("12 pcs", "1") == 12
    assert read_number("12 %", "%") == 12
    assert read_number(12, "{pcs}") == 12


@pytest.mark.parametrize(
    ("amount", "said"),
    [
        ({}, 'nothing but "value" and "unit"'),
        ({"value": "1"}, 'nothing but "value" and "unit"'),
        ({"value": "1", "unit": "mm", "note": ""}, 'nothing but "value" and "unit"'),
        ({"value": "1", "unit": 5}, "Expected the unit as text"),
        ({"value": "1", "unit": ""}, "Expected the unit as text"),
        ({"value": "1", "unit": None}, "Expected the unit as text"),
        ({"value": True, "unit": "mm"}, "Expected a number"),
        ({"value": None, "unit": "mm"}, "Expected a number"),
        ({"value": "1 mm", "unit": "mm"}, "Expected a number"),
        ({"value": {"value": "1", "unit": "mm"}, "unit": "mm"}, "Expected a number"),
        ({"value": "NaN", "unit": "mm"}, "Expected a finite number"),
        ({"value": Decimal("NaN"), "unit": "mm"}, "Expected a finite number"),
    ],
)
def test_an_amount_has_a_value_and_a_unit(amount: object, said: str) -> None:
    assert said in refusal(amount, "mm")
