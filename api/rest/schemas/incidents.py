"""Incidents."""

from marshmallow import fields, validate

from api.rest.schemas.basics import (
    Out,
    PageQuery,
    Strict,
    Variables,
    chosen,
    prose,
    reason,
    text,
    wanted,
)

KINDS = ("expression", "job", "message", "limit", "timer", "problem")
STATES = ("open", "resolved")


class IncidentQuery(PageQuery):
    """Filters of the list of incidents."""

    instance = fields.UUID(load_default=None)
    kind = wanted(*KINDS)
    state = wanted(*STATES)


class IncidentOut(Out):
    """A token that cannot go on by itself."""

    id = fields.UUID()
    instance = fields.UUID()
    business_key = fields.String(allow_none=True)
    element = fields.String()
    kind = chosen(*KINDS)
    message = fields.String()
    state = chosen(*STATES)
    attempts = fields.Integer()
    since = fields.DateTime()
    resolved = fields.DateTime(allow_none=True)
    resolved_by = fields.String(allow_none=True)
    reporter = fields.String(allow_none=True)


class RetryIn(Strict):
    """Why it should work now; may be left out."""

    reason = prose(load_default=None, allow_none=True)


class ResolveIn(Strict):
    """What becomes of the token."""

    action = fields.String(
        required=True, validate=validate.OneOf(["retry", "complete", "throw", "cancel"])
    )
    variables = Variables(load_default=dict)
    code = text(load_default=None, allow_none=True)
    reason = reason()
