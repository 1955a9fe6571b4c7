"""Instances and their history."""

from marshmallow import fields, validate

from api.rest.schemas.basics import (
    Out,
    PageQuery,
    Strict,
    Variables,
    chosen,
    reason,
    text,
    wanted,
)

STATES = ("active", "suspended", "completed", "cancelled")


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
    ends = fields.List(text(), load_default=list, validate=validate.Length(max=100))


class ChangeIn(Strict):
    """Variables to set."""

    values = Variables(required=True, data_key="set")
    reason = reason()


class RestingOut(Out):
    """A token at rest."""

    element = fields.String()
    state = chosen("waiting", "incident")


class InstanceOut(Out):
    """A running or finished process."""

    id = fields.UUID()
    process = fields.String()
    version = fields.Integer()
    business_key = fields.String(allow_none=True)
    state = chosen(*STATES)
    revision = fields.Integer()
    incidents = fields.Integer()
    variables = Variables()
    tokens = fields.List(fields.Nested(RestingOut))
    started = fields.DateTime()
    started_by = fields.String()
    ended = fields.DateTime(allow_none=True)


class InstanceQuery(PageQuery):
    """Filters of the list of instances."""

    process = wanted()
    business_key = wanted()
    state = wanted(*STATES)


class StepOut(Out):
    """A step of the history."""

    step = fields.Integer()
    element = fields.String(allow_none=True)
    name = fields.String()
    type = fields.String()
    state = chosen("completed", "cancelled", "failed")
    started = fields.DateTime()
    ended = fields.DateTime()
    actor = fields.String(allow_none=True)
    variables = Variables()
    changed = Variables()
    answers = Variables()
    deviation = fields.String(metadata={"optional": True})
    deviation_kind = fields.String(metadata={"optional": True})
