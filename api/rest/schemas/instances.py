"""Instances and their history."""

from marshmallow import fields, validate

from api.rest.schemas.basics import (
    Out,
    PageQuery,
    Strict,
    Variables,
    YesNo,
    chosen,
    reason,
    text,
    wanted,
)

STATES = ("active", "suspended", "completed", "cancelled")


class StartIn(Strict):
    """What to start."""

    process = text(required=True)
    version = fields.Integer(load_default=None, strict=True, allow_none=True)
    business_key = text(load_default=None, allow_none=True)
    variables = Variables(load_default=dict)
    dry_run = YesNo(load_default=False)


class PretendIn(Strict):
    """What happens in a dry run: what it brings, or the code of a BPMN error."""

    element = text(required=True)
    variables = Variables(load_default=dict)
    error = text(load_default=None, allow_none=True)


class MoveIn(Strict):
    """Where to take a token; `ends` names elements whose tokens end."""

    origin = text(required=True, data_key="from")
    to = text(required=True)
    reason = reason()
    ends = fields.List(text(), load_default=list, validate=validate.Length(max=100))


class ChangeIn(Strict):
    """Variables to set."""

    values = Variables(required=True, data_key="set")
    reason = reason()


class InsertIn(Strict):
    """A task that one instance has more, after an element."""

    after = text(required=True)
    name = text(required=True)
    role = text(load_default=None, allow_none=True)
    form = text(load_default=None, allow_none=True)
    reason = reason()


class SplitIn(Strict):
    """Part of an instance goes on by itself; without a business key, under the same."""

    business_key = text(load_default=None, allow_none=True)
    reason = reason()


class MergeIn(Strict):
    """Which instance goes on for both."""

    into = fields.UUID(required=True)
    reason = reason()


class RestingOut(Out):
    """A token at rest."""

    element = fields.String()
    state = chosen("waiting", "incident")


class InsertedOut(Out):
    """Work that was inserted and that no token has come to yet."""

    element = fields.String()
    after = fields.String()
    name = fields.String()
    role = fields.String(allow_none=True)
    form = fields.String(allow_none=True)


class InstanceOut(Out):
    """A running or finished process."""

    id = fields.UUID()
    process = fields.String()
    version = fields.Integer()
    business_key = fields.String(allow_none=True)
    state = chosen(*STATES)
    revision = fields.Integer()
    incidents = fields.Integer()
    variables = Variables()
    tokens = fields.List(fields.Nested(RestingOut))
    inserted = fields.List(fields.Nested(InsertedOut))
    origin = fields.UUID(allow_none=True)
    started = fields.DateTime()
    started_by = fields.String()
    ended = fields.DateTime(allow_none=True)
    dry_run = fields.Boolean()


class DifferingOut(Out):
    """A variable of which one value was kept; `element` is the activity it lives in, if any."""

    name = fields.String()
    element = fields.String()
    kept = fields.Raw(allow_none=True)
    dropped = fields.Raw(allow_none=True)


class MergedOut(InstanceOut):
    """The instance that goes on, and what the other had otherwise."""

    differing = fields.List(fields.Nested(DifferingOut))


class InstanceQuery(PageQuery):
    """Filters of the list of instances."""

    process = wanted()
    business_key = wanted()
    state = wanted(*STATES)


class StepOut(Out):
    """A step of the history."""

    step = fields.Integer()
    element = fields.String(allow_none=True)
    name = fields.String()
    type = fields.String()
    state = chosen("completed", "cancelled", "failed")
    started = fields.DateTime()
    ended = fields.DateTime()
    actor = fields.String(allow_none=True)
    variables = Variables()
    changed = Variables()
    answers = Variables()
    deviation = fields.String(metadata={"optional": True})
    deviation_kind = fields.String(metadata={"optional": True})
    other = fields.UUID(metadata={"optional": True})
    begun = fields.DateTime(metadata={"optional": True})
    undoes = fields.Integer(metadata={"optional": True})
    automatic = Variables(
        metadata={"optional": True, "description": "By field, the measurement that answered it"}
    )
