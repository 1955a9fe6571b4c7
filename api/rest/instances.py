"""Instances: start, read, suspend, resume, cancel, move, change variables."""

from flask import Response
from flask_smorest import Blueprint

from api.rest.route import Call, route
from api.rest.schemas.basics import PageQuery, Reason, page_of
from api.rest.schemas.instances import (
    ChangeIn,
    InstanceOut,
    InstanceQuery,
    MoveIn,
    StartIn,
    StepOut,
)
from engine.access.permissions import Permission
from engine.kernel.ids import from_text
from engine.workflow.work import instances, queries

blueprint = Blueprint("instances", __name__, description="Running and finished processes")
ONE = "/instances/<string:instance>"


@route(
    blueprint,
    "POST",
    "/instances",
    permission=Permission.INSTANCE_START,
    answer=InstanceOut,
    body=StartIn,
    status=201,
)
def start(call: Call) -> Response:
    """Start a process."""
    return call.run(instances.start, **call.body)


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


@route(blueprint, "GET", ONE, permission=Permission.READ, answer=InstanceOut)
def get_instance(call: Call, instance: str) -> Response:
    """One instance: its state, variables and tokens."""
    item = call.read(queries.instance_item, instance=_id(instance), site=call.actor.site)
    return call.answer(item, etag=str(item["revision"]))


@route(
    blueprint,
    "GET",
    ONE + "/history",
    permission=Permission.READ,
    answer=page_of(StepOut),
    query=PageQuery,
)
def get_history(call: Call, instance: str) -> Response:
    """What happened, step by step, with the values as they were."""
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
)
def suspend(call: Call, instance: str) -> Response:
    """Stop work on an instance; timers wait, messages are kept."""
    return call.run(instances.suspend, instance=_id(instance), expected=call.expected, **call.body)


@route(
    blueprint,
    "POST",
    ONE + "/resume",
    permission=Permission.INSTANCE_CONTROL,
    answer=InstanceOut,
    body=Reason,
)
def resume(call: Call, instance: str) -> Response:
    """Go on with a suspended instance."""
    return call.run(instances.resume, instance=_id(instance), expected=call.expected, **call.body)


@route(
    blueprint,
    "POST",
    ONE + "/cancel",
    permission=Permission.INSTANCE_CONTROL,
    answer=InstanceOut,
    body=Reason,
)
def cancel(call: Call, instance: str) -> Response:
    """End an instance as it stands."""
    return call.run(instances.cancel, instance=_id(instance), expected=call.expected, **call.body)


@route(
    blueprint,
    "POST",
    ONE + "/move",
    permission=Permission.INSTANCE_INTERVENE,
    answer=InstanceOut,
    body=MoveIn,
)
def move(call: Call, instance: str) -> Response:
    """Take a token to another element, as a recorded deviation."""
    call.body["ends"] = tuple(call.body["ends"])
    return call.run(instances.move, instance=_id(instance), expected=call.expected, **call.body)


@route(
    blueprint,
    "PATCH",
    ONE + "/variables",
    permission=Permission.INSTANCE_INTERVENE,
    answer=InstanceOut,
    body=ChangeIn,
)
def change_variables(call: Call, instance: str) -> Response:
    """Change variables from outside, as a recorded deviation."""
    return call.run(
        instances.change_variables, instance=_id(instance), expected=call.expected, **call.body
    )


def _id(text: str) -> bytes:
    return from_text(text, "instance")
