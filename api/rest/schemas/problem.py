"""The shape of every error."""

import marshmallow as ma
from marshmallow import fields

from api.rest.schemas.processes import FindingOut


class FieldProblemOut(ma.Schema):
    """One field that cannot be accepted."""

    pointer = fields.String(metadata={"description": "JSON pointer into the request"})
    detail = fields.String()


class ProblemOut(ma.Schema):
    """A problem (RFC 9457)."""

    type = fields.String(required=True)
    title = fields.String(required=True)
    status = fields.Integer(required=True)
    detail = fields.String(required=True)
    instance = fields.String(required=True)
    errors = fields.List(fields.Nested(FieldProblemOut))
    findings = fields.List(fields.Nested(FindingOut))
