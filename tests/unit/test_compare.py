"""Two versions compared: each change is one sentence, and its element is told for the canvas."""

import json
from collections.abc import Mapping

import pytest

from engine.kernel.actor import ROLES
from engine.workflow.definition.bundles import read_bundle
from engine.workflow.definition.compare import Side, compare
from engine.workflow.definition.compare.drawing import places
from tests.support.diagrams import (
    catch,
    drawing,
    element,
    end,
    exclusive,
    process,
    start,
    user,
)

WAY = "start -> turn -> inspect -> end"


def side(diagram: bytes, files: Mapping[str, bytes] | None = None) -> Side:
    bundle = read_bundle("main.bpmn", {"main.bpmn": diagram, **(files or {})}, ROLES)
    return Side(bundle.processes, bundle.forms, bundle.decisions, {}, places([diagram]))


def told(old: Side, new: Side) -> list[str]:
    return [change.sentence for change in compare(old, new) if not change.implied]


def routing(*more: str, way: tuple[str, ...] = (WAY,), **inspect: object) -> bytes:
    steps = (user("turn"), element("userTask", "inspect", name="Inspect diameter", **inspect))
    return process(start(), *steps, *more, end(), *way)


def form(**field: object) -> dict[str, bytes]:
    asked = {"key": "diameter", "type": "number", "label": "Diameter", "unit": "mm", **field}
    text = json.dumps({"key": "measure", "title": "Measure", "fields": [asked]})
    return {"measure.form.json": text.encode()}


def test_the_same_is_no_change() -> None:
    assert compare(side(routing()), side(routing())) == ()


def test_a_limit() -> None:
    diagram = routing(form="measure")
    old, new = side(diagram, form(max="25.02")), side(diagram, form(max="25.03"))
    (change,) = compare(old, new)
    assert change.sentence == (
        "Inspect diameter: Diameter: highest value accepted 25.02 mm → 25.03 mm."
    )
    assert (change.element, change.subject, change.part) == ("inspect", "limit", "diameter")
    assert (change.before, change.after) == ("25.02 mm", "25.03 mm")


def test_more_digits_are_no_other_limit() -> None:
    diagram = routing(form="measure")
    assert told(side(diagram, form(max="25.0")), side(diagram, form(max="25.00"))) == []


def test_an_operation_is_added_between_two() -> None:
    deburr = element("userTask", "deburr", name="Deburr", **{"mes:operation": "30"})
    new = routing(deburr, way=("start -> turn -> deburr -> inspect -> end",))
    changes = compare(side(routing()), side(new))
    assert [c.sentence for c in changes if not c.implied] == [
        "Operation 30 'Deburr' added between 'turn' and 'Inspect diameter'."
    ]
    flows = {(c.element, str(c.kind)) for c in changes if c.subject == "flow"}
    assert flows == {
        ("turn_to_deburr", "added"),
        ("deburr_to_inspect", "added"),
        ("turn_to_inspect", "removed"),
    }
    removed = [c.sentence for c in compare(side(new), side(routing())) if c.subject == "step"]
    assert removed == ["Operation 30 'Deburr' removed between 'turn' and 'Inspect diameter'."]


@pytest.mark.parametrize(
    ("attribute", "was", "now", "sentence", "subject"),
    [
        ("form", "a", "b", "form a → b", "form"),
        ("operation", "20", "30", "operation 20 → 30", "step"),
        ("qualification", None, "gauge", "qualification nothing → gauge", "role"),
        ("due", "PT2H", "PT4H", "due PT2H → PT4H", "time"),
        ("priority", "50", "80", "priority 50 → 80", "work"),
    ],
)
def test_what_a_step_says(
    attribute: str, was: str | None, now: str, sentence: str, subject: str
) -> None:
    given = ({attribute: was} if was else {}, {attribute: now})
    (change,) = compare(*(side(routing(**each)) for each in given))
    assert change.sentence == f"Inspect diameter: {sentence}."
    assert (change.element, change.subject) == ("inspect", subject)


def test_a_name() -> None:
    old = process(start(), element("userTask", "turn", name="Turn"), end(), "start -> turn -> end")
    new = process(
        start(), element("userTask", "turn", name="Turn shaft"), end(), "start -> turn -> end"
    )
    assert told(side(old), side(new)) == ["Turn: name Turn → Turn shaft."]


def choice(condition: str, default: str = "end") -> bytes:
    return process(
        start(),
        user("turn", "again"),
        exclusive("good", default=default),
        end(),
        "start -> turn -> good -> end",
        f"good -> again if {condition}",
        "again -> end",
    )


def test_a_condition() -> None:
    (change,) = compare(side(choice("diameter > 25.1")), side(choice("diameter > 25.2")))
    assert change.sentence == (
        "Way from 'good' to 'again': condition diameter > 25.1 → diameter > 25.2."
    )
    assert (change.element, change.subject) == ("good_to_again", "condition")


def test_a_timer() -> None:
    def waiting(duration: str) -> bytes:
        cool = catch("cool", duration=duration)
        return process(start(), cool, end(), "start -> cool -> end")

    assert told(side(waiting("PT1H")), side(waiting("PT2H"))) == [
        "cool: timer duration PT1H → duration PT2H."
    ]


def test_fields_come_and_go() -> None:
    diagram = routing(form="measure")
    old = form()
    more = {"key": "gauge", "type": "text", "label": "Gauge"}
    new = json.loads(old["measure.form.json"])
    new["fields"].append(more)
    files = {"measure.form.json": json.dumps(new).encode()}
    assert told(side(diagram, old), side(diagram, files)) == [
        "Inspect diameter: field 'Gauge' added."
    ]
    assert told(side(diagram, files), side(diagram, old)) == [
        "Inspect diameter: field 'Gauge' removed."
    ]


TABLE = """<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="d"
namespace="urn:test"><decision id="grade" name="Grade"><decisionTable id="t">
<input id="i" label="Severity"><inputExpression id="e"><text>severity</text></inputExpression>
</input><output id="o" name="action"/>{}</decisionTable></decision></definitions>"""
RULE = """<rule id="{}"><inputEntry id="{}i"><text>{}</text></inputEntry>
<outputEntry id="{}o"><text>"{}"</text></outputEntry></rule>"""


def table(*rules: tuple[str, str, str]) -> dict[str, bytes]:
    rows = "".join(RULE.format(key, key, cell, key, answer) for key, cell, answer in rules)
    return {"grade.dmn": TABLE.format(rows).encode()}


def test_rules_of_a_decision() -> None:
    ask = element("businessRuleTask", "ask", **{"mes:decision": "grade"})
    diagram = process(start(), ask, end(), "start -> ask -> end")
    old = side(diagram, table(("r1", ">= 5", "scrap"), ("r2", "-", "use")))
    new = side(diagram, table(("r1", ">= 6", "scrap"), ("r3", "&lt; 6", "rework")))
    changes = compare(old, new)
    assert [(c.element, c.part) for c in changes] == [("ask", "r1"), ("ask", "r3"), ("ask", "r2")]
    assert [c.sentence for c in changes] == [
        "Decision 'Grade': rule 1 changed: if Severity >= 5 then action = \"scrap\" → "
        'if Severity >= 6 then action = "scrap".',
        "Decision 'Grade': rule 2 added: if Severity < 6 then action = \"rework\".",
        "Decision 'Grade': rule 2 removed: if anything then action = \"use\".",
    ]


def test_what_only_moved() -> None:
    def drawn(**tops: int) -> bytes:
        return process(start(), user("turn"), end(), "start -> turn -> end", drawn=drawing(**tops))

    old, new = side(drawn(start=10, turn=10)), side(drawn(start=10, turn=90))
    (change,) = compare(old, new)
    assert (change.element, change.kind, change.subject) == ("turn", "moved", "layout")


def test_a_called_process_in_another_version() -> None:
    call = element("callActivity", "finish", calledElement="finishing")
    models = side(process(start(), call, end(), "start -> finish -> end"))
    both = [
        Side(models.processes, {}, {}, {("process", "finishing"): f"finishing version {number}"})
        for number in (3, 4)
    ]
    (change,) = compare(*both)
    assert change.sentence == "finish: calls finishing version 3 → finishing version 4."
    assert (change.element, change.subject) == ("finish", "call")
