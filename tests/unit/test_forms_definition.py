"""Which definitions become a form, and what the author of any other is told."""

import copy
from collections.abc import Mapping
from dataclasses import FrozenInstanceError
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forms.compiler import Form, compile_form
from forms.errors import FormDefinitionInvalid
from forms.fields import Choice, FieldType, FormField

DEFINITION: dict[str, object] = {
    "key": "inspect_diameter",
    "title": "Inspect diameter",
    "fields": [
        {
            "key": "diameter",
            "type": "number",
            "label": "Diameter",
            "required": True,
            "unit": "mm",
            "min": Decimal("24.95"),
            "max": Decimal("25.05"),
            "variable": "diameter",
        },
        {
            "key": "result",
            "type": "choice",
            "label": "Result",
            "required": True,
            "choices": [{"value": "pass", "label": "Pass"}, {"value": "fail", "label": "Fail"}],
            "variable": "result",
        },
        {"key": "clean", "type": "check", "label": "Clean"},
        {"key": "remark", "type": "text", "label": "Remark", "min": 3, "max": 100},
        {"key": "since", "type": "datetime", "label": "Since", "min": "2026-01-01T01:00+01:00"},
    ],
}


def with_field(**attributes: object) -> dict[str, object]:
    field = {"key": "a", "type": "text", **attributes}
    return {"key": "f", "fields": [{k: v for k, v in field.items() if v != "left out"}]}


def problems(definition: object) -> list[tuple[str, str]]:
    assert not isinstance(definition, Form)
    with pytest.raises(FormDefinitionInvalid) as refused:
        compile_form(definition)  # type: ignore[arg-type]
    return list(refused.value.problems)


def only_problem(definition: object) -> tuple[str, str]:
    (found,) = problems(definition)
    pointer, message = found
    assert message.count(".") >= 1
    return pointer, message


def test_a_definition_becomes_a_form() -> None:
    form = compile_form(DEFINITION)
    assert (form.key, form.title) == ("inspect_diameter", "Inspect diameter")
    assert form.fields == (
        FormField(
            "diameter",
            FieldType.NUMBER,
            "Diameter",
            required=True,
            unit="mm",
            min=Decimal("24.95"),
            max=Decimal("25.05"),
            variable="diameter",
        ),
        FormField(
            "result",
            FieldType.CHOICE,
            "Result",
            required=True,
            choices=(Choice("pass", "Pass"), Choice("fail", "Fail")),
            variable="result",
        ),
        FormField("clean", FieldType.CHECK, "Clean"),
        FormField("remark", FieldType.TEXT, "Remark", min=3, max=100),
        FormField("since", FieldType.DATETIME, "Since", min=datetime(2026, 1, 1, tzinfo=UTC)),
    )


def test_a_form_is_frozen_and_keeps_its_own_definition() -> None:
    given_definition = copy.deepcopy(DEFINITION)
    form = compile_form(given_definition)
    given_definition["fields"].clear()  # type: ignore[attr-defined]
    assert form.definition == DEFINITION
    with pytest.raises(FrozenInstanceError):
        form.title = "Other"  # type: ignore[misc]


def test_only_keys_and_types_must_be_there() -> None:
    form = compile_form({"key": "f", "fields": [{"key": "a", "type": "text"}]})
    assert form.title == "f"
    assert form.fields == (FormField("a", FieldType.TEXT, "a"),)
    assert compile_form({"key": "f", "fields": []}).fields == ()


def test_null_means_left_out() -> None:
    blank = dict.fromkeys(
        ("label", "required", "unit", "min", "max", "choices", "variable"),
    )
    assert compile_form(with_field(**blank)).fields == (FormField("a", FieldType.TEXT, "a"),)


def test_the_types_of_variables_are_told() -> None:
    form = compile_form(
        {
            "key": "f",
            "fields": [
                {"key": "a", "type": "text", "variable": "name"},
                {"key": "b", "type": "number", "variable": "count"},
                {"key": "c", "type": "check", "variable": "clean"},
                {"key": "d", "type": "datetime", "variable": "since"},
                {"key": "e", "type": "choice", "choices": [{"value": "x"}], "variable": "word"},
                {"key": "g", "type": "choice", "choices": [{"value": 5}], "variable": "size"},
                {"key": "h", "type": "text"},
            ],
        }
    )
    assert form.variable_types == {
        "name": "text",
        "count": "number",
        "clean": "check",
        "since": "datetime",
        "word": "choice",
        "size": "number",
    }


@pytest.mark.parametrize("key", ["a", "A1", "a.b-c_d", "Größe", "a" * 100])
def test_keys_that_can_be_used(key: str) -> None:
    form = compile_form({"key": key, "fields": [{"key": key, "type": "check"}]})
    assert form.load({key: True}) == {key: True}


BAD_KEYS = ["", "1a", "_a", ".a", "-a", "a b", "a/b", "a~b", "a" * 101, "a\n", "ﬁeld", "a\u0301"]


@pytest.mark.parametrize("key", [*BAD_KEYS, 5, True, []])
def test_keys_that_cannot(key: object) -> None:
    assert only_problem({"key": key, "fields": []})[0] == "/key"
    pointer, message = only_problem(with_field(key=key))
    assert pointer == "/fields/0/key"
    assert "Start with a letter" in message


@pytest.mark.parametrize("name", [*BAD_KEYS, "a.b", "a-b", 5, True, {}])
def test_variables_that_cannot_be_read_by_conditions(name: object) -> None:
    pointer, message = only_problem(with_field(variable=name))
    assert pointer == "/fields/0/variable"
    assert "Start with a letter" in message


@pytest.mark.parametrize("name", ["and", "not", "in", "true", "null", "None", "class"])
def test_variables_that_conditions_use_themselves(name: str) -> None:
    assert "means something in conditions" in only_problem(with_field(variable=name))[1]


@pytest.mark.parametrize("name", ["min", "diameter", "Durchmesser_2", "länge"])
def test_variables_that_can_be_read(name: str) -> None:
    assert compile_form(with_field(variable=name)).variable_types == {name: "text"}


@pytest.mark.parametrize(
    ("definition", "pointer", "said"),
    [
        (None, "", "Expected an object, got null"),
        ([], "", "Expected an object, got a list"),
        ({"fields": []}, "/key", "'key' is missing"),
        ({"key": "f"}, "/fields", "'fields' is missing"),
        ({"key": "f", "fields": {}}, "/fields", "Expected a list, got an object"),
        ({"key": "f", "fields": ["a"]}, "/fields/0", "Expected an object, got 'a'"),
        ({"key": "f", "fields": [], "colour": 1}, "/colour", "'colour' is not known. Remove it"),
        ({"key": "f", "fields": [], "a/~b": 1}, "/a~1~0b", "is not known"),
        ({"key": "f", "fields": [], "title": 5}, "/title", "Expected text, got 5"),
        ({"key": "f", "fields": [], "title": " "}, "/title", "blank"),
        ({"key": "f", "fields": [], "title": "a" * 201}, "/title", "at most 200"),
        ({"key": "f", "fields": [], "title": "a\x00"}, "/title", "U+0000"),
        ({"key": "f", "fields": [{}] * 501}, "/fields", "at most 500"),
        (with_field(key="left out"), "/fields/0/key", "'key' is missing"),
        (with_field(type="left out"), "/fields/0/type", "'type' is missing"),
        (with_field(type="date"), "/fields/0/type", "Use one of text, number, choice, check"),
        (with_field(type=["text"]), "/fields/0/type", "The type a list is not known"),
        (with_field(colour="red"), "/fields/0/colour", "attributes known here are key, type"),
        (with_field(label=5), "/fields/0/label", "Expected text"),
        (with_field(label="a" * 501), "/fields/0/label", "at most 500"),
        (with_field(required="yes"), "/fields/0/required", "without quotes"),
        (with_field(required=1), "/fields/0/required", "Expected true or false"),
        (with_field(unit="mm"), "/fields/0/unit", "use a type that has one: number, samples."),
        (
            with_field(type="check", min=1),
            "/fields/0/min",
            "one: text, number, datetime, multichoice, samples.",
        ),
        (with_field(type="check", max=1), "/fields/0/max", "of type check has no max"),
        (with_field(choices=[{"value": 1}]), "/fields/0/choices", "has one: choice, multichoice."),
        (with_field(type="number", unit="furlong"), "/fields/0/unit", "Use a UCUM code"),
        (with_field(type="number", unit=5), "/fields/0/unit", "Use a UCUM code"),
        (with_field(type="number", min="much"), "/fields/0/min", "Expected a number"),
        (with_field(type="number", min=True), "/fields/0/min", "Expected a number"),
        (with_field(type="number", max="1 kg", unit="mm"), "/fields/0/max", "converted to mm"),
        (with_field(type="number", min=2, max=1), "/fields/0/min", "min 2 is above max 1"),
        (
            with_field(type="number", unit="mm", min="1 cm", max=9),
            "/fields/0/min",
            "min 10 mm is above max 9 mm",
        ),
        (with_field(min=-1), "/fields/0/min", "whole number from 0 to 10000"),
        (with_field(max=10_001), "/fields/0/max", "whole number from 0 to 10000"),
        (with_field(max=Decimal("1.5")), "/fields/0/max", "whole number"),
        (with_field(max="long"), "/fields/0/max", "whole number"),
        (with_field(min=5, max=4), "/fields/0/min", "min 5 is above max 4"),
        (with_field(type="datetime", min=5), "/fields/0/min", "such as 2026-"),
        (with_field(type="datetime", max="2026-01-01T00:00"), "/fields/0/max", "which time zone"),
        (
            with_field(type="datetime", min="2026-01-02T00:00Z", max="2026-01-01T00:00Z"),
            "/fields/0/min",
            "min 2026-01-02T00:00:00Z is above max 2026-01-01T00:00:00Z",
        ),
        (with_field(type="choice"), "/fields/0/choices", "needs choices"),
        (with_field(type="choice", choices=[]), "/fields/0/choices", "needs choices"),
        (with_field(type="choice", choices="ab"), "/fields/0/choices", "Expected a list"),
        (with_field(type="choice", choices=["a"]), "/fields/0/choices/0", "Expected an object"),
        (with_field(type="choice", choices=[{"value": 1}] * 501), "/fields/0/choices", "most 500"),
        (
            with_field(type="choice", choices=[{"label": "A"}]),
            "/fields/0/choices/0/value",
            "'value' is missing",
        ),
        (
            with_field(type="choice", choices=[{"value": "a", "id": 1}]),
            "/fields/0/choices/0/id",
            "is not known",
        ),
        (
            with_field(type="choice", choices=[{"value": True}]),
            "/fields/0/choices/0/value",
            "true cannot be the value",
        ),
        (
            with_field(type="choice", choices=[{"value": {"value": "1", "unit": "1"}}]),
            "/fields/0/choices/0/value",
            "an object cannot be the value",
        ),
        (
            with_field(type="choice", choices=[{"value": ""}]),
            "/fields/0/choices/0/value",
            "blank",
        ),
        (
            with_field(type="choice", choices=[{"value": 1, "label": 5}]),
            "/fields/0/choices/0/label",
            "Expected text",
        ),
        (
            with_field(type="choice", choices=[{"value": 1}, {"value": Decimal("1.0")}]),
            "/fields/0/choices/1/value",
            "The choice 1.0 is there twice",
        ),
        (
            with_field(type="choice", choices=[{"value": "a"}, {"value": 1}]),
            "/fields/0/choices",
            "Use one kind",
        ),
    ],
)
def test_a_fault_is_named_with_its_place_and_its_cure(
    definition: object, pointer: str, said: str
) -> None:
    found, message = only_problem(definition)
    assert found == pointer
    assert said in message


def test_every_fault_is_named_at_once() -> None:
    found = problems(
        {
            "key": "1",
            "colour": "red",
            "fields": [
                {"key": "a", "type": "number", "unit": "furlong", "required": "yes"},
                {"key": "a", "type": "choice", "unit": "mm", "variable": "v"},
                {"key": "b", "type": "date", "variable": "v"},
                {"type": "text", "min": -1, "max": -1},
            ],
        }
    )
    assert [pointer for pointer, _ in found] == [
        "/colour",
        "/key",
        "/fields/0/required",
        "/fields/0/unit",
        "/fields/1/key",
        "/fields/1/unit",
        "/fields/1/choices",
        "/fields/2/variable",
        "/fields/2/type",
        "/fields/3/key",
        "/fields/3/min",
        "/fields/3/max",
    ]


def test_two_fields_share_neither_key_nor_variable() -> None:
    twice = [{"key": "a", "type": "text"}, {"key": "a", "type": "text"}]
    assert only_problem({"key": "f", "fields": twice}) == (
        "/fields/1/key",
        "The key 'a' is used twice. Give each field a key of its own.",
    )
    both = [{"key": k, "type": "text", "variable": "v"} for k in "ab"]
    pointer, message = only_problem({"key": "f", "fields": both})
    assert pointer == "/fields/1/variable"
    assert "'v' is written by two fields" in message


def test_unknown_attributes_do_not_flood_the_answer() -> None:
    wild: Mapping[str, object] = {"key": "f", "fields": [], **{f"x{n}": 1 for n in range(1000)}}
    assert len(problems(wild)) == 20


def test_limits_may_be_written_like_answers() -> None:
    (field,) = compile_form(with_field(type="number", unit="mm", min="1 cm", max=25.05)).fields
    assert (field.min, field.max) == (Decimal(10), Decimal("25.05"))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.decimals(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)
ATTRIBUTES = ["key", "type", "label", "required", "unit", "min", "max", "choices", "variable"]
FIELDS = st.dictionaries(
    st.sampled_from(ATTRIBUTES),
    JSON | st.sampled_from(["text", "number", "choice", "check", "datetime", "mm", "a", "b"]),
)


@given(JSON | st.fixed_dictionaries({"key": st.just("f"), "fields": st.lists(FIELDS)}))
def test_any_json_is_a_form_or_refused_with_reasons(definition: object) -> None:
    try:
        compile_form(definition)  # type: ignore[arg-type]
    except FormDefinitionInvalid as refused:
        found = refused.problems
    else:
        return
    assert found
    assert all(pointer == "" or pointer.startswith("/") for pointer, _ in found)


def test_only_a_number_is_answered_by_a_signal() -> None:
    number = {"key": "force", "type": "number", "signal": "force"}
    [field] = compile_form({"key": "f", "fields": [number]}).fields
    assert field.signal == "force"
    with pytest.raises(FormDefinitionInvalid) as refused:
        compile_form({"key": "f", "fields": [number | {"type": "text"}]})
    assert [p.pointer for p in refused.value.problems] == ["/fields/0/signal"]
