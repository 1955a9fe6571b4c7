"""What may forbid work on a task: the wrong role, its end, a suspended instance, a holder."""

from collections.abc import Iterator

from engine.kernel.actor import Actor, Role
from engine.kernel.errors import NotPermitted
from engine.kernel.guards import Reason, guard
from engine.kernel.ids import to_text
from engine.kernel.store.uow import Uow
from engine.workflow.work.running import SUSPENDED, InstanceSuspended
from engine.workflow.work.tasks import Task, TaskClaimed, closed


@guard("task.1-role")
def not_your_role(_uow: Uow, task: Task, actor: Actor) -> Iterator[Reason]:
    """The lane of the task asks for a role that the person does not have."""
    if task.role and task.role not in actor.roles:
        yield Reason(
            "not-permitted",
            f"This task needs the role {task.role}, which {actor.name} does not have.",
            f"role:{task.role}",
            Role.TEAM_LEAD,
            NotPermitted,
        )


@guard("task.2-open")
def not_open(_uow: Uow, task: Task, _actor: Actor) -> Iterator[Reason]:
    """The task is over."""
    if task.state in ("completed", "cancelled"):
        over = closed(task)
        yield Reason(over.code, over.detail, task.subject, "", type(over), over.members)


@guard("task.3-suspended")
def suspended(_uow: Uow, task: Task, _actor: Actor) -> Iterator[Reason]:
    """Nobody works on a suspended instance."""
    if task.instance.state == SUSPENDED:
        yield Reason(
            InstanceSuspended.code,
            "The instance is suspended; somebody who may resume it must do so first.",
            f"instance:{to_text(task.instance.id)}",
            Role.TEAM_LEAD,
            InstanceSuspended,
        )


@guard("task.4-claimed")
def claimed_by_another(_uow: Uow, task: Task, actor: Actor) -> Iterator[Reason]:
    """Another person holds the task."""
    if task.state == "claimed" and task.assignee != actor.name:
        yield Reason(
            TaskClaimed.code,
            f"{task.assignee} holds this task. Ask for it to be given back.",
            f"user:{task.assignee}",
            task.assignee or "",
            TaskClaimed,
        )
