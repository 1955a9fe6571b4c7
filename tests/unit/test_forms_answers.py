"""What a person may answer, what becomes of it, and what is said when it cannot be accepted."""

from collections.abc import Mapping
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forms.compiler import Form, compile_form
from forms.errors import FormInvalid

REQUIRED = "This field needs an answer."
TIME = "2026-11-23T10:00:00Z"


def form(*fields: Mapping[str, object]) -> Form:
    return compile_form({"key": "f", "fields": list(fields)})


def asking(kind: str, **attributes: object) -> Form:
    """A form with one field `a`."""
    return form({"key": "a", "type": kind, **attributes})


def refusals(asked: Form, answers: object) -> list[tuple[str, str]]:
    with pytest.raises(FormInvalid) as refused:
        asked.load(answers)  # type: ignore[arg-type]
    return [(error.pointer, error.detail) for error in refused.value.errors]


def refusal(asked: Form, answer: object) -> str:
    ((pointer, detail),) = refusals(asked, {"a": answer})
    assert pointer == "/variables/a"
    return detail


INSPECTION = compile_form(
    {
        "key": "inspect_diameter",
        "title": "Inspect diameter",
        "fields": [
            {
                "key": "diameter",
                "type": "number",
                "required": True,
                "unit": "mm",
                "min": Decimal("24.95"),
                "max": Decimal("25.05"),
                "variable": "size",
            },
            {
                "key": "result",
                "type": "choice",
                "required": True,
                "choices": [{"value": "pass", "label": "Pass"}, {"value": "fail", "label": "Fail"}],
                "variable": "result",
            },
            {"key": "clean", "type": "check", "variable": "clean"},
            {"key": "remark", "type": "text"},
        ],
    }
)


def test_clean_answers_and_the_variables_they_write() -> None:
    clean = INSPECTION.load(
        {"remark": " ok\n", "diameter": "2.501 cm", "result": "pass", "clean": False}
    )
    assert clean == {
        "diameter": Decimal("25.01"),
        "result": "pass",
        "clean": False,
        "remark": " ok\n",
    }
    assert INSPECTION.variables(clean) == {
        "size": Decimal("25.01"),
        "result": "pass",
        "clean": False,
    }


@pytest.mark.parametrize("open_", [{}, {"clean": None, "remark": None}], ids=["missing", "null"])
def test_an_open_question_leaves_nothing(open_: dict[str, object]) -> None:
    clean = INSPECTION.load({"diameter": 25, "result": "fail", **open_})
    assert clean == {"diameter": Decimal(25), "result": "fail"}
    assert INSPECTION.variables(clean) == {"size": Decimal(25), "result": "fail"}


def test_every_error_is_told_at_once_in_the_order_of_the_form() -> None:
    answers = {"zz": 1, "remark": 5, "diameter": "25.31 mm", "a/~": 1, "clean": "yes"}
    known = "Leave it out, or use one of: diameter, result, clean, remark."
    assert refusals(INSPECTION, answers) == [
        ("/variables/diameter", "Expected at most 25.05 mm, got 25.31 mm."),
        ("/variables/result", REQUIRED),
        ("/variables/clean", "Expected true or false, got 'yes'."),
        ("/variables/remark", "Expected text, got 5."),
        ("/variables/a~1~0", f"This form has no field 'a/~'. {known}"),
        ("/variables/zz", f"This form has no field 'zz'. {known}"),
    ]


def test_an_unknown_field_is_refused_even_without_a_value() -> None:
    ((pointer, _),) = refusals(asking("text"), {"b": None})
    assert pointer == "/variables/b"
    ((_, detail),) = refusals(form(), {"b": 1})
    assert detail == "This form has no field 'b'. Leave it out; the form asks for nothing."


def test_a_long_form_names_some_of_its_fields() -> None:
    long = form(*({"key": f"k{n}", "type": "check"} for n in range(21)))
    ((_, detail),) = refusals(long, {"b": 1})
    assert detail.endswith("k18, k19, ….")


@pytest.mark.parametrize("answers", [None, [], "a", 5])
def test_answers_are_an_object(answers: object) -> None:
    ((pointer, detail),) = refusals(asking("text"), answers)
    assert pointer == "/variables"
    assert detail.startswith("Expected an object with one answer per field")


@pytest.mark.parametrize(
    "field",
    [
        {"type": "text"},
        {"type": "number"},
        {"type": "check"},
        {"type": "datetime"},
        {"type": "choice", "choices": [{"value": "x"}]},
    ],
    ids=lambda field: str(field["type"]),
)
def test_a_required_field_needs_an_answer(field: dict[str, object]) -> None:
    asked = form({"key": "a", "required": True, **field})
    assert refusals(asked, {}) == [("/variables/a", REQUIRED)]
    assert refusals(asked, {"a": None}) == [("/variables/a", REQUIRED)]
    assert form({"key": "a", **field}).load({"a": None}) == {}


@pytest.mark.parametrize("key", ["a.b", "a.b.c", "fields", "load", "Meta", "context", "field_0"])
def test_keys_that_marshmallow_treats_in_its_own_way(key: str) -> None:
    asked = form({"key": "x", "type": "check"}, {"key": key, "type": "check", "required": True})
    assert asked.load({key: True}) == {key: True}
    assert refusals(asked, {}) == [(f"/variables/{key}", REQUIRED)]


def test_loading_leaves_the_answers_alone() -> None:
    answers = {"diameter": "25 mm", "result": "pass", "clean": None}
    INSPECTION.load(answers)
    assert answers == {"diameter": "25 mm", "result": "pass", "clean": None}


# text


@given(st.text(st.characters(exclude_categories=["Cc", "Cs"]) | st.sampled_from("\n\t")))
def test_a_text_stays_as_it_was_given(text: str) -> None:
    assert asking("text").load({"a": text}) == {"a": text}


@pytest.mark.parametrize("blank", ["", " ", "\n\t", "\u00a0"])
def test_a_required_text_is_not_blank(blank: str) -> None:
    assert refusal(asking("text", required=True), blank) == REQUIRED
    assert asking("text").load({"a": blank}) == {"a": blank}


@pytest.mark.parametrize("sign", ["\x00", "\r", "\x1b", "\x7f", "\x85", "\ud800"], ids=ascii)
def test_signs_that_cannot_be_shown_are_refused(sign: str) -> None:
    assert f"U+{ord(sign):04X}" in refusal(asking("text"), f"a{sign}b")


@pytest.mark.parametrize("value", [5, True, [], {}, Decimal(1)])
def test_a_text_is_text(value: object) -> None:
    assert refusal(asking("text"), value).startswith("Expected text, got ")


def test_a_text_has_a_length() -> None:
    limited = asking("text", min=2, max=4)
    assert limited.load({"a": "ab"}) == {"a": "ab"}
    assert limited.load({"a": "abcd"}) == {"a": "abcd"}
    assert refusal(limited, "a") == "Expected a text with a length of at least 2, got 1."
    assert refusal(limited, "abcde") == "Expected a text with a length of at most 4, got 5."


def test_no_text_is_longer_than_ten_thousand() -> None:
    assert asking("text").load({"a": "x" * 10_000})
    assert "at most 10000" in refusal(asking("text"), "x" * 10_001)


# number


@pytest.mark.parametrize(
    ("answer", "clean"),
    [
        (25, "25"),
        (Decimal("25.310"), "25.310"),
        (25.31, "25.31"),
        ("25.310", "25.310"),
        ("25.310 mm", "25.310"),
        ("2.531 cm", "25.31"),
        ({"value": "25.31", "unit": "mm"}, "25.31"),
        ({"value": "1", "unit": "[in_i]"}, "25.4"),
    ],
    ids=repr,
)
def test_a_number_is_a_decimal_in_the_unit_of_the_field(answer: object, clean: str) -> None:
    loaded = asking("number", unit="mm").load({"a": answer})["a"]
    assert isinstance(loaded, Decimal)
    assert str(loaded) == clean


@pytest.mark.parametrize("value", [True, "much", [], "25,31", "1 kg", {"value": 1}, "NaN"], ids=str)
def test_what_is_no_such_number_is_refused(value: object) -> None:
    assert refusal(asking("number", unit="mm"), value).endswith(".")


def test_limits_hold_after_the_conversion_and_carry_the_unit() -> None:
    limited = asking("number", unit="mm", min=10, max=Decimal("25.05"))
    assert limited.load({"a": "1 cm"}) == {"a": Decimal(10)}
    assert limited.load({"a": "2.505 cm"}) == {"a": Decimal("25.05")}
    assert refusal(limited, "2.531 cm") == "Expected at most 25.05 mm, got 25.31 mm."
    assert refusal(limited, "9.99") == "Expected at least 10 mm, got 9.99 mm."


def test_a_unit_is_shown_as_people_read_it() -> None:
    pieces = asking("number", unit="1", max=500)
    assert refusal(pieces, 501) == "Expected at most 500, got 501."
    assert refusal(asking("number", max=5), 6) == "Expected at most 5, got 6."
    assert refusal(asking("number", unit="{pcs}", max=5), 6) == "Expected at most 5 pcs, got 6 pcs."
    assert refusal(asking("number", unit="°C", max=5), 6) == "Expected at most 5 °C, got 6 °C."


# choice


def test_a_choice_is_one_of_its_values() -> None:
    asked = asking("choice", choices=[{"value": "pass", "label": "Good"}, {"value": "scrap"}])
    assert asked.load({"a": "scrap"}) == {"a": "scrap"}
    assert refusal(asked, "Good") == "Expected one of: Good (pass), scrap; got 'Good'."
    other: object
    for other in ("PASS", "pass ", "", 0, True, [], {}):
        assert "Expected one of" in refusal(asked, other)


def test_a_choice_among_numbers_is_a_number() -> None:
    asked = asking("choice", choices=[{"value": 1, "label": "One"}, {"value": Decimal("2.50")}])
    for answer in (1, Decimal("1.0"), "1"):
        loaded = asked.load({"a": answer})["a"]
        assert isinstance(loaded, Decimal)
        assert str(loaded) == "1"
    assert str(asked.load({"a": Decimal("2.5")})["a"]) == "2.50"
    other: object
    for other in (True, 2, "one", Decimal("sNaN"), [], "1 mm"):
        assert refusal(asked, other).startswith("Expected one of: One (1), 2.50; got ")


def test_many_choices_are_not_all_listed() -> None:
    asked = asking("choice", choices=[{"value": f"c{n}"} for n in range(21)])
    assert refusal(asked, "x") == (
        f"Expected one of: {', '.join(f'c{n}' for n in range(20))}, …; got 'x'."
    )


# check


def test_a_check_is_true_or_false() -> None:
    asked = asking("check", required=True)
    assert asked.load({"a": False}) == {"a": False}
    assert asked.load({"a": True}) == {"a": True}
    other: object
    for other in (0, 1, "true", "", [], Decimal(1)):
        assert refusal(asked, other).startswith("Expected true or false, got ")


# datetime


@pytest.mark.parametrize(
    ("given_time", "clean"),
    [
        ("2026-11-23T10:00:00Z", TIME),
        ("2026-11-23T11:00:00+01:00", TIME),
        ("2026-11-23T04:30-05:30", TIME),
        ("2026-11-23 10:00Z", TIME),
        ("2026-11-24T00:00:00+1400", TIME),
        ("2026-11-23T10:00:00.000Z", TIME),
        ("2026-11-23T10:00:00.5Z", "2026-11-23T10:00:00.500000Z"),
        ("2028-02-29T23:59:59+00:00", "2028-02-29T23:59:59Z"),
    ],
)
def test_a_time_is_kept_in_utc(given_time: str, clean: str) -> None:
    assert asking("datetime").load({"a": given_time}) == {"a": clean}


@pytest.mark.parametrize("local", ["2026-11-23T10:00", "2026-11-23T10:00:00", "2026-11-23 10:00"])
def test_a_time_without_an_offset_is_refused_with_the_cure(local: str) -> None:
    assert refusal(asking("datetime"), local) == (
        f"'{local}' does not say which time zone. Add Z for UTC, or an offset such as +01:00."
    )


@pytest.mark.parametrize(
    "value",
    ["", "today", "2026-11-23", "10:00Z", "2026-13-01T00:00Z", "2027-02-29T00:00Z",
     "2026-11-23T25:00Z", "2026-11-23x10:00Z", "0001-01-01T00:00+01:00", "9999-12-31T23:59-01:00",
     "2026-11-23T10:00:00Z ", "20261123T100000Z", "٢026-11-23T10:00Z", 5, True, [], {}],
    ids=ascii,
)  # fmt: skip
def test_what_is_no_time_is_refused(value: object) -> None:
    assert refusal(asking("datetime"), value).startswith("Expected a date and time such as 2026-")


def test_a_time_has_limits() -> None:
    limited = asking("datetime", min="2026-11-23T11:00+01:00", max="2026-11-24T10:00Z")
    assert limited.load({"a": TIME}) == {"a": TIME}
    assert limited.load({"a": "2026-11-24T11:00+01:00"})
    assert refusal(limited, "2026-11-23T10:59:59+01:00") == (
        "Expected a time not before 2026-11-23T10:00:00Z, got 2026-11-23T09:59:59Z."
    )
    assert refusal(limited, "2026-11-24T10:00:01Z") == (
        "Expected a time not after 2026-11-24T10:00:00Z, got 2026-11-24T10:00:01Z."
    )


# anything

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=9) | st.decimals(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=6,
)
ALL = form(
    {"key": "t", "type": "text"},
    {"key": "n", "type": "number", "unit": "mm", "max": 10},
    {"key": "c", "type": "choice", "choices": [{"value": 1}, {"value": 2}]},
    {"key": "k", "type": "check"},
    {"key": "d", "type": "datetime"},
)


@given(st.dictionaries(st.sampled_from("tnckd") | st.text(max_size=5), JSON) | JSON)
def test_any_json_is_clean_or_refused(answers: object) -> None:
    try:
        clean = ALL.load(answers)  # type: ignore[arg-type]
    except FormInvalid as refused:
        errors = refused.errors
    else:
        assert ALL.load(clean) == clean
        return
    assert errors
    assert all(error.detail.endswith(".") for error in errors)
