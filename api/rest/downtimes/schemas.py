"""Downtimes and their reasons."""

from marshmallow import fields, validate

from api.rest.schemas.basics import Out, PageQuery, Strict, YesNo, prose, text, wanted

CODE = validate.Regexp(
    r"\A[a-z][a-z0-9_]{0,63}\Z",
    error="A code has small letters, digits and underscores, such as tool_broken.",
)


class DowntimeQuery(PageQuery):
    """Which downtimes; those that were withdrawn only if asked for."""

    unit = wanted()
    open = fields.Boolean(load_default=None)
    unexplained = fields.Boolean(load_default=None)
    withdrawn = fields.Boolean(load_default=None)
    reason = wanted()
    start = fields.AwareDateTime(load_default=None, allow_none=True, data_key="from")
    end = fields.AwareDateTime(load_default=None, allow_none=True, data_key="to")


class ExplainIn(Strict):
    """Why a unit stood; null takes the reason back."""

    reason = text(required=True, allow_none=True)
    note = prose(load_default=None, allow_none=True)


class SplitDowntimeIn(Strict):
    """Where the second part begins."""

    at = fields.AwareDateTime(required=True)


class MergeDowntimeIn(Strict):
    """The neighbour that becomes part of it."""

    other = fields.UUID(required=True, data_key="with")


class WhatItWas(Out):
    """What may change of a downtime."""

    started = fields.DateTime()
    ended = fields.DateTime(allow_none=True)
    reason = fields.String(allow_none=True)
    note = fields.String(allow_none=True)
    explained = fields.DateTime(allow_none=True)
    explained_by = fields.String(allow_none=True)
    by_hand = fields.Boolean(metadata={"description": "Whether a person drew its bounds"})
    withdrawn = fields.DateTime(allow_none=True)
    merged_into = fields.UUID(allow_none=True)


class DowntimeOut(WhatItWas):
    """How long a unit stood, and why."""

    id = fields.UUID()
    unit = fields.String()
    unit_name = fields.String()
    state = fields.String(metadata={"description": "The state in which it began to stand"})
    seconds = fields.Integer()
    open = fields.Boolean()
    unexplained = fields.Boolean()
    reason_name = fields.String(allow_none=True)
    planned = fields.Boolean(allow_none=True)
    revision = fields.Integer()


class DowntimeChangeOut(Out):
    """What a downtime was before somebody changed it."""

    at = fields.DateTime()
    actor = fields.String()
    action = fields.String()
    before = fields.Nested(WhatItWas)


class DowntimeDetailOut(DowntimeOut):
    """A downtime with what it was before each change, the newest first."""

    changes = fields.List(fields.Nested(DowntimeChangeOut))


class DowntimePartsOut(Out):
    """What became of a downtime: its parts, in order."""

    items = fields.List(fields.Nested(DowntimeOut))


class DowntimeReasonChangeIn(Strict):
    """What to change of a reason for standing."""

    name = text()
    parent = text(allow_none=True, metadata={"description": "The code of its group"})
    planned = YesNo(metadata={"description": "Standing for it is planned, as a break is"})
    enabled = YesNo(metadata={"description": "Whether it is offered"})
    position = fields.Integer(strict=True, validate=validate.Range(0, 100_000))


class DowntimeReasonIn(DowntimeReasonChangeIn):
    """A reason for standing, or a group of them."""

    code = text(required=True, validate=CODE)
    name = text(required=True)


class DowntimeReasonOut(Out):
    """A reason for standing; a group has no parent."""

    code = fields.String()
    name = fields.String()
    parent = fields.String(allow_none=True)
    planned = fields.Boolean()
    enabled = fields.Boolean()
    position = fields.Integer()
    revision = fields.Integer()


class DowntimeReasonGroupOut(DowntimeReasonOut):
    """A group with its reasons; one without any is a reason itself."""

    children = fields.List(fields.Nested(DowntimeReasonOut))


class DowntimeReasonsOut(Out):
    """The tree of reasons, in the order in which they are offered."""

    items = fields.List(fields.Nested(DowntimeReasonGroupOut))
