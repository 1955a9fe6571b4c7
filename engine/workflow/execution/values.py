"""What may become a variable: JSON with Decimals, bounded, under names that are not reserved."""

from collections.abc import Mapping
from decimal import Decimal

from engine.kernel import json_text
from engine.kernel.errors import FieldProblem, Invalid
from engine.workflow.execution.limits import NAME_LENGTH, VARIABLE_BYTES, VARIABLE_DEPTH


class VariablesRefused(Invalid):
    """Variables that cannot be kept."""

    code = "variables-refused"
    title = "Variables refused"


def clean(given: Mapping[str, object], pointer: str = "/variables") -> dict[str, object]:
    """The variables with every number as Decimal.

    Raises:
        VariablesRefused: with a problem for each variable that cannot be kept.
    """
    problems: list[FieldProblem] = []
    values: dict[str, object] = {}
    for name, value in given.items():
        sentence = _name_problem(name)
        try:
            values[name] = _plain(value, 0)
            if sentence is None:
                json_text.write(values[name])
        except (TypeError, ValueError) as error:
            sentence = str(error)
        if sentence is not None:
            place = name.replace("~", "~0").replace("/", "~1") if isinstance(name, str) else "?"
            problems.append(FieldProblem(f"{pointer}/{place[:NAME_LENGTH]}", sentence))
    if problems:
        raise VariablesRefused("Some variables cannot be kept.", errors=problems)
    return values


def check_size(variables: bytes) -> None:
    """Refuse more than an instance may hold.

    Raises:
        VariablesRefused: naming the size and the limit in kB.
    """
    if len(variables) > VARIABLE_BYTES:
        raise VariablesRefused(
            f"The variables of this instance would take {len(variables) // 1024} kB; "
            f"at most {VARIABLE_BYTES // 1024} kB are kept. Store large data as files or records "
            "and keep their ids here."
        )


def _name_problem(name: object) -> str | None:
    if not isinstance(name, str) or not name or len(name) > NAME_LENGTH:
        return f"A variable's name has 1 to {NAME_LENGTH} characters."
    if name.startswith("_"):
        return "Names that start with an underscore are reserved."
    if not name.isprintable():
        return "A variable's name has printable characters only."
    return None


def _plain(value: object, depth: int) -> object:
    if depth > VARIABLE_DEPTH:
        raise ValueError(f"Lists and objects nest deeper than {VARIABLE_DEPTH}.")
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, int):
        return Decimal(value)
    if isinstance(value, Decimal):
        if not value.is_finite():
            raise ValueError("A number must be finite.")
        return value
    if isinstance(value, list | tuple):
        return [_plain(item, depth + 1) for item in value]
    if isinstance(value, Mapping):
        return {str(key): _plain(item, depth + 1) for key, item in value.items()}
    raise TypeError(f"A value of type {type(value).__name__} is not JSON.")
