"""Work for people."""

import marshmallow as ma
from marshmallow import fields, validate

from api.rest.schemas.basics import PageQuery, Strict, Variables, text

TASK_STATES = ["open", "claimed", "completed", "cancelled"]


class TaskQuery(PageQuery):
    """Filters of the list of tasks."""

    instance = fields.String(load_default=None)
    business_key = fields.String(load_default=None)
    state = fields.String(load_default=None, validate=validate.OneOf(TASK_STATES))
    role = fields.String(load_default=None)
    equipment = fields.String(load_default=None)
    mine = fields.Boolean(load_default=False)


class TaskOut(ma.Schema):
    """Work for a person."""

    id = fields.UUID()
    instance = fields.UUID()
    business_key = fields.String(allow_none=True)
    element = fields.String()
    name = fields.String()
    form = fields.String(allow_none=True)
    role = fields.String(allow_none=True)
    equipment = fields.String(allow_none=True)
    qualification = fields.String(allow_none=True)
    state = fields.String(validate=validate.OneOf(TASK_STATES))
    assignee = fields.String(allow_none=True)
    priority = fields.Integer()
    created = fields.DateTime()
    due = fields.DateTime(allow_none=True)
    follow_up = fields.DateTime(allow_none=True)
    closed = fields.DateTime(allow_none=True)
    closed_by = fields.String(allow_none=True)


class CompletedTaskOut(TaskOut):
    """A completed task, and where its instance stands now."""

    instance_state = fields.String()
    next = fields.List(fields.Nested(TaskOut))


class AssignIn(Strict):
    """Whom to give the task."""

    user = text(required=True)


class CompleteIn(Strict):
    """The answers of a task's form."""

    variables = Variables(load_default=dict)
    signature = fields.Dict(load_default=None, allow_none=True)


class CompleteItemIn(CompleteIn):
    """The answers of one task of several."""

    id = fields.String(required=True)


class CompleteManyIn(Strict):
    """Several tasks to complete, each for itself."""

    items = fields.List(
        fields.Nested(CompleteItemIn), required=True, validate=validate.Length(1, 100)
    )


class CompleteManyOut(ma.Schema):
    """One answer per item, in the order of the request."""

    items = fields.List(fields.Dict())


class GuardOut(ma.Schema):
    """Why somebody cannot work on a task now, and who can clear it."""

    code = fields.String()
    message = fields.String()
    subject = fields.String()
    resolver = fields.String()
