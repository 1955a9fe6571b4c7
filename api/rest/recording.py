"""Tasks while they are worked on: drafts, pauses, taking back one's last entry."""

from typing import Any

from flask import Response
from flask_smorest import Blueprint

from api.rest.route import Call, route
from api.rest.schemas.tasks import DraftIn, DraftOut, PauseIn, TaskOut, UndoIn
from engine.access.permissions import Permission
from engine.kernel.ids import from_text
from engine.kernel.store.uow import Uow
from engine.workflow.work.recording import drafts, pauses, undo
from engine.workflow.work.recording.rows import etag

blueprint = Blueprint("recording", __name__, description="Tasks while they are worked on")
ONE = "/tasks/<string:task>"
DRAFT = ONE + "/draft"


@route(blueprint, "GET", DRAFT, permission=Permission.READ, answer=DraftOut)
def get_draft(call: Call, task: str) -> Response:
    """What the caller has filled in so far; nobody else sees it."""
    return call.answer(call.read(drafts.draft, task=_id(task), actor=call.actor))


@route(blueprint, "PUT", DRAFT, permission=Permission.TASK_COMPLETE, answer=DraftOut, body=DraftIn)
def put_draft(call: Call, task: str) -> Response:
    """Keep what the caller has filled in so far, up to 256 kB."""
    return call.run(drafts.save, task=_id(task), answers=call.body["answers"])


@route(blueprint, "DELETE", DRAFT, permission=Permission.TASK_COMPLETE, answer=DraftOut)
def delete_draft(call: Call, task: str) -> Response:
    """Forget what the caller has filled in."""
    return call.run(_drop, task=_id(task))


@route(
    blueprint,
    "POST",
    ONE + "/pause",
    permission=Permission.TASK_COMPLETE,
    answer=TaskOut,
    body=PauseIn,
    if_match=True,
    etag=True,
)
def pause(call: Call, task: str) -> Response:
    """Let the time of a task that the caller holds stand."""
    args = {"task": _id(task), "expected": call.expected, **call.body}
    return call.run(pauses.pause, etag=_etag, **args)


@route(
    blueprint,
    "POST",
    ONE + "/resume",
    permission=Permission.TASK_COMPLETE,
    answer=TaskOut,
    if_match=True,
    etag=True,
)
def resume(call: Call, task: str) -> Response:
    """Go on with a task that the caller holds."""
    return call.run(pauses.resume, etag=_etag, task=_id(task), expected=call.expected)


@route(
    blueprint,
    "POST",
    ONE + "/undo",
    permission=Permission.TASK_COMPLETE,
    answer=TaskOut,
    body=UndoIn,
    if_match=True,
    etag=True,
)
def take_back(call: Call, task: str) -> Response:
    """Take back the caller's last entry, while nothing was done after it."""
    args = {"task": _id(task), "expected": call.expected, **call.body}
    return call.run(undo.undo, etag=_etag, **args)


def _drop(uow: Uow, *, task: bytes, actor: Any) -> dict[str, Any]:
    drafts.drop(uow, task=task, actor=actor)
    return {"answers": {}, "saved": None}


def _etag(item: dict[str, Any]) -> str:
    return etag(item["state"], item["assignee"])


def _id(text: str) -> bytes:
    return from_text(text, "task")
