"""Tasks: the work list, claim, assign, complete, skip."""

from collections.abc import Callable
from typing import Any

from flask import Response
from flask_smorest import Blueprint

from api.problems import problem_document, status_of
from api.rest.records import signing
from api.rest.route import Call, route
from api.rest.schemas.basics import Reason, page_of
from api.rest.schemas.tasks import (
    AssignIn,
    CompletedTaskOut,
    CompleteIn,
    CompleteManyIn,
    CompleteManyOut,
    GuardOut,
    TaskOut,
    TaskQuery,
)
from engine.access import queries as access_queries
from engine.access.permissions import Permission
from engine.collection import filling
from engine.kernel.errors import FieldProblem, Invalid, NotFound, RoutecardError
from engine.kernel.ids import from_text
from engine.kernel.store.uow import Uow
from engine.workflow.work import queries, tasks
from engine.workflow.work.evidence.signing import Given
from engine.workflow.work.interventions import skips
from engine.workflow.work.recording import reasons
from engine.workflow.work.recording.rows import etag

blueprint = Blueprint("tasks", __name__, description="Work for people")
ONE = "/tasks/<string:task>"


@route(
    blueprint,
    "GET",
    "/tasks",
    permission=Permission.READ,
    answer=page_of(TaskOut),
    query=TaskQuery,
)
def list_tasks(call: Call) -> Response:
    """Tasks by priority (highest first), due time and age."""
    if call.args["instance"] is not None:
        call.args["instance"] = call.args["instance"].bytes
    return call.answer(call.read(queries.tasks, actor=call.actor, **call.args))


@route(blueprint, "GET", ONE, permission=Permission.READ, answer=TaskOut, etag=True)
def get_task(call: Call, task: str) -> Response:
    """One task."""
    item = call.read(queries.task_item, task=_id(task), site=call.actor.site)
    return call.answer(item, etag=_etag(item))


@route(blueprint, "GET", ONE + "/guards", permission=Permission.READ, answer=page_of(GuardOut))
def get_guards(call: Call, task: str) -> Response:
    """Why the caller cannot work on the task now; empty when nothing is in the way."""
    return call.answer(
        {"items": call.read(reasons.why_not, task=_id(task), actor=call.actor), "next": None}
    )


@route(
    blueprint,
    "POST",
    ONE + "/claim",
    permission=Permission.TASK_COMPLETE,
    answer=TaskOut,
    if_match=True,
    etag=True,
)
def claim(call: Call, task: str) -> Response:
    """Take an open task."""
    return _change(call, tasks.claim, task)


@route(
    blueprint,
    "POST",
    ONE + "/unclaim",
    permission=Permission.TASK_COMPLETE,
    answer=TaskOut,
    if_match=True,
    etag=True,
)
def unclaim(call: Call, task: str) -> Response:
    """Give a claimed task back."""
    return _change(call, tasks.unclaim, task)


@route(
    blueprint,
    "POST",
    ONE + "/assign",
    permission=Permission.TASK_ASSIGN,
    answer=TaskOut,
    body=AssignIn,
    if_match=True,
    etag=True,
)
def assign(call: Call, task: str) -> Response:
    """Give a task to a person."""
    try:
        person = call.read(access_queries.user, name=call.body["user"], site=call.actor.site)
    except NotFound as unknown:
        problem = FieldProblem("/user", unknown.detail)
        raise Invalid(unknown.detail, errors=[problem]) from None
    roles = frozenset(person["roles"] if person["active"] else ())
    return _change(call, tasks.assign, task, user=person["name"], roles=roles)


@route(
    blueprint,
    "POST",
    ONE + "/complete",
    permission=Permission.TASK_COMPLETE,
    answer=CompletedTaskOut,
    body=CompleteIn,
    if_match=True,
    etag=True,
)
def complete(call: Call, task: str) -> Response:
    """Complete a task with the answers of its form."""
    signature = signing.proven(call, task, call.body["signature"])
    answers = {name: call.body[name] for name in ("variables", "automatic")}
    return _change(call, filling.complete, task, **answers, signature=signature)


@route(
    blueprint,
    "POST",
    ONE + "/skip",
    permission=Permission.INSTANCE_INTERVENE,
    answer=CompletedTaskOut,
    body=Reason,
    if_match=True,
    etag=True,
)
def skip(call: Call, task: str) -> Response:
    """Go on without a task, as a recorded deviation."""
    return _change(call, skips.skip, task, reason=call.body["reason"])


@route(
    blueprint,
    "POST",
    "/tasks/complete",
    permission=Permission.TASK_COMPLETE,
    answer=CompleteManyOut,
    body=CompleteManyIn,
)
def complete_many(call: Call) -> Response:
    """Complete several tasks, each applied or refused on its own."""
    items = call.body["items"]
    signatures = signing.proven_each(call, [(item["id"], item["signature"]) for item in items])
    return call.run(_complete_each, items=items, signatures=signatures)


def _complete_each(
    uow: Uow,
    *,
    items: list[dict[str, Any]],
    signatures: list[Given | RoutecardError | None],
    actor: Any,
) -> dict[str, Any]:
    """One transaction for all; the instances are locked in one order, whatever the request's."""
    answers: dict[int, dict[str, Any]] = {}
    for number in tasks.locking_order(uow, [_id_or_none(item["id"]) for item in items]):
        item, signature = items[number], signatures[number]
        try:
            if isinstance(signature, RoutecardError):
                raise signature
            with uow.savepoint():
                done = filling.complete(
                    uow,
                    task=_id(item["id"]),
                    variables=item["variables"],
                    automatic=item["automatic"],
                    signature=signature,
                    actor=actor,
                )
            answers[number] = {"id": item["id"], "status": 200, "task": done}
        except RoutecardError as refusal:
            answers[number] = {
                "id": item["id"],
                "status": status_of(refusal),
                "problem": problem_document(refusal, f"/api/v1/tasks/{item['id']}/complete"),
            }
    return {"items": [answers[number] for number in range(len(items))]}


def _change(call: Call, command: Callable[..., Any], task: str, **args: Any) -> Response:
    return call.run(command, task=_id(task), expected=call.expected, etag=_etag, **args)


def _etag(item: dict[str, Any]) -> str:
    return etag(item["state"], item["assignee"])


def _id(text: str) -> bytes:
    return from_text(text, "task")


def _id_or_none(text: str) -> bytes | None:
    try:
        return _id(text)
    except RoutecardError:
        return None
