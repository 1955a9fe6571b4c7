"""Messages and broadcasts from outside."""

from flask import Response
from flask_smorest import Blueprint

from api.rest.route import Call, route
from api.rest.schemas.messages import BroadcastIn, BroadcastOut, DeliveryOut, MessageIn
from engine.access.permissions import Permission
from engine.workflow.work import messages
from engine.workflow.work.events import signals

blueprint = Blueprint("messages", __name__, description="Messages to one, broadcasts to all")


@route(
    blueprint,
    "POST",
    "/messages",
    permission=Permission.MESSAGE_SEND,
    answer=DeliveryOut,
    body=MessageIn,
)
def send(call: Call) -> Response:
    """Send a message to the token that waits for it, or to the process that it starts."""
    if call.body["instance"] is not None:
        call.body["instance"] = call.body["instance"].bytes
    return call.run(messages.send, **call.body)


@route(
    blueprint,
    "POST",
    "/broadcasts",
    permission=Permission.MESSAGE_SEND,
    answer=BroadcastOut,
    body=BroadcastIn,
)
def broadcast(call: Call) -> Response:
    """Broadcast a BPMN signal to all who wait for it, and start every process that it starts."""
    return call.run(signals.broadcast, **call.body)
