"""Messages from outside."""

from flask import Response
from flask_smorest import Blueprint

from api.rest.route import Call, route
from api.rest.schemas.messages import DeliveryOut, MessageIn
from engine.access.permissions import Permission
from engine.workflow.work import messages

blueprint = Blueprint("messages", __name__, description="Messages to waiting processes")


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
