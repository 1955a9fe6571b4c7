"""What comes for a suspended instance: kept in its order, applied when it resumes."""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from engine.kernel import db, json_text
from engine.kernel.actor import Actor
from engine.kernel.ids import new_id
from engine.kernel.store.uow import Uow
from engine.workflow import tables as t
from engine.workflow.execution.values import VariablesRefused
from engine.workflow.work.running import ACTIVE, Running

RESULT, ERROR = "result", "error"


def hold(
    uow: Uow, instance: bytes, token: int, kind: str, body: Mapping[str, object], actor: Actor
) -> None:
    """Keep a result (of a job or a message) or a BPMN error for later."""
    uow.write(
        _INSERT,
        {
            "id": new_id(),
            "instance_id": instance,
            "token": token,
            "kind": kind,
            "body": json_text.write(body),
            "actor": actor.name,
        },
    )


def apply(uow: Uow, running: Running, actor: Actor) -> None:
    """Apply what is kept, oldest first, each in an advance of its own.

    What cannot be taken any more becomes an incident and does not keep the instance suspended.
    """
    for token, kind, body, sender in uow.all(_ALL, instance=running.id):
        if running.state != ACTIVE:
            break
        try:
            with uow.savepoint():
                _apply_one(uow, running, token, kind, json_text.read(body), sender, actor)
        except VariablesRefused as refused:
            advance = running.advance(uow)
            stopped = advance.root.token(token)
            assert stopped is not None, "it was there when its result was refused"
            advance.trouble(stopped, "limit", refused.detail)
            running.save(uow, advance, actor)
    drop(uow, running.id)


def drop(uow: Uow, instance: bytes) -> None:
    """Forget what is kept."""
    uow.write(_DROP, {"instance": instance})


def _apply_one(
    uow: Uow,
    running: Running,
    number: int,
    kind: str,
    body: dict[str, Any],
    sender: str,
    actor: Actor,
) -> None:
    advance = running.advance(uow)
    token = advance.root.token(number)
    if token is None:
        return  # another of the kept events ended it
    if kind == ERROR:
        advance.throw(token, body["code"], body["message"], sender)
    else:
        advance.complete(token, body, None, sender)
    running.save(uow, advance, actor)


_h = t.held_event.c
_INSERT = db.insert(t.held_event)
_ALL = db.Statement(
    sa.select(_h.token, _h.kind, _h.body, _h.actor)
    .where(_h.instance_id == sa.bindparam("instance"))
    .order_by(_h.id)
)
_DROP = db.Statement(sa.delete(t.held_event).where(_h.instance_id == sa.bindparam("instance")))
