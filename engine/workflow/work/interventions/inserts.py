"""Insert a task that the diagram does not have, for one instance."""

from typing import Any

from engine.kernel.actor import ROLES, Actor
from engine.kernel.errors import Conflict, FieldProblem, Invalid
from engine.kernel.store.uow import Uow
from engine.records.audit import audit
from engine.workflow.definition.layout import shown
from engine.workflow.execution import deviations
from engine.workflow.execution.advance import Advance
from engine.workflow.execution.deviations import comes_to, may_follow, model_of
from engine.workflow.execution.frontier import Insert
from engine.workflow.execution.tree import Branch, Root
from engine.workflow.work.instances import locked, subject
from engine.workflow.work.queries import instance_item


class InsertRefused(Conflict):
    """No work can be inserted there."""

    code = "insert-refused"
    title = "Insert refused"


def insert(
    uow: Uow,
    *,
    instance: bytes,
    after: str,
    name: str,
    reason: str,
    actor: Actor,
    role: str | None = None,
    form: str | None = None,
    expected: str | None = None,
) -> dict[str, Any]:
    """Let the next token that leaves an element do a task more; the task is the deviation.

    Raises:
        InsertRefused: if no token can come to that element any more.
        Invalid: for a role or a form that is not there.
    """
    if role is not None and role not in ROLES:
        raise _invalid("/role", f"There is no role {role[:100]!r}.")
    running = locked(uow, instance, actor, expected)
    advance = running.advance(uow)
    scope = _scope(advance, after)
    if form is not None and form not in scope.plan.forms:
        raise _invalid("/form", f"The bundle of {scope.plan.model.key} has no form {form[:100]!r}.")
    element = deviations.insert(scope, after, Insert(after, name, role, form, reason=reason))
    running.save(uow, advance, actor)
    detail = {"after": after, "element": element, "name": name, "role": role, "form": form}
    audit(uow, actor, "instance.inserted", subject(running.id), detail | {"reason": reason})
    return instance_item(uow, instance=running.id, site=actor.site)


def _scope(advance: Advance, after: str) -> Root | Branch:
    """The one running scope in which a token can still come to the element."""
    scopes = [s for s in advance.root.scopes() if s.state.loop is None and _has(s, after)]
    found = [scope for scope in scopes if comes_to(scope, after)]
    if len(found) == 1:
        return found[0]
    if found:
        raise InsertRefused(
            f"{after} is in {len(found)} scopes that run now; work can be inserted where it is "
            "clear which is meant."
        )
    places = sorted({shown(x.node.id) for x in advance.root.tokens()})
    raise InsertRefused(
        f"No token can come to {after} and leave it any more; there are tokens at "
        f"{', '.join(places)}."
    )


def _has(scope: Root | Branch, after: str) -> bool:
    node = model_of(scope).nodes.get(after)
    return after in scope.state.inserted if node is None else may_follow(node)


def _invalid(pointer: str, sentence: str) -> Invalid:
    return Invalid(sentence, errors=[FieldProblem(pointer, sentence)])
