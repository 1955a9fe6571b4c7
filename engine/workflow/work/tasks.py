"""Work for people: claim, assign and complete tasks."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa

from engine.access.permissions import Permission, permissions_of
from engine.kernel import db, guards
from engine.kernel.actor import Actor, Role
from engine.kernel.clock import iso
from engine.kernel.errors import Conflict, NotFound, Stale
from engine.kernel.ids import to_text
from engine.kernel.store.uow import Uow
from engine.records.audit import audit
from engine.workflow import tables as t
from engine.workflow.definition.model import WAITING_TASKS
from engine.workflow.execution.advance import Advance
from engine.workflow.execution.frontier import Variables
from engine.workflow.execution.tree import Token
from engine.workflow.work.evidence.answers import attach_files, read_answers
from engine.workflow.work.evidence.signing import Given, check_signature, write_signature
from engine.workflow.work.recording.rows import (
    CLOCK_COLUMNS,
    OWN_COLUMNS,
    TASK_COLUMNS,
    TASK_NAMES,
    WorkTime,
    etag,
    item,
)
from engine.workflow.work.running import COLUMNS, Running, running


class TaskClaimed(Conflict):
    """Another person holds the task."""

    code = "task-claimed"
    title = "Task claimed by another person"


class TaskAlreadyCompleted(Conflict):
    """The task was completed before."""

    code = "task-already-completed"
    title = "Task already completed"


class TaskCancelled(Conflict):
    """The process went on without the task."""

    code = "task-cancelled"
    title = "Task cancelled"


@dataclass(slots=True)
class Task:
    """A row of `task`, with the instance it belongs to."""

    instance: Running
    id: bytes
    token: int
    element: str
    name: str
    form: str | None
    role: str
    equipment: str | None
    qualification: str | None
    state: str
    assignee: str | None
    priority: int
    created: int
    due: int | None
    follow_up: int | None
    closed: int | None
    closed_by: str | None
    operation: str | None
    signature: str | None
    time: WorkTime

    @property
    def subject(self) -> str:
        """How audit entries and reasons name the task."""
        return f"task:{to_text(self.id)}"

    @property
    def etag(self) -> str:
        """What changes whenever the task changes hands or ends."""
        return etag(self.state, self.assignee)

    def as_item(self, now: int) -> dict[str, Any]:
        """The task as the API shows it."""
        time = self.time
        return item(
            (
                self.id,
                self.instance.id,
                self.instance.business_key,
                self.element,
                self.name,
                self.form,
                self.role,
                self.equipment,
                self.qualification,
                self.state,
                self.assignee,
                self.priority,
                self.created,
                self.due,
                self.follow_up,
                self.closed,
                self.closed_by,
                self.operation,
                self.signature,
                *(time.started, time.since, time.worked, time.paused, time.reason),
                self.instance.state,
            ),
            now,
        )


# ---- commands ----


def claim(uow: Uow, *, task: bytes, actor: Actor, expected: str | None = None) -> dict[str, Any]:
    """Take an open task; its holder may claim it again."""
    found = lock(uow, task, actor.site, expected)
    guards.check(uow, found, actor)
    time = found.time
    if found.state == "open" or (time.since is None and time.paused is None):
        time.run(uow.now_ms)
        _assign(uow, found, actor.name)
        audit(uow, actor, "task.claimed", found.subject)
    return found.as_item(uow.now_ms)


def unclaim(uow: Uow, *, task: bytes, actor: Actor, expected: str | None = None) -> dict[str, Any]:
    """Give a claimed task back; a team lead may do so for another."""
    found = lock(uow, task, actor.site, expected)
    check_open(found)
    if found.assignee not in (None, actor.name) and Role.TEAM_LEAD not in actor.roles:
        raise TaskClaimed(f"{found.assignee} holds this task; only a team lead may free it.")
    if found.state == "claimed":
        found.time.stand(uow.now_ms)
        _assign(uow, found, None)
        audit(uow, actor, "task.unclaimed", found.subject)
    return found.as_item(uow.now_ms)


def assign(
    uow: Uow,
    *,
    task: bytes,
    user: str,
    roles: frozenset[str],
    actor: Actor,
    expected: str | None = None,
) -> dict[str, Any]:
    """Give a task to a person, whose `roles` must fit it; their work begins when they claim it."""
    found = lock(uow, task, actor.site, expected)
    check_open(found)
    person = Actor(user, roles, actor.site)
    may_work = Permission.TASK_COMPLETE in permissions_of(roles)
    if not may_work or (found.role and found.role not in roles):
        raise Conflict(
            f"{user} cannot be given this task: it needs the role {found.role or 'of a worker'}."
        )
    found.time.stand(uow.now_ms)
    _assign(uow, found, person.name)
    audit(uow, actor, "task.assigned", found.subject, {"user": user})
    return found.as_item(uow.now_ms)


def complete(
    uow: Uow,
    *,
    task: bytes,
    variables: Mapping[str, object],
    actor: Actor,
    signature: Given | None = None,
    automatic: Variables | None = None,
    expected: str | None = None,
) -> dict[str, Any]:
    """Complete a task with the answers of its form and run the instance on to its next rest.

    Args:
        automatic: by field, which measurement of a machine the answer is; recorded beside it.
        signature: given beside the answers; its signer is proven already.

    Returns:
        the closed task with `instance_state` and `next`, the open tasks of the instance.
    """
    found = lock(uow, task, actor.site, expected)
    guards.check(uow, found, actor)
    check_signature(uow, found, signature, actor)
    instance, step = found.instance, found.instance.steps + 1
    advance = instance.advance(uow)
    token = resting(advance, found)
    answers = read_answers(uow, token, variables, actor.site)
    token.begun, token.automatic = found.time.started, automatic
    close(uow, found, actor)
    before = instance.stored(found.id)
    advance.complete(token, answers.variables, answers.further, actor.name)
    instance.save(uow, advance, actor, undo=before)
    audit(uow, actor, "task.completed", found.subject)
    attach_files(uow, answers, [found.subject, f"instance:{to_text(instance.id)}"], actor)
    signed = replace(answers, automatic=automatic) if automatic else answers
    write_signature(uow, found, signed, signature, step, actor)
    return found.as_item(uow.now_ms) | {
        "instance_state": instance.state,
        "next": open_tasks(uow, instance, advance),
    }


def close(uow: Uow, task: Task, actor: Actor) -> None:
    """Write that somebody has completed a task, and how long they worked on it."""
    time, now = task.time, uow.now_ms
    time.started = now if time.started is None else time.started
    time.stand(now)
    task.state, task.closed, task.closed_by = "completed", now, actor.name
    place = {"id": task.id, "now": now, "by": actor.name}
    uow.write(_CLOSE, place | {"started": time.started, "worked": time.worked})


def resting(advance: Advance, task: Task) -> Token:
    """The token that waits for a task.

    Raises:
        Conflict: if it waits for an incident.
    """
    token = advance.root.token(task.token)
    if token is None or token.incident:
        raise Conflict("The task waits for an incident to be resolved.")
    return token


def open_tasks(uow: Uow, instance: Running, advance: Advance) -> list[dict[str, Any]]:
    """The open tasks of an instance; the database is asked only for those opened earlier."""
    opened = {row["token"] for row in instance.opened}
    tokens = [x for x in advance.root.tokens() if x.node.type in WAITING_TASKS and not x.incident]
    if all(token.number in opened for token in tokens):
        rows: list[Any] = [[row[name] for name in TASK_NAMES] for row in instance.opened]
    else:
        rows = uow.all(_OPEN_OF_INSTANCE, instance=instance.id)
    return [item((*row, instance.state), uow.now_ms) for row in rows]


def locking_order(uow: Uow, tasks: list[bytes | None]) -> list[int]:
    """The positions of tasks ordered by their instances, so that no two callers wait crosswise."""

    def owner(task: bytes | None) -> bytes:
        row = uow.one(_OWNER, task=task) if task is not None else None
        return bytes(row[0]) if row is not None else b""

    owners = [owner(task) for task in tasks]
    return sorted(range(len(tasks)), key=lambda n: (owners[n], n))


def lock(uow: Uow, task: bytes, site_id: int, expected: str | None = None) -> Task:
    """A task and its instance, locked until the end of the transaction.

    Raises:
        NotFound: if there is none on this site.
        Stale: if the caller saw another state than the present one.
    """
    row = uow.one(_LOCK, task=task)
    if row is None or row[_OWN] != site_id:
        raise NotFound("There is no such task.")
    owner = running((row[_OWN + 1], row[_OWN], *row[_OWN + 2 :]))
    own = (*row[:_CLOCK], WorkTime(*row[_CLOCK:_OWN]))
    found = Task(owner, *own)
    if expected is not None and expected != found.etag:
        raise Stale("The task changed since you read it; read it again.")
    return found


def check_open(task: Task) -> None:
    """Refuse a task that is over.

    Raises:
        TaskAlreadyCompleted, TaskCancelled: naming who and when.
    """
    if task.state in ("completed", "cancelled"):
        raise closed(task)


def closed(task: Task) -> Conflict:
    """The refusal for a task that is over, naming who and when."""
    if task.state == "completed":
        return TaskAlreadyCompleted(
            f"{task.closed_by} completed this task at {iso(task.closed)}.",
            completed_by=task.closed_by,
            completed_at=iso(task.closed),
        )
    return TaskCancelled(f"The process went on without this task at {iso(task.closed)}.")


def _assign(uow: Uow, task: Task, user: str | None) -> None:
    task.state, task.assignee = ("claimed" if user else "open"), user
    hands = {"id": task.id, "state": task.state, "assignee": user}
    uow.write(_ASSIGN, hands | task.time.as_columns())


_t = t.task.c
_TASK = (_t.id, *OWN_COLUMNS)
_OWN = len(_TASK)
_CLOCK = _OWN - len(CLOCK_COLUMNS)
# Task and instance are locked together: with the instance alone a waiter would see the old task.
_LOCK = db.Statement(
    sa.select(*_TASK, t.instance.c.site_id, t.instance.c.id, *COLUMNS[2:])
    .join_from(t.task, t.instance, _t.instance_id == t.instance.c.id)
    .where(_t.id == sa.bindparam("task"))
    .with_for_update(of=(t.instance, t.task))
)
_OWNER = db.Statement(sa.select(_t.instance_id).where(_t.id == sa.bindparam("task")))
# Who held the task and who completed it is the same person, so it is written once.
_CLOSE = db.Statement(
    sa.text(
        "UPDATE task SET state = 'completed', closed = :now, closed_by = :by, assignee = NULL, "
        "started = :started, working_since = NULL, worked = :worked, paused = NULL, "
        "pause_reason = NULL WHERE id = :id"
    )
)
_ASSIGN = db.Statement(
    sa.text(
        "UPDATE task SET state = :state, assignee = :assignee, started = :started, "
        "working_since = :working_since, worked = :worked, paused = :paused, "
        "pause_reason = :pause_reason WHERE id = :id"
    )
)
_OPEN_OF_INSTANCE = db.Statement(
    sa.select(*TASK_COLUMNS)
    .where(
        _t.instance_id == sa.bindparam("instance"),
        _t.state.in_((sa.literal_column("'open'"), sa.literal_column("'claimed'"))),
    )
    .order_by(_t.token)
)
