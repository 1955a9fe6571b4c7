"""What is refused in a file of decisions, by element and with a cure; what is passed over."""

from xml.sax.saxutils import quoteattr

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.workflow.definition.decisions import (
    DecisionFailed,
    DecisionRefused,
    Problem,
    read_decisions,
)
from engine.workflow.definition.decisions.reader import NAMESPACES
from engine.workflow.definition.expressions import VariableMissing
from engine.workflow.definition.reading.xml import DocumentRefused
from tests.support.decisions import (
    DMN13,
    OVERLAP,
    Row,
    decide,
    document,
    entry,
    problem,
    problems,
    table,
)


@pytest.mark.parametrize("policy", ["PRIORITY", "OUTPUT ORDER", "LAST", "unique"])
def test_other_hit_policies_are_refused_by_name(policy: str) -> None:
    found = problem(table([(("-",), ("1",))], policy=f'hitPolicy="{policy}"'))
    assert found == Problem(
        "table",
        "hit-policy",
        f"Decision grade, the hit policy {policy} cannot be evaluated.",
        "Choose one of UNIQUE, FIRST, ANY, COLLECT, RULE ORDER.",
    )


@pytest.mark.parametrize(
    "body",
    [
        table([(("-",), ("1",))], policy='aggregation="SUM"'),
        table([(("-",), ("1",))], policy='hitPolicy="COLLECT" aggregation="LIST"'),
        table(
            [(("-",), ("1", "2"))],
            outputs=("a", "b"),
            policy='hitPolicy="COLLECT" aggregation="SUM"',
        ),
    ],
)
def test_aggregations_that_mean_nothing_are_refused(body: str) -> None:
    assert problem(body).rule == "hit-policy"


@pytest.mark.parametrize(
    "name", ["_out", "my output", "1st", "a.b", "true", "a-b", "class", "${x}"]
)
def test_output_names_are_names_of_variables(name: str) -> None:
    found = problem(table([(("-",), ("1",))], outputs=(name,)))
    assert found.rule == "decision-output"
    assert f'"{name}" is no name of a variable' in found.message


def test_several_outputs_have_names_of_their_own() -> None:
    row: list[Row] = [(("-",), ("1", "2"))]
    assert "two outputs are called a" in problem(table(row, outputs=("a", "a"))).message
    columns = f"<input>{entry('inputExpression', 'qty')}</input><output name='a'/><output/>"
    assert "column 3" in problem(table(row, columns=columns)).message


def typed(kind: str, cell: str) -> str:
    attribute = f"typeRef={quoteattr(kind)}"
    columns = f"<input>{entry('inputExpression', 'qty', attribute)}</input>"
    columns += f"<output name='out' {attribute}/>"
    return table([((cell,), (cell,))], columns=columns)


def test_cells_suit_the_type_of_their_column() -> None:
    assert decide(typed("string", '"a"'))
    assert decide(typed("feel:number", "5"))
    assert decide(typed("tColour", "5"))
    assert decide(typed("date", '"2030-01-01"'))
    assert decide(typed("boolean", ""))
    found = problems(typed("string", "5"))
    assert [p.element for p in found] == [
        "grade, rule 1, column 1",
        "grade, rule 1, column 2 (out)",
    ]
    assert "5 compares with a number, but the column holds text" in found[0].message
    assert "5 is a number, but text is needed" in found[1].message


def test_every_problem_is_listed_with_its_place() -> None:
    columns = (
        "<input id='in_1' label='Quantity'>"
        "<inputExpression><text>qty.value</text></inputExpression></input>"
        "<input id='in_2'/><output id='out_1' name='_x'/>"
    )
    rows = (
        "<rule id='r1'><inputEntry id='c1'><text>date(\"2030\")</text></inputEntry>"
        "<inputEntry/><outputEntry id='c2'><text>eval('1')</text></outputEntry></rule>"
        "<rule><inputEntry><text>pass</text></inputEntry><inputEntry/><outputEntry/></rule>"
        "<rule id='r3'><inputEntry/></rule>"
    )
    policy = "hitPolicy='PRIORITY'"
    found = problems(
        f"<decision id='d'><decisionTable {policy}>{columns}{rows}</decisionTable></decision>"
    )
    assert [(p.element, p.rule) for p in found] == [
        ("d", "hit-policy"),
        ("in_1", "decision-input"),
        ("in_2", "decision-input"),
        ("out_1", "decision-output"),
        ("c1", "decision-cell"),
        ("c2", "decision-cell"),
        ("d, rule 2, column 1 (Quantity)", "decision-cell"),
        ("r3", "decision-rule"),
    ]
    messages = [p.message for p in found]
    assert messages[1].startswith('Decision d, column 1 (Quantity): "." cannot be written.')
    assert "date(…) cannot be used in a cell" in messages[4]
    assert "eval cannot be called" in messages[5]
    assert 'write "pass" in quotes' in messages[6]
    assert "it has 1 inputs and 0 outputs, but the table has 2 and 1" in messages[7]
    assert all(p.cure.endswith(".") and p.message.endswith(".") for p in found)


@pytest.mark.parametrize("namespace", sorted(NAMESPACES))
def test_every_version_of_dmn_is_read(namespace: str) -> None:
    (decision,) = read_decisions(document(table(OVERLAP), namespace))
    assert (decision.key, decision.name) == ("grade", "Grade")


def test_several_decisions_in_one_file() -> None:
    second = table(OVERLAP).replace('id="grade" name="Grade"', 'id="other"')
    first, other = read_decisions(document(table(OVERLAP) + second))
    assert (first.key, other.key, other.name) == ("grade", "other", "other")
    assert "defined twice" in problems(table(OVERLAP) * 2)[0].message


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ("", "holds no decision"),
        ("<decision id='d'/>", "holds no decision table"),
        (table(OVERLAP).replace('id="grade"', ""), "has no id"),
        (table([]), "no rule"),
        (table([((), ())], inputs=(), outputs=()), "no output"),
        (table(OVERLAP, inside=entry("literalExpression", "1")), "literalExpression"),
        (
            table(
                OVERLAP,
                inside="<informationRequirement><requiredDecision/></informationRequirement>",
            ),
            "requiredDecision",
        ),
        (table(OVERLAP, inside="<knowledgeRequirement/>"), "knowledgeRequirement"),
        (table(OVERLAP) + "<businessKnowledgeModel id='b'/>", "businessKnowledgeModel"),
        (table(OVERLAP) + "<decisionService id='b'/>", "decisionService"),
        ("<import namespace='x'/>" + table(OVERLAP), "import"),
        (table([(("-",), ("1",))] * 1001), "1001 rules"),
        (table([(("-",) * 50, ("1",))], inputs=("qty",) * 50), "51 columns"),
        (
            table(OVERLAP).replace(
                "<inputExpression ", "<inputExpression expressionLanguage='juel' "
            ),
            "juel",
        ),
        (table(OVERLAP).replace("<text>&gt; 7</text>", "<importedValues/>"), "importedValues"),
    ],
)
def test_what_would_be_ignored_is_refused(body: str, sentence: str) -> None:
    assert any(sentence in found.message for found in problems(body))


def test_what_only_documents_is_passed_over() -> None:
    inside = (
        "<description>d</description><question>q</question><extensionElements><x/></extensionElements>"
        "<informationRequirement id='i'><requiredInput href='#q'/></informationRequirement>"
        "<authorityRequirement/>"
    )
    body = table(OVERLAP, inside=inside) + "<inputData id='q'/><textAnnotation/><itemDefinition/>"
    body = body.replace("</rule>", "<annotationEntry><text>why</text></annotationEntry></rule>")
    body = body.replace(
        "<inputEntry ", '<inputEntry expressionLanguage="http://www.omg.org/spec/FEEL/20140401" '
    )
    assert decide(body).evaluate({"qty": 1}) == {"out": "low"}


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<a/>",
        b"<definitions/>",
        b'<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"/>',
        document(table(OVERLAP)).replace(DMN13.encode(), b"urn:x"),
        b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>' + document(table(OVERLAP)),
        document(table(OVERLAP)) + b"<",
        document("<x/>" * 20_001),
    ],
    ids=range(8),
)
def test_hostile_and_foreign_files_are_refused(data: bytes) -> None:
    with pytest.raises(DocumentRefused):
        read_decisions(data)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.sampled_from([*"()[]<>=!-+.,?\"'_a1", "not", "null", "true", '"a"', "5", "..", "in"])
    ),
    st.sampled_from(["", " "]),
    st.none() | st.booleans() | st.integers() | st.text(max_size=3) | st.lists(st.integers()),
)
def test_random_cells_are_compiled_or_refused(words: list[str], glue: str, qty: object) -> None:
    text = glue.join(words)
    try:
        decision = decide(table([((text,), (text,))]))
    except DecisionRefused as refused:
        assert {found.rule for found in refused.problems} == {"decision-cell"}  # noqa: PT017
        return
    try:
        decision.evaluate({"qty": qty, "a": qty})
    except (DecisionFailed, VariableMissing):
        return
