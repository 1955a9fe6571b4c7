"""Drafts: what somebody has filled in so far, so that a reload or a dead battery loses nothing.

A draft is kept for one person and one task, and shown to nobody else. It is nobody's record yet, so
the audit trail has no entry for it: one for each pause in typing would bury all others.
"""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from engine.kernel import db, json_text
from engine.kernel.actor import Actor
from engine.kernel.clock import iso
from engine.kernel.errors import FieldProblem, Invalid, NotFound
from engine.kernel.store.uow import Uow
from engine.workflow import tables as t
from engine.workflow.work.tasks import TaskAlreadyCompleted, TaskCancelled

MAX_BYTES = 256 * 1024
SLICE = 500


def draft(uow: Uow, *, task: bytes, actor: Actor) -> dict[str, Any]:
    """What the actor has filled in so far; no answers and no instant if nothing.

    Raises:
        NotFound: if there is no such task on the actor's site.
    """
    state = _state(uow, task, actor.site)
    row = uow.one(_DRAFT, task=task, user=actor.name) if state in ("open", "claimed") else None
    if row is None:
        return {"answers": {}, "saved": None}
    return {"answers": json_text.read(row[0]), "saved": iso(row[1])}


def save(uow: Uow, *, task: bytes, answers: Mapping[str, object], actor: Actor) -> dict[str, Any]:
    """Keep what the actor has filled in, in place of what was kept before.

    Raises:
        Invalid: if it is larger than 256 kB.
        TaskAlreadyCompleted, TaskCancelled: if the task is over.
    """
    state = _state(uow, task, actor.site)
    if state == "completed":
        raise TaskAlreadyCompleted("The task was completed meanwhile; nothing more is recorded.")
    if state == "cancelled":
        raise TaskCancelled("The process went on without this task; nothing more is recorded.")
    body = json_text.write(answers)
    if len(body) > MAX_BYTES:
        sentence = (
            f"The draft takes {len(body) // 1024} kB; at most {MAX_BYTES // 1024} kB are kept. "
            "Add large data as files."
        )
        raise Invalid(sentence, errors=[FieldProblem("/answers", sentence)])
    keep(uow, task, body, actor)
    return {"answers": answers, "saved": iso(uow.now_ms)}


def keep(uow: Uow, task: bytes, answers: bytes, actor: Actor) -> None:
    """Write a draft."""
    row = {"task": task, "user": actor.name, "site": actor.site}
    uow.write(_KEEP, row | {"answers": answers, "now": uow.now_ms})


def drop(uow: Uow, *, task: bytes, actor: Actor) -> None:
    """Forget what the actor has filled in."""
    _state(uow, task, actor.site)
    uow.write(_DROP, {"task": task, "user": actor.name})


def stale(uow: Uow) -> bool:
    """Whether there is a draft of a task that is over."""
    return uow.one(_STALE) is not None


def drop_stale(uow: Uow) -> int:
    """Forget drafts of tasks that are over, a slice at a time; the number forgotten."""
    return uow.write(_DROP_STALE, {"limit": SLICE})


def _state(uow: Uow, task: bytes, site: int) -> str:
    row = uow.one(_TASK, task=task)
    if row is None or row[0] != site:
        raise NotFound("There is no such task.")
    return str(row[1])


_d, _t = t.task_draft.c, t.task.c
_TASK = db.Statement(sa.select(_t.site_id, _t.state).where(_t.id == sa.bindparam("task")))
_DRAFT = db.Statement(
    sa.select(_d.answers, _d.at).where(
        _d.task_id == sa.bindparam("task"), _d.user_name == sa.bindparam("user")
    )
)
_KEEP = db.Statement(
    sa.text(
        "INSERT INTO task_draft (task_id, user_name, site_id, answers, at) "
        "VALUES (:task, :user, :site, :answers, :now) "
        "ON CONFLICT (task_id, user_name) DO UPDATE SET answers = excluded.answers, "
        "at = excluded.at"
    )
)
_DROP = db.Statement(sa.text("DELETE FROM task_draft WHERE task_id = :task AND user_name = :user"))
_OVER = (
    "SELECT d.task_id FROM task_draft d JOIN task k ON k.id = d.task_id "
    "WHERE k.state NOT IN ('open', 'claimed') LIMIT "
)
_STALE = db.Statement(sa.text(_OVER + "1"))
_DROP_STALE = db.Statement(sa.text(f"DELETE FROM task_draft WHERE task_id IN ({_OVER}:limit)"))
