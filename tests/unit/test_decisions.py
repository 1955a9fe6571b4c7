"""What decision tables answer: every hit policy, and when nothing or too much matches."""

import copy
import dataclasses
from decimal import Decimal as D

import pytest

from engine.workflow.definition.decisions import (
    Decision,
    DecisionFailed,
    HitPolicy,
)
from engine.workflow.definition.expressions import VariableMissing
from tests.support.decisions import OVERLAP, Row, decide, entry, problem, table


def failure(decision: Decision, **variables: object) -> str:
    with pytest.raises(DecisionFailed) as caught:
        decision.evaluate(variables)
    return str(caught.value)


def test_unique_answers_one_rule_and_refuses_several() -> None:
    decision = decide(table(OVERLAP))
    assert decision.hit_policy is HitPolicy.UNIQUE
    assert decision.evaluate({"qty": D("1.5")}) == {"out": "low"}
    assert decision.evaluate({"qty": 0}) == {"out": None}
    assert failure(decision, qty=5) == (
        "Decision Grade: rules 1 and 2 match, but a UNIQUE table has one answer. "
        "Correct the rules, or choose the hit policy FIRST."
    )
    assert "rules 1, 2 and 3 match" in failure(decision, qty=8)
    many = decide(table([(("-",), ("1",))] * 7))
    assert "rules 1, 2, 3, 4, 5 and more match" in failure(many, qty=8)


def test_first_stops_at_the_first_rule() -> None:
    rules: list[Row] = [*OVERLAP, (("-",), ("missing",))]
    decision = decide(table(rules, policy='hitPolicy="FIRST"'))
    assert decision.evaluate({"qty": 8}) == {"out": "low"}
    assert decision.evaluate({"qty": 11}) == {"out": "high"}
    with pytest.raises(VariableMissing):
        decision.evaluate({"qty": 0})


def test_any_wants_all_rules_to_agree() -> None:
    decision = decide(table(OVERLAP, policy='hitPolicy="ANY"'))
    assert decision.evaluate({"qty": 20}) == {"out": "high"}
    assert "rules 1 and 2 match with different outputs" in failure(decision, qty=6)
    same = decide(table([(("-",), ("1.0",)), (("-",), ("x",))], policy='hitPolicy="ANY"'))
    assert same.evaluate({"qty": 0, "x": 1}) == {"out": D(1)}
    assert "different" in failure(same, qty=0, x=True)


@pytest.mark.parametrize("policy", ["RULE ORDER", "COLLECT"])
def test_rule_order_and_collect_list_every_hit(policy: str) -> None:
    rules: list[Row] = [((">= 5",), ("1", '"a"')), (("< 5",), ("2", "-")), (("-",), ("3", "qty"))]
    decision = decide(table(rules, outputs=("n", "t"), policy=f'hitPolicy="{policy}"'))
    assert decision.evaluate({"qty": 7}) == {"n": [D(1), D(3)], "t": ["a", D(7)]}
    assert decision.evaluate({"qty": 1}) == {"n": [D(2), D(3)], "t": [None, D(1)]}
    empty = decide(table([((">= 5",), ("1",))], policy=f'hitPolicy="{policy}"'))
    assert empty.evaluate({"qty": 1}) == {"out": []}


@pytest.mark.parametrize(
    ("aggregation", "three", "none"),
    [
        ("SUM", D("0.60"), None),
        ("MIN", D("0.10"), None),
        ("MAX", D("0.3"), None),
        ("COUNT", D(3), D(0)),
    ],
)
def test_collect_aggregates(aggregation: str, three: D, none: D | None) -> None:
    rules: list[Row] = [(("> 0",), ("0.10",)), (("> 1",), ("0.2",)), (("> 2",), ("0.3",))]
    policy = f'hitPolicy="COLLECT" aggregation="{aggregation}"'
    decision = decide(table(rules, policy=policy))
    assert decision.evaluate({"qty": 3}) == {"out": three}
    assert str(decision.evaluate({"qty": 3})["out"]) == str(three)
    assert decision.evaluate({"qty": 0}) == {"out": none}
    with_default = decide(table(rules, policy=policy, default=("-1",)))
    assert with_default.evaluate({"qty": 0}) == {"out": D(-1)}


def test_only_numbers_can_be_added_up() -> None:
    policy = 'hitPolicy="COLLECT" aggregation="SUM"'
    found = problem(table([(("-",), ('"a"',))], policy=policy))
    assert 'rule 1, column 2 (out): "a" is text, but a number is needed.' in found.message
    decision = decide(table([(("-",), ("x",))], policy=policy))
    assert "the output of rule 1 is text ('1')" in failure(decision, qty=1, x="1")
    assert "the output of rule 1 is null" in failure(decision, qty=1, x=None)
    assert decide(
        table([(("-",), ('"a"',))], policy='hitPolicy="COLLECT" aggregation="COUNT"')
    ).evaluate({"qty": 1}) == {"out": D(1)}


def test_defaults_answer_when_nothing_matches() -> None:
    rules: list[Row] = [((">= 5",), ("1", "2"))]
    decision = decide(table(rules, outputs=("a", "b"), default=('"x"', "limit + 1")))
    assert decision.evaluate({"qty": 5}) == {"a": D(1), "b": D(2)}
    assert decision.evaluate({"qty": 1, "limit": 1}) == {"a": "x", "b": D(2)}
    assert decision.names == {"qty", "limit"}
    collect = decide(table([(("1",), ("1",))], default=("9",), policy='hitPolicy="COLLECT"'))
    assert collect.evaluate({"qty": 2}) == {"out": [D(9)]}


def test_inputs_are_expressions_and_several_columns_must_all_match() -> None:
    rules: list[Row] = [
        (('"pass"', "<= 0.05", "-"), ('"A"',)),
        (('"pass"', "> 0.05", "true"), ('"B"',)),
    ]
    decision = decide(
        table(
            rules, inputs=("result", "abs(width - nominal)", "rework"), policy='hitPolicy="FIRST"'
        )
    )
    values: dict[str, object] = {"result": "pass", "nominal": D("25.30"), "rework": True}
    assert decision.evaluate({**values, "width": D("25.35")}) == {"out": "A"}
    assert decision.evaluate({**values, "width": D("25.3500001")}) == {"out": "B"}
    assert decision.names == {"result", "width", "nominal", "rework"}
    with pytest.raises(VariableMissing) as caught:
        decision.evaluate(values)
    assert caught.value.name == "width"
    assert failure(decision, **values, width="25") == (
        "Decision Grade: input abs(width - nominal): Expected a number, but width is text ('25')."
    )


def test_a_value_of_another_kind_is_a_failure_and_no_silent_no() -> None:
    decision = decide(table(OVERLAP))
    assert failure(decision, qty="5") == (
        "Decision Grade: rule 1: Expected to compare a number with a number, but qty is text ('5')."
    )
    assert "true" in failure(decision, qty=True)
    assert decision.evaluate({"qty": None}) == {"out": None}


def test_output_cells_are_expressions() -> None:
    rules: list[Row] = [
        (("1",), ('"text"',)),
        (("2",), ("0.10",)),
        (("3",), ("",)),
        (("4",), ("-",)),
        (("5",), ("qty * 2",)),
        (("6",), ('["a", qty]',)),
        (("7",), ("1 / (qty - 7)",)),
    ]
    decision = decide(table(rules))
    answers = [decision.evaluate({"qty": D(n)})["out"] for n in range(1, 7)]
    assert answers == ["text", D("0.10"), None, None, D(10), ["a", D(6)]]
    assert str(answers[1]) == "0.10"
    assert failure(decision, qty=7).startswith(
        "Decision Grade: rule 7, output out: Expected to divide"
    )


def test_the_name_of_a_single_output() -> None:
    columns = f"<input>{entry('inputExpression', 'qty')}</input><output/>"
    row: list[Row] = [(("-",), ("1",))]
    assert decide(table(row, columns=columns)).evaluate({"qty": 1}) == {"grade": D(1)}
    named = table(row, columns=columns, inside='<variable name="level"/>')
    assert decide(named).evaluate({"qty": 1}) == {"level": D(1)}


def test_allowed_values_are_enforced() -> None:
    columns = (
        f"<input>{entry('inputExpression', 'qty')}{entry('inputValues', '[1..5], 9')}</input>"
        "<output name='out'>" + entry("outputValues", '"a","b"') + "</output>"
    )
    decision = decide(table([(("<= 5",), ('"a"',)), (("9",), ("x",))], columns=columns))
    assert decision.evaluate({"qty": 5}) == {"out": "a"}
    assert decision.evaluate({"qty": 9, "x": "b"}) == {"out": "b"}
    assert decision.evaluate({"qty": None}) == {"out": None}
    assert failure(decision, qty=6) == (
        "Decision Grade: input qty is the number 6, but [1..5], 9 is allowed."
    )
    assert "output out is text ('c')" in failure(decision, qty=9, x="c")
    assert "output out is the number 1" in failure(decision, qty=9, x=1)
    found = problem(table([(("-",), ('"c"',))], columns=columns))
    assert '"c" is not among the allowed values' in found.message
    empty = columns.replace("[1..5], 9", " ").replace('"a","b"', "")
    assert decide(table([(("-",), ('"c"',))], columns=empty)).evaluate({"qty": 77}) == {"out": "c"}


def test_a_decision_is_frozen_and_changes_no_variable() -> None:
    decision = decide(table([(("-",), ("[x, 1]",))], policy='hitPolicy="COLLECT"'))
    with pytest.raises(dataclasses.FrozenInstanceError):
        decision.key = "x"  # type: ignore[misc]
    variables: dict[str, object] = {"qty": 1, "x": {"a": [1]}}
    before = copy.deepcopy(variables)
    answer = decision.evaluate(variables)["out"]
    assert isinstance(answer, list)
    answer[0].append(5)
    assert variables == before
    assert decision.evaluate(variables) == {"out": [[{"a": [1]}, D(1)]]}
