"""Expected failures: each class has a stable code and a title; the API knows their HTTP numbers."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class FieldProblem:
    """One field that cannot be accepted: a JSON pointer into the request and a sentence."""

    pointer: str
    detail: str


class RoutecardError(Exception):
    """A refusal a caller can understand and act on.

    Args:
        detail: a sentence naming the thing and the cure.
        errors: problems by field.
        members: further members of the problem document, JSON-ready.
    """

    code: ClassVar[str] = "refused"
    title: ClassVar[str] = "Refused"

    def __init__(
        self, detail: str, *, errors: Sequence[FieldProblem] = (), **members: object
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.errors = tuple(errors)
        self.members = members


class Invalid(RoutecardError):
    """The request cannot be understood or breaks a rule of its own."""

    code = "invalid"
    title = "Invalid input"


class NotFound(RoutecardError):
    """The thing does not exist, or the caller may not see it."""

    code = "not-found"
    title = "Not found"


class NotSignedIn(RoutecardError):
    """Nobody known is calling."""

    code = "not-signed-in"
    title = "Not signed in"


class NotPermitted(RoutecardError):
    """The caller sees the thing but may not do this."""

    code = "not-permitted"
    title = "Not permitted"


class Conflict(RoutecardError):
    """The state of the thing forbids this now."""

    code = "conflict"
    title = "Conflict"


class Stale(RoutecardError):
    """The caller acts on an older state than the present one."""

    code = "stale"
    title = "Changed meanwhile"


class PreconditionRequired(RoutecardError):
    """The caller must say which state it acts on."""

    code = "precondition-required"
    title = "If-Match is required"


class TooMany(RoutecardError):
    """The same was asked too often in a short time; it may be asked again soon."""

    code = "too-many"
    title = "Too many in a short time"


class Unavailable(RoutecardError):
    """Nothing was changed, or the outcome is unknown; the same request may be sent again."""

    code = "unavailable"
    title = "Unavailable"
