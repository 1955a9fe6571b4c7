"""Split an instance: part of what it makes goes on by itself."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from engine.kernel import db
from engine.kernel.actor import Actor
from engine.kernel.errors import Conflict
from engine.kernel.ids import new_id, to_text
from engine.kernel.store.uow import Uow
from engine.records.audit import audit
from engine.workflow import tables as t
from engine.workflow.definition.model import Node
from engine.workflow.execution.advance import Advance
from engine.workflow.execution.outcome import Alarm, Armed, Step, Wait
from engine.workflow.work.instances import locked, subject
from engine.workflow.work.queries import instance_item
from engine.workflow.work.running import (
    ACTIVE,
    CANCELLED,
    COMPLETED,
    SUSPENDED,
    InstanceEnded,
    InstanceSuspended,
    Running,
)


class SplitRefused(Conflict):
    """An instance cannot be split now."""

    code = "split-refused"
    title = "Split refused"


def split(
    uow: Uow,
    *,
    instance: bytes,
    reason: str,
    actor: Actor,
    business_key: str | None = None,
    expected: str | None = None,
) -> dict[str, Any]:
    """A new instance that stands where this one stands, and goes on by itself.

    It has the same variables; its tasks are open, its jobs have all their attempts, its timers
    their due times, its incidents are open.

    Raises:
        SplitRefused: while a worker has a job of it, or a message is on its way out.
    """
    running = locked(uow, instance, actor, expected)
    check_active(running)
    if holder := claimed(uow, running.id):
        raise SplitRefused(f"{holder}, and a job is done once: wait for it, then split.")
    if (sent := uow.one(_ON_ITS_WAY, instance=running.id)) is not None:
        raise SplitRefused(
            f"The message that {sent[0]} throws is on its way, once. Wait for it, then split."
        )
    part = _part(uow, running, business_key, actor)
    advance = running.advance(uow)
    advance.outcome.steps.append(step("split", advance.now, part.id, reason, actor))
    running.save(uow, advance, actor)
    _begin(uow, running, part, reason, actor)
    detail = {"reason": reason, "part": to_text(part.id)}
    audit(uow, actor, "instance.split", subject(running.id), detail)
    return instance_item(uow, instance=part.id, site=actor.site)


def check_active(running: Running, which: str = "The instance") -> None:
    """Let only an active instance pass.

    Raises:
        InstanceEnded, InstanceSuspended: saying which it is.
    """
    if running.state in (COMPLETED, CANCELLED):
        raise InstanceEnded(f"{which} is {running.state}.")
    if running.state == SUSPENDED:
        raise InstanceSuspended(f"{which} is suspended; resume it first.")


def claimed(uow: Uow, instance: bytes) -> str | None:
    """Which worker has which job of an instance; from here on nobody claims one until the end.

    A unit that has not settled a command has its job, too, whoever let the lease run out.
    """
    for element, state, worker, unit in uow.all(_JOB_STATES, instance=instance):
        if state == "claimed" or unit is not None:
            return f"{unit or worker} has the job at {element}"
    return None


def step(kind: str, now: int, other: bytes, reason: str, actor: Actor) -> Step:
    """A step of the history that stands for the whole instance and names another one."""
    made = Step("", "", 0, now, "completed", {}, actor=actor.name, deviation=reason, kind=kind)
    made.name = to_text(other)
    return made


def _part(uow: Uow, running: Running, business_key: str | None, actor: Actor) -> Running:
    """The new instance, without anything that waits."""
    part = Running(
        new_id(),
        running.site_id,
        running.version_id,
        running.business_key if business_key is None else business_key,
        ACTIVE,
        1,
        0,
        running.frontier,
        running.variables,
        running.dry_run,
    )
    uow.write(
        _NEW_INSTANCE,
        {
            "id": part.id,
            "site_id": part.site_id,
            "version_id": part.version_id,
            "business_key": part.business_key,
            "state": ACTIVE,
            "revision": part.revision,
            "steps": part.steps,
            "frontier": part.frontier,
            "variables": part.variables,
            "started": uow.now_ms,
            "started_by": actor.name,
            "ended": None,
            "origin": running.id,
            "dry_run": running.dry_run,
            "undo": None,
        },
    )
    return part


def _begin(uow: Uow, running: Running, part: Running, reason: str, actor: Actor) -> None:
    """Let the part wait for what its origin waits for; a message may be kept for it already."""
    for table, rows, changed in _COPIED:
        _copy(uow, table, uow.all(rows, instance=running.id), part, changed)
    advance = part.advance(uow)
    advance.outcome.steps.append(step("split", advance.now, running.id, reason, actor))
    for owner, element, kind, name, key in uow.all(_SUBSCRIPTIONS, instance=running.id):
        event = _event(advance, owner, element)
        correlation = key if event is not None and event.work.correlation is not None else None
        advance.outcome.arm(owner, Armed([Wait(owner, element, kind, name, correlation)], []))
    for row in uow.all(_ALARMS, instance=running.id):
        advance.outcome.arm(row[0], Armed([], [Alarm(*row)]))
    part.save(uow, advance, actor)
    uow.unfinished = True  # what was kept for the origin is kept for the part, too
    detail = {"process": part.plan.model.key, "origin": to_text(running.id)}
    audit(uow, actor, "instance.started", subject(part.id), detail)


def _copy(
    uow: Uow,
    table: sa.Table,
    rows: Sequence[tuple[Any, ...]],
    part: Running,
    changed: dict[str, object],
) -> None:
    names = [column.name for column in table.columns]
    fresh = changed | {"instance_id": part.id}
    if "business_key" in names:
        fresh["business_key"] = part.business_key
    copies = [dict(zip(names, row, strict=True)) | fresh | {"id": new_id()} for row in rows]
    uow.write(_INSERTS[table.name], copies)


def _event(advance: Advance, owner: int, element: str) -> Node | None:
    """The event that a token or a scope waits for."""
    token, scope = advance.root.token(owner), advance.root.scope(owner)
    if token is not None and element in token.workflow.layout.nodes:
        found: Node = token.workflow.layout.nodes[element]
        return found
    starts = [start for _, start in scope.layout.handlers] if scope is not None else []
    return next((start for start in starts if start.id == element), None)


def _rows(table: sa.Table, *states: str) -> db.Statement:
    """The rows of an instance in these states, in any if none is named."""
    chosen = sa.select(table).where(table.c.instance_id == sa.bindparam("instance"))
    if states:
        chosen = chosen.where(table.c.state.in_([sa.literal_column(f"'{s}'") for s in states]))
    return db.Statement(chosen.order_by(table.c.id))


_o, _j, _s, _d = t.outbox.c, t.job.c, t.subscription.c, t.due.c
_NEW_INSTANCE = db.insert(t.instance)
_COPIED: tuple[tuple[sa.Table, db.Statement, dict[str, object]], ...] = (
    (t.task, _rows(t.task, "open", "claimed"), {"state": "open", "assignee": None}),
    (
        t.job,
        _rows(t.job, "open"),
        {"fence": 0, "attempt": 0, "retry_at": None, "worker": None, "message": None},
    ),
    (t.incident, _rows(t.incident, "open"), {}),
    (t.held_event, _rows(t.held_event), {}),
)
_INSERTS = {table.name: db.insert(table) for table, _, _ in _COPIED}
_ON_ITS_WAY = db.Statement(
    sa.select(_o.element).where(_o.instance_id == sa.bindparam("instance"), _o.token.is_not(None))
)
_JOB_STATES = db.Statement(
    sa.select(_j.element, _j.state, _j.worker, _j.unit)
    .where(
        _j.instance_id == sa.bindparam("instance"),
        _j.state.in_([sa.literal_column("'open'"), sa.literal_column("'claimed'")]),
    )
    .with_for_update()
)
_SUBSCRIPTIONS = db.Statement(
    sa.select(_s.token, _s.element, _s.kind, _s.name, _s.business_key)
    .where(_s.instance_id == sa.bindparam("instance"))
    .order_by(_s.token, _s.element)
)
_ALARMS = db.Statement(
    sa.select(_d.token, _d.element, _d.at, _d.remaining, _d.repeat)
    .where(_d.owner_id == sa.bindparam("instance"))
    .order_by(_d.token, _d.element)
)
