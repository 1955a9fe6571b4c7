"""Messages from outside: to the token that waits, to the process they start, or kept for later."""

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
from engine.workflow.work.running import SUSPENDED, lock
from engine.workflow.work.versions.plans import plan_of

MAX_TTL_SECONDS = 90 * 86_400
RECEIVERS_LOOKED_AT = 20


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
    trigger = uow.one(_TRIGGER, name=name, site=actor.site)
    if trigger is not None and instance is None:
        version_id, element = bytes(trigger[0]), trigger[1]
        node = plan_of(version_id).model.nodes[element]
        instances.begin(uow, version_id, node, business_key, values, actor)
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
    receiver = _receiver(uow, name, business_key, instance, actor)
    if receiver is not None:
        _deliver(uow, *receiver, values, actor)
    return receiver is not None


def _receiver(
    uow: Uow, name: str, business_key: str | None, instance: bytes | None, actor: Actor
) -> tuple[bytes, int] | None:
    """The oldest token that waits, if all that wait belong to one instance."""
    filters = {"business_key": business_key, "instance": instance}
    given = {name: value for name, value in filters.items() if value is not None}
    rows = uow.all(_waiting(*given), name=name, site=actor.site, limit=RECEIVERS_LOOKED_AT, **given)
    found = [(bytes(i), token) for i, token in rows]
    if len({i for i, _ in found}) > 1:
        raise MessageAmbiguous(
            f"Several instances wait for {name}"
            + (f" with the business key {business_key}" if business_key is not None else "")
            + ". Send a business key that only one has, or name the instance."
        )
    return found[0] if found else None


def _deliver(uow: Uow, instance: bytes, token: int, values: Variables, actor: Actor) -> None:
    running = lock(uow, instance, actor.site)
    if uow.write(_UNSUBSCRIBE, {"instance": instance, "token": token}) != 1:
        raise Conflict("Another message was delivered there meanwhile; send this one again.")
    if running.state == SUSPENDED:
        held.hold(uow, instance, token, held.RESULT, values, actor)
        return
    advance = running.advance(uow)
    found = advance.root.token(token)
    assert found is not None, "a subscription belongs to a live token"
    advance.complete(found, values, None, actor.name)
    running.save(uow, advance, actor)


_s, _p = t.subscription.c, t.process_trigger.c


@lru_cache
def _waiting(*filters: str) -> db.Statement:
    columns = {"business_key": _s.business_key, "instance": _s.instance_id}
    return db.Statement(
        sa.select(_s.instance_id, _s.token)
        .where(
            _s.name == sa.bindparam("name"),
            _s.site_id == sa.bindparam("site"),
            *(columns[name] == sa.bindparam(name) for name in filters),
        )
        .order_by(_s.instance_id, _s.token)
        .limit(sa.bindparam("limit", type_=sa.Integer))
    )


_UNSUBSCRIBE = db.Statement(
    sa.text("DELETE FROM subscription WHERE instance_id = :instance AND token = :token")
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
