"""What the fields of a record ask for: choices, check lists, samples, scans, files, limits."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forms.compiler import Form, compile_form
from forms.errors import FormDefinitionInvalid, FormInvalid
from forms.fields import FormField, Instruction, Limits
from forms.pattern import PatternRefused, read_pattern
from forms.tolerance import Side, Verdict, verdict, verdicts

FILE = "0192f0c1-2345-7abc-8def-0123456789ab"
TOOLS = [{"value": value, "label": value.title()} for value in ("file", "brush", "gauge")]
GUARDS = [{"value": "oil", "label": "Oil level"}, {"value": "door", "label": "Door closes"}]
LIMITS = {"lower": "24.95 mm", "target": 25, "upper": "2.505 cm"}


def form(**attributes: object) -> Form:
    return compile_form({"key": "f", "fields": [{"key": "a", "variable": "a", **attributes}]})


def read(answer: object, **attributes: object) -> object:
    return form(**attributes).load({"a": answer}).get("a")


def refused(answer: object, **attributes: object) -> dict[str, str]:
    with pytest.raises(FormInvalid) as found:
        form(**attributes).load({} if answer is None else {"a": answer})
    return {error.pointer: error.detail for error in found.value.errors}


def flaws(**attributes: object) -> dict[str, str]:
    with pytest.raises(FormDefinitionInvalid) as found:
        form(**attributes)
    return {problem.pointer: problem.message for problem in found.value.problems}


# ---- several choices ----


def test_choices_come_in_the_order_of_the_form() -> None:
    asked = {"type": "multichoice", "choices": TOOLS}
    assert read(["gauge", "file"], **asked) == ["file", "gauge"]
    assert read([], **asked) is None
    numbers = [{"value": 1}, {"value": Decimal("2.50")}]
    assert read(["2.5"], type="multichoice", choices=numbers) == [Decimal("2.50")]
    assert form(type="multichoice", choices=numbers).variable_types == {"a": "multichoice"}


@pytest.mark.parametrize(
    ("answer", "pointer", "said"),
    [
        (None, "/variables/a", "This field needs an answer."),
        ([], "/variables/a", "This field needs an answer."),
        ("file", "/variables/a", "Expected a list of choices, got 'file'."),
        (["file", "rag"], "/variables/a/1", "Expected one of: File (file), Brush (brush), "),
        (["file", "file"], "/variables/a", "Choose each at most once."),
        (["file"], "/variables/a", "Choose at least 2."),
    ],
)
def test_other_choices_are_refused(answer: object, pointer: str, said: str) -> None:
    asked = {"type": "multichoice", "choices": TOOLS, "required": True, "min": 2, "max": 2}
    assert refused(answer, **asked)[pointer].startswith(said)
    assert refused(["file", "brush", "gauge"], **asked) == {"/variables/a": "Choose at most 2."}


# ---- check lists ----


def test_a_check_list_is_kept_item_by_item() -> None:
    asked = {"type": "checklist", "items": GUARDS}
    clean = read({"door": "na", "oil": "not_ok"}, **asked)
    assert clean == {"oil": "not_ok", "door": "na"}
    assert list(clean) == ["oil", "door"]
    assert read({}, **asked) is None
    assert form(**asked).variable_types == {"a": "checklist"}


def test_a_check_list_is_answered_whole_or_not_at_all() -> None:
    asked = {"type": "checklist", "items": GUARDS}
    assert refused({"oil": "ok"}, **asked) == {
        "/variables/a/door": "Door closes: say ok, not ok, or not applicable."
    }
    assert len(refused({}, required=True, **asked)) == 2
    assert refused({"oil": True, "door": "ok", "cat": "ok"}, **asked) == {
        "/variables/a/oil": "Expected one of: ok, not_ok, na; got true.",
        "/variables/a/cat": "This checklist has no item 'cat'. Leave it out, or use one of: "
        "oil, door.",
    }
    assert "/variables/a" in refused(["oil"], **asked)


# ---- samples ----


def test_each_sample_is_converted() -> None:
    asked = {"type": "samples", "unit": "mm", "count": 3, "limits": LIMITS}
    clean = read([25, "2.501 cm", {"value": "25.040", "unit": "mm"}], **asked)
    assert clean == [Decimal(25), Decimal("25.01"), Decimal("25.040")]
    assert str(clean[2]) == "25.040"
    assert form(**asked).variables({"a": clean}) == {"a": clean}


def test_samples_that_are_none_are_named_one_by_one() -> None:
    asked = {"type": "samples", "unit": "mm", "count": 2, "min": 20, "required": True}
    assert refused([25], **asked) == {"/variables/a": "Expected 2 values, got 1."}
    found = refused(["wide", 25, "1 kg", 19], **asked)
    assert list(found) == ["/variables/a/0", "/variables/a/2", "/variables/a/3"]
    assert found["/variables/a/3"] == "Expected at least 20 mm, got 19 mm."
    assert refused([], **asked) == {"/variables/a": "This field needs an answer."}
    assert refused(25, **asked) == {"/variables/a": "Expected a list of numbers, got 25."}
    assert "at most 200" in refused([1] * 201, type="samples")["/variables/a"]


# ---- scans and files ----


def test_a_scan_loses_what_the_scanner_adds() -> None:
    asked = {"type": "scan", "pattern": r"LOT-\d{6}|[A-Z]{2}\d+"}
    assert read(" LOT-241170\r\n", **asked) == "LOT-241170"
    assert read("AB7", **asked) == "AB7"
    assert read("\r", **asked) is None
    assert refused("LOT-24117", **asked) == {
        "/variables/a": "Expected a code such as LOT-000000, got 'LOT-24117'. Scan the right label."
    }
    assert refused("", required=True, **asked) == {"/variables/a": "This field needs an answer."}
    assert "U+001D" in refused("LOT\x1d1", type="scan")["/variables/a"]
    assert "at most 200" in refused("x" * 201, type="scan")["/variables/a"]
    assert "as text" in refused(7, type="scan")["/variables/a"]


@pytest.mark.parametrize("kind", ["photo", "file"])
def test_a_file_is_named_by_its_id(kind: str) -> None:
    assert read(FILE.upper(), type=kind) == FILE
    assert form(type=kind).fields[0].holds_file
    for other in ("../etc/passwd", FILE + "\n", 7, {"id": FILE}, ""):
        assert "Upload it first." in refused(other, type=kind)["/variables/a"]


# ---- patterns ----


@pytest.mark.parametrize(
    ("pattern", "fits", "not_so"),
    [
        (r"LOT-\d{6}", "LOT-123456", "LOT-1234567"),
        (r"^[A-F0-9]{2,4}$", "AF0", "A"),
        (r"a*b+c?", "bbc", "aac"),
        (r"\d{3,}", "1234", "12"),
        (r"x.y", "x-y", "xy"),
        (r"\(\d\)", "(7)", "7"),
        (r"[^-]+-\w*", "ä-9", "-9"),
        (r"\d|T", "T", "t"),
    ],
)
def test_a_pattern_fits_whole_codes(pattern: str, fits: str, not_so: str) -> None:
    found = read_pattern(pattern)
    assert found.fits(fits)
    assert not found.fits(not_so)
    assert found.fits(found.example)


@pytest.mark.parametrize(
    "pattern", ["(a+)+", r"a\1", "[z-a]", "a{3,2}", "a||b", "", "*", "[", r"\b", "x" * 201, "a{0}"]
)
def test_what_is_no_pattern_is_refused(pattern: str) -> None:
    with pytest.raises(PatternRefused):
        read_pattern(pattern)


def test_no_pattern_takes_long() -> None:
    """What makes other readers of regular expressions try for ever: a fault at the very end."""
    assert not read_pattern("a*" * 90 + "b").fits("a" * 200)


@given(st.text(max_size=20))
def test_any_pattern_is_read_or_refused(text: str) -> None:
    try:
        found = read_pattern(text)
    except PatternRefused:
        return
    assert found.fits(found.example) or "[" in text


# ---- tolerance ----


def tolerance(lower: str | None, target: str | None, upper: str | None) -> FormField:
    limits = {"lower": lower, "target": target, "upper": upper}
    (field,) = form(type="number", unit="mm", limits=limits).fields
    return field


def test_limits_stand_in_the_unit_of_the_field() -> None:
    (field,) = form(type="number", unit="mm", limits=LIMITS).fields
    assert field.limits == Limits(Decimal("24.95"), Decimal(25), Decimal("25.05"))
    assert read("25.2 mm", type="number", unit="mm", limits=LIMITS) == Decimal("25.2")


@pytest.mark.parametrize(
    ("value", "side", "beyond", "off"),
    [
        ("24.95", Side.WITHIN, "0", "-0.05"),
        ("25.05", Side.WITHIN, "0", "0.05"),
        ("25.064", Side.ABOVE, "0.014", "0.064"),
        ("24.9", Side.BELOW, "0.05", "-0.1"),
    ],
)
def test_a_value_is_judged_by_how_much_it_is_out(
    value: str, side: Side, beyond: str, off: str
) -> None:
    field = tolerance("24.95", "25", "25.05")
    found = verdict(field, Decimal(value))
    assert found == Verdict(side, Decimal(beyond), Decimal(off))
    assert found.within is (side is Side.WITHIN)


def test_of_samples_the_worst_counts() -> None:
    field = tolerance(None, None, "25.05")
    values = [Decimal("25.06"), Decimal("20"), Decimal("25.1")]
    assert verdict(field, values) == Verdict(Side.ABOVE, Decimal("0.05"))
    assert [each.within for each in verdicts(field, values)] == [False, True, False]


def test_without_limits_or_answer_there_is_nothing_to_say() -> None:
    assert verdict(form(type="number").fields[0], Decimal(1)) is None
    assert verdict(tolerance("1", None, None), None) is None
    assert verdict(tolerance("1", None, None), []) is None


# ---- definitions ----


def test_steps_stand_beside_the_record() -> None:
    steps = [{"text": "Wipe the shaft."}, {"text": "Measure here.", "image": FILE.upper()}]
    found = compile_form({"key": "f", "fields": [], "instructions": steps})
    assert found.instructions == (
        Instruction("Wipe the shaft."),
        Instruction("Measure here.", FILE),
    )
    assert form(type="check", help="Look twice.").fields[0].help == "Look twice."


@pytest.mark.parametrize(
    ("attributes", "pointer", "said"),
    [
        ({"type": "multichoice"}, "/fields/0/choices", "of type multichoice needs choices"),
        ({"type": "checklist"}, "/fields/0/items", "of type checklist needs items"),
        ({"type": "checklist", "items": [{"value": "a b"}]}, "/fields/0/items/0/value", "of an"),
        ({"type": "checklist", "items": [{"value": 1}]}, "/fields/0/items/0/value", "of an item"),
        ({"type": "checklist", "items": GUARDS * 2}, "/fields/0/items/2/value", "there twice"),
        ({"type": "check", "items": GUARDS}, "/fields/0/items", "has one: checklist"),
        ({"type": "samples", "count": 0}, "/fields/0/count", "from 1 to 200"),
        ({"type": "samples", "count": "x"}, "/fields/0/count", "from 1 to 200"),
        ({"type": "number", "count": 3}, "/fields/0/count", "has one: samples"),
        ({"type": "scan", "pattern": "(a)"}, "/fields/0/pattern", "'(a)' is not understood"),
        ({"type": "text", "pattern": "a"}, "/fields/0/pattern", "has one: scan"),
        ({"type": "text", "limits": {"lower": 1}}, "/fields/0/limits", "has one: number, samples"),
        ({"type": "number", "limits": {}}, "/fields/0/limits", "The limits say nothing."),
        ({"type": "number", "limits": 3}, "/fields/0/limits", "Expected an object"),
        ({"type": "number", "limits": {"low": 3}}, "/fields/0/limits/low", "lower, target, upper"),
        (
            {"type": "number", "limits": {"lower": 3, "upper": 2}},
            "/fields/0/limits/lower",
            "lower 3 is above upper 2",
        ),
        (
            {"type": "number", "unit": "mm", "limits": {"target": "3 kg"}},
            "/fields/0/limits/target",
            "cannot be converted to mm",
        ),
        ({"type": "multichoice", "choices": TOOLS, "min": -1}, "/fields/0/min", "how many"),
        ({"type": "text", "help": " "}, "/fields/0/help", "blank"),
        ({"type": "photo", "unit": "mm"}, "/fields/0/unit", "no unit"),
    ],
)
def test_a_flaw_is_named_with_its_cure(
    attributes: dict[str, object], pointer: str, said: str
) -> None:
    found = flaws(**attributes)
    assert said in found[pointer], found


def test_flaws_of_steps_are_named() -> None:
    steps = [{"image": FILE}, {"text": "a", "image": "shaft.png"}, {"say": "b", "text": "b"}, "c"]
    with pytest.raises(FormDefinitionInvalid) as refused:
        compile_form({"key": "f", "fields": [], "instructions": steps})
    assert [problem.pointer for problem in refused.value.problems] == [
        "/instructions/0/text",
        "/instructions/1/image",
        "/instructions/2/say",
        "/instructions/3",
    ]
