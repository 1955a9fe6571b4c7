"""What can be told about an expression before it runs, from the kinds of its variables."""

from collections.abc import Mapping

from engine.workflow.definition.expressions.expression import Expression
from engine.workflow.definition.expressions.values import Kind

FORM_KINDS: Mapping[str, Kind] = {
    "text": Kind.TEXT,
    "choice": Kind.TEXT,
    "datetime": Kind.TEXT,  # kept as ISO 8601 text in UTC, which sorts like time
    "number": Kind.NUMBER,
    "check": Kind.BOOLEAN,
    "multichoice": Kind.LIST,
    "samples": Kind.LIST,
    "checklist": Kind.OBJECT,
    "scan": Kind.TEXT,
    "photo": Kind.TEXT,
    "file": Kind.TEXT,
}


def mismatches(expression: Expression, types: Mapping[str, str]) -> list[str]:
    """Sentences for what can never be evaluated if forms make the variables of these types.

    Args:
        expression: the compiled expression.
        types: variable to type of form field: text, number, samples … Variables without a type,
            and types not known here, are passed over.
    """
    kinds = {name: FORM_KINDS[kind] for name, kind in types.items() if kind in FORM_KINDS}
    found = [
        f"{demand.text} needs {demand.name} to be {' or '.join(sorted(demand.kinds))}, "
        f"but its form makes it {kinds[demand.name]}."
        for demand in expression.demands
        if demand.name in kinds and kinds[demand.name] not in demand.kinds
    ]
    for pair in expression.pairs:
        left, right = kinds.get(pair.name), kinds.get(pair.other)
        if left and right and left is not right:
            found.append(
                f"{pair.name} {pair.op} {pair.other} compares {left} with {right}: "
                "that is what their forms make them."
            )
    return list(dict.fromkeys(found))
