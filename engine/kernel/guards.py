"""What may forbid a claim or a completion: named functions, each answering with reasons.

The workflow package asks every guard; packages above it register theirs when `engine.registry`
imports them. A reason is data, so that a screen can say why somebody cannot go on and who can help.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.kernel.errors import Conflict, RoutecardError
from engine.kernel.store.uow import Uow


@dataclass(frozen=True, slots=True)
class Reason:
    """Why an act is forbidden.

    Args:
        code: stable, kebab-case; the same as the problem's type.
        message: a sentence naming the thing and the cure.
        subject: what stands in the way, as `kind:id`.
        resolver: the role or person who can clear it.
        refusal: the error class raised when the act is tried all the same.
        members: what the problem says besides, JSON-ready.
    """

    code: str
    message: str
    subject: str
    resolver: str
    refusal: type[RoutecardError] = Conflict
    members: Mapping[str, object] = field(default_factory=dict)

    def as_item(self) -> dict[str, str]:
        """The reason as the API shows it."""
        return {
            "code": self.code,
            "message": self.message,
            "subject": self.subject,
            "resolver": self.resolver,
        }


Guard = Callable[[Uow, Any, Any], Iterable[Reason]]
_guards: dict[str, Guard] = {}


def guard(name: str) -> Callable[[Guard], Guard]:
    """Register a guard `(uow, task, actor) -> reasons`; guards are asked in the order of names."""

    def register(target: Guard) -> Guard:
        _guards[name] = target
        return target

    return register


def reasons(uow: Uow, task: Any, actor: Any) -> list[Reason]:
    """Every reason why the actor cannot act on the task now."""
    return [reason for name in sorted(_guards) for reason in _guards[name](uow, task, actor)]


def check(uow: Uow, task: Any, actor: Any) -> None:
    """Let the act pass, or refuse it with all reasons; the first one gives the problem its type.

    Raises:
        RoutecardError: the class of the first reason.
    """
    found = reasons(uow, task, actor)
    if found:
        first = found[0]
        refused = first.refusal(first.message, reasons=[reason.as_item() for reason in found])
        refused.members.update(first.members)
        raise refused
