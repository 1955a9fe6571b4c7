"""Instances: start, read, suspend, resume, cancel, and what people do beside the diagram."""

from collections.abc import Callable
from typing import Any

from flask import Response
from flask_smorest import Blueprint

from api.rest.route import Call, by_revision, route
from api.rest.schemas.basics import PageQuery, Reason, page_of
from api.rest.schemas.instances import (
    ChangeIn,
    InsertIn,
    InstanceOut,
    InstanceQuery,
    MergedOut,
    MergeIn,
    MoveIn,
    PretendIn,
    SplitIn,
    StartIn,
    StepOut,
)
from engine.access.permissions import Permission, require
from engine.kernel.ids import from_text
from engine.workflow.work import instances, queries
from engine.workflow.work.dry_runs import commands as dry_runs
from engine.workflow.work.interventions import inserts, merges, moves, parts
from engine.workflow.work.versions import plans

blueprint = Blueprint("instances", __name__, description="Running and finished processes")
ONE = "/instances/<string:instance>"


@route(
    blueprint,
    "POST",
    "/instances",
    permission=Permission.INSTANCE_START,
    also=Permission.PROCESS_DEPLOY,
    answer=InstanceOut,
    body=StartIn,
    status=201,
    etag=True,
)
def start(call: Call) -> Response:
    """Start a process; a dry run of any version, draft too, by who may deploy it."""
    if call.body.pop("dry_run"):
        return _start_dry(call, call.body)
    require(call.actor, Permission.INSTANCE_START)
    return call.run(instances.start, etag=by_revision, **call.body)


@route(
    blueprint,
    "POST",
    ONE + "/pretend",
    permission=Permission.PROCESS_DEPLOY,
    answer=InstanceOut,
    body=PretendIn,
    etag=True,
)
def pretend(call: Call, instance: str) -> Response:
    """Let happen in a dry run what it waits for at an element, or a BPMN error there."""
    return call.run(dry_runs.pretend, instance=_id(instance), etag=by_revision, **call.body)


@route(
    blueprint,
    "GET",
    "/instances",
    permission=Permission.READ,
    answer=page_of(InstanceOut),
    query=InstanceQuery,
)
def list_instances(call: Call) -> Response:
    """Instances, newest first."""
    return call.answer(call.read(queries.instances, site=call.actor.site, **call.args))


@route(blueprint, "GET", ONE, permission=Permission.READ, answer=InstanceOut, etag=True)
def get_instance(call: Call, instance: str) -> Response:
    """One instance: its state, variables and tokens."""
    item = call.read(queries.instance_item, instance=_id(instance), site=call.actor.site)
    return call.answer(item, etag=by_revision(item))


@route(
    blueprint,
    "GET",
    ONE + "/history",
    permission=Permission.READ,
    answer=page_of(StepOut),
    query=PageQuery,
)
def get_history(call: Call, instance: str) -> Response:
    """What happened, step by step, oldest first, with the values as they were."""
    page = call.read(
        queries.instance_history, instance=_id(instance), site=call.actor.site, **call.args
    )
    return call.answer(page)


@route(
    blueprint,
    "POST",
    ONE + "/suspend",
    permission=Permission.INSTANCE_CONTROL,
    answer=InstanceOut,
    body=Reason,
    if_match=True,
    etag=True,
)
def suspend(call: Call, instance: str) -> Response:
    """Stop work on an instance; timers wait, messages are kept."""
    return _change(call, instances.suspend, instance)


@route(
    blueprint,
    "POST",
    ONE + "/resume",
    permission=Permission.INSTANCE_CONTROL,
    answer=InstanceOut,
    body=Reason,
    if_match=True,
    etag=True,
)
def resume(call: Call, instance: str) -> Response:
    """Go on with a suspended instance."""
    return _change(call, instances.resume, instance)


@route(
    blueprint,
    "POST",
    ONE + "/cancel",
    permission=Permission.INSTANCE_CONTROL,
    answer=InstanceOut,
    body=Reason,
    if_match=True,
    etag=True,
)
def cancel(call: Call, instance: str) -> Response:
    """End an instance as it stands."""
    return _change(call, instances.cancel, instance)


@route(
    blueprint,
    "POST",
    ONE + "/move",
    permission=Permission.INSTANCE_INTERVENE,
    answer=InstanceOut,
    body=MoveIn,
    if_match=True,
    etag=True,
)
def move(call: Call, instance: str) -> Response:
    """Take a token to another element, as a recorded deviation."""
    return _change(call, moves.move, instance)


@route(
    blueprint,
    "POST",
    ONE + "/insert",
    permission=Permission.INSTANCE_INTERVENE,
    answer=InstanceOut,
    body=InsertIn,
    if_match=True,
    etag=True,
)
def insert(call: Call, instance: str) -> Response:
    """Let the next token that leaves an element do a task that the diagram does not have."""
    return _change(call, inserts.insert, instance)


@route(
    blueprint,
    "POST",
    ONE + "/split",
    permission=Permission.INSTANCE_INTERVENE,
    answer=InstanceOut,
    body=SplitIn,
    status=201,
    if_match=True,
    etag=True,
)
def split(call: Call, instance: str) -> Response:
    """Make a new instance that stands where this one stands; it is the answer."""
    return _change(call, parts.split, instance)


@route(
    blueprint,
    "POST",
    ONE + "/merge",
    permission=Permission.INSTANCE_INTERVENE,
    answer=MergedOut,
    body=MergeIn,
    if_match=True,
    etag=True,
)
def merge(call: Call, instance: str) -> Response:
    """End an instance that stands where another stands; that one goes on and is the answer."""
    call.body["into"] = call.body["into"].bytes
    return _change(call, merges.merge, instance)


@route(
    blueprint,
    "PATCH",
    ONE + "/variables",
    permission=Permission.INSTANCE_INTERVENE,
    answer=InstanceOut,
    body=ChangeIn,
    if_match=True,
    etag=True,
)
def change_variables(call: Call, instance: str) -> Response:
    """Change variables from outside, as a recorded deviation."""
    return _change(call, instances.change_variables, instance)


def _start_dry(call: Call, body: dict[str, Any]) -> Response:
    """Start apart; what is released by now is looked at again, as a draft has pinned nothing."""
    require(call.actor, Permission.PROCESS_DEPLOY)
    version_id = call.read(
        dry_runs.version_to_try,
        process=body.pop("process"),
        version=body.pop("version"),
        site=call.actor.site,
    )
    plans.forget_dry(version_id)
    return call.run(dry_runs.start, etag=by_revision, version_id=version_id, **body)


def _change(call: Call, command: Callable[..., Any], instance: str) -> Response:
    return call.run(
        command, instance=_id(instance), expected=call.expected, etag=by_revision, **call.body
    )


def _id(text: str) -> bytes:
    return from_text(text, "instance")
