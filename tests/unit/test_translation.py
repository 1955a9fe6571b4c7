"""Expressions of other tools in our words: what they mean stays, what cannot be said is refused."""

from decimal import Decimal

import pytest

from engine.workflow.definition.expressions import compile_expression
from engine.workflow.definition.expressions.translation import Untranslatable, translated

SAID = [
    ("${amount > 1000 && !approved}", "amount > 1000 and not approved"),
    ("#{order.amount ge 5 || x == 'a'}", 'order["amount"] >= 5 or x == "a"'),
    ("${a ? b : c}", "b if a else c"),
    ("${execution.getVariable('x') == 3}", "x == 3"),
    ("${!(a and b) == c}", "(not (a and b)) == c"),
    ("${amount div 2}", "amount / 2"),
    ("${list[0] == 1}", "list[0] == 1"),
    ("= remaining = 0", "remaining == 0"),
    ('= status = "ok" and not(done)', 'status == "ok" and not (done)'),
    ("= x in [1..10]", "1 <= x and x <= 10"),
    ("= x in ]1..10[", None),
    ('= x in ("a", "b")', 'x in ["a", "b"]'),
    ("= x between 1 and 5", "1 <= x and x <= 5"),
    ("= count(items) > 2", "len(items) > 2"),
    ("= if a then 1 else 2", "1 if a else 2"),
    ("= items[1] = 2", "items[0] == 2"),
    ("= -(a + b) * 3", "-(a + b) * 3"),
    ("approved", "approved"),
    ('x in ["a"]', 'x in ["a"]'),
    ("${bean.check(x)}", None),
    ("${empty x}", None),
    ("${a} and ${b}", None),
    ("= Current Status.email", None),
    ("= string join(risks)", None),
    ("= items[price > 3]", None),
    ("Grund ist groß", None),
    ("= ", None),
    ("${'open}", None),
    ("=" + "(" * 100 + "a" + ")" * 100, None),
]


@pytest.mark.parametrize(("given", "said"), SAID)
def test_what_is_said(given: str, said: str | None) -> None:
    if said is None:
        with pytest.raises(Untranslatable):
            translated(given)
    else:
        assert translated(given) == said


@pytest.mark.parametrize(
    ("given", "variables", "value"),
    [
        ("${a - b - c}", {"a": 9, "b": 3, "c": 1}, 5),
        ("${a - (b - c)}", {"a": 9, "b": 3, "c": 1}, 7),
        ("${!a || b}", {"a": True, "b": True}, True),
        ("${!(a || b)}", {"a": True, "b": True}, False),
        ("= if a > 1 then a else if a = 1 then 5 else 7", {"a": 1}, 5),
        ("= (a > 1) = b", {"a": 2, "b": True}, True),
        ("${a < b == c}", {"a": 1, "b": 2, "c": True}, True),
        ("= 2 * (a + 1)", {"a": 3}, 8),
    ],
)
def test_what_it_means(given: str, variables: dict[str, object], value: object) -> None:
    numbers = {k: v if isinstance(v, bool) else Decimal(str(v)) for k, v in variables.items()}
    assert compile_expression(translated(given)).evaluate(numbers) == value
