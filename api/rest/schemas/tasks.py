"""Work for people."""

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
from api.rest.schemas.instances import STATES as INSTANCE_STATES
from api.rest.schemas.problem import ProblemOut
from api.rest.schemas.records import SignatureIn

TASK_STATES = ("open", "claimed", "completed", "cancelled")


class TaskQuery(PageQuery):
    """Filters of the list of tasks."""

    instance = fields.UUID(load_default=None)
    business_key = wanted()
    state = wanted(*TASK_STATES)
    role = wanted()
    equipment = wanted()
    mine = fields.Boolean(load_default=False)


class PauseOut(Out):
    """Since when a task is paused, and why."""

    since = fields.DateTime()
    reason = fields.String(allow_none=True)


class TaskOut(Out):
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
    state = chosen(*TASK_STATES)
    assignee = fields.String(allow_none=True)
    priority = fields.Integer()
    created = fields.DateTime()
    due = fields.DateTime(allow_none=True)
    follow_up = fields.DateTime(allow_none=True)
    closed = fields.DateTime(allow_none=True)
    closed_by = fields.String(allow_none=True)
    operation = fields.String(allow_none=True)
    signature = fields.String(allow_none=True)
    started = fields.DateTime(allow_none=True)
    paused = fields.Nested(PauseOut, allow_none=True)
    worked_seconds = fields.Integer()
    instance_state = chosen(*INSTANCE_STATES)


class CompletedTaskOut(TaskOut):
    """A completed task, and what its instance goes on with."""

    next = fields.List(fields.Nested(TaskOut))


class AssignIn(Strict):
    """Whom to give the task."""

    user = text(required=True)


class CompleteIn(Strict):
    """The answers of a task's form."""

    variables = Variables(load_default=dict)
    signature = fields.Nested(SignatureIn, load_default=None, allow_none=True)
    automatic = fields.Dict(
        keys=fields.String(),
        values=fields.String(),
        load_default=dict,
        metadata={"description": "By field, the id of the measurement that answers it"},
    )


class CompleteItemIn(CompleteIn):
    """The answers of one task of several."""

    id = fields.String(required=True)


class CompleteManyIn(Strict):
    """Several tasks to complete, each for itself."""

    items = fields.List(
        fields.Nested(CompleteItemIn), required=True, validate=validate.Length(1, 100)
    )


class CompletedItemOut(Out):
    """What became of one of several tasks: `task` when it is done, `problem` when refused."""

    id = fields.String()
    status = fields.Integer()
    task = fields.Nested(CompletedTaskOut, metadata={"optional": True})
    problem = fields.Nested(ProblemOut, metadata={"optional": True})


class CompleteManyOut(Out):
    """One answer per item, in the order of the request."""

    items = fields.List(fields.Nested(CompletedItemOut))


class PersonOut(Out):
    """Somebody who can help."""

    name = fields.String()
    full_name = fields.String(allow_none=True)


class GuardOut(Out):
    """Why somebody cannot work on a task now, and who can clear it."""

    code = fields.String()
    message = fields.String()
    subject = fields.String()
    resolver = fields.String()
    people = fields.List(fields.Nested(PersonOut))


class DraftIn(Strict):
    """What somebody has filled in so far, by the keys of the form's fields."""

    answers = Variables(required=True)


class DraftOut(Out):
    """What the caller has filled in so far; `saved` is null if nothing."""

    answers = Variables()
    saved = fields.DateTime(allow_none=True)


class PauseIn(Strict):
    """Why work pauses; may be left out."""

    reason = prose(load_default=None, allow_none=True)


class UndoIn(Strict):
    """Why an entry is taken back; may be left out."""

    reason = prose(load_default=None, allow_none=True)
