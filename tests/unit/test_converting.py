"""Camunda 7 and 8: what is carried over into what, and what is listed."""

import json
from typing import Any

import pytest

from engine.kernel.actor import ROLES
from engine.workflow.definition.converting import convert
from engine.workflow.definition.model import Work
from tests.support.other_tools import diagram, errors, lost, made, node, step, work

# ---- Camunda 7 ----


def test_an_external_task_is_a_job() -> None:
    retried = "<camunda:failedJobRetryTimeCycle>R5/PT10M</camunda:failedJobRetryTimeCycle>"
    given = 'camunda:type="external" camunda:topic="laser" camunda:taskPriority="70"'
    found = work(step("serviceTask", given, retried))
    assert found.topic == "laser"
    assert found.retries is not None
    assert found.retries.text == "5"


@pytest.mark.parametrize(
    ("attribute", "topic"),
    [
        ('camunda:class="com.plant.Cut"', "cut"),
        ('camunda:delegateExpression="${cutter}"', "cutter"),
        ('camunda:expression="${bean.cut(x)}"', "do_it"),
        ('flowable:type="mail"', "mail"),
    ],
)
def test_code_becomes_a_job_and_is_listed(attribute: str, topic: str) -> None:
    conversion = made(step("serviceTask", attribute))
    assert node(conversion).work.topic == topic
    assert [row.name for row in conversion.lost] == [attribute.partition("=")[0]]
    assert "worker" in conversion.lost[0].cure


def test_people_times_and_priority() -> None:
    given = (
        'camunda:candidateGroups="quality,boss" camunda:assignee="${ana}" camunda:priority="80" '
        'camunda:dueDate="${until}" camunda:followUpDate="PT2H" camunda:asyncBefore="true"'
    )
    conversion = made(step("userTask", given))
    found = node(conversion).work
    assert (found.role, found.due and found.due.text) == ("quality", "= until")
    assert found.follow_up is not None
    assert found.priority is not None
    assert (found.follow_up.text, found.priority.text) == ("PT2H", "80")
    assert lost(conversion) == ["camunda:candidateGroups", "camunda:assignee"]
    assert ("camunda:asyncBefore", "t") in {(r.name, r.element) for r in conversion.carried}


def test_an_unknown_group_leaves_the_task_open() -> None:
    conversion = made(step("userTask", 'camunda:candidateGroups="accounting"'))
    assert node(conversion).work.role is None
    assert "accounting" in conversion.lost[0].what


FORM_DATA = """<camunda:formData>
<camunda:formField id="diameter" label="Diameter" type="double"><camunda:validation>
<camunda:constraint name="min" config="24.9"/><camunda:constraint name="required"/>
<camunda:constraint name="validator" config="x.Y"/></camunda:validation></camunda:formField>
<camunda:formField id="result" type="enum" defaultValue="pass">
<camunda:value id="pass" name="Pass"/><camunda:value id="fail"/></camunda:formField>
<camunda:formField id="who" type="person"/></camunda:formData>"""


def test_form_data_become_a_form() -> None:
    conversion = made(step("userTask", inside=FORM_DATA))
    (form,) = conversion.forms
    assert form["key"] == node(conversion).work.form == "t_form"
    diameter, result = form["fields"]
    assert diameter == {
        "key": "diameter",
        "type": "number",
        "variable": "diameter",
        "label": "Diameter",
        "min": "24.9",
        "required": True,
    }
    assert [choice["label"] for choice in result["choices"]] == ["Pass", "fail"]
    told = " ".join(row.what for row in conversion.lost)
    assert all(word in told for word in ("validator", "defaultValue", "person"))
    assert errors(conversion.bundle(ROLES)) == []


def test_inputs_and_outputs() -> None:
    mapped = (
        '<camunda:inputOutput><camunda:inputParameter name="depth">${order.depth}'
        '</camunda:inputParameter><camunda:inputParameter name="code"><camunda:script/>'
        '</camunda:inputParameter><camunda:outputParameter name="good">${good}'
        '</camunda:outputParameter><camunda:outputParameter name="all">${a + b}'
        "</camunda:outputParameter></camunda:inputOutput>"
    )
    conversion = made(step("serviceTask", 'camunda:type="external" camunda:topic="x"', mapped))
    assert [(n, v.text) for n, v in node(conversion).work.parameters] == [
        ("depth", '= order["depth"]')
    ]
    assert lost(conversion) == ["camunda:inputParameter code", "camunda:outputParameter all"]


def test_a_called_process() -> None:
    mapped = (
        '<camunda:in businessKey="#{k}"/><camunda:in source="order" target="o"/>'
        '<camunda:in sourceExpression="${a + 1}" target="n"/><camunda:out variables="all"/>'
    )
    conversion = made(step("callActivity", 'calledElement="q"', mapped))
    found = node(conversion).work
    assert found.called == "q"
    assert [(pair.source, pair.target) for pair in found.ins] == [("order", "o")]
    assert lost(conversion) == ["camunda:in n"]


def test_a_multi_instance_over_a_collection() -> None:
    loop = (
        '<bpmn:multiInstanceLoopCharacteristics camunda:collection="${parts}" '
        'camunda:elementVariable="part"><bpmn:completionCondition>${nrOfBad &gt; 2 &amp;&amp; stop}'
        "</bpmn:completionCondition></bpmn:multiInstanceLoopCharacteristics>"
    )
    found = node(made(step("userTask", beside=loop))).loop
    assert found is not None
    assert (found.source, found.item) == ("parts", "part")
    assert found.condition is not None
    assert found.condition.text == "nrOfBad > 2 and stop"


def test_listeners_and_scripts_are_listed() -> None:
    listener = '<camunda:executionListener event="start" class="x.Y"/>'
    script = '<bpmn:script>println "x"</bpmn:script>'
    conversion = made(step("scriptTask", 'scriptFormat="groovy"', listener, script))
    assert lost(conversion) == ["camunda:executionListener", "bpmn:script"]
    assert node(conversion).type == "serviceTask"
    assert errors(conversion.bundle(ROLES)) == []


def test_a_decision() -> None:
    given = 'camunda:decisionRef="grade" camunda:mapDecisionResult="singleEntry"'
    conversion = made(step("businessRuleTask", given + ' camunda:resultVariable="g"'))
    assert node(conversion).work.decision == "grade"
    assert lost(conversion) == ["camunda:mapDecisionResult", "camunda:resultVariable"]


# ---- Camunda 8 ----


def test_a_job_of_camunda_8() -> None:
    inside = (
        '<zeebe:taskDefinition type="laser" retries="4"/><zeebe:taskHeaders>'
        '<zeebe:header key="mode" value="fast"/></zeebe:taskHeaders><zeebe:ioMapping>'
        '<zeebe:input source="= order.depth" target="depth"/>'
        '<zeebe:output source="= good" target="good"/></zeebe:ioMapping>'
    )
    conversion = made(step("serviceTask", inside=inside))
    found = node(conversion).work
    assert found.topic == "laser"
    assert found.retries is not None
    assert found.retries.text == "4"
    assert [(n, v.text) for n, v in found.parameters] == [
        ("mode", "fast"),
        ("depth", '= order["depth"]'),
    ]
    assert lost(conversion) == []


FORM_JS: dict[str, Any] = {
    "id": "measure",
    "type": "default",
    "components": [
        {"type": "text", "text": "# Measure the shaft", "id": "T"},
        {
            "type": "group",
            "components": [
                {
                    "type": "number",
                    "key": "diameter",
                    "label": "Diameter",
                    "description": "At the collar",
                    "validate": {"required": True, "min": 1, "max": 30},
                },
            ],
        },
        {"type": "select", "key": "result", "values": [{"label": "OK", "value": "ok"}]},
        {"type": "select", "key": "machine", "valuesKey": "machines"},
        {
            "type": "textfield",
            "key": "why",
            "conditional": {"hide": "=ok"},
            "validate": {"pattern": "[a-z]+", "maxLength": 20},
        },
        {"type": "dynamiclist", "key": "rows", "components": []},
        {"type": "button", "label": "Send"},
    ],
}


def test_a_form_beside_the_diagram() -> None:
    task = step("userTask", inside='<zeebe:formDefinition formId="measure"/><zeebe:userTask/>')
    conversion = made(task, files={"m.form": json.dumps(FORM_JS).encode()})
    assert node(conversion).work.form == "measure"
    (form,) = conversion.forms
    fields = {field["key"]: field for field in form["fields"]}
    assert fields["diameter"] == {
        "key": "diameter",
        "type": "number",
        "variable": "diameter",
        "label": "Diameter",
        "help": "At the collar",
        "required": True,
        "min": 1,
        "max": 30,
    }
    assert fields["result"]["choices"] == [{"value": "ok", "label": "OK"}]
    assert fields["machine"]["type"] == "text"
    assert fields["why"]["max"] == 20
    assert form["instructions"] == [{"text": "Measure the shaft"}]
    told = " ".join(row.what for row in conversion.lost)
    assert all(word in told for word in ("machine", "conditional", "pattern", "dynamiclist"))
    assert errors(conversion.bundle(ROLES)) == []


def test_a_form_inside_the_diagram() -> None:
    body = json.dumps(FORM_JS).replace('"', "&quot;")
    held = f'<zeebe:userTaskForm id="form_1">{body}</zeebe:userTaskForm>'
    task = step("userTask", inside='<zeebe:formDefinition formKey="camunda-forms:bpmn:form_1"/>')
    text = diagram(task).replace(
        b'<bpmn:startEvent id="s"/>',
        f"<bpmn:extensionElements>{held}</bpmn:extensionElements>"
        '<bpmn:startEvent id="s"/>'.encode(),
    )
    conversion = convert("a.bpmn", {"a.bpmn": text}, ROLES)
    assert node(conversion).work.form == "measure"


def test_messages_correlate_where_they_are_waited_for() -> None:
    message = (
        '<bpmn:message id="m" name="plate"><bpmn:extensionElements>'
        '<zeebe:subscription correlationKey="= orderId"/></bpmn:extensionElements></bpmn:message>'
    )
    found = work_of_waiting(message)
    assert found.correlation is not None
    assert found.correlation.text == "= orderId"


def work_of_waiting(message: str) -> Work:
    return node(made(step("receiveTask", 'messageRef="m"'), message)).work


def test_a_loop_of_camunda_8() -> None:
    loop = (
        "<bpmn:multiInstanceLoopCharacteristics><bpmn:extensionElements>"
        '<zeebe:loopCharacteristics inputCollection="= parts" inputElement="part" '
        'outputCollection="results" outputElement="= result"/></bpmn:extensionElements>'
        "</bpmn:multiInstanceLoopCharacteristics>"
    )
    found = node(made(step("userTask", beside=loop))).loop
    assert found is not None
    assert (found.source, found.item, found.target, found.result) == (
        *("parts", "part"),
        *("results", "result"),
    )
