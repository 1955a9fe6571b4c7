"""Every finding a diagram can get: severity, rule, element, and a cure to each."""

import ast
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.kernel.actor import ROLES
from engine.workflow import definition
from engine.workflow.definition.bundles import read_bundle
from engine.workflow.definition.lint import Known, lint, refused
from engine.workflow.definition.model import Finding
from tests.support import diagrams as d

KNOWN = Known(frozenset({("process", "released")}), frozenset({"lots.hold"}))
OK = ("start -> a -> end",)


def findings(diagram: bytes, **files: bytes) -> list[Finding]:
    """What a bundle is told; a file `x_dmn` is `x.dmn`, `x_form` is `x.form.json`."""
    ends = {"dmn": ".dmn", "form": ".form.json", "bpmn": ".bpmn"}
    named = {k.rpartition("_")[0] + ends[k.rpartition("_")[2]]: v for k, v in files.items()}
    return list(lint(read_bundle("main.bpmn", {"main.bpmn": diagram, **named}, ROLES), KNOWN))


def line(*activity: str, way: str = "start -> a -> end") -> tuple[str, ...]:
    """start, what is given, end."""
    return (d.start(), *activity, d.end(), way)


def task(tag: str = "userTask", *inside: str, **attributes: str) -> tuple[str, ...]:
    """A line through one task with something on it."""
    return line(d.element(tag, "a", *inside, **attributes))


def choosing(*flows: str, default: str = "", **gateway: str) -> tuple[str, ...]:
    """A gateway between two ends."""
    return (d.start(), d.exclusive("x", default=default, **gateway), d.end("a", "b"), *flows)


TWO = ("start -> x -> a", "x -> b if v > 1")
WAYS = ("start -> a -> end", "b -> end")
MI = "<multiInstanceLoopCharacteristics/>"
TIMER = "<timerEventDefinition>{}</timerEventDefinition>"
FLOW = '<sequenceFlow id="f" sourceRef="{}" targetRef="{}"/>'
CAMUNDA = 'xmlns:camunda="http://camunda.org/schema/1.0/bpmn" camunda:assignee'

ERRORS: list[tuple[str, str, tuple[str, ...]]] = [
    # what cannot be executed yet
    *(
        ("not-supported", "a", task(tag))
        for tag in (
            *("scriptTask", "sendTask", "receiveTask", "inclusiveGateway", "complexGateway"),
            *("eventBasedGateway", "transaction", "adHocSubProcess", "callChoreography"),
            *("intermediateThrowEvent", "implicitThrowEvent"),
        )
    ),
    ("not-supported", "a", task("userTask", MI)),
    ("not-supported", "a", task("userTask", "<standardLoopCharacteristics/>")),
    ("not-supported", "a", task("userTask", isForCompensation="true")),
    ("not-supported", "a", task("userTask", startQuantity="2")),
    ("not-supported", "a", task("userTask", signature="released")),
    ("not-supported", "a", task("subProcess", triggeredByEvent="true")),
    ("not-supported", "a", (*line(d.user("a")), d.end("b"), "a -> b")),
    *(
        ("not-supported", "end", (d.start(), d.element("endEvent", "end", event), "start -> end"))
        for event in (
            *("<messageEventDefinition/>", "<errorEventDefinition/>", "<signalEventDefinition/>"),
            *("<escalationEventDefinition/>", "<compensateEventDefinition/>"),
            *("<cancelEventDefinition/>", "<terminateEventDefinition/><errorEventDefinition/>"),
        )
    ),
    *(
        ("not-supported", "a", task("intermediateCatchEvent", event))
        for event in (
            *("", "<signalEventDefinition/>", "<conditionalEventDefinition/>"),
            *("<linkEventDefinition/>", "<eventDefinitionRef>e</eventDefinitionRef>"),
        )
    ),
    ("not-supported", "start", (d.element("startEvent", "start", "<signalEventDefinition/>"),)),
    (
        "not-supported",
        "b",
        (*line(d.user("a")), d.element("boundaryEvent", "b", attachedToRef="a")),
    ),
    (
        "not-supported",
        "b",
        (
            *line(d.user("a")),
            d.element(
                "boundaryEvent", "b", TIMER, attachedToRef="a", cancelActivity="false"
            ).format("<timeDuration>PT1H</timeDuration>"),
            "b -> end",
        ),
    ),
    # reading
    ("duplicate-id", "a", (*line(d.user("a")), d.user("a"))),
    ("missing-id", "", (*OK, d.start(), d.user("a"), d.end(), "<userTask/>")),
    ("dangling-flow", "f", (*line(d.user("a")), FLOW.format("a", "nowhere"))),
    ("dangling-flow", "f", (*line(d.user("a")), FLOW.format("", "a"))),
    (
        "dangling-flow",
        "inner_to_a",
        (*line(d.subprocess("a", d.start("s"), d.user("inner"), "s -> inner")), "inner -> a"),
    ),
    ("dangling-flow", "x", choosing(*TWO, default="a", outgoing=["nowhere"])),
    ("boundary", "b", (*line(d.user("a")), d.boundary("b", "nowhere", duration="PT1H"))),
    ("boundary", "b", (*line(d.user("a")), d.boundary("b", "start", duration="PT1H"))),
    # expressions, times, numbers
    ("expression", "x_to_b", choosing("start -> x -> a", "x -> b if v = 1", default="a")),
    ("expression", "x_to_b", choosing("start -> x -> a", "x -> b if v + 1", default="a")),
    ("expression", "a", line(d.user("a", due="= due("))),
    ("expression", "a", line(d.job("a", parameters={"n": "= import os"}))),
    ("expression", "a", line(d.catch("a", duration="${pause.hours}"))),
    ("time", "a", line(d.user("a", due="tomorrow"))),
    ("time", "a", line(d.user("a", follow_up="P1X"))),
    ("time", "a", line(d.user("a", duration="2 hours"))),
    ("number", "a", line(d.user("a", priority="101"))),
    ("number", "a", line(d.user("a", priority="high"))),
    ("number", "a", line(d.job("a", retries="0"))),
    ("number", "a", line(d.user("a", maximum="0"))),
    ("number", "a", line(d.user("a", maximum="²"))),
    *(
        ("timer", "a", line(d.catch("a", duration=text)))
        for text in ("2h", '"PT2H"', "P99Y", "-P1D")
    ),
    *(("timer", "a", line(d.catch("a", date=text))) for text in ("soon", "2030-13-01T00:00:00")),
    *(
        ("timer", "start", (d.start(cycle=text), d.end(), "start -> end"))
        for text in ("PT10M", "R3", "R9999/PT1H", "R/PT0.1S", "R0/PT1H", "R3/PT1H/PT1H")
    ),
    ("timer", "a", task("intermediateCatchEvent", "<timerEventDefinition/>")),
    ("timer", "start", (d.start(duration="= pause"), d.end(), "start -> end")),
    # events that name nothing
    ("message", "a", task("intermediateCatchEvent", "<messageEventDefinition/>")),
    (
        "message",
        "start",
        (
            d.element("startEvent", "start", '<messageEventDefinition messageRef="x"/>'),
            d.end(),
            "start -> end",
        ),
    ),
    (
        "error-code",
        "b",
        (
            *line(d.job("a")),
            d.element(
                "boundaryEvent", "b", '<errorEventDefinition errorRef="x"/>', attachedToRef="a"
            ),
            "b -> end",
        ),
    ),
    # our attributes
    ("unknown-attribute", "a", task("userTask", **{"mes:rôle": "x"})),
    ("unknown-attribute", "a", task("userTask", "<extensionElements><mes:x/></extensionElements>")),
    ("misplaced-attribute", "a", line(d.manual("a", form="inspect"))),
    ("misplaced-attribute", "a", line(d.user("a", topic="machine"))),
    ("misplaced-attribute", "a", line(d.user("a", role="operator"))),
    (
        "misplaced-attribute",
        "a",
        task("userTask", '<extensionElements><mes:in source="a"/></extensionElements>'),
    ),
    (
        "no-scripts",
        "a",
        task("userTask", "<extensionElements><spiffworkflow:preScript/></extensionElements>"),
    ),
    (
        "no-scripts",
        "a",
        task(
            "serviceTask",
            "<extensionElements><spiffworkflow:serviceTaskOperator/></extensionElements>",
            topic="t",
        ),
    ),
    ("parameter", "a", line(d.job("a", parameters={"": "1"}))),
    (
        "parameter",
        "a",
        task("serviceTask", "<extensionElements><mes:parameter name='x'/></extensionElements>"),
    ),
    ("mapping", "a", line(d.call("a", "released", ins={"": "x"}))),
    # ways
    ("no-start", "p", (d.user("a"), d.end(), "a -> end")),
    ("several-starts", "s2", (d.start(), d.start("s2"), d.end(), "start -> end", "s2 -> end")),
    (
        "subprocess-start",
        "s",
        line(d.subprocess("a", d.start("s", duration="PT1H"), d.end("e"), "s -> e")),
    ),
    (
        "trigger-twice",
        "p",
        (d.start(message="m"), d.start("b", message="m"), d.end(), "start -> end", "b -> end"),
    ),
    ("flow-direction", "start", (*line(d.user("a")), "a -> start")),
    ("flow-direction", "end", (*line(d.user("a", "b")), "end -> b")),
    (
        "flow-direction",
        "late",
        (
            *line(d.user("a", "b")),
            d.boundary("late", "a", duration="PT1H"),
            "late -> end",
            "b -> late",
        ),
    ),
    (
        "conditional-flow",
        "a_to_end",
        (d.start(), d.user("a"), d.end(), "start -> a", "a -> end if v"),
    ),
    ("default-flow", "x", choosing(*TWO, default="nowhere")),
    ("gateway-condition", "x_to_a", choosing(*TWO)),
    # what is named must exist
    ("service-task", "a", line(d.element("serviceTask", "a"))),
    ("service-task", "a", line(d.element("serviceTask", "a", topic="t", function="lots.hold"))),
    ("decision", "a", line(d.element("businessRuleTask", "a"))),
    ("called-element", "a", line(d.element("callActivity", "a"))),
    ("missing-function", "a", line(d.function("a", "lots.unknown"))),
    ("missing-decision", "a", line(d.decide("a", "unknown"))),
    ("missing-process", "a", line(d.call("a", "unknown"))),
    ("missing-form", "a", line(d.user("a", form="unknown"))),
]

WARNINGS: list[tuple[str, str, tuple[str, ...]]] = [
    ("missing-label", "a", line(d.user("a"))),
    ("missing-label", "x", choosing(*TWO, default="a")),
    ("missing-role", "a", line(d.user("a"))),
    ("missing-form", "a", line(d.user("a"))),
    ("no-default", "x", choosing("start -> x", "x -> a if v > 1", "x -> b if v < 1")),
    ("unreachable", "b", (*line(d.user("a", "b")), "b -> end")),
    ("dead-end", "a", (d.start(), d.user("a"), d.end(), "start -> a")),
    ("no-end", "p", (d.start(), d.user("a"), "start -> a")),
    ("loop-without-cap", "a", (*line(d.user("a")), d.exclusive("x", default="a"), "a -> x -> a")),
    (
        "never-fires",
        "late",
        (
            *line(d.function("a", "lots.hold")),
            d.boundary("late", "a", duration="PT1H"),
            "late -> end",
        ),
    ),
    (
        "never-fires",
        "broken",
        (*line(d.user("a")), d.boundary("broken", "a", error="E1"), "broken -> end"),
    ),
    ("not-enforced-yet", "a", line(d.user("a", equipment="LATHE-1"))),
    ("not-enforced-yet", "a", line(d.user("a", qualification="welding"))),
    ("not-enforced-yet", "o", (*line(d.user("a")), '<dataObject id="o"/>')),
    ("not-enforced-yet", "a", task("userTask", '<dataInputAssociation id="i"/>')),
    ("foreign-extension", "a", task("userTask", **{CAMUNDA: "ana"})),
    (
        "foreign-extension",
        "a",
        task(
            "userTask",
            '<extensionElements><z:x xmlns:z="http://camunda.org/schema/zeebe/1.0"/>'
            "</extensionElements>",
        ),
    ),
    (
        "foreign-extension",
        "a",
        task("userTask", "<extensionElements><spiffworkflow:unitTests/></extensionElements>"),
    ),
    ("unknown-role", "lane_welder", (d.lanes(welder=["a"]), *line(d.user("a")))),
]


@pytest.mark.parametrize(("rule", "element", "parts"), ERRORS)
def test_what_cannot_run_as_drawn_is_an_error(
    rule: str, element: str, parts: tuple[str, ...]
) -> None:
    found = [f for f in findings(d.process(*parts)) if f.rule == rule and f.element == element]
    assert [f.severity for f in found][:1] == ["error"]
    assert all(f.message.endswith((".", "?")) and f.cure for f in found)


@pytest.mark.parametrize(("rule", "element", "parts"), WARNINGS)
def test_everything_else_is_a_warning(rule: str, element: str, parts: tuple[str, ...]) -> None:
    found = [f for f in findings(d.process(*parts)) if f.rule == rule and f.element == element]
    assert [f.severity for f in found][:1] == ["warning"]
    assert all(f.message.endswith(".") and f.cure for f in found)


# ---- what only a whole bundle shows ----

NUMBER_FORM = json.dumps(
    {"key": "inspect", "fields": [{"key": "d", "type": "number", "variable": "diameter"}]}
).encode()
COMPARING = d.process(
    d.start(),
    d.user("a", form="inspect"),
    d.exclusive("x", default="end"),
    d.end("end", "e2"),
    "start -> a -> x -> end",
    'x -> e2 if diameter == "large"',
)
MESSAGE_START = d.process(d.start(message="m"), d.end(), "start -> end", key="child")
CALLING = d.process(*line(d.call("a", "child")))

BUNDLES: list[tuple[str, str, bytes, dict[str, bytes]]] = [
    ("type-mismatch", "x_to_e2", COMPARING, {"inspect_form": NUMBER_FORM}),
    ("called-start", "a", CALLING, {"child_bpmn": MESSAGE_START}),
    ("form", "inspect.form.json", COMPARING, {"inspect_form": b"{not json"}),
    ("form", "inspect.form.json#/key", COMPARING, {"inspect_form": b"{}"}),
    ("document", "x.dmn", COMPARING, {"x_dmn": b"<!DOCTYPE x><x/>"}),
    ("document", "main.bpmn", b"<html/>", {}),
    ("document", "main.bpmn", b"no xml", {}),
    (
        "duplicate-key",
        "inspect",
        COMPARING,
        {"inspect_form": NUMBER_FORM, "again_form": NUMBER_FORM},
    ),
    ("no-executable-process", "main.bpmn", d.document(), {}),
    (
        "several-processes",
        "q",
        d.document(
            d.executable(d.start("s"), d.end("e"), "s -> e", key="p"),
            d.executable(d.start("s2"), d.end("e2"), "s2 -> e2", key="q"),
        ),
        {},
    ),
]


@pytest.mark.parametrize(("rule", "element", "diagram", "files"), BUNDLES)
def test_what_is_wrong_with_a_bundle(
    rule: str, element: str, diagram: bytes, files: dict[str, bytes]
) -> None:
    found = [f for f in findings(diagram, **files) if f.rule == rule]
    assert (found[0].severity, found[0].element) == ("error", element)
    assert all(f.message and f.cure for f in found)


def test_a_process_that_is_not_executable_is_only_shown() -> None:
    shown = d.executable(d.start("s"), key="shown").replace(' isExecutable="true"', "")
    runs = d.executable(d.start(), d.end(), "start -> end", key="p")
    found = findings(d.document(runs, shown))
    assert ("warning", "executable", "shown") in {(f.severity, f.rule, f.element) for f in found}
    assert not refused(tuple(found))


def test_a_single_process_that_does_not_say_so_is_taken_for_executable() -> None:
    silent = d.process(d.start(), d.end(), "start -> end").replace(b' isExecutable="true"', b"")
    assert [f.rule for f in findings(silent)] == ["executable"]


def test_a_clean_diagram_has_no_findings() -> None:
    clean = d.process(
        d.lanes(operator=["turn"]),
        d.start(),
        d.user("turn", name="Turn shaft", form="inspect", maximum=3, priority="90", due="PT2H"),
        d.boundary("late", "turn", duration="PT8H"),
        d.exclusive("good", default="end", name="Diameter within limits?"),
        d.job("treat", name="Heat", retries="5", parameters={"celsius": "= celsius"}),
        d.boundary("broken", "treat", error="E1"),
        d.function("hold", "lots.hold"),
        d.call("review", "released", ins={"lot": "lot"}),
        d.end("end", "given_up"),
        "start -> turn -> good -> end",
        "good -> treat if diameter > 25.1 and not held",
        "treat -> hold -> review -> turn",
        "late -> given_up",
        "broken -> given_up",
    )
    assert findings(clean, inspect_form=NUMBER_FORM) == []


def test_every_rule_has_a_test() -> None:
    """A rule that is new, or renamed, is missed here."""
    tested = {rule for rule, *_ in (*ERRORS, *WARNINGS, *BUNDLES)} | {"executable"}
    assert {r for r in rules_in_source() if not r.startswith("decision-")} == tested


def rules_in_source() -> Iterator[str]:
    for path in Path(definition.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and node.args:
                called = ast.unparse(node.func).rpartition(".")[2].lstrip("_")
                first = node.args[0]
                if called in ("error", "warning", "warn") and isinstance(first, ast.Constant):
                    yield str(first.value)
                elif called == "error" and isinstance(first, ast.JoinedStr):
                    yield from (f"missing-{kind}" for kind in ("form", "decision", "process"))
