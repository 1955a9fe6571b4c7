"""Leave a task out."""

from typing import Any

from engine.kernel.actor import Actor
from engine.kernel.store.uow import Uow
from engine.records.audit import audit
from engine.workflow.execution import deviations
from engine.workflow.execution.run import Deviation
from engine.workflow.work import tasks
from engine.workflow.work.running import SUSPENDED, InstanceSuspended


def skip(
    uow: Uow, *, task: bytes, reason: str, actor: Actor, expected: str | None = None
) -> dict[str, Any]:
    """Go on without a task, whoever holds it, as a recorded deviation; it is cancelled.

    Returns:
        the closed task with `instance_state` and `next`, the open tasks of the instance.
    """
    found = tasks.lock(uow, task, actor.site, expected)
    tasks.check_open(found)
    instance = found.instance
    if instance.state == SUSPENDED:
        raise InstanceSuspended("The instance is suspended; resume it first.")
    advance = instance.advance(uow)
    token = tasks.resting(advance, found)
    deviations.skip(advance, token, Deviation("skip", reason, actor.name))
    advance.settle()
    instance.save(uow, advance, actor)
    detail = {"reason": reason} | ({"holder": found.assignee} if found.assignee else {})
    audit(uow, actor, "task.skipped", found.subject, detail)
    found.state, found.closed, found.closed_by = "cancelled", uow.now_ms, actor.name
    return found.as_item(uow.now_ms) | {
        "instance_state": instance.state,
        "next": tasks.open_tasks(uow, instance, advance),
    }
