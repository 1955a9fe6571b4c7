"""Processes and their versions."""

import marshmallow as ma
from marshmallow import fields, validate


class FindingOut(ma.Schema):
    """What lint found."""

    severity = fields.String(validate=validate.OneOf(["error", "warning"]))
    rule = fields.String()
    element = fields.String()
    message = fields.String()
    cure = fields.String()


class VersionOut(ma.Schema):
    """A version of a process."""

    key = fields.String()
    version = fields.Integer()
    state = fields.String(
        validate=validate.OneOf(["draft", "in_review", "released", "superseded", "retired"])
    )
    name = fields.String()
    digest = fields.String()
    author = fields.String()
    created = fields.DateTime()
    released = fields.DateTime(allow_none=True)
    released_by = fields.String(allow_none=True)
    note = fields.String(allow_none=True)
    findings = fields.List(fields.Nested(FindingOut))


class TriggerOut(ma.Schema):
    """What starts a released process by itself."""

    element = fields.String()
    kind = fields.String(validate=validate.OneOf(["message", "timer"]))
    name = fields.String()


class ProcessOut(ma.Schema):
    """A process with its versions, newest first."""

    key = fields.String()
    name = fields.String()
    versions = fields.List(fields.Nested(VersionOut))
    triggers = fields.List(fields.Nested(TriggerOut))


class ProcessRowOut(ma.Schema):
    """A process in a list: its newest version and that one's state, and the released version."""

    key = fields.String()
    name = fields.String()
    newest = fields.Integer()
    state = fields.String()
    released = fields.Integer(allow_none=True)
