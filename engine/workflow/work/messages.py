"""Messages: to the token that waits, to the process they start, or kept for later."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import sqlalchemy as sa

from engine.kernel import db, json_text
from engine.kernel.actor import Actor
from engine.kernel.clock import iso
from engine.kernel.errors import Conflict
from engine.kernel.ids import new_id
from engine.kernel.store.uow import Uow
from engine.records.audit import audit
from engine.workflow import tables as t
from engine.workflow.execution.frontier import Variables
from engine.workflow.execution.values import clean
from engine.workflow.work import held, instances
from engine.workflow.work.events import waits
from engine.workflow.work.held import Receiver
from engine.workflow.work.running import SUSPENDED, Running, lock
from engine.workflow.work.versions.plans import plan_of

MAX_TTL_SECONDS = 90 * 86_400
RECEIVERS_LOOKED_AT = 20
ATTEMPTS = 3


class MessageAmbiguous(Conflict):
    """Several instances wait; nothing says which one is meant."""

    code = "message-ambiguous"
    title = "Several receivers wait for this message"


def send(
    uow: Uow,
    *,
    name: str,
    actor: Actor,
    business_key: str | None = None,
    variables: Mapping[str, object] | None = None,
    ttl_seconds: int | None = None,
    instance: bytes | None = None,
) -> dict[str, Any]:
    """Deliver a message to one receiver.

    A waiting token comes before a process that the message starts; nobody there and a `ttl_seconds`
    given, the message is kept that long.

    Raises:
        MessageAmbiguous: if several instances wait and neither business key nor instance tells.
    """
    values = clean(variables or {})
    audit(uow, actor, "message.sent", f"message:{name}", {"business_key": business_key})
    if _to_receiver(uow, name, business_key, instance, values, actor):
        return {"delivered": 1}
    if instance is None and start(uow, name, business_key, values, actor):
        return {"delivered": 1}
    if not ttl_seconds:
        return {"delivered": 0}
    uow.alone(f"message:{actor.site}:{name}")  # a receiver may have come while we looked
    if _to_receiver(uow, name, business_key, instance, values, actor):
        return {"delivered": 1}
    expires = uow.now_ms + 1000 * min(ttl_seconds, MAX_TTL_SECONDS)
    _keep(uow, name, business_key, values, expires, actor)
    return {"delivered": 0, "waiting_until": iso(expires)}


def next_expiry(uow: Uow) -> bool:
    """Whether a kept message's time is over."""
    return uow.one(_EXPIRED, now=uow.now_ms) is not None


def drop_expired(uow: Uow) -> int:
    """Forget kept messages whose time is over; the number forgotten."""
    return uow.write(_DROP_EXPIRED, {"now": uow.now_ms})


def _keep(
    uow: Uow,
    name: str,
    business_key: str | None,
    values: Variables,
    expires: int,
    actor: Actor,
) -> None:
    uow.write(
        _KEEP,
        {
            "id": new_id(),
            "site_id": actor.site,
            "name": name,
            "business_key": business_key,
            "variables": json_text.write(values),
            "sender": actor.name,
            "expires": expires,
        },
    )


def _to_receiver(
    uow: Uow,
    name: str,
    business_key: str | None,
    instance: bytes | None,
    values: Variables,
    actor: Actor,
) -> bool:
    for _ in range(ATTEMPTS):
        found = receiver(uow, name, business_key, actor.site, instance)
        if found is None:
            return False
        if deliver(uow, lock(uow, found.instance, actor.site), found, values, actor):
            return True
    raise Conflict("Other messages were delivered there meanwhile; send this one again.")


def receiver(
    uow: Uow, name: str, business_key: str | None, site: int, instance: bytes | None = None
) -> Receiver | None:
    """Who has waited longest for a message, if all that wait belong to one instance.

    Raises:
        MessageAmbiguous: if they do not.
    """
    filters = {"business_key": business_key, "instance": instance}
    given = {name: value for name, value in filters.items() if value is not None}
    rows = uow.all(_waiting(*given), name=name, site=site, limit=RECEIVERS_LOOKED_AT, **given)
    found = [Receiver(bytes(i), token, element) for i, token, element in rows]
    if len({r.instance for r in found}) > 1:
        raise MessageAmbiguous(
            f"Several instances wait for {name}"
            + (f" with the business key {business_key}" if business_key is not None else "")
            + ". Send a business key that only one has, or name the instance."
        )
    return found[0] if found else None


def deliver(uow: Uow, running: Running, to: Receiver, values: Variables, actor: Actor) -> bool:
    """Hand a message to its receiver, whose instance is locked; False if it waits no more."""
    assert to.element is not None
    if not waits.still_waits(uow, to.instance, to.token, to.element):
        return False
    advance = running.advance(uow)
    if running.state == SUSPENDED:
        held.hold_each(uow, [to], held.RESULT, values, actor)
        waits.take_up(uow, running.id, advance, to.token, to.element)
        return True
    if not advance.occur(to.token, to.element, values, actor.name):
        waits.unsubscribe(uow, running.id, to.token, to.element)
        return False
    running.save(uow, advance, actor)
    return True


def start(
    uow: Uow,
    name: str,
    business_key: str | None,
    values: Variables,
    actor: Actor,
    hops: int = 0,
) -> Running | None:
    """Start the process that a message starts; None if there is none."""
    trigger = uow.one(_TRIGGER, name=name, site=actor.site)
    if trigger is None:
        return None
    version_id, element = bytes(trigger[0]), trigger[1]
    node = plan_of(version_id).model.nodes[element]
    return instances.begin(uow, version_id, node, business_key, values, actor, hops)


_s, _p = t.subscription.c, t.process_trigger.c


@lru_cache
def _waiting(*filters: str) -> db.Statement:
    columns = {"business_key": _s.business_key, "instance": _s.instance_id}
    return db.Statement(
        sa.select(_s.instance_id, _s.token, _s.element)
        .where(
            _s.kind == sa.literal_column("'message'"),
            _s.name == sa.bindparam("name"),
            _s.site_id == sa.bindparam("site"),
            *(columns[name] == sa.bindparam(name) for name in filters),
        )
        .order_by(_s.instance_id, sa.func.abs(_s.token), _s.element)
        .limit(sa.bindparam("limit", type_=sa.Integer))
    )


_TRIGGER = db.Statement(
    sa.select(_p.version_id, _p.element).where(
        _p.kind == sa.literal_column("'message'"),
        _p.name == sa.bindparam("name"),
        _p.site_id == sa.bindparam("site"),
    )
)
_KEEP = db.insert(t.waiting_message)
_EXPIRED = db.Statement(sa.text("SELECT id FROM waiting_message WHERE expires <= :now LIMIT 1"))
_DROP_EXPIRED = db.Statement(sa.text("DELETE FROM waiting_message WHERE expires <= :now"))
