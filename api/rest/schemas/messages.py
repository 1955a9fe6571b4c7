"""Messages and broadcasts."""

from marshmallow import fields, validate

from api.rest.schemas.basics import Out, Strict, Variables, text
from engine.workflow.work.messages import MAX_TTL_SECONDS


class MessageIn(Strict):
    """A message from outside."""

    name = text(required=True)
    business_key = text(load_default=None, allow_none=True)
    variables = Variables(load_default=dict)
    ttl_seconds = fields.Integer(
        load_default=None,
        allow_none=True,
        strict=True,
        validate=validate.Range(0, MAX_TTL_SECONDS),
    )
    instance = fields.UUID(load_default=None, allow_none=True)


class DeliveryOut(Out):
    """What became of a message."""

    delivered = fields.Integer()
    waiting_until = fields.DateTime(metadata={"optional": True})


class BroadcastIn(Strict):
    """A BPMN signal from outside."""

    name = text(required=True)
    variables = Variables(load_default=dict)


class BroadcastOut(Out):
    """How many took a broadcast: who waited, and processes that it started."""

    delivered = fields.Integer()
