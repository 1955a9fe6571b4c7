"""The plant at a glance, and problems that people report."""

from marshmallow import fields, validate

from api.rest.schemas.basics import Out, PageQuery, Query, Strict, chosen, prose, text, wanted
from api.rest.schemas.instances import STATES

KINDS = ("task", "job", "timer", "message", "signal", "condition", "event", "incident", "other")


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


class StandingQuery(PageQuery):
    """Filters of where instances stand; without `state` those that have not ended."""

    q = text(load_default=None)
    process = wanted()
    state = text(load_default="running", validate=validate.OneOf(("running", *STATES, "all")))
    late = fields.Boolean(load_default=False)
    blocked = fields.Boolean(load_default=False)
    role = wanted()


class PlaceOut(Out):
    """Where a token of an instance waits, and for whom."""

    element = fields.String()
    name = fields.String()
    kind = chosen(*KINDS)
    since = fields.DateTime()
    assignee = fields.String(allow_none=True)
    role = fields.String(allow_none=True)
    due = fields.DateTime(allow_none=True)


class StandingOut(Out):
    """An instance and everything that it waits for."""

    id = fields.UUID()
    business_key = fields.String(allow_none=True)
    process = fields.String()
    process_name = fields.String()
    version = fields.Integer()
    state = chosen(*STATES)
    started = fields.DateTime()
    ended = fields.DateTime(allow_none=True)
    due = fields.DateTime(allow_none=True)
    late_seconds = fields.Integer(allow_none=True)
    incidents = fields.Integer()
    standing = fields.List(fields.Nested(PlaceOut))


class FlowQuery(Query):
    """Which version, the released one unless one is named, and which period: a day up to now."""

    start = fields.AwareDateTime(load_default=None, allow_none=True, data_key="from")
    end = fields.AwareDateTime(load_default=None, allow_none=True, data_key="to")
    version = fields.Integer(load_default=None, allow_none=True)


class FlowElementOut(Out):
    """What is at an element now, and what passed it in the period."""

    element = fields.String()
    name = fields.String()
    operation = fields.String(allow_none=True)
    here = fields.Integer()
    held = fields.Integer()
    incidents = fields.Integer()
    oldest_since = fields.DateTime(allow_none=True)
    waited_seconds_median = fields.Float(allow_none=True)
    took_seconds_median = fields.Float(allow_none=True)
    planned_seconds = fields.Integer(allow_none=True)
    done = fields.Integer()


class FlowTakenOut(Out):
    """How often a sequence flow was taken in the period."""

    flow = fields.String()
    taken = fields.Integer()


class FlowOut(Out):
    """How work flows through a version."""

    process = fields.String()
    version = fields.Integer()
    instances = fields.Integer()
    elements = fields.List(fields.Nested(FlowElementOut))
    flows = fields.List(fields.Nested(FlowTakenOut))


class PathOut(Out):
    """How often an instance passed elements and flows of its diagram, and where it waits."""

    elements = fields.Dict(keys=fields.String(), values=fields.Integer())
    flows = fields.Dict(keys=fields.String(), values=fields.Integer())
    waiting = fields.List(fields.String())


class SearchQuery(Query):
    """A number, a name, an id, or a code that was scanned."""

    q = text(required=True)


class FoundOut(Out):
    """Something that was found, and the address of its screen."""

    kind = chosen("instance", "task", "process", "incident", "file", "user")
    id = fields.String()
    label = fields.String()
    detail = fields.String(allow_none=True)
    url = fields.String()
