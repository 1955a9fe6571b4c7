"""Incidents."""

import marshmallow as ma
from marshmallow import fields, validate

from api.rest.schemas.basics import PageQuery, Strict, Variables, reason, text


class IncidentQuery(PageQuery):
    """Filters of the list of incidents."""

    instance = fields.String(load_default=None)
    kind = fields.String(load_default=None)
    state = fields.String(load_default=None, validate=validate.OneOf(["open", "resolved"]))


class IncidentOut(ma.Schema):
    """A token that cannot go on by itself."""

    id = fields.UUID()
    instance = fields.UUID()
    business_key = fields.String(allow_none=True)
    element = fields.String()
    kind = fields.String(
        validate=validate.OneOf(["expression", "job", "message", "limit", "timer", "problem"])
    )
    message = fields.String()
    state = fields.String(validate=validate.OneOf(["open", "resolved"]))
    attempts = fields.Integer()
    since = fields.DateTime()
    resolved = fields.DateTime(allow_none=True)
    resolved_by = fields.String(allow_none=True)


class RetryIn(Strict):
    """Why it should work now; may be left out."""

    reason = fields.String(load_default=None, allow_none=True, validate=validate.Length(max=2000))


class ResolveIn(Strict):
    """What becomes of the token."""

    action = fields.String(
        required=True, validate=validate.OneOf(["retry", "complete", "throw", "cancel"])
    )
    variables = Variables(load_default=dict)
    code = text(load_default=None, allow_none=True)
    reason = reason()
