"""Work for machines and other systems."""

from marshmallow import fields, validate

from api.rest.schemas.basics import (
    Out,
    PageQuery,
    Strict,
    Variables,
    chosen,
    prose,
    text,
    wanted,
)

LEASE = validate.Range(1, 24 * 3600)
STATES = ("open", "claimed", "completed", "failed", "cancelled")
MOST_UNITS = 200


class ClaimJobsIn(Strict):
    """Which jobs a worker takes, and for how long."""

    topics = fields.List(text(), required=True, validate=validate.Length(1, 20))
    worker = text(required=True)
    limit = fields.Integer(load_default=1, strict=True, validate=validate.Range(1, 100))
    lease_seconds = fields.Integer(load_default=60, strict=True, validate=LEASE)
    units = fields.List(
        text(),
        validate=validate.Length(0, MOST_UNITS),
        metadata={"description": "Codes of work units: only their jobs, at most one for each"},
    )


class CompleteJobIn(Strict):
    """A worker's result."""

    fence = fields.Integer(required=True, strict=True)
    variables = Variables(load_default=dict)


class FailJobIn(Strict):
    """Why a worker could not do it; `code` raises the BPMN error of that name."""

    fence = fields.Integer(required=True, strict=True)
    message = prose(required=True)
    code = text(load_default=None, allow_none=True)
    retry_in = fields.Integer(
        load_default=None, allow_none=True, strict=True, validate=validate.Range(0, 30 * 86_400)
    )


class ExtendJobIn(Strict):
    """How much longer a worker needs."""

    fence = fields.Integer(required=True, strict=True)
    lease_seconds = fields.Integer(required=True, strict=True, validate=LEASE)


class ClaimedJobOut(Out):
    """A job in a worker's hands."""

    id = fields.UUID()
    topic = fields.String()
    action = fields.String(allow_none=True)
    instance = fields.UUID()
    business_key = fields.String(allow_none=True)
    element = fields.String()
    parameters = Variables()
    fence = fields.Integer()
    lease_until = fields.DateTime()
    attempt = fields.Integer()
    equipment = fields.String(allow_none=True)
    unit = fields.String(allow_none=True)
    command = fields.Integer(
        allow_none=True,
        metadata={"description": "The number of the command, ascending for each unit"},
    )


class ClaimedJobsOut(Out):
    """What a worker got."""

    items = fields.List(fields.Nested(ClaimedJobOut))


class JobOut(Out):
    """Work for a machine or another system."""

    id = fields.UUID()
    instance = fields.UUID()
    business_key = fields.String(allow_none=True)
    element = fields.String()
    topic = fields.String()
    state = chosen(*STATES)
    fence = fields.Integer()
    attempt = fields.Integer()
    attempts = fields.Integer()
    worker = fields.String(allow_none=True)
    lease_until = fields.DateTime(allow_none=True)
    retry_at = fields.DateTime(allow_none=True)
    message = fields.String(allow_none=True)
    equipment = fields.String(allow_none=True)
    unit = fields.String(allow_none=True)
    command = fields.Integer(allow_none=True)


class JobShownOut(JobOut):
    """A job with what it is about."""

    action = fields.String(allow_none=True)
    parameters = Variables()
    instance_state = fields.String()
    created = fields.DateTime()
    closed = fields.DateTime(allow_none=True)


class WaitsForOut(Out):
    """Why a job waits: a stable code, and a sentence that says what to do."""

    code = fields.String()
    message = fields.String()


class JobDetailOut(JobShownOut):
    """A job with everything that keeps it from being handed out now."""

    waits_for = fields.List(fields.Nested(WaitsForOut))


class JobQuery(PageQuery):
    """Which jobs."""

    unit = wanted()
    equipment = wanted()
    state = wanted(*STATES)
    topic = wanted()
    instance = fields.UUID(load_default=None)
