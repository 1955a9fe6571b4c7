"""The shape of every error."""

import marshmallow as ma
from marshmallow import fields

from api.rest.schemas.basics import Out
from api.rest.schemas.processes import FindingOut

OPTIONAL = {"optional": True}


class FieldProblemOut(Out):
    """One field that cannot be accepted."""

    pointer = fields.String(metadata={"description": "JSON pointer into the request"})
    detail = fields.String()


class ProblemOut(Out):
    """A problem (RFC 9457); each `type` may add members of its own, as its detail explains."""

    class Meta:
        """Marshmallow's options."""

        unknown = ma.INCLUDE

    type = fields.String(metadata={"description": "/problems/<code>", "format": "uri-reference"})
    title = fields.String()
    status = fields.Integer()
    detail = fields.String()
    instance = fields.String(
        metadata={"description": "The address asked", "format": "uri-reference"}
    )
    errors = fields.List(fields.Nested(FieldProblemOut), metadata=OPTIONAL)
    findings = fields.List(fields.Nested(FindingOut), metadata=OPTIONAL)
    permission = fields.String(
        metadata={"description": "The permission that is missing", "optional": True}
    )
