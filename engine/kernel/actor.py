"""Who acts: the one value that every command takes."""

from dataclasses import dataclass
from enum import StrEnum

from engine.kernel.db import DEFAULT_SITE


class Role(StrEnum):
    """What a person or a system is to the plant; permissions come from roles."""

    OPERATOR = "operator"
    TEAM_LEAD = "team_lead"
    QUALITY = "quality"
    PROCESS_ENGINEER = "process_engineer"
    PLANNER = "planner"
    MAINTENANCE = "maintenance"
    INTEGRATION = "integration"
    AUDITOR = "auditor"
    ADMIN = "admin"


ROLES = frozenset(str(role) for role in Role)


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody or something that acts, on one site.

    `name` is what records show: a user's name, `token:<id>` for a token without a user, or
    `system:<part>` for the plant itself.
    """

    name: str
    roles: frozenset[str] = frozenset()
    site: int = DEFAULT_SITE


SYSTEM = Actor("system:background")
SIGN_IN = Actor("system:sign-in")
