"""Merge two instances that stand at the same place."""

from dataclasses import asdict
from typing import Any

import sqlalchemy as sa

from engine.kernel import db
from engine.kernel.actor import Actor
from engine.kernel.errors import Conflict, FieldProblem, Invalid, NotFound
from engine.kernel.ids import to_text
from engine.kernel.store.uow import Uow
from engine.records.audit import audit
from engine.workflow import tables as t
from engine.workflow.execution import split
from engine.workflow.execution.frontier import Frontier, load
from engine.workflow.execution.run import Deviation
from engine.workflow.work import held
from engine.workflow.work.instances import subject
from engine.workflow.work.interventions.parts import check_active, claimed, step
from engine.workflow.work.queries import instance_item
from engine.workflow.work.running import CANCELLED, Running, lock


class MergeRefused(Conflict):
    """Two instances cannot become one."""

    code = "merge-refused"
    title = "Merge refused"


def merge(
    uow: Uow,
    *,
    instance: bytes,
    into: bytes,
    reason: str,
    actor: Actor,
    expected: str | None = None,
) -> dict[str, Any]:
    """End an instance that stands where another stands, which goes on for both.

    Returns:
        the one that stays with `differing`, the variables that the other had otherwise.

    Raises:
        MergeRefused: naming the first difference, or the worker that has a job of one of them.
    """
    going, staying = _lock_both(uow, instance, into, actor)
    going.check_revision(expected)
    for running, which in ((going, "The instance that goes"), (staying, "The one that stays")):
        check_active(running, which)
    dropped, kept = _frontier(going), _frontier(staying)
    _check(uow, going, staying, split.difference(dropped, kept))
    advance = staying.advance(uow)
    advance.outcome.steps.append(step("merge", advance.now, going.id, reason, actor))
    staying.save(uow, advance, actor)
    _end(uow, going, staying, reason, actor)
    detail = {"reason": reason, "from": to_text(going.id)}
    audit(uow, actor, "instance.merged", subject(staying.id), detail)
    differing = [asdict(found) for found in split.differing(kept, dropped)]
    return instance_item(uow, instance=staying.id, site=actor.site) | {"differing": differing}


def _lock_both(uow: Uow, going: bytes, staying: bytes, actor: Actor) -> tuple[Running, Running]:
    """Both instances, locked in the order of their ids so that no two callers wait crosswise."""
    if going == staying:
        raise _invalid("An instance cannot be merged into itself.")
    found: dict[bytes, Running] = {}
    for key in sorted((going, staying)):
        try:
            found[key] = lock(uow, key, actor.site)
        except NotFound:
            if key == going:
                raise
            raise _invalid("There is no such instance.") from None
    return found[going], found[staying]


def _check(uow: Uow, going: Running, staying: Running, difference: str | None) -> None:
    if going.version_id != staying.version_id or going.dry_run != staying.dry_run:
        raise MergeRefused("They run different versions.")
    if difference is not None:
        raise MergeRefused(difference)
    for running in (going, staying):
        if holder := claimed(uow, running.id):
            raise MergeRefused(f"{holder} of {to_text(running.id)}: wait for it, then merge.")
        if uow.one(_KEPT, instance=running.id) is not None:
            raise MergeRefused(
                f"What {to_text(running.id)} was told is being applied. Try again in a moment."
            )


def _end(uow: Uow, going: Running, staying: Running, reason: str, actor: Actor) -> None:
    advance = going.advance(uow)
    advance.cancel_all(Deviation("merge", reason, actor.name))
    advance.outcome.steps.append(step("merge", advance.now, staying.id, reason, actor))
    going.save(uow, advance, actor, CANCELLED)
    held.drop(uow, going.id)
    detail = {"reason": reason, "into": to_text(staying.id)}
    audit(uow, actor, "instance.cancelled", subject(going.id), detail)


def _frontier(running: Running) -> Frontier:
    return load(bytes(running.frontier), bytes(running.variables))


def _invalid(sentence: str) -> Invalid:
    return Invalid(sentence, errors=[FieldProblem("/into", sentence)])


_h = t.held_event.c
_KEPT = db.Statement(sa.select(_h.id).where(_h.instance_id == sa.bindparam("instance")))
