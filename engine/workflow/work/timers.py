"""What the time does: events of tokens and scopes, and timer starts, from the due table.

A row that is due is taken, fired and replaced by its cycle's next round in one transaction, so it
fires once, however many processes look, and whatever the clock does. What became due while the
plant was off fires once when it is on again.

A cycle without a count may start processes for ever; in an instance it ends, after 1,000 rounds,
as an incident. There NULL in `remaining` stands for the rounds it may have and the one too many.
"""

from typing import Any, NamedTuple

import sqlalchemy as sa

from engine.kernel import db, site
from engine.kernel.actor import Actor
from engine.kernel.clock import from_ms, to_ms
from engine.kernel.log import log
from engine.kernel.store.uow import Uow
from engine.records.audit import audit
from engine.workflow import tables as t
from engine.workflow.definition.expressions import ExpressionFailed
from engine.workflow.definition.model import Node, ProcessModel, Timer
from engine.workflow.definition.times import (
    MAX_REPEATS,
    Occurrence,
    TimeRefused,
    endless,
    first,
    following,
)
from engine.workflow.execution.advance import Advance
from engine.workflow.work import instances
from engine.workflow.work.running import ACTIVE, lock
from engine.workflow.work.versions.plans import PlanMissing, plan_of

SLICE = 20
START = "start"
PUT_OFF_MS = 60_000
# A deadlock or a conflict is no fault of the timer: the store tries the whole slice again.
ASKED_AGAIN = frozenset({"40001", "40P01"})
TOO_OFTEN = (
    f"A cycle without a count may come {MAX_REPEATS:,} times in one wait, and it did. "
    "Retry goes on from here once more; give the cycle a count, such as R10/PT1H."
)


class _Due(NamedTuple):
    owner: bytes
    token: int
    element: str
    kind: str
    site_id: int
    at: int
    remaining: int | None
    repeat: str | None

    @property
    def key(self) -> dict[str, object]:
        """Which round of which row it is; its next round has the same owner and element."""
        place = {"owner": self.owner, "token": self.token, "element": self.element}
        return place | {"round": self.at}


def next_due(uow: Uow) -> bool:
    """Whether something is due now."""
    return bool(uow.all(_DUE, now=uow.now_ms, limit=1))


def fire_due(uow: Uow) -> int:
    """Deal with what is due now, a slice at a time; the number fired or put off.

    One that cannot be fired is put off, so that it does not stand in the way of the others.
    """
    done = 0
    for owner, *others in uow.all(_DUE, now=uow.now_ms, limit=SLICE):
        due = _Due(bytes(owner), *others)
        try:
            with uow.savepoint():
                fire = _start if due.kind == START else _fire
                done += fire(uow, due)
        except PlanMissing:
            raise
        except Exception as error:  # whatever is wrong with one must not stop the others for ever
            if getattr(error, "sqlstate", None) in ASKED_AGAIN:
                raise
            log.exception("timer_put_off", element=due.element)
            _tell(uow, due, error)
            done += uow.write(_PUT_OFF, due.key | {"at": uow.now_ms + PUT_OFF_MS})
    return done


def _tell(uow: Uow, due: _Due, error: Exception) -> None:
    """A timer start has no instance that could be an incident: the audit trail tells of it."""
    if due.kind == START:
        actor = Actor("system:timers", site=due.site_id)
        model = plan_of(due.owner).model
        detail = {"element": due.element, "problem": str(error) or type(error).__name__}
        audit(uow, actor, "timer.put_off", f"process:{model.key}", detail)


def _fire(uow: Uow, due: _Due) -> bool:
    """Let an event of an instance happen; False if somebody was faster.

    The instance is locked before its row is taken: the order of everybody who moves it.
    """
    actor = Actor("system:timers", site=due.site_id)
    running = lock(uow, due.owner, due.site_id)
    if running.state != ACTIVE or uow.write(_TAKE, due.key) != 1:
        return False  # since we looked, suspended or fired by another process
    advance = running.advance(uow)
    left = _left(due)
    if due.repeat is not None and endless(due.repeat) and left == 1:
        advance.exhausted(due.token, due.element, TOO_OFTEN)
    elif not advance.occur(due.token, due.element, {}, None):
        return False
    elif due.repeat is not None and advance.waits_on(due.token, due.element):
        _come_again(uow, advance, due, left)
    running.save(uow, advance, actor)
    audit(uow, actor, "timer.fired", instances.subject(due.owner), {"element": due.element})
    return True


def _left(due: _Due) -> int | None:
    """The rounds that are left in an instance, with this one."""
    if due.remaining is None and due.repeat is not None and endless(due.repeat):
        return MAX_REPEATS + 1
    return due.remaining


def _come_again(uow: Uow, advance: Advance, due: _Due, remaining: int | None) -> None:
    """Write the next round before the advance is saved, which forgets it if its owner moves on."""
    try:
        after = _following(uow, due, remaining)
    except TimeRefused as refused:
        advance.exhausted(due.token, due.element, f"The next round cannot be told: {refused}")
    else:
        if after is not None:
            uow.write(_NEW, _row(due.owner, due.token, due.element, due.kind, after))


def _start(uow: Uow, due: _Due) -> bool:
    """Start a process by its timer; its cycle goes on. False if somebody was faster."""
    if uow.write(_TAKE, due.key) != 1:
        return False
    node = plan_of(due.owner).model.nodes[due.element]
    if due.repeat is None and _timer(node).kind == "cycle":
        due = due._replace(repeat=_text(node))  # stored by a version that kept no text
    if due.repeat is not None:
        after = _following(uow, due, due.remaining)
        if after is not None:
            uow.write(_NEW, _row(due.owner, 0, due.element, START, after))
    actor = Actor("system:timers", site=due.site_id)
    instances.begin(uow, due.owner, node, None, {}, actor)
    return True


def _following(uow: Uow, due: _Due, remaining: int | None) -> Occurrence | None:
    assert due.repeat is not None
    return following(
        due.repeat, from_ms(due.at), uow.now, lambda: site.zone(uow, due.site_id), remaining
    )


def arm_starts(uow: Uow, version_id: bytes, model: ProcessModel, site_id: int) -> None:
    """Let the timer starts of a version count from now; called when it is released.

    Raises:
        TimeRefused, ExpressionFailed: if a time cannot be told.
    """
    for node in model.root.starts:
        if node.event is not None and node.event.timer is not None:
            kind, calendar = node.event.timer.kind, node.work.calendar
            found = first(kind, _text(node), uow.now, lambda: site.zone(uow, site_id), calendar)
            uow.write(_NEW, _row(version_id, 0, node.id, START, found))


def disarm_starts(uow: Uow, version_id: bytes) -> None:
    """Forget the timer starts of a version that is no longer the released one."""
    uow.write(_DISARM, {"owner": version_id})


def _timer(node: Node) -> Timer:
    assert node.event is not None
    assert node.event.timer is not None
    return node.event.timer


def _text(node: Node) -> str:
    found = _timer(node).value.resolve({})
    if not isinstance(found, str):
        raise ExpressionFailed(f"Expected a time as text, such as PT2H, but got {found!r}.")
    return found


def _row(owner: bytes, token: int, element: str, kind: str, found: Occurrence) -> dict[str, Any]:
    return {
        "owner_id": owner,
        "token": token,
        "element": element,
        "kind": kind,
        "at": to_ms(found.at),
        "remaining": found.remaining,
        "repeat": found.repeat,
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
        _d.at,
        _d.remaining,
        _d.repeat,
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
    .order_by(_d.at, _d.owner_id, sa.func.abs(_d.token), _d.element)
    .limit(sa.bindparam("limit", type_=sa.Integer))
)
_TAKE = db.Statement(
    sa.text(
        "DELETE FROM due "
        "WHERE owner_id = :owner AND token = :token AND element = :element AND at = :round"
    )
)
_PUT_OFF = db.Statement(
    sa.text(
        "UPDATE due SET at = :at "
        "WHERE owner_id = :owner AND token = :token AND element = :element AND at = :round"
    )
)
_DISARM = db.Statement(sa.text("DELETE FROM due WHERE owner_id = :owner"))
_NEW = db.insert(t.due)

__all__ = ["TimeRefused", "arm_starts", "disarm_starts", "fire_due"]
