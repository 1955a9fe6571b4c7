"""Pauses: who holds a task does something else for a while, and its time stands."""

from typing import Any

import sqlalchemy as sa

from engine.kernel import db
from engine.kernel.actor import Actor
from engine.kernel.errors import Conflict
from engine.kernel.store.uow import Uow
from engine.records.audit import audit
from engine.workflow.work import tasks
from engine.workflow.work.tasks import Task, TaskClaimed


class TaskNotClaimed(Conflict):
    """Nobody holds the task."""

    code = "task-not-claimed"
    title = "Task not claimed"


def pause(
    uow: Uow, *, task: bytes, actor: Actor, reason: str | None = None, expected: str | None = None
) -> dict[str, Any]:
    """Let the time of a task that the actor holds stand; once more only changes the reason."""
    found = _held(uow, task, actor, expected)
    if found.time.paused is None:
        found.time.pause(uow.now_ms, reason)
    else:
        found.time.reason = reason
    return _write(uow, found, actor, "task.paused", {"reason": reason} if reason else None)


def resume(uow: Uow, *, task: bytes, actor: Actor, expected: str | None = None) -> dict[str, Any]:
    """Go on with a task that the actor holds."""
    found = _held(uow, task, actor, expected)
    if found.time.since is not None:
        return found.as_item(uow.now_ms)
    found.time.run(uow.now_ms)
    return _write(uow, found, actor, "task.resumed", None)


def _held(uow: Uow, task: bytes, actor: Actor, expected: str | None) -> Task:
    found = tasks.lock(uow, task, actor.site, expected)
    tasks.check_open(found)
    if found.assignee is None:
        raise TaskNotClaimed("Nobody works on this task; claim it first.")
    if found.assignee != actor.name:
        raise TaskClaimed(f"{found.assignee} holds this task; only they may pause it.")
    return found


def _write(
    uow: Uow, found: Task, actor: Actor, action: str, detail: dict[str, object] | None
) -> dict[str, Any]:
    uow.write(_CLOCK, {"id": found.id} | found.time.as_columns())
    audit(uow, actor, action, found.subject, detail)
    return found.as_item(uow.now_ms)


_CLOCK = db.Statement(
    sa.text(
        "UPDATE task SET started = :started, working_since = :working_since, worked = :worked, "
        "paused = :paused, pause_reason = :pause_reason WHERE id = :id"
    )
)
