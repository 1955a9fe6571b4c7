"""Processes and their versions."""

from marshmallow import fields

from api.rest.schemas.basics import Out, chosen

STATES = ("draft", "in_review", "released", "superseded", "retired")


class FindingOut(Out):
    """What lint found."""

    severity = chosen("error", "warning")
    rule = fields.String()
    element = fields.String()
    message = fields.String()
    cure = fields.String()


class SubmittedOut(Out):
    """Who handed a version to review, and when."""

    by = fields.String()
    at = fields.DateTime()


class RejectedOut(SubmittedOut):
    """Who sent a version back, when and why."""

    reason = fields.String(allow_none=True)


class VersionOut(Out):
    """A version of a process."""

    key = fields.String()
    version = fields.Integer()
    state = chosen(*STATES)
    name = fields.String()
    digest = fields.String()
    author = fields.String()
    created = fields.DateTime()
    released = fields.DateTime(allow_none=True)
    released_by = fields.String(allow_none=True)
    note = fields.String(allow_none=True)
    submitted = fields.Nested(SubmittedOut, allow_none=True)
    rejected = fields.Nested(RejectedOut, allow_none=True)
    findings = fields.List(fields.Nested(FindingOut))


class TriggerOut(Out):
    """What starts a released process by itself."""

    element = fields.String()
    kind = chosen("message", "signal", "timer")
    name = fields.String()


class ProcessOut(Out):
    """A process with its versions, newest first."""

    key = fields.String()
    name = fields.String()
    versions = fields.List(fields.Nested(VersionOut))
    triggers = fields.List(fields.Nested(TriggerOut))


class ProcessRowOut(Out):
    """A process in a list: its newest version and that one's state, and the released version."""

    key = fields.String()
    name = fields.String()
    newest = fields.Integer()
    state = chosen(*STATES)
    released = fields.Integer(allow_none=True)
