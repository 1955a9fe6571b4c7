"""The plant at a glance, and problems that people report."""

from marshmallow import fields

from api.rest.schemas.basics import Out, Strict, prose, text


class ProblemIn(Strict):
    """What is wrong, and what it is about."""

    reason = text(required=True)
    note = prose(load_default=None, allow_none=True)
    task = fields.UUID(load_default=None, allow_none=True)
    instance = fields.UUID(load_default=None, allow_none=True)
    file = fields.UUID(load_default=None, allow_none=True)


class ReportedOut(Out):
    """The process that takes care of it, or the incident that waits for somebody."""

    instance = fields.UUID(allow_none=True)
    incident = fields.UUID(allow_none=True)
