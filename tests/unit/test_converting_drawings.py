"""Other tools, drawings that say too little, decisions: what import makes of them."""

import pytest

from engine.kernel.actor import ROLES
from engine.workflow.definition.converting import convert
from engine.workflow.definition.reading.xml import DocumentRefused
from tests.support.other_tools import HEAD, errors, lost, made, node, step

# ---- other tools and drawings ----


def test_spiff_properties_and_operators() -> None:
    inside = (
        '<spiffworkflow:serviceTaskOperator id="http/Get"/>'
        "<spiffworkflow:preScript>x = 1</spiffworkflow:preScript>"
    )
    conversion = made(step("serviceTask", inside=inside))
    assert node(conversion).work.topic == "http_get"
    assert lost(conversion) == ["spiffworkflow:serviceTaskOperator", "spiffworkflow:preScript"]


def test_what_another_tool_only_files_is_listed_and_colours_stay() -> None:
    inside = '<signavio:signavioMetaData metaKey="cost" metaValue="3"/><signavio:signavioLabel/>'
    conversion = made(step("task", 'bioc:fill="#fff"', inside))
    assert lost(conversion) == ["signavio:signavioMetaData"]
    assert b"signavio" not in conversion.files["a.bpmn"]
    assert b'bioc:fill="#fff"' in conversion.files["a.bpmn"]


DRAWN = f"""{HEAD}<bpmn:process id="p" isExecutable="false"><bpmn:task id="t" name="Look"/>
<bpmn:exclusiveGateway id="g" name="Good?"/><bpmn:serviceTask id="ship" name="Ship it"/>
<bpmn:endEvent id="e"/><bpmn:subProcess id="later" name="Later"/>
<bpmn:sequenceFlow id="f1" sourceRef="t" targetRef="g"/>
<bpmn:sequenceFlow id="yes" name="yes" sourceRef="g" targetRef="ship"/>
<bpmn:sequenceFlow id="no" name="no" sourceRef="g" targetRef="later"/>
<bpmn:sequenceFlow id="f2" sourceRef="ship" targetRef="e"/>
<bpmn:sequenceFlow id="f3" sourceRef="later" targetRef="e"/></bpmn:process>
</bpmn:definitions>""".encode()


def test_a_drawing_says_too_little_and_is_completed() -> None:
    conversion = convert("drawn.bpmn", {"drawn.bpmn": DRAWN}, ROLES)
    bundle = conversion.bundle(ROLES)
    assert errors(bundle) == []
    process = bundle.processes["p"]
    assert process.plain_start is not None
    conditions = {flow.id: flow.condition for flow in process.nodes["g"].outgoing}
    assert {name: c.text for name, c in conditions.items() if c} == {
        "yes": 'way_good == "yes"',
        "no": 'way_good == "no"',
    }
    (form,) = conversion.forms
    assert process.nodes["t"].work.form == form["key"]
    assert [choice["value"] for choice in form["fields"][0]["choices"]] == ["yes", "no"]
    assert process.nodes["ship"].work.topic == "ship_it"
    assert process.nodes["later"].type == "task"
    assert sorted(lost(conversion)) == [
        "bpmn:sequenceFlow",
        "bpmn:sequenceFlow",
        "bpmn:serviceTask",
        "bpmn:subProcess",
    ]
    assert b"BPMNDiagram" in conversion.files["drawn.bpmn"]


def test_a_condition_of_another_language_becomes_ours() -> None:
    text = DRAWN.replace(
        b'sourceRef="g" targetRef="ship"/>',
        b'sourceRef="g" targetRef="ship"><bpmn:conditionExpression>${good}'
        b"</bpmn:conditionExpression></bpmn:sequenceFlow>",
    )
    conversion = convert("drawn.bpmn", {"drawn.bpmn": text}, ROLES)
    process = conversion.bundle(ROLES).processes["p"]
    assert process.nodes["g"].default == "no"
    assert [f.condition.text for f in process.nodes["g"].outgoing if f.condition] == ["good"]


@pytest.mark.parametrize(
    ("cycle", "ours"),
    [
        ("0 0/5 * * * ?", "R/PT5M"),
        ("0/5 0/1 * 1/1 * ?", "R/PT5S"),
        ("0 0 0/2 * * ?", "R/PT2H"),
        ("0 30 6 * * ?", "0 30 6 * * ?"),
    ],
)
def test_cron(cycle: str, ours: str) -> None:
    timer = (
        f'<bpmn:boundaryEvent id="b" attachedToRef="t"><bpmn:timerEventDefinition><bpmn:timeCycle>'
        f"{cycle}</bpmn:timeCycle></bpmn:timerEventDefinition></bpmn:boundaryEvent>"
    )
    conversion = made(step("userTask") + timer)
    event = node(conversion, "b").event
    assert event is not None
    assert event.timer is not None
    assert event.timer.value.text == ours
    assert bool(lost(conversion)) == (cycle == ours)


def test_several_routings_become_a_file_each() -> None:
    more = '<bpmn:process id="q" isExecutable="true"><bpmn:startEvent id="s2"/></bpmn:process>'
    conversion = made(step("task"), more)
    assert sorted(conversion.files) == ["a.bpmn", "a_q.bpmn"]
    assert conversion.bundle(ROLES).key == "p"


# ---- decisions ----


def test_decisions_in_our_words() -> None:
    table = b"""<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/"
      xmlns:camunda="http://camunda.org/schema/1.0/dmn" id="d" name="d" namespace="u">
      <decision id="grade" name="Grade" camunda:historyTimeToLive="P1D"><decisionTable id="t">
      <input id="i" label="Big" camunda:inputVariable="x"><inputExpression id="ie"
      expressionLanguage="feel"><text>order.size = 5</text></inputExpression></input>
      <output id="o" name="grade"/><rule id="r"><inputEntry id="c"><text>true</text></inputEntry>
      <outputEntry id="a"><text>"A"</text></outputEntry></rule>
      <rule id="r2"><inputEntry id="c2"><text>date("2020-01-01")</text></inputEntry>
      <outputEntry id="a2"><text>"B"</text></outputEntry></rule></decisionTable></decision>
      </definitions>"""
    conversion = made(step("task"), files={"grade.dmn": table})
    assert b'order["size"] == 5' in conversion.files["grade.dmn"]
    assert ("c2", "dmn:inputEntry") in {(row.element, row.name) for row in conversion.lost}
    assert b"camunda" not in conversion.files["grade.dmn"]


@pytest.mark.parametrize(
    "text", [b"", b"<nothing", b"<a/>", b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>']
)
def test_what_is_no_diagram_is_refused(text: bytes) -> None:
    with pytest.raises(DocumentRefused):
        convert("a.bpmn", {"a.bpmn": text}, ROLES)
