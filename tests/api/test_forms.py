"""Forms over HTTP: what may be answered, and what becomes of it."""

import json
from decimal import Decimal
from typing import Any

import pytest

from tests.support.diagrams import end, process, start, user
from tests.support.works import Works

FORM = {
    "key": "measure",
    "title": "Measure",
    "fields": [
        {"key": "d", "type": "number", "label": "d", "required": True, "unit": "mm",
         "min": 20, "max": 30, "variable": "diameter"},
        {"key": "ok", "type": "check", "label": "ok"},
        {"key": "gauge", "type": "choice", "label": "gauge", "required": True,
         "choices": [{"value": "MIC-07", "label": "7"}, {"value": "MIC-09", "label": "9"}]},
        {"key": "when", "type": "datetime", "label": "when", "variable": "measured"},
        {"key": "note", "type": "text", "label": "note"},
    ],
}  # fmt: skip
MEASURE = process(start(), user("turn", form="measure"), end(), "start -> turn -> end")


@pytest.fixture
def measured(works: Works) -> str:
    works.release(MEASURE, {"measure.form.json": json.dumps(FORM).encode()})
    return works.start()


def test_answers_become_variables_where_the_form_says_so(works: Works, measured: str) -> None:
    given = {"d": "25.310 mm", "gauge": "MIC-07", "ok": True, "note": "a\nb"}
    works.complete("turn", measured, **given, when="2026-03-02T07:30:00+01:00")
    shown = works.instance(measured)["variables"]
    assert str(shown["diameter"]) == "25.310"
    assert set(shown) == {"diameter", "measured"}
    step = works.history(measured)[1]
    assert step["answers"]["gauge"] == "MIC-07"
    assert step["answers"]["ok"] is True
    assert step["answers"]["note"] == "a\nb"
    assert set(step["changed"]) == {"diameter", "measured"}


@pytest.mark.parametrize("given", ["25.31", 25.310, "25.31 mm", "0.02531 m", "2.531 cm"], ids=repr)
def test_a_number_is_kept_in_the_unit_of_its_field(
    works: Works, measured: str, given: object
) -> None:
    works.complete("turn", measured, d=given, gauge="MIC-07")
    assert works.instance(measured)["variables"]["diameter"] == Decimal("25.31")


@pytest.mark.parametrize(
    ("answers", "pointers"),
    [
        ({}, ["/variables/d", "/variables/gauge"]),
        ({"d": 1, "gauge": "MIC-07"}, ["/variables/d"]),
        ({"d": "25 kg", "gauge": "MIC-07"}, ["/variables/d"]),
        ({"d": "wide", "gauge": "MIC-07"}, ["/variables/d"]),
        ({"d": 25, "gauge": "MIC-08"}, ["/variables/gauge"]),
        ({"d": 25, "gauge": "MIC-07", "diameter": 25}, ["/variables/diameter"]),
        ({"d": 25, "gauge": "MIC-07", "ok": "maybe"}, ["/variables/ok"]),
        ({"d": 25, "gauge": "MIC-07", "when": "later"}, ["/variables/when"]),
        (
            {"d": None, "gauge": 7, "x/y": 1},
            ["/variables/d", "/variables/gauge", "/variables/x~1y"],
        ),
    ],
)  # fmt: skip
def test_every_wrong_answer_is_named_and_nothing_is_done(
    works: Works, measured: str, answers: dict[str, Any], pointers: list[str]
) -> None:
    task = works.task("turn", measured)["id"]
    answer = works.operator.post(f"/tasks/{task}/complete", {"variables": answers})
    answer.refused(422, "form-invalid")
    assert answer.pointers() == pointers
    assert works.open(measured) == ["turn"]
    assert works.instance(measured)["variables"] == {}
