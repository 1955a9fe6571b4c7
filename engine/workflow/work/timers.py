"""What the time does: catch events, boundary events and timer starts, from the due table.

A row that is due is taken, fired and removed in one transaction, so it fires once, however many
processes look; what became due while the plant was off fires once when it is on again.
"""

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from engine.kernel import db, site
from engine.kernel.actor import Actor
from engine.kernel.clock import to_ms
from engine.kernel.log import log
from engine.kernel.store.uow import Uow
from engine.records.audit import audit
from engine.workflow import tables as t
from engine.workflow.definition.expressions import ExpressionFailed
from engine.workflow.definition.model import Node, ProcessModel
from engine.workflow.definition.times import Cycle, TimeRefused, add, due_at, read_cycle
from engine.workflow.work import instances
from engine.workflow.work.running import ACTIVE, lock
from engine.workflow.work.versions.plans import PlanMissing, plan_of

SLICE = 20
START = "start"
PUT_OFF_MS = 60_000


def next_due(uow: Uow) -> bool:
    """Whether something is due now."""
    return bool(uow.all(_DUE, now=uow.now_ms, limit=1))


def fire_due(uow: Uow) -> int:
    """Fire what is due now, a slice at a time; the number fired.

    One that cannot be fired is put off, so that it does not stand in the way of the others.
    """
    rows = uow.all(_DUE, now=uow.now_ms, limit=SLICE)
    for owner, token, element, kind, site_id, remaining in rows:
        try:
            with uow.savepoint():
                if kind == START:
                    _start(uow, bytes(owner), element, remaining, site_id)
                else:
                    _fire(uow, bytes(owner), token, element, kind, site_id)
        except PlanMissing:
            raise
        except Exception:  # whatever is wrong with one must not stop the others for ever
            log.exception("timer_put_off", element=element)
            later = {"at": uow.now_ms + PUT_OFF_MS}
            uow.write(_PUT_OFF, _key(owner, token, element) | later)
    return len(rows)


def _fire(uow: Uow, instance: bytes, token: int, element: str, kind: str, site_id: int) -> None:
    actor = Actor("system:timers", site=site_id)
    running = lock(uow, instance, site_id)
    if running.state != ACTIVE or uow.write(_TAKE, _key(instance, token, element)) != 1:
        return  # suspended or fired by another process since we looked
    advance = running.advance(uow)
    found = advance.root.token(token)
    assert found is not None, "a timer belongs to a live token"
    if kind == "catch":
        advance.complete(found, {}, None, None)
    else:
        advance.fire(found, element)
    running.save(uow, advance, actor)
    audit(uow, actor, "timer.fired", instances.subject(instance), {"element": element})


def _start(uow: Uow, version_id: bytes, element: str, remaining: int | None, site_id: int) -> None:
    """Start a process by its timer; a cycle is due again one period later, missed ones are not
    made up for."""
    if uow.write(_TAKE, _key(version_id, 0, element)) != 1:
        return
    model = plan_of(version_id).model
    node = model.nodes[element]
    cycle = _cycle(uow, node, site_id)
    if cycle is not None and remaining != 1:
        following = add(uow.now, cycle.period)
        left = None if remaining is None else remaining - 1
        uow.write(_NEW, _row(version_id, element, following, left))
    actor = Actor("system:timers", site=site_id)
    instances.begin(uow, version_id, node, None, {}, actor)


def arm_starts(uow: Uow, version_id: bytes, model: ProcessModel, site_id: int) -> None:
    """Let the timer starts of a version count from now; called when it is released.

    Raises:
        TimeRefused, ExpressionFailed: if a time cannot be told.
    """
    for node in model.root.starts:
        if node.event is None or node.event.timer is None:
            continue
        cycle = _cycle(uow, node, site_id)
        if cycle is not None:
            at = cycle.start or add(uow.now, cycle.period)
            uow.write(_NEW, _row(version_id, node.id, at, cycle.repeats))
        else:
            at = due_at(_text(node), uow.now, site.zone(uow, site_id))
            uow.write(_NEW, _row(version_id, node.id, at, 1))


def disarm_starts(uow: Uow, version_id: bytes) -> None:
    """Forget the timer starts of a version that is no longer the released one."""
    uow.write(_DISARM, {"owner": version_id})


def _cycle(uow: Uow, node: Node, site_id: int) -> Cycle | None:
    if node.event is None or node.event.timer is None or node.event.timer.kind != "cycle":
        return None
    return read_cycle(_text(node), site.zone(uow, site_id))


def _text(node: Node) -> str:
    assert node.event is not None
    assert node.event.timer is not None
    found = node.event.timer.value.resolve({})
    if not isinstance(found, str):
        raise ExpressionFailed(f"Expected a time as text, such as PT2H, but got {found!r}.")
    return found


def _key(owner: bytes, token: int, element: str) -> dict[str, object]:
    return {"owner": owner, "token": token, "element": element}


def _row(owner: bytes, element: str, at: datetime, remaining: int | None) -> dict[str, Any]:
    return {
        "owner_id": owner,
        "token": 0,
        "element": element,
        "kind": START,
        "at": to_ms(at),
        "remaining": remaining,
    }


_d, _i, _v = t.due.c, t.instance.c, t.process_version.c
# Timers of suspended instances stay where they are and fire once when the instance resumes.
_DUE = db.Statement(
    sa.select(
        _d.owner_id,
        _d.token,
        _d.element,
        _d.kind,
        sa.func.coalesce(_i.site_id, _v.site_id),
        _d.remaining,
    )
    .select_from(
        t.due.outerjoin(t.instance, _d.owner_id == _i.id).outerjoin(
            t.process_version, _d.owner_id == _v.id
        )
    )
    .where(
        _d.at <= sa.bindparam("now"),
        sa.or_(_i.state == sa.literal_column(f"'{ACTIVE}'"), _v.id.is_not(None)),
    )
    .order_by(_d.at)
    .limit(sa.bindparam("limit", type_=sa.Integer))
)
_TAKE = db.Statement(
    sa.text("DELETE FROM due WHERE owner_id = :owner AND token = :token AND element = :element")
)
_PUT_OFF = db.Statement(
    sa.text(
        "UPDATE due SET at = :at WHERE owner_id = :owner AND token = :token AND element = :element"
    )
)
_DISARM = db.Statement(sa.text("DELETE FROM due WHERE owner_id = :owner"))
_NEW = db.insert(t.due)

__all__ = ["TimeRefused", "arm_starts", "disarm_starts", "fire_due"]
