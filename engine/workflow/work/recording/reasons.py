"""Why somebody cannot work on a task now, and who can help."""

from typing import Any

import sqlalchemy as sa

from engine.access import queries as access
from engine.kernel import db, guards
from engine.kernel.actor import ROLES, Actor, Role
from engine.kernel.errors import Conflict, NotFound
from engine.kernel.guards import Reason
from engine.kernel.ids import to_text
from engine.kernel.store.uow import Uow
from engine.workflow import tables as t
from engine.workflow.work import tasks
from engine.workflow.work.tasks import Task

FEW = 5
LOOKED_AT = 1_000


def why_not(uow: Uow, *, task: bytes, actor: Actor) -> list[dict[str, Any]]:
    """Every reason why the actor cannot work on the task now.

    Each has `people`: who can clear it, if they are not more than a few.
    """
    found = tasks.lock(uow, task, actor.site)
    reasons = [*guards.reasons(uow, found, actor), *_stopped(uow, found)]
    return [reason.as_item() | {"people": _people(uow, reason, actor.site)} for reason in reasons]


def _stopped(uow: Uow, found: Task) -> list[Reason]:
    """An incident holds the task's token."""
    row = uow.one(_INCIDENT, instance=found.instance.id, token=found.token)
    if row is None or found.state not in ("open", "claimed"):
        return []
    return [
        Reason(
            Conflict.code,
            f"An incident must be resolved first: {row[1]}",
            f"incident:{to_text(row[0])}",
            Role.TEAM_LEAD,
        )
    ]


def _people(uow: Uow, reason: Reason, site: int) -> list[dict[str, object]]:
    if not reason.resolver:
        return []
    if reason.resolver not in ROLES or reason.subject == f"user:{reason.resolver}":
        return [_person(uow, reason.resolver, site)]
    users = access.users(uow, site=site, limit=LOOKED_AT)["items"]
    found = [user for user in users if user["active"] and reason.resolver in user["roles"]]
    if len(found) > FEW:
        return []
    return [{"name": user["name"], "full_name": user["full_name"]} for user in found]


def _person(uow: Uow, name: str, site: int) -> dict[str, object]:
    try:
        return {"name": name, "full_name": access.user(uow, name=name, site=site)["full_name"]}
    except NotFound:  # a token acts, too
        return {"name": name, "full_name": None}


_n = t.incident.c
_INCIDENT = db.Statement(
    sa.select(_n.id, _n.message).where(
        _n.instance_id == sa.bindparam("instance"),
        _n.token == sa.bindparam("token"),
        _n.state == sa.literal_column("'open'"),
        _n.reporter.is_(None),
    )
)
