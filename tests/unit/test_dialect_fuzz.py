"""Whatever stands in a file that is XML: reading and lint answer, and never fail themselves."""

from random import Random
from xml.sax.saxutils import escape, quoteattr

import pytest

from engine.kernel.actor import ROLES
from engine.workflow.definition.bundles import read_bundle
from engine.workflow.definition.lint import Known, lint
from tests.support import diagrams as d

TAGS = [
    *("userTask", "task", "serviceTask", "sendTask", "receiveTask", "businessRuleTask"),
    *("scriptTask", "callActivity", "subProcess", "transaction", "exclusiveGateway"),
    *("parallelGateway", "inclusiveGateway", "eventBasedGateway", "complexGateway"),
    *("startEvent", "endEvent", "boundaryEvent", "intermediateCatchEvent"),
    *("intermediateThrowEvent", "sequenceFlow", "sequenceFlow", "sequenceFlow", "laneSet", "lane"),
    *("flowNodeRef", "dataObject", "dataObjectReference", "dataInputAssociation", "assignment"),
    *("multiInstanceLoopCharacteristics", "standardLoopCharacteristics", "loopCardinality"),
    *("loopDataInputRef", "loopDataOutputRef", "inputDataItem", "outputDataItem"),
    *("completionCondition", "loopCondition", "timerEventDefinition", "timeDuration"),
    *("messageEventDefinition", "signalEventDefinition", "errorEventDefinition", "condition"),
    *("linkEventDefinition", "conditionalEventDefinition", "terminateEventDefinition"),
    *("conditionExpression", "outgoing", "incoming", "extensionElements", "mes:parameter"),
    *("mes:in", "mes:unknown", "documentation", "ioSpecification", "eventDefinitionRef"),
]
IDS = ["a", "b", "c", "e", "f", "g", "s"]
ATTRIBUTES = {
    "id": IDS,
    "name": ["", "a", "L", "_x", "the parts"],
    **dict.fromkeys(("sourceRef", "targetRef", "default", "attachedToRef", "source"), IDS),
    **dict.fromkeys(("dataObjectRef", "calledElement"), IDS),
    **{key: ["m", "x", ""] for key in ("messageRef", "signalRef", "errorRef")},
    **{key: ["true", "false", "", "?"] for key in ("triggeredByEvent", "cancelActivity")},
    **{key: ["true", "false", "", "?"] for key in ("isInterrupting", "testBefore")},
    "loopMaximum": ["", "0", "3", "\u00b2"],
    "mes:maximum": ["", "0", "3", "x"],
    "mes:due": ["P1D", "= due", "="],
    "mes:optional": ["true", "", "?"],
}
TEXTS = ["", "a", "b", "f", "v > 1", "= v", "${", "3", "1e999", "PT1H", "\u00b2", "a:b", ":"]


def element(random: Random, depth: int) -> str:
    """Any element with anything in it."""
    tag = random.choice(TAGS)
    keys = random.sample(list(ATTRIBUTES), random.randint(0, 4))
    keys += [key for key in ("id", "sourceRef", "targetRef") if random.random() < 0.5]
    given = {key: random.choice(ATTRIBUTES[key]) for key in keys}
    written = "".join(f" {key}={quoteattr(value)}" for key, value in given.items())
    inside = [element(random, depth - 1) for _ in range(random.randint(0, 3) if depth else 0)]
    return f"<{tag}{written}>{escape(random.choice(TEXTS))}{''.join(inside)}</{tag}>"


@pytest.mark.parametrize("seed", range(8))
def test_any_tree_of_elements_is_answered(seed: int) -> None:
    random = Random(seed)
    for _ in range(100):
        parts = [element(random, 4) for _ in range(random.randint(1, 15))]
        message = '<message id="m" name="m"/>'
        diagram = d.document(message, d.executable(d.start("s"), *parts, key="p"))
        found = lint(read_bundle("main.bpmn", {"main.bpmn": diagram}, ROLES), Known())
        assert all(f.severity in ("error", "warning") and f.message and f.cure for f in found)
