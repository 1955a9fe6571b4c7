"""What this package refuses, and how: always every fault at once, each with a JSON pointer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, NamedTuple


@dataclass(frozen=True, slots=True)
class FieldError:
    """One answer that cannot be accepted: a JSON pointer into the request and a sentence."""

    pointer: str
    detail: str


class DefinitionProblem(NamedTuple):
    """One fault of a definition: a JSON pointer into it, and what is wrong with its cure."""

    pointer: str
    message: str


class FormError(Exception):
    """A refusal of this package; `code` and `title` are stable."""

    code: ClassVar[str] = "form-refused"
    title: ClassVar[str] = "Refused by the form"


class FormInvalid(FormError):
    """Some answers do not fit the form; `errors` names every one of them."""

    code = "form-invalid"
    title = "Some answers do not fit the form"

    def __init__(self, errors: Sequence[FieldError]) -> None:
        super().__init__("; ".join(f"{error.pointer}: {error.detail}" for error in errors))
        self.errors = tuple(errors)


class FormDefinitionInvalid(FormError):
    """The definition cannot become a form; `problems` names every fault with its cure."""

    code = "form-definition-invalid"
    title = "The definition of the form is invalid"

    def __init__(self, problems: Sequence[DefinitionProblem]) -> None:
        super().__init__("; ".join(f"{found.pointer}: {found.message}" for found in problems))
        self.problems = tuple(problems)


class Refused(FormError):
    """One value cannot be read; `detail` is the sentence for the person who gave it."""

    code = "answer-refused"
    title = "The answer cannot be accepted"

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


class RefusedParts(FormError):
    """Some parts of one answer cannot be read; `parts` are sentences by place or by item."""

    code = "answer-refused"
    title = "The answer cannot be accepted"

    def __init__(self, parts: Mapping[str | int, list[str]]) -> None:
        super().__init__("; ".join(f"{part}: {said[0]}" for part, said in parts.items()))
        self.parts = parts


class UnitUnknown(FormError):
    """The text is no unit of our part of UCUM."""

    code = "unit-unknown"
    title = "Unknown unit"

    def __init__(self, unit: str) -> None:
        super().__init__(f"The unit {unit!r} is not known.")
        self.unit = unit


class UnitMismatch(FormError):
    """The two units measure different things."""

    code = "unit-mismatch"
    title = "Units of different kinds"

    def __init__(self, source: str, target: str) -> None:
        super().__init__(f"{source!r} cannot be converted to {target!r}.")
        self.source = source
        self.target = target


def pointer(*parts: str | int) -> str:
    """A JSON pointer to the place named by `parts`, with ~ and / escaped.

    Source: RFC 6901 section 3.
    """
    escaped = (str(part).replace("~", "~0").replace("/", "~1") for part in parts)
    return "".join(f"/{part}" for part in escaped)
