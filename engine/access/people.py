"""What a user can be, what changes of a person, and what the audit trail says of it."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from engine.access.queries import USER_COLUMNS, stored_name
from engine.kernel.actor import ROLES, Role
from engine.kernel.clock import iso
from engine.kernel.errors import FieldProblem, Invalid

USER_NAMES = tuple(str(column.name) for column in USER_COLUMNS)
PERSONAL = ("full_name", "language", "theme", "badge", "pin_hash")
# What the audit trail does not repeat; it says only that it was changed.
SECRET = {"password_hash": "password", "badge": "badge", "pin_hash": "pin"}


@dataclass(frozen=True, slots=True)
class UserChanges:
    """What to change of a user; None leaves it as it is, unless `without` names it.

    Args:
        full_name: as it is printed beside a signature.
        badge: what `credentials.badge_digest` answered.
        unlock: whether to end a lock after too many wrong attempts.
        without: of `full_name`, `language`, `theme`, `badge`, `pin_hash` what is to go.
    """

    roles: Iterable[str] | None = None
    active: bool | None = None
    password_hash: str | None = None
    full_name: str | None = None
    language: str | None = None
    theme: str | None = None
    badge: bytes | None = None
    pin_hash: str | None = None
    unlock: bool = False
    without: frozenset[str] = frozenset()

    def applied_to(self, before: dict[str, Any]) -> dict[str, Any]:
        """A user's row as it is after the change."""
        after = before | {"revision": before["revision"] + 1}
        if self.roles is not None:
            after["roles"] = ",".join(check_roles(self.roles))
        if self.active is not None:
            after["active"] = int(self.active)
        if self.password_hash is not None:
            after["password_hash"] = self.password_hash
        for name in PERSONAL:
            given = getattr(self, name)
            after[name] = None if name in self.without else before[name] if given is None else given
        if self.unlock or after["password_hash"] != before["password_hash"]:
            after["locked_until"] = None
        return after


def refused(pointer: str, problem: str) -> Invalid:
    """A refusal of one field."""
    return Invalid(problem, errors=[FieldProblem(pointer, problem)])


def check_name(name: str) -> str:
    """The form in which a name is stored, if somebody can be called so."""
    stored = stored_name(name)
    if stored is None:
        raise refused(
            "/name",
            "A user's name has 1 to 64 of the characters a-z, 0-9, dot, hyphen and underscore, "
            "and begins with a letter or a digit.",
        )
    return stored


def check_roles(roles: Iterable[str]) -> list[str]:
    """The roles sorted, each once, if all of them exist and there is at least one."""
    given = {str(role) for role in roles}
    known = ", ".join(Role)
    if not given:
        raise refused("/roles", f"Name at least one role of: {known}.")
    unknown = sorted(given - ROLES)
    if unknown:
        raise refused("/roles", f"There is no role {unknown[0][:80]!r}; the roles are: {known}.")
    return sorted(given)


def is_active_admin(user: dict[str, Any]) -> bool:
    """Whether somebody can grant what others may."""
    return bool(user["active"]) and Role.ADMIN in user["roles"].split(",")


def differences(before: dict[str, Any], after: dict[str, Any]) -> dict[str, object]:
    """What the audit trail keeps: both values, but of a secret only that it changed."""
    detail: dict[str, object] = {}
    for name in USER_NAMES:
        was, now = before[name], after[name]
        if name == "revision" or was == now:
            continue
        if name in SECRET:
            detail[SECRET[name]] = "removed" if now is None else "changed"
        else:
            detail[name] = {"from": _told(name, was), "to": _told(name, now)}
    return detail


def _told(name: str, value: Any) -> object:
    if name == "roles":
        return value.split(",")
    if name == "locked_until":
        return iso(value)
    told: object = bool(value) if name == "active" else value
    return told
