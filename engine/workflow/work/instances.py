"""Instances: start, suspend, resume, cancel, change variables."""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from engine.kernel import db
from engine.kernel.actor import Actor
from engine.kernel.errors import Conflict, NotFound
from engine.kernel.ids import new_id, to_text
from engine.kernel.store.uow import Uow
from engine.records.audit import audit
from engine.workflow import tables as t
from engine.workflow.definition.model import Node
from engine.workflow.execution.run import Deviation
from engine.workflow.execution.values import clean
from engine.workflow.work import held
from engine.workflow.work.events import waits
from engine.workflow.work.queries import instance_item
from engine.workflow.work.running import (
    ACTIVE,
    CANCELLED,
    COMPLETED,
    SUSPENDED,
    InstanceEnded,
    InstanceSuspended,
    Running,
    lock,
)
from engine.workflow.work.versions.plans import plan_of


class ProcessNotFound(NotFound):
    """No process of that key, or no such version of it."""

    code = "process-not-found"
    title = "Process not found"


class ProcessNotReleased(Conflict):
    """Only released versions are started."""

    code = "process-not-released"
    title = "Process not released"


def start(
    uow: Uow,
    *,
    process: str,
    actor: Actor,
    version: int | None = None,
    business_key: str | None = None,
    variables: Mapping[str, object] | None = None,
) -> dict[str, Any]:
    """Start the released version of a process, or the version named, at its plain start event."""
    version_id = startable(uow, process, version, actor.site)
    node = plan_of(version_id).model.plain_start
    if node is None:
        raise Conflict(
            f"{process} has no start event without a trigger; it starts by its message or timer."
        )
    running = begin(uow, version_id, node, business_key, clean(variables or {}), actor)
    return instance_item(uow, instance=running.id, site=actor.site)


def begin(
    uow: Uow,
    version_id: bytes,
    node: Node,
    business_key: str | None,
    variables: dict[str, object],
    actor: Actor,
    hops: int = 0,
    dry_run: bool = False,
) -> Running:
    """Start a version at a start event; variables are clean already.

    `hops` counts the deliveries, one following from the other, that led to this start.
    """
    running = Running(
        *(new_id(), actor.site, version_id, business_key, ACTIVE, 1, 0, b"", b"{}"),
        dry_run=dry_run,
        hops=hops,
    )
    _insert(uow, running, actor)
    advance = running.advance(uow)
    advance.begin(node, variables, actor.name)
    running.save(uow, advance, actor)
    audit(uow, actor, "instance.started", subject(running.id), {"process": running.plan.model.key})
    return running


def _insert(uow: Uow, running: Running, actor: Actor) -> None:
    uow.write(
        _INSERT,
        {
            "id": running.id,
            "site_id": running.site_id,
            "version_id": running.version_id,
            "business_key": running.business_key,
            "state": running.state,
            "revision": running.revision,
            "steps": running.steps,
            "frontier": running.frontier,
            "variables": running.variables,
            "started": uow.now_ms,
            "started_by": actor.name,
            "ended": None,
            "origin": None,
            "dry_run": running.dry_run,
            "undo": None,
        },
    )


def suspend(
    uow: Uow, *, instance: bytes, reason: str, actor: Actor, expected: str | None = None
) -> dict[str, Any]:
    """Stop work on an instance until it is resumed; timers wait, messages are kept."""
    running = locked(uow, instance, actor, expected)
    _check_state(running, ACTIVE)
    return _turn(uow, running, SUSPENDED, "instance.suspended", reason, actor)


def resume(
    uow: Uow, *, instance: bytes, reason: str, actor: Actor, expected: str | None = None
) -> dict[str, Any]:
    """Go on with a suspended instance; what came meanwhile is applied in its order."""
    running = locked(uow, instance, actor, expected)
    _check_state(running, SUSPENDED)
    running.state = ACTIVE
    held.apply(uow, running, actor)
    if running.state == ACTIVE:
        _catch_up(uow, running, actor)
    return _turn(uow, running, running.state, "instance.resumed", reason, actor)


def _catch_up(uow: Uow, running: Running, actor: Actor) -> None:
    """What became true while the instance was suspended happens now, and kept messages arrive."""
    advance = running.advance(uow)
    if not running.dry_run:
        waits.take_what_came(uow, running, advance)
    advance.settle()
    if advance.outcome.steps:
        running.save(uow, advance, actor)


def cancel(
    uow: Uow, *, instance: bytes, reason: str, actor: Actor, expected: str | None = None
) -> dict[str, Any]:
    """End an instance as it stands; its tasks and jobs are closed."""
    running = locked(uow, instance, actor, expected)
    end(uow, running, reason, actor)
    return instance_item(uow, instance=running.id, site=actor.site)


def end(uow: Uow, running: Running, reason: str, actor: Actor) -> None:
    """Cancel a locked instance."""
    advance = running.advance(uow)
    advance.cancel_all(Deviation("cancel", reason, actor.name))
    running.save(uow, advance, actor, CANCELLED)
    held.drop(uow, running.id)
    audit(uow, actor, "instance.cancelled", subject(running.id), {"reason": reason})


def change_variables(
    uow: Uow,
    *,
    instance: bytes,
    values: Mapping[str, object],
    reason: str,
    actor: Actor,
    expected: str | None = None,
) -> dict[str, Any]:
    """Set variables of the process from outside, as a recorded deviation."""
    running = locked(uow, instance, actor, expected)
    advance = running.advance(uow)
    advance.change(clean(values, "/set"), reason, actor.name)
    running.save(uow, advance, actor)
    audit(uow, actor, "instance.variables_changed", subject(running.id), {"reason": reason})
    return instance_item(uow, instance=running.id, site=actor.site)


def startable(uow: Uow, process: str, version: int | None, site_id: int) -> bytes:
    """The id of the version to start.

    Raises:
        ProcessNotFound: if nothing of that key, or of that version, was deployed.
        ProcessNotReleased: if it was not released, or is retired.
    """
    rows = uow.all(_VERSIONS, key=process, site=site_id)
    if not rows:
        raise ProcessNotFound(f"There is no process {process[:100]!r}.")
    if version is None:
        for version_id, _number, state in rows:
            if state == "released":
                return bytes(version_id)
        raise ProcessNotReleased(f"No version of {process} is released; release one first.")
    for version_id, number, state in rows:
        if number == version:
            if state in ("released", "superseded"):
                return bytes(version_id)
            raise ProcessNotReleased(f"Version {version} of {process} is {state}, not released.")
    raise ProcessNotFound(f"{process} has no version {version}.")


def locked(uow: Uow, instance: bytes, actor: Actor, expected: str | None) -> Running:
    """An instance under its lock.

    Raises:
        NotFound: if there is none on the actor's site.
        Stale: if the caller saw another state than the present one.
    """
    running = lock(uow, instance, actor.site)
    running.check_revision(expected)
    return running


def subject(instance: bytes) -> str:
    """How audit entries name an instance."""
    return f"instance:{to_text(instance)}"


def _check_state(running: Running, wanted: str) -> None:
    if running.state == wanted:
        return
    if running.state in (COMPLETED, CANCELLED):
        raise InstanceEnded(f"The instance is {running.state}.")
    if running.state == SUSPENDED:
        raise InstanceSuspended("The instance is suspended already.")
    raise Conflict("The instance is not suspended.")


def _turn(
    uow: Uow, running: Running, state: str, action: str, reason: str, actor: Actor
) -> dict[str, Any]:
    running.revision += 1
    uow.write(_STATE, {"id": running.id, "state": state, "revision": running.revision})
    audit(uow, actor, action, subject(running.id), {"reason": reason})
    return instance_item(uow, instance=running.id, site=actor.site)


_INSERT = db.insert(t.instance)
_v = t.process_version.c
_VERSIONS = db.Statement(
    sa.select(_v.id, _v.version, _v.state)
    .where(_v.key == sa.bindparam("key"), _v.site_id == sa.bindparam("site"))
    .order_by(_v.version.desc())
)
_STATE = db.Statement(
    sa.text("UPDATE instance SET state = :state, revision = :revision WHERE id = :id")
)
