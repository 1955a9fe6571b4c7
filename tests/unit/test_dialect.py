"""Reading BPMN: what a diagram says becomes a model, in the order that is meant."""

from decimal import Decimal

import pytest

from engine.kernel.actor import ROLES
from engine.workflow.definition.bundles import read_bundle
from engine.workflow.definition.model import ProcessModel
from engine.workflow.definition.reading.dialect import read_bpmn
from engine.workflow.definition.reading.xml import DocumentRefused
from tests.support import diagrams as d


def model(*parts: str, drawn: str = "") -> ProcessModel:
    """The one process of these parts."""
    return read_bpmn(d.process(*parts, drawn=drawn), ROLES).processes[0]


# ---- flows ----


@pytest.mark.parametrize(
    ("listed", "tried"),
    [
        ([], ["a", "b", "c"]),
        (["c", "b", "a"], ["c", "b", "a"]),
        (["b"], ["b", "a", "c"]),
        (["c", "c"], ["c", "a", "b"]),
    ],
)
def test_flows_are_tried_in_the_order_of_outgoing_then_of_the_document(
    listed: list[str], tried: list[str]
) -> None:
    process = model(
        d.start(),
        d.exclusive("x", outgoing=listed),
        d.end("a", "b", "c"),
        "start -> x",
        "x -> a if v == 1",
        "x -> b if v == 2",
        "x -> c if v == 3",
        drawn=d.drawing(c=0, b=100, a=200),
    )
    assert [flow.target for flow in process.nodes["x"].outgoing] == tried


def test_outgoing_may_carry_a_prefix() -> None:
    process = model(
        d.start(),
        d.element("exclusiveGateway", "x", "<outgoing>tns:x_to_b</outgoing>"),
        d.end("a", "b"),
        "x -> a",
        "x -> b",
    )
    assert [flow.target for flow in process.nodes["x"].outgoing] == ["b", "a"]


def test_an_element_keeps_what_the_diagram_says_about_it() -> None:
    said = "<documentation> Wipe the journal.\nZero it. </documentation><documentation/>"
    process = model(
        d.start(),
        d.element("userTask", "a", said + "<documentation>Then measure.</documentation>"),
        d.end("b"),
        "start -> a",
        "a -> b",
    )
    assert process.nodes["a"].documentation == "Wipe the journal.\nZero it.\n\nThen measure."
    assert process.nodes["b"].documentation == ""


def test_flows_without_an_id_run() -> None:
    flow = '<sequenceFlow sourceRef="a" targetRef="b"/>'
    process = model(d.start(), d.user("a", "b"), d.end(), "start -> a", flow, flow, "b -> end")
    assert [f.id for f in process.nodes["a"].outgoing] == ["a#to#b", "a#to#b#2"]
    assert process.nodes["b"].incoming == ("a#to#b", "a#to#b#2")


@pytest.mark.parametrize("written", ["v > 1", "= v > 1", "${v > 1}", "  v &gt; 1\n"])
def test_conditions_are_read_however_tools_write_them(written: str) -> None:
    text = f"<conditionExpression>{written}</conditionExpression>"
    process = model(
        d.exclusive("x"),
        d.end("a"),
        d.element("sequenceFlow", "f", text, sourceRef="x", targetRef="a"),
    )
    condition = process.nodes["x"].outgoing[0].condition
    assert condition is not None
    assert (condition.condition({"v": Decimal(2)}), condition.names) == (True, {"v"})


def test_an_empty_condition_is_none() -> None:
    process = model(
        d.exclusive("x"),
        d.end("a"),
        d.element("sequenceFlow", "f", "<conditionExpression/>", sourceRef="x", targetRef="a"),
    )
    assert process.nodes["x"].outgoing[0].condition is None


# ---- levels ----


def test_subprocesses_are_scopes_of_their_own() -> None:
    inner = d.subprocess("inner", d.start("s"), d.user("deep"), d.end("e"), "s -> deep -> e")
    outer = d.subprocess("outer", d.start("s2"), inner, d.end("e2"), "s2 -> inner -> e2")
    process = model(d.start(), outer, d.end(), "start -> outer -> end")
    assert {name: scope.parent for name, scope in process.scopes.items()} == {
        "p": None,
        "outer": "p",
        "inner": "outer",
    }
    assert process.nodes["deep"].scope == "inner"
    assert set(process.root.nodes) == {"start", "outer", "end"}
    assert process.plain_start is process.nodes["start"]


def test_an_activity_knows_its_boundary_events() -> None:
    process = model(
        d.user("a"),
        d.boundary("late", "a", duration="PT1H"),
        d.boundary("broken", "a", error="E1"),
    )
    assert process.nodes["a"].boundaries == ("late", "broken")
    assert process.nodes["late"].attached_to == "a"


# ---- lanes ----

LANE = '<laneSet id="l"><lane id="x" {}><flowNodeRef>a</flowNodeRef>{}</lane></laneSet>'
INNER = (
    '<childLaneSet id="c"><lane id="y" name="Quality"><flowNodeRef>a</flowNodeRef></lane>'
    "</childLaneSet>"
)


@pytest.mark.parametrize(
    ("lane", "role"),
    [
        (LANE.format('mes:role="quality"', ""), "quality"),
        (LANE.format('name="Team lead"', ""), "team_lead"),
        (LANE.format('name="Turning cell 4"', ""), None),
        (LANE.format('name="Operator" mes:role="quality"', ""), "quality"),
        (LANE.format('mes:role="welder"', ""), "welder"),
        (LANE.format('name="Operator"', INNER), "quality"),
        (LANE.replace("flowNodeRef", "documentation").format("", ""), None),
    ],
)
def test_a_lane_names_a_role(lane: str, role: str | None) -> None:
    assert model(lane, d.user("a")).nodes["a"].work.role == role


def test_a_task_in_a_subprocess_has_the_role_of_its_lane() -> None:
    process = model(
        LANE.format('mes:role="quality"', ""), d.subprocess("a", d.user("deep"), d.start("s"))
    )
    assert process.nodes["deep"].work.role == "quality"


def test_a_task_may_say_its_own_role() -> None:
    lane = LANE.format('mes:role="operator"', "")
    assert model(lane, d.user("a", role="quality")).nodes["a"].work.role == "quality"
    assert model(d.user("a", role="quality")).nodes["a"].work.role == "quality"


# ---- what our attributes say ----


def test_a_task_says_what_it_needs() -> None:
    work = (
        model(
            d.user(
                "a",
                form="inspect",
                operation="20",
                equipment="LATHE-1",
                qualification="gauge",
                priority="= 10 * urgency",
                due="PT2H",
                follow_up="2030-01-31T06:00:00",
                duration="PT15M",
                maximum="3",
            )
        )
        .nodes["a"]
        .work
    )
    assert (work.form, work.operation, work.equipment) == ("inspect", "20", "LATHE-1")
    assert (work.qualification, work.maximum) == ("gauge", 3)
    assert work.priority is not None
    assert work.priority.resolve({"urgency": Decimal(7)}) == 70
    assert [v and v.text for v in (work.due, work.follow_up, work.duration)] == [
        "PT2H",
        "2030-01-31T06:00:00",
        "PT15M",
    ]


def test_parameters_are_text_or_expressions() -> None:
    work = model(d.job("a", parameters={"program": "O1234", "n": "= qty", "lot": "${lot}"}))
    given = {
        name: v.resolve({"qty": Decimal(5), "lot": "L-7"})
        for name, v in work.nodes["a"].work.parameters
    }
    assert given == {"program": "O1234", "n": 5, "lot": "L-7"}


def test_what_goes_in_and_out_of_a_call() -> None:
    work = (
        model(d.call("a", "child", ins={"lot": "part"}, outs={"verdict": "result"})).nodes["a"].work
    )
    assert work.called == "child"
    assert [(m.source, m.target) for m in (*work.ins, *work.outs)] == [
        ("lot", "part"),
        ("verdict", "result"),
    ]


def test_spiffworkflows_decision_and_properties_are_read() -> None:
    extensions = (
        "<extensionElements><spiffworkflow:calledDecisionId>grade</spiffworkflow:calledDecisionId>"
        '<spiffworkflow:properties><spiffworkflow:property name="x" value="1"/>'
        "</spiffworkflow:properties></extensionElements>"
    )
    work = model(d.element("businessRuleTask", "a", extensions)).nodes["a"].work
    assert (work.decision, [name for name, _ in work.parameters]) == ("grade", ["x"])


@pytest.mark.parametrize(
    ("place", "diagram"),
    [
        (
            "f",
            d.process(
                d.start(),
                d.end(),
                '<sequenceFlow id="f" sourceRef="start" targetRef="end" mes:priority="90"/>',
            ),
        ),
        ("p", d.process(d.start(), d.end(), "start -> end").replace(b" is", b' mes:role="x" is')),
        (
            "t",
            d.process(
                d.element(
                    "intermediateCatchEvent",
                    "t",
                    '<timerEventDefinition mes:maximum="3"><timeDuration>PT1H</timeDuration>'
                    "</timerEventDefinition>",
                )
            ),
        ),
    ],
)
def test_our_attributes_are_overlooked_nowhere(place: str, diagram: bytes) -> None:
    """Nothing is silently ignored: an attribute without a meaning there is named."""
    found = read_bpmn(diagram, ROLES).findings
    assert ("misplaced-attribute", place) in {(f.rule, f.element) for f in found}


# ---- documents ----


def test_what_is_drawn_beside_the_process_is_kept_and_means_nothing() -> None:
    document = read_bpmn(
        d.document(
            '<collaboration id="c"><participant id="pool" processRef="p"/></collaboration>',
            d.executable(
                d.start(),
                d.end(),
                "start -> end",
                '<textAnnotation id="t"><text>by ana</text></textAnnotation>',
                '<association id="as" sourceRef="start" targetRef="t"/>',
                '<group id="g"/>',
                "<documentation>why</documentation>",
                '<extensionElements><x:y xmlns:x="urn:other"/></extensionElements>',
                key="p",
            ),
            d.drawing(start=10),
        ),
        ROLES,
    )
    assert document.findings == ()
    assert set(document.processes[0].nodes) == {"start", "end"}


@pytest.mark.parametrize(
    "hostile",
    [
        b'<!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd">]><d>&x;</d>',
        b"<!DOCTYPE d>" + d.process(d.start()),
        d.process(d.start())[:-5],
        b"<definitions/>",
        b"",
        d.process(d.start()).replace(b"20100524", b"20200524"),
    ],
)
def test_what_is_no_safe_bpmn_is_not_read_at_all(hostile: bytes) -> None:
    with pytest.raises(DocumentRefused):
        read_bpmn(hostile)
    bundle = read_bundle("main.bpmn", {"main.bpmn": hostile}, ROLES)
    assert bundle.processes == {}
    assert ("document", "main.bpmn") in {(f.rule, f.element) for f in bundle.findings}


@pytest.mark.parametrize(
    "large",
    [
        d.process(d.start(), "<documentation>" + "x" * 5 * 1024 * 1024 + "</documentation>"),
        d.process(d.user(*(f"t{n}" for n in range(20_000)))),
        d.process("<group>" * 120 + "</group>" * 120),
    ],
    ids=["5 MB", "20,000 elements", "120 levels"],
)
def test_what_is_too_large_is_not_read_at_all(large: bytes) -> None:
    with pytest.raises(DocumentRefused):
        read_bpmn(large)


def test_a_large_diagram_is_read_without_recursion() -> None:
    names = [f"op{n}" for n in range(5_000)]
    process = model(d.start(), d.user(*names), d.end(), " -> ".join(["start", *names, "end"]))
    assert len(process.nodes) == 5_002


def test_the_same_bytes_have_the_same_digest_and_names_count() -> None:
    diagram, form = d.process(d.start(), d.end(), "start -> end"), b'{"key": "f", "fields": []}'

    def digest(main: str, **files: bytes) -> str:
        named = {main: diagram} | {f"{k}.form.json": v for k, v in files.items()}
        return read_bundle(main, named, ROLES).digest

    assert digest("a.bpmn", f=form) == digest("b.bpmn", f=form)
    assert digest("a.bpmn", f=form) != digest("a.bpmn", g=form)
    assert digest("a.bpmn", f=form) != digest("a.bpmn", f=form + b" ")
