"""Signals: to all who wait for them, and a start of every process that they start."""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from engine.kernel import db
from engine.kernel.actor import Actor
from engine.kernel.store.uow import Uow
from engine.records.audit import audit
from engine.workflow import tables as t
from engine.workflow.execution.frontier import Variables
from engine.workflow.execution.values import clean
from engine.workflow.work import held, instances
from engine.workflow.work.held import Receiver
from engine.workflow.work.versions.plans import plan_of


def broadcast(
    uow: Uow, *, name: str, actor: Actor, variables: Mapping[str, object] | None = None
) -> dict[str, Any]:
    """Tell a signal to all who wait for it now; nobody there, and nothing happens."""
    values = clean(variables or {})
    audit(uow, actor, "signal.broadcast", f"signal:{name}")
    return {"delivered": spread(uow, name, values, actor)}


def spread(uow: Uow, name: str, values: Variables, actor: Actor, hops: int = 0) -> int:
    """Keep a signal for each who waits, and start what it starts; the number of both.

    Each receiver moves in a transaction of its own, soon after this one.
    """
    rows = uow.all(_WAITING, name=name, site=actor.site)
    receivers = [Receiver(bytes(i), token, element) for i, token, element in rows]
    if receivers:
        held.hold_each(uow, receivers, held.RESULT, values, actor, hops)
        uow.unfinished = True
    triggers = uow.all(_TRIGGERS, name=name, site=actor.site)
    for version_id, element in triggers:
        node = plan_of(bytes(version_id)).model.nodes[element]
        instances.begin(uow, bytes(version_id), node, None, dict(values), actor, hops)
    return len(receivers) + len(triggers)


_s, _p = t.subscription.c, t.process_trigger.c
_WAITING = db.Statement(
    sa.select(_s.instance_id, _s.token, _s.element)
    .where(
        _s.kind == sa.literal_column("'signal'"),
        _s.name == sa.bindparam("name"),
        _s.site_id == sa.bindparam("site"),
    )
    .order_by(_s.instance_id, sa.func.abs(_s.token), _s.element)
)
_TRIGGERS = db.Statement(
    sa.select(_p.version_id, _p.element)
    .where(
        _p.kind == sa.literal_column("'signal'"),
        _p.name == sa.bindparam("name"),
        _p.site_id == sa.bindparam("site"),
    )
    .order_by(_p.version_id, _p.element)
)
