"""What came for an instance and is not applied yet: kept in its order.

Results, errors and messages that come while an instance is suspended wait here until it resumes;
signals wait here for everybody, because each receiver moves in a transaction of its own.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa

from engine.kernel import db, json_text
from engine.kernel.actor import Actor
from engine.kernel.ids import new_id, to_text
from engine.kernel.store.uow import Uow
from engine.records.audit import audit
from engine.workflow import tables as t
from engine.workflow.execution.advance import Advance
from engine.workflow.execution.values import VariablesRefused
from engine.workflow.work.events import waits
from engine.workflow.work.running import ACTIVE, Running

RESULT, ERROR = "result", "error"
PUT_OFF_MS = 60_000


class Receiver(NamedTuple):
    """Whose event it is; without an element it is the result of the token's own work."""

    instance: bytes
    token: int
    element: str | None = None


class _Held(NamedTuple):
    id: bytes
    token: int
    element: str | None
    kind: str
    body: bytes
    sender: str
    hops: int


def hold(
    uow: Uow, instance: bytes, token: int, kind: str, body: Mapping[str, object], actor: Actor
) -> None:
    """Keep the result of a token's work, or a BPMN error, for later."""
    hold_each(uow, [Receiver(instance, token)], kind, body, actor)


def hold_each(
    uow: Uow,
    receivers: Sequence[Receiver],
    kind: str,
    body: Mapping[str, object],
    actor: Actor,
    hops: int = 0,
) -> None:
    """Keep the same for each of many, in one statement."""
    text = json_text.write(body)
    uow.write(
        _INSERT,
        [
            {
                "id": new_id(),
                "instance_id": r.instance,
                "token": r.token,
                "element": r.element,
                "kind": kind,
                "body": text,
                "actor": actor.name,
                "hops": hops,
                "at": uow.now_ms,
            }
            for r in receivers
        ],
    )


def waiting(uow: Uow, limit: int) -> list[bytes]:
    """Instances for which something is kept that can be applied, or will never be."""
    return [bytes(row[0]) for row in uow.all(_WAITING, now=uow.now_ms, limit=limit)]


def apply(uow: Uow, running: Running, actor: Actor) -> None:
    """Apply what is kept, oldest first, each in an advance of its own.

    What cannot be taken any more becomes an incident and does not keep the instance suspended.
    """
    kept = [_Held(*row) for row in uow.all(_ALL, instance=running.id)]
    for event in kept:
        if running.state != ACTIVE:
            break
        running.hops = event.hops
        try:
            with uow.savepoint():
                _apply_one(uow, running, event, actor)
        except VariablesRefused as refused:
            refuse(uow, running, event.token, event.element, refused.detail, actor)
    running.hops = 0
    uow.unfinished = True  # what an instance threw before it was suspended waits for this, too
    # By their keys: one that is kept at this moment, in another transaction, must stay.
    uow.write(_DROP_ONE, [{"id": event.id} for event in kept])


def put_off(uow: Uow, *, key: bytes) -> None:
    """Try what is kept for an instance again later, so that it does not stand in others' way."""
    uow.write(_PUT_OFF, {"instance": key, "at": uow.now_ms + PUT_OFF_MS})


def drop(uow: Uow, instance: bytes) -> None:
    """Forget what is kept."""
    uow.write(_DROP, {"instance": instance})


def _apply_one(uow: Uow, running: Running, event: _Held, actor: Actor) -> None:
    advance, body = running.advance(uow), json_text.read(event.body)
    if event.element is not None:
        if not advance.occur(event.token, event.element, body, event.sender):
            return  # it does not wait any more
    elif not _own_work(advance, event, body):
        return
    running.save(uow, advance, actor)


def _own_work(advance: Advance, event: _Held, body: dict[str, Any]) -> bool:
    """The result of a token's work, or its failure; False if another kept event ended it."""
    token = advance.root.token(event.token)
    if token is None:
        return False
    if event.kind == ERROR:
        advance.throw(token, body["code"], body["message"], event.sender)
    else:
        advance.complete(token, body, None, event.sender)
    return True


def refuse(
    uow: Uow, running: Running, owner: int, element: str | None, sentence: str, actor: Actor
) -> None:
    """An incident where it came: at the token, or beside it for a boundary event and the like."""
    advance = running.advance(uow)
    if element is not None and waits.is_beside(advance, owner, element):
        advance.exhausted(owner, element, sentence)
    else:
        token = advance.root.token(owner)
        assert token is not None, "it was there when this was refused"
        advance.trouble(token, "limit", sentence)
        waits.unsubscribe(uow, running.id, owner)
    running.save(uow, advance, actor)
    subject = f"instance:{to_text(running.id)}"
    audit(uow, actor, "event.refused", subject, {"element": element, "reason": sentence})


_h, _i = t.held_event.c, t.instance.c
_INSERT = db.insert(t.held_event)
_ALL = db.Statement(
    sa.select(_h.id, _h.token, _h.element, _h.kind, _h.body, _h.actor, _h.hops)
    .where(_h.instance_id == sa.bindparam("instance"))
    .order_by(_h.id)
)
_WAITING = db.Statement(
    sa.select(_h.instance_id)
    .distinct()
    .join_from(t.held_event, t.instance, _h.instance_id == _i.id)
    .where(_h.at <= sa.bindparam("now"), _i.state != sa.literal_column("'suspended'"))
    .order_by(_h.instance_id)
    .limit(sa.bindparam("limit", type_=sa.Integer))
)
_DROP = db.Statement(sa.delete(t.held_event).where(_h.instance_id == sa.bindparam("instance")))
_DROP_ONE = db.Statement(sa.text("DELETE FROM held_event WHERE id = :id"))
_PUT_OFF = db.Statement(sa.text("UPDATE held_event SET at = :at WHERE instance_id = :instance"))
