"""The rows of what waits: written when a token comes to rest, closed when it leaves."""

from typing import Protocol

import sqlalchemy as sa

from engine.kernel import db, json_text
from engine.kernel.actor import Actor
from engine.kernel.ids import new_id
from engine.kernel.store.uow import Uow
from engine.workflow import tables as t
from engine.workflow.definition.layout import shown
from engine.workflow.definition.model import WAITING_TASKS
from engine.workflow.definition.plan import Plan
from engine.workflow.execution.openings import JOB_TYPES
from engine.workflow.execution.outcome import Left, Opening, Outcome, Trouble
from engine.workflow.work.events import outbox, waits
from engine.workflow.work.recording.rows import WorkTime

NOT_BEGUN = WorkTime().as_columns()
FAR = (1 << 45) - 1  # ms; later than any due time, year 3084


class Owner(Protocol):
    """The instance whose tokens wait."""

    id: bytes
    site_id: int
    business_key: str | None
    hops: int
    dry_run: bool

    @property
    def plan(self) -> Plan:
        """The definition the instance runs on."""
        ...


def rank(priority: int, due: int | None) -> int:
    """One number that sorts by priority (highest first), then by due time (none last)."""
    return (100 - priority) << 45 | (FAR if due is None else min(max(due, 0), FAR))


def write(uow: Uow, instance: Owner, outcome: Outcome, actor: Actor) -> list[dict[str, object]]:
    """Close what was left, then open what came to rest; one statement per kind of row.

    A dry run opens nothing; of its incidents it keeps what they say.

    Returns:
        the rows of the tasks that were opened.
    """
    if instance.dry_run:
        _write_incidents(uow, instance, outcome, actor)
        return []
    _close(uow, instance.id, outcome.left, actor)
    opened = list(outcome.opened.values())
    tasks = [_task_row(uow, instance, o) for o in opened if o.is_task]
    uow.write(_NEW_TASK, tasks)
    uow.write(_NEW_JOB, [_job_row(uow, instance, o) for o in opened if o.is_job])
    waits.write(uow, instance, outcome)
    outbox.write(uow, instance, outcome, actor)
    _write_incidents(uow, instance, outcome, actor)
    return tasks


def _close(uow: Uow, instance: bytes, left: list[Left], actor: Actor) -> None:
    def tokens(chosen: list[Left]) -> list[dict[str, object]]:
        return [{"instance": instance, "token": x.token} for x in chosen]

    closing = {"now": uow.now_ms, "by": actor.name}
    cancelled = [x for x in left if not x.completed]
    for statement, types in ((_CANCEL_TASK, WAITING_TASKS), (_CANCEL_JOB, JOB_TYPES)):
        mine = tokens([x for x in cancelled if x.node.type in types])
        uow.write(statement, [m | closing for m in mine])


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


def _task_row(uow: Uow, instance: Owner, o: Opening) -> dict[str, object]:
    work = o.node.work
    return {
        "id": new_id(),
        "site_id": instance.site_id,
        "instance_id": instance.id,
        "token": o.token,
        "business_key": instance.business_key,
        "element": shown(o.node.id),
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
        "operation": work.operation,
        "signature": work.signature,
        **NOT_BEGUN,
    }


def _job_row(uow: Uow, instance: Owner, o: Opening) -> dict[str, object]:
    work = o.node.work
    return {
        "id": new_id(),
        "site_id": instance.site_id,
        "instance_id": instance.id,
        "token": o.token,
        "business_key": instance.business_key,
        "element": shown(o.node.id),
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
        "equipment": work.equipment,
        "unit": None,
        "command": None,
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
        "reporter": None,
    }


_NEW_TASK = db.insert(t.task)
_NEW_JOB = db.insert(t.job)
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
_RESOLVE = db.Statement(
    sa.text(
        "UPDATE incident SET state = 'resolved', resolved = :now, resolved_by = :by "
        "WHERE instance_id = :instance AND token = :token AND state = 'open' AND reporter IS NULL"
    )
)
_FAILED_AGAIN = db.Statement(
    sa.text(
        "UPDATE incident SET attempts = attempts + 1, kind = :kind, message = :message "
        "WHERE instance_id = :instance AND token = :token AND state = 'open' AND reporter IS NULL"
    )
)
