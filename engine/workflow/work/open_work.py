"""The rows of what waits: written when a token comes to rest, closed when it leaves."""

from typing import Protocol

import sqlalchemy as sa

from engine.kernel import db, json_text
from engine.kernel.actor import Actor
from engine.kernel.ids import new_id
from engine.kernel.store.uow import Uow
from engine.workflow import tables as t
from engine.workflow.definition.model import WAITING_TASKS, Node
from engine.workflow.execution.advance import Advance
from engine.workflow.execution.openings import Opening
from engine.workflow.execution.outcome import Left, Outcome, Trouble

FAR = (1 << 45) - 1  # ms; later than any due time, year 3084


class Owner(Protocol):
    """The instance whose tokens wait."""

    id: bytes
    site_id: int
    business_key: str | None


def rank(priority: int, due: int | None) -> int:
    """One number that sorts by priority (highest first), then by due time (none last)."""
    return (100 - priority) << 45 | (FAR if due is None else min(max(due, 0), FAR))


def take_waiting_messages(uow: Uow, instance: Owner, advance: Advance) -> None:
    """A token that comes to wait for a message gets one that is kept already."""
    tried: set[int] = set()
    while True:
        fresh = [o for n, o in advance.outcome.opened.items() if o.message and n not in tried]
        if not fresh:
            return
        tried.add(fresh[0].token)
        uow.alone(f"message:{instance.site_id}:{fresh[0].message}")
        row = uow.one(
            _KEPT_MESSAGE,
            site=instance.site_id,
            name=fresh[0].message,
            business_key=instance.business_key,
            now=uow.now_ms,
        )
        token = advance.root.token(fresh[0].token)
        if row is not None and token is not None:
            uow.write(_DROP_MESSAGE, {"id": row[0]})
            advance.complete(token, json_text.read(row[1]), None, row[2])


def write(uow: Uow, instance: Owner, outcome: Outcome, actor: Actor) -> list[dict[str, object]]:
    """Close what was left, then open what came to rest; one statement per kind of row.

    Returns:
        the rows of the tasks that were opened.
    """
    _close(uow, instance.id, outcome.left, actor)
    opened = list(outcome.opened.values())
    tasks = [_task_row(uow, instance, o) for o in opened if o.is_task]
    uow.write(_NEW_TASK, tasks)
    uow.write(_NEW_JOB, [_job_row(uow, instance, o) for o in opened if o.is_job])
    uow.write(
        _NEW_SUBSCRIPTION,
        [
            {
                "instance_id": instance.id,
                "token": o.token,
                "site_id": instance.site_id,
                "name": o.message,
                "business_key": instance.business_key,
            }
            for o in opened
            if o.message
        ],
    )
    uow.write(_NEW_DUE, [row for o in opened for row in _due_rows(instance, o)])
    _write_incidents(uow, instance, outcome, actor)
    return tasks


def _close(uow: Uow, instance: bytes, left: list[Left], actor: Actor) -> None:
    def tokens(chosen: list[Left]) -> list[dict[str, object]]:
        return [{"instance": instance, "token": x.token} for x in chosen]

    closing = {"now": uow.now_ms, "by": actor.name}
    cancelled = [x for x in left if not x.completed]
    for statement, types in ((_CANCEL_TASK, WAITING_TASKS), (_CANCEL_JOB, {"serviceTask"})):
        mine = tokens([x for x in cancelled if x.node.type in types])
        uow.write(statement, [m | closing for m in mine])
    uow.write(_DROP_SUBSCRIPTION, tokens([x for x in left if _waits_for(x.node, "message")]))
    uow.write(
        _DROP_DUE,
        tokens([x for x in left if x.node.boundaries or _waits_for(x.node, "timer")]),
    )


def _write_incidents(uow: Uow, instance: Owner, outcome: Outcome, actor: Actor) -> None:
    """Resolve what is over; a token that failed again keeps its incident, one attempt more."""
    over = {x.token for x in outcome.left if x.incident} | set(outcome.recovered)
    troubles = outcome.troubles
    place = {"instance": instance.id, "now": uow.now_ms, "by": actor.name}
    uow.write(_RESOLVE, [place | {"token": n} for n in sorted(over - troubles.keys())])
    for number, trouble in troubles.items():
        again = number in over and uow.write(
            _FAILED_AGAIN,
            {"instance": instance.id, "token": number, "kind": trouble.kind}
            | {"message": trouble.message},
        )
        if not again:
            uow.write(_NEW_INCIDENT, _incident_row(uow, instance, trouble))


def _waits_for(node: Node, kind: str) -> bool:
    return node.event is not None and node.event.kind == kind


def _task_row(uow: Uow, instance: Owner, o: Opening) -> dict[str, object]:
    work = o.node.work
    return {
        "id": new_id(),
        "site_id": instance.site_id,
        "instance_id": instance.id,
        "token": o.token,
        "business_key": instance.business_key,
        "element": o.node.id,
        "name": o.node.name,
        "form": work.form,
        "role": work.role or "",
        "equipment": work.equipment,
        "qualification": work.qualification,
        "state": "open",
        "assignee": None,
        "priority": o.priority,
        "rank": rank(o.priority, o.due),
        "created": uow.now_ms,
        "due": o.due,
        "follow_up": o.follow_up,
        "closed": None,
        "closed_by": None,
    }


def _due_rows(instance: Owner, o: Opening) -> list[dict[str, object]]:
    return [
        {
            "owner_id": instance.id,
            "token": o.token,
            "element": element,
            "kind": "catch" if element == o.node.id else "boundary",
            "at": at,
            "remaining": None,
        }
        for element, at in o.timers
    ]


def _job_row(uow: Uow, instance: Owner, o: Opening) -> dict[str, object]:
    work = o.node.work
    return {
        "id": new_id(),
        "site_id": instance.site_id,
        "instance_id": instance.id,
        "token": o.token,
        "business_key": instance.business_key,
        "element": o.node.id,
        "topic": work.topic,
        "action": work.action,
        "parameters": json_text.write(o.parameters),
        "state": "open",
        "priority": 100 - o.priority,
        "fence": 0,
        "attempt": 0,
        "attempts": o.attempts,
        "created": uow.now_ms,
        "retry_at": None,
        "worker": None,
        "lease_until": None,
        "closed": None,
        "message": None,
    }


def _incident_row(uow: Uow, instance: Owner, trouble: Trouble) -> dict[str, object]:
    return {
        "id": new_id(),
        "site_id": instance.site_id,
        "instance_id": instance.id,
        "token": trouble.token,
        "element": trouble.element,
        "kind": trouble.kind,
        "message": trouble.message,
        "state": "open",
        "attempts": 1,
        "since": uow.now_ms,
        "resolved": None,
        "resolved_by": None,
    }


_NEW_TASK = db.insert(t.task)
_NEW_JOB = db.insert(t.job)
_NEW_DUE = db.insert(t.due)
_NEW_SUBSCRIPTION = db.insert(t.subscription)
_NEW_INCIDENT = db.insert(t.incident)
_CANCEL_TASK = db.Statement(
    sa.text(
        "UPDATE task SET state = 'cancelled', closed = :now, closed_by = :by "
        "WHERE instance_id = :instance AND token = :token AND state IN ('open', 'claimed')"
    )
)
# A job's outcome belongs to its worker, who hears `job-cancelled`; who cancelled is in the history.
_CANCEL_JOB = db.Statement(
    sa.text(
        "UPDATE job SET state = 'cancelled', closed = :now, message = :by "
        "WHERE instance_id = :instance AND token = :token AND state IN ('open', 'claimed')"
    )
)
_DROP_SUBSCRIPTION = db.Statement(
    sa.text("DELETE FROM subscription WHERE instance_id = :instance AND token = :token")
)
_DROP_DUE = db.Statement(sa.text("DELETE FROM due WHERE owner_id = :instance AND token = :token"))
_RESOLVE = db.Statement(
    sa.text(
        "UPDATE incident SET state = 'resolved', resolved = :now, resolved_by = :by "
        "WHERE instance_id = :instance AND token = :token AND state = 'open'"
    )
)
_FAILED_AGAIN = db.Statement(
    sa.text(
        "UPDATE incident SET attempts = attempts + 1, kind = :kind, message = :message "
        "WHERE instance_id = :instance AND token = :token AND state = 'open'"
    )
)
_KEPT_MESSAGE = db.Statement(
    sa.text(
        "SELECT id, variables, sender FROM waiting_message WHERE site_id = :site AND name = :name "
        "AND expires > :now AND (business_key IS NULL OR business_key = :business_key) "
        "ORDER BY id LIMIT 1"
    )
)
_DROP_MESSAGE = db.Statement(sa.text("DELETE FROM waiting_message WHERE id = :id"))
