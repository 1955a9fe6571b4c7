"""A task as whoever does it sees it: what is asked, what the diagram says, what is in the way."""

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from engine.kernel import db
from engine.kernel.actor import Actor
from engine.kernel.errors import Conflict
from engine.kernel.ids import from_text
from engine.kernel.store.uow import Uow
from engine.workflow import tables as t
from engine.workflow.definition.model import Node
from engine.workflow.definition.plan import Plan
from engine.workflow.work import history, tasks
from engine.workflow.work.recording import drafts, reasons
from engine.workflow.work.tasks import Task
from forms.compiler import Form

RECENT = 200  # steps of a history in which the record of a task is looked for


@dataclass(frozen=True, slots=True)
class Sheet:
    """One task with everything that is needed to do it.

    Attributes:
        task: as the API shows it.
        process, name, version: the routing that the instance runs on.
        documentation: what the diagram tells people about the step.
        variables: what the step sees.
        reasons: why the person cannot work on it now, as the API shows them.
        draft: what they have filled in so far, and when that was kept.
        record: what was answered, once the task is done.
    """

    task: dict[str, Any]
    process: str
    name: str
    version: int
    documentation: str
    form: Form | None
    variables: dict[str, Any]
    reasons: list[dict[str, Any]]
    draft: dict[str, Any] = field(default_factory=dict)
    record: dict[str, Any] | None = None


def sheet(uow: Uow, *, task: bytes, actor: Actor) -> Sheet:
    """A task as an actor sees it.

    Raises:
        NotFound: if there is none on the actor's site.
    """
    found = tasks.lock(uow, task, actor.site)
    number = uow.one(_VERSION, id=found.instance.version_id)
    assert number is not None, "an instance has a version"
    node, form, variables = _step(uow, found)
    return Sheet(
        task=found.as_item(uow.now_ms),
        process=found.instance.plan.model.key,
        name=found.instance.plan.model.name,
        version=number[0],
        documentation="" if node is None else node.documentation,
        form=form,
        variables=variables,
        reasons=reasons.why_not(uow, task=task, actor=actor),
        draft=drafts.draft(uow, task=task, actor=actor),
        record=_record(uow, found),
    )


def asked(uow: Uow, *, task: bytes, site: int) -> tuple[Task, Form | None]:
    """A task and the form that it asks to be filled in.

    Raises:
        NotFound: if there is none on the site.
    """
    found = tasks.lock(uow, task, site)
    return found, _form(found.instance.plan, found.form)


def routings(uow: Uow, *, instances: Collection[str]) -> dict[str, str]:
    """The names of the routings that instances run on, by the ids of the instances."""
    found = {}
    for instance in set(instances):
        row = uow.one(_ROUTING, id=from_text(instance))
        if row is not None:
            found[instance] = str(row[0])
    return found


def _step(uow: Uow, found: Task) -> tuple[Node | None, Form | None, dict[str, Any]]:
    """The element of a task, its form, and what it sees."""
    plan = found.instance.plan
    drawn = plan.find(None, found.element), _form(plan, found.form), dict[str, Any]()
    if found.state not in ("open", "claimed"):
        return drawn
    try:
        token = tasks.resting(found.instance.advance(uow), found)
    except Conflict:  # an incident holds it
        return drawn
    node = token.node
    return node, token.workflow.plan.forms.get(node.work.form or ""), dict(token.variables)


def _form(plan: Plan, key: str | None) -> Form | None:
    return (
        next((each.forms[key] for each in plan.all() if key in each.forms), None) if key else None
    )


def _record(uow: Uow, found: Task) -> dict[str, Any] | None:
    """What was answered when the task was completed, None if it was not or is long ago."""
    if found.state != "completed" or found.closed is None:
        return None
    instance = found.instance
    after = max(instance.steps - RECENT, 0)
    steps = history.page(uow, instance=instance.id, plan=instance.plan, after=after, limit=RECENT)
    item = found.as_item(uow.now_ms)
    for step in reversed(steps):
        ours = step["element"] == found.element and step["ended"] == item["closed"]
        if ours and step["actor"] == found.closed_by:
            answers: Any = step["answers"]
            return dict(answers)
    return None


_i, _v = t.instance.c, t.process_version.c
_VERSION = db.Statement(sa.select(_v.version).where(_v.id == sa.bindparam("id")))
_ROUTING = db.Statement(
    sa.select(_v.name)
    .join_from(t.instance, t.process_version, _i.version_id == _v.id)
    .where(_i.id == sa.bindparam("id"))
)
