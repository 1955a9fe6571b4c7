"""What each role may do: the one table that every door asks."""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from functools import lru_cache

from engine.kernel.actor import Actor, Role
from engine.kernel.errors import NotPermitted


class Permission(StrEnum):
    """An act that not everybody may do; eligibility for one task is asked besides."""

    READ = "read"
    PROCESS_DEPLOY = "process.deploy"
    PROCESS_RELEASE = "process.release"
    INSTANCE_START = "instance.start"
    INSTANCE_CONTROL = "instance.control"
    INSTANCE_INTERVENE = "instance.intervene"
    TASK_COMPLETE = "task.complete"
    TASK_ASSIGN = "task.assign"
    JOB_WORK = "job.work"
    FILE_ADD = "file.add"
    MESSAGE_SEND = "message.send"
    INCIDENT_RESOLVE = "incident.resolve"
    USER_MANAGE = "user.manage"
    TOKEN_MANAGE = "token.manage"
    STATION_MANAGE = "station.manage"
    SETTINGS_MANAGE = "settings.manage"
    EQUIPMENT_MANAGE = "equipment.manage"
    SIGNAL_SEND = "signal.send"
    COUNT_ENTER = "count.enter"
    COUNT_CONFIRM = "count.confirm"
    DOWNTIME_EXPLAIN = "downtime.explain"
    DOWNTIME_MANAGE = "downtime.manage"


_ENGINEERS = frozenset({Role.PROCESS_ENGINEER})
_PLANNERS = frozenset({Role.PLANNER, Role.TEAM_LEAD, Role.INTEGRATION})
_INTERVENERS = frozenset({Role.TEAM_LEAD, Role.PROCESS_ENGINEER})
_SYSTEMS = frozenset({Role.INTEGRATION})
_ADMINS = frozenset({Role.ADMIN})

# To deploy covers submitting, to release covers rejecting and retiring. To control an instance is
# to suspend, resume and cancel it; to intervene is to depart from its diagram: move tokens, skip or
# insert tasks, change variables, split or merge it. To explain a downtime is to give its reason, to
# split and to merge it; to manage them is to change the tree of reasons.
WHO_MAY: Mapping[Permission, frozenset[Role]] = {
    Permission.READ: frozenset(Role),
    Permission.PROCESS_DEPLOY: _ENGINEERS,
    Permission.PROCESS_RELEASE: _ENGINEERS,
    Permission.INSTANCE_START: _PLANNERS,
    Permission.INSTANCE_CONTROL: _PLANNERS,
    Permission.INSTANCE_INTERVENE: _INTERVENERS,
    Permission.TASK_COMPLETE: frozenset(Role) - {Role.INTEGRATION, Role.AUDITOR},
    Permission.TASK_ASSIGN: frozenset({Role.TEAM_LEAD}),
    Permission.JOB_WORK: _SYSTEMS,
    Permission.FILE_ADD: frozenset(Role) - {Role.AUDITOR},
    Permission.MESSAGE_SEND: _SYSTEMS,
    Permission.INCIDENT_RESOLVE: _INTERVENERS,
    Permission.USER_MANAGE: _ADMINS,
    Permission.TOKEN_MANAGE: _ADMINS,
    Permission.STATION_MANAGE: frozenset({Role.ADMIN, Role.TEAM_LEAD}),
    Permission.SETTINGS_MANAGE: _ADMINS,
    Permission.EQUIPMENT_MANAGE: frozenset({Role.ADMIN, Role.PROCESS_ENGINEER, Role.MAINTENANCE}),
    Permission.SIGNAL_SEND: _SYSTEMS,
    Permission.COUNT_ENTER: frozenset(Role) - {Role.INTEGRATION, Role.AUDITOR},
    Permission.COUNT_CONFIRM: frozenset({Role.TEAM_LEAD}),
    Permission.DOWNTIME_EXPLAIN: frozenset(
        {Role.OPERATOR, Role.TEAM_LEAD, Role.MAINTENANCE}
        | {Role.PROCESS_ENGINEER, Role.QUALITY, Role.PLANNER}
    ),
    Permission.DOWNTIME_MANAGE: frozenset({Role.ADMIN, Role.MAINTENANCE}),
}


def permissions_of(roles: Iterable[str]) -> frozenset[Permission]:
    """All that somebody with these roles may do; an unknown role permits nothing."""
    return _permissions_of(frozenset(roles))


def require(actor: Actor, permission: Permission) -> None:
    """Let the actor pass who has the permission.

    Raises:
        NotPermitted: naming the permission, also as the member `permission`.
    """
    if permission not in _permissions_of(actor.roles):
        raise NotPermitted(
            f"You need the permission {permission} for this.", permission=str(permission)
        )


@lru_cache
def _permissions_of(roles: frozenset[str]) -> frozenset[Permission]:
    return frozenset(permission for permission, who in WHO_MAY.items() if roles & who)
