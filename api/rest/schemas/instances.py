"""Instances and their history."""

import marshmallow as ma
from marshmallow import fields, validate

from api.rest.schemas.basics import PageQuery, Strict, Variables, reason, text


class StartIn(Strict):
    """What to start."""

    process = text(required=True)
    version = fields.Integer(load_default=None, strict=True, allow_none=True)
    business_key = text(load_default=None, allow_none=True)
    variables = Variables(load_default=dict)


class MoveIn(Strict):
    """Where to take a token; `ends` names elements whose tokens end."""

    origin = text(required=True, data_key="from")
    to = text(required=True)
    reason = reason()
    ends = fields.List(fields.String(), load_default=list)


class ChangeIn(Strict):
    """Variables to set."""

    values = Variables(required=True, data_key="set")
    reason = reason()


class TokenOut(ma.Schema):
    """A token at rest."""

    element = fields.String()
    state = fields.String(validate=validate.OneOf(["waiting", "incident"]))


class InstanceOut(ma.Schema):
    """A running or finished process."""

    id = fields.UUID()
    process = fields.String()
    version = fields.Integer()
    business_key = fields.String(allow_none=True)
    state = fields.String(
        validate=validate.OneOf(["active", "suspended", "completed", "cancelled"])
    )
    revision = fields.Integer()
    incidents = fields.Integer()
    variables = Variables()
    tokens = fields.List(fields.Nested(TokenOut))
    started = fields.DateTime()
    started_by = fields.String()
    ended = fields.DateTime(allow_none=True)


class InstanceQuery(PageQuery):
    """Filters of the list of instances."""

    process = fields.String(load_default=None)
    business_key = fields.String(load_default=None)
    state = fields.String(
        load_default=None,
        validate=validate.OneOf(["active", "suspended", "completed", "cancelled"]),
    )


class StepOut(ma.Schema):
    """A step of the history."""

    step = fields.Integer()
    element = fields.String(allow_none=True)
    name = fields.String()
    type = fields.String()
    state = fields.String(validate=validate.OneOf(["completed", "cancelled", "failed"]))
    started = fields.DateTime()
    ended = fields.DateTime()
    actor = fields.String(allow_none=True)
    variables = Variables()
    changed = Variables()
    answers = Variables()
    deviation = fields.String()
