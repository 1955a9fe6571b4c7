"""What instances throw, on its way out: written with the advance, relayed after its commit."""

from typing import Any, NamedTuple, Protocol

import sqlalchemy as sa

from engine.kernel import db, json_text
from engine.kernel.actor import Actor
from engine.kernel.ids import new_id
from engine.kernel.store.uow import Uow
from engine.workflow import tables as t
from engine.workflow.execution.limits import DELIVERIES
from engine.workflow.execution.openings import THROWING
from engine.workflow.execution.outcome import Left, Outcome, Thrown
from engine.workflow.work.events.waits import MESSAGE

PUT_OFF_MS = 60_000
# A thrower that goes on is a delivery, too, but a loop may throw once for each of many items.
HOP, GOING_ON = 100, 1
MAX_HOPS = DELIVERIES * HOP


class Thrower(Protocol):
    """The instance that throws; `hops` are the deliveries that led to this advance."""

    id: bytes
    site_id: int
    business_key: str | None
    hops: int


class Sent(NamedTuple):
    """A row of the outbox."""

    id: bytes
    site_id: int
    kind: str
    name: str
    business_key: str | None
    variables: bytes
    instance_id: bytes
    token: int | None
    element: str
    optional: bool
    actor: str
    hops: int

    @property
    def values(self) -> dict[str, object]:
        """What it carries."""
        found: dict[str, object] = json_text.read(self.variables)
        return found


def write(uow: Uow, instance: Thrower, outcome: Outcome, actor: Actor) -> None:
    """Forget the messages of tokens that went on without, then send what was thrown now."""
    uow.write(
        _DROP_OF_TOKEN,
        [{"instance": instance.id, "token": x.token} for x in outcome.left if _throws(x)],
    )
    thrown = outcome.signals + [o.thrown for o in outcome.opened.values() if o.thrown is not None]
    if thrown:
        uow.write(_NEW, [_row(uow, instance, x, actor) for x in thrown])
        uow.unfinished = True


def is_chained(hops: int) -> bool:
    """Whether so many deliveries led to an advance that it may throw nothing more."""
    return hops >= MAX_HOPS


def waiting(uow: Uow, kind: str, limit: int) -> list[bytes]:
    """What can be relayed now, oldest first; a suspended instance's messages wait until it goes on.

    The keys alone: whoever relays reads the row again when it holds the locks.
    """
    rows = uow.all(_WAITING, kind=kind, now=uow.now_ms, limit=limit)
    return [bytes(row[0]) for row in rows]


def read(uow: Uow, key: bytes) -> Sent | None:
    """One row, if nobody relayed it meanwhile."""
    row: Any = uow.one(_ONE, id=key)
    return None if row is None else Sent(*row)


def take(uow: Uow, key: bytes) -> bool:
    """Remove a row in the transaction that delivers it; False if somebody else did."""
    return uow.write(_TAKE, {"id": key}) == 1


def put_off(uow: Uow, *, key: bytes) -> None:
    """Try a row again later, so that it does not stand in the way of the others."""
    uow.write(_PUT_OFF, {"id": key, "at": uow.now_ms + PUT_OFF_MS})


def _throws(left: Left) -> bool:
    node = left.node
    return node.type in THROWING and node.event is not None and node.event.kind == MESSAGE


def _row(uow: Uow, instance: Thrower, thrown: Thrown, actor: Actor) -> dict[str, object]:
    key = instance.business_key if thrown.correlation is None else thrown.correlation
    return {
        "id": new_id(),
        "site_id": instance.site_id,
        "kind": thrown.kind,
        "name": thrown.name,
        "business_key": key,
        "variables": json_text.write(thrown.variables),
        "instance_id": instance.id,
        "token": thrown.token if thrown.kind == MESSAGE else None,
        "element": thrown.element,
        "optional": thrown.optional,
        "actor": actor.name,
        "hops": instance.hops,
        "at": uow.now_ms,
    }


_o, _i = t.outbox.c, t.instance.c
_NEW = db.insert(t.outbox)
_DROP_OF_TOKEN = db.Statement(
    sa.text("DELETE FROM outbox WHERE instance_id = :instance AND token = :token")
)
_WAITING = db.Statement(
    sa.select(_o.id)
    .join_from(t.outbox, t.instance, _o.instance_id == _i.id)
    .where(
        _o.kind == sa.bindparam("kind"),
        _o.at <= sa.bindparam("now"),
        sa.or_(
            _o.kind != sa.literal_column(f"'{MESSAGE}'"),
            _i.state != sa.literal_column("'suspended'"),
        ),
    )
    .order_by(_o.id)
    .limit(sa.bindparam("limit", type_=sa.Integer))
)
_ONE = db.Statement(
    sa.select(
        _o.id,
        _o.site_id,
        _o.kind,
        _o.name,
        _o.business_key,
        _o.variables,
        _o.instance_id,
        _o.token,
        _o.element,
        _o.optional,
        _o.actor,
        _o.hops,
    ).where(_o.id == sa.bindparam("id"))
)
_TAKE = db.Statement(sa.text("DELETE FROM outbox WHERE id = :id"))
_PUT_OFF = db.Statement(sa.text("UPDATE outbox SET at = :at WHERE id = :id"))
