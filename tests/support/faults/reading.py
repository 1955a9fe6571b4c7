"""What is refused or only shown while a diagram is read."""

from tests.support import diagrams as d
from tests.support.faults.shapes import (
    FLOW,
    TWO,
    Fault,
    choosing,
    line,
    task,
)

MI = "multiInstanceLoopCharacteristics"
CAMUNDA = 'xmlns:camunda="http://camunda.org/schema/1.0/bpmn" camunda'
MOVED = (
    '<dataInputAssociation id="i"><sourceRef>o</sourceRef><targetRef>x</targetRef>'
    "<{0}>…</{0}></dataInputAssociation>"
)


def several(*inside: str, **attributes: str) -> tuple[str, ...]:
    """A line through a multi-instance task."""
    return line(d.user("a", loop=d.element(MI, "mi", *inside, **attributes)))


COUNT = "<loopCardinality>3</loopCardinality>"
LIST = "<loopDataInputRef>parts</loopDataInputRef>"

ERRORS: list[Fault] = [
    # elements that cannot be executed
    *(
        ("not-supported", "a", task(tag))
        for tag in (
            *("scriptTask", "complexGateway", "transaction", "adHocSubProcess"),
            *("callChoreography", "implicitThrowEvent"),
        )
    ),
    ("not-supported", "a", task("userTask", isForCompensation="true")),
    ("not-supported", "a", task("userTask", startQuantity="2")),
    ("not-supported", "a", task("userTask", completionQuantity="2")),
    ("signature", "a", task("userTask", signature="blessed")),
    ("not-supported", "a", task("receiveTask", instantiate="true")),
    ("not-supported", "a", task("eventBasedGateway", instantiate="true")),
    ("not-supported", "a", task("eventBasedGateway", eventGatewayType="Parallel")),
    ("not-supported", "a", several(COUNT, behavior="None")),
    ("not-supported", "a", several(COUNT, "<complexBehaviorDefinition/>")),
    ("not-supported", "a", task("userTask", MOVED.format("assignment"))),
    ("not-supported", "a", task("userTask", MOVED.format("transformation"))),
    ("not-supported", "c", (*line(d.user("a")), '<correlationSubscription id="c"/>')),
    # ids and flows
    ("duplicate-id", "a", (*line(d.user("a")), d.user("a"))),
    ("missing-id", "p", (*line(d.user("a")), "<userTask/>")),
    ("reserved-id", "a#b", line(d.user("a#b"), way="start -> end")),
    ("reserved-id", "a+b", line(d.user("a+b"), way="start -> end")),
    ("reserved-id", "a" * 101, line(d.user("a" * 101), way="start -> end")),
    ("dangling-flow", "f", (*line(d.user("a")), FLOW.format("a", "nowhere"))),
    ("dangling-flow", "f", (*line(d.user("a")), FLOW.format("", "a"))),
    ("dangling-flow", "a#to#", (*line(d.user("a")), '<sequenceFlow sourceRef="a"/>')),
    (
        "dangling-flow",
        "inner_to_a",
        (*line(d.subprocess("a", d.start("s"), d.user("inner"), "s -> inner")), "inner -> a"),
    ),
    ("dangling-flow", "x", choosing(*TWO, default="a", outgoing=["nowhere"])),
    ("boundary", "b", (*line(d.user("a")), d.boundary("b", "nowhere", duration="PT1H"))),
    ("boundary", "b", (*line(d.user("a")), d.boundary("b", "start", duration="PT1H"))),
    (
        "boundary",
        "b",
        (
            *line(d.user("a")),
            d.event_subprocess("h", d.start("s", message="m"), d.end("e"), "s -> e"),
            d.boundary("b", "h", duration="PT1H"),
        ),
    ),
    # expressions, times, numbers
    ("expression", "x_to_b", choosing("start -> x -> a", "x -> b if v = 1", default="a")),
    ("expression", "x_to_b", choosing("start -> x -> a", "x -> b if v + 1", default="a")),
    ("expression", "a", line(d.user("a", due="= due("))),
    ("expression", "a", line(d.job("a", parameters={"n": "= import os"}))),
    ("expression", "a", line(d.catch("a", duration="${pause.hours}"))),
    ("expression", "a", line(d.catch("a", condition="heat = 80"))),
    ("expression", "a", line(d.catch("a", message="m", correlation="= lot.id"))),
    ("expression", "a", line(d.user("a", loop=d.times("= n n")))),
    ("expression", "a", line(d.user("a", loop=d.again("n + 1", maximum=3)))),
    ("expression", "a", line(d.user("a", loop=d.times(3, until="done = true")))),
    ("time", "a", line(d.user("a", due="tomorrow"))),
    ("time", "a", line(d.user("a", follow_up="P1X"))),
    ("time", "a", line(d.user("a", duration="2 hours"))),
    ("number", "a", line(d.user("a", priority="101"))),
    ("number", "a", line(d.user("a", priority="high"))),
    ("number", "a", line(d.job("a", retries="0"))),
    ("number", "a", line(d.user("a", maximum="0"))),
    ("number", "a", line(d.user("a", maximum="²"))),
    ("number", "a", line(d.user("a", loop=d.again("v", maximum=0)))),
    ("truth", "a", line(d.throw("a", message="m", optional="yes"))),
    # loops
    ("multi-instance", "a", several()),
    ("multi-instance", "a", several(COUNT, LIST)),
    ("multi-instance", "a", several(COUNT, '<inputDataItem id="i" name="part"/>')),
    ("multi-instance", "a", several(LIST, '<outputDataItem id="o" name="result"/>')),
    ("multi-instance", "a", several(LIST, "<loopDataOutputRef>results</loopDataOutputRef>")),
    *(
        ("multi-instance", "a", several(f"<loopCardinality>{text}</loopCardinality>"))
        for text in ("", "-1", "1001", "2.5", '"3"')
    ),
    ("variable-name", "a", several("<loopDataInputRef>_parts</loopDataInputRef>")),
    ("variable-name", "a", several("<loopDataInputRef>the parts</loopDataInputRef>")),
    ("variable-name", "a", several("<loopDataInputRef/>")),
    ("variable-name", "a", several(LIST, '<inputDataItem id="i" name="loopCounter"/>')),
    ("variable-name", "a", several(LIST, "<inputDataItem/>")),
    ("variable-name", "a", line(d.call("a", "released", ins={"_hidden": "x"}))),
    ("variable-name", "a", line(d.call("a", "released", outs={"x": "_hidden"}))),
    # our attributes
    ("unknown-attribute", "a", task("userTask", **{"mes:rôle": "x"})),
    ("unknown-attribute", "a", task("userTask", "<extensionElements><mes:x/></extensionElements>")),
    ("misplaced-attribute", "a", line(d.manual("a", form="inspect"))),
    ("misplaced-attribute", "a", line(d.user("a", topic="machine"))),
    ("misplaced-attribute", "a", line(d.job("a", role="operator"))),
    ("misplaced-attribute", "a", line(d.user("a", calendar="day"))),
    ("misplaced-attribute", "a", line(d.catch("a", signal="s", correlation="= lot"))),
    ("misplaced-attribute", "a", line(d.throw("a", signal="s", optional="true"))),
    ("misplaced-attribute", "a", line(d.throw("a", escalation="e", parameters={"n": 1}))),
    ("misplaced-attribute", "a", line(d.catch("a", message="m", calendar="day"))),
    ("misplaced-attribute", "a", line(d.send("a", topic="t", optional="true"))),
    (
        "misplaced-attribute",
        "start",
        (d.start(message="m", correlation="= lot"), d.end(), "start -> end"),
    ),
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
    ("foreign-behaviour", "a", task("userTask", **{f"{CAMUNDA}:assignee": "ana"})),
    (
        "foreign-behaviour",
        "a",
        task(
            "serviceTask",
            '<extensionElements><z:taskDefinition xmlns:z="http://camunda.org/schema/zeebe/1.0"/>'
            "</extensionElements>",
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
]

WARNINGS: list[Fault] = [
    ("not-enforced-yet", "a", line(d.user("a", equipment="LATHE-1"))),
    ("not-enforced-yet", "a", line(d.user("a", qualification="welding"))),
    ("equipment-unknown", "a", line(d.job("a", equipment="LAHTE-1"))),
    *(
        ("shown-only", "o", (*line(d.user("a")), f'<{tag} id="o"/>'))
        for tag in ("dataStoreReference", "ioSpecification", "property")
    ),
    ("shown-only", "a", task("userTask", "<ioSpecification/>")),
    ("shown-only", "a", task("userTask", '<potentialOwner id="o"/>')),
    ("shown-only", "a", task("userTask", '<something id="o"/>')),
    ("data-name", "_o", line(d.subprocess("a", d.start("s"), '<dataObject id="_o"/>'))),
    ("foreign-extension", "o", (*line(d.user("a")), '<o:x xmlns:o="urn:other" id="o"/>')),
    ("foreign-extension", "a", task("userTask", **{f"{CAMUNDA}:asyncBefore": "true"})),
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
    (
        "unknown-role",
        "l",
        (
            '<laneSet id="ls"><lane id="l" name="Cell 4"><flowNodeRef>a</flowNodeRef></lane>'
            "</laneSet>",
            *line(d.user("a")),
        ),
    ),
]
