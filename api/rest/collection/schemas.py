"""Signals, counts, readings and gateways."""

import marshmallow as ma
from marshmallow import fields, validate

from api.rest.schemas.basics import (
    Out,
    PageQuery,
    Query,
    Strict,
    prose,
    reason,
    text,
)

MOST_SIGNALS = 2_000
MOST_READINGS = 10_000
MOST_POINTS = 2_000
COUNT = validate.Range(0, 2**53)


class SignalsIn(Strict):
    """Rows of a gateway's buffer; docs/reference/signals.md has the kinds and their fields."""

    source = text(required=True, metadata={"description": "The id of the gateway's buffer file"})
    gateway = text(required=True)
    rows = fields.List(
        fields.Dict(keys=fields.String()),
        required=True,
        validate=validate.Length(0, MOST_SIGNALS),
        metadata={"description": "seq, unit, kind, at (ms UTC), and what the kind has"},
    )


class RefusedOut(Out):
    """A row that cannot be used; it counts as acknowledged."""

    seq = fields.Integer()
    detail = fields.String()


class TakenOut(Out):
    """How far a source is taken in; `seq` up to `ack` need not be sent again."""

    ack = fields.Integer()
    refused = fields.List(fields.Nested(RefusedOut))


class ReadingsIn(Strict):
    """Readings: each tag is named once, in `tags`; a row names its place there."""

    source = text(required=True, metadata={"description": "The id of the gateway's buffer file"})
    gateway = text(required=True)
    tags = fields.Raw(
        required=True,
        validate=[lambda found: _listed(found, MOST_READINGS)],
        metadata={
            "description": "[unit, tag, unit of measure or null] for each",
            "type": "array",
            "items": {"type": "array"},
        },
    )
    rows = fields.Raw(
        required=True,
        validate=[lambda found: _listed(found, MOST_READINGS)],
        metadata={
            "description": "[seq, place of the tag, at (ms UTC), value or null, quality, reason or"
            " null] for each; quality is 0 good, 1 uncertain, 2 bad",
            "type": "array",
            "items": {"type": "array"},
            "maxItems": MOST_READINGS,
        },
    )


def _listed(found: object, most: int) -> None:
    """A list is looked into by the engine: ten thousand schemas would cost more than the rows."""
    if not isinstance(found, list) or len(found) > most:
        raise ma.ValidationError(f"Expected a list of at most {most}.")


# ---- what is read of a unit ----


class PeriodQuery(Query):
    """From when to when; a day up to now unless it is said."""

    start = fields.AwareDateTime(load_default=None, allow_none=True, data_key="from")
    end = fields.AwareDateTime(load_default=None, allow_none=True, data_key="to")


class PeriodPageQuery(PageQuery, PeriodQuery):
    """A page of what was in a period."""


class MeasurementQuery(PeriodPageQuery):
    """Of which name, of which piece."""

    name = text(load_default=None)
    serial = text(load_default=None)


class AlarmQuery(PeriodPageQuery):
    """With `active` only what stands now."""

    active = fields.Boolean(load_default=False)


class TrendQuery(PeriodQuery):
    """Of which tag, in about how many points."""

    tag = text(required=True)
    points = fields.Integer(load_default=300, validate=validate.Range(1, MOST_POINTS))


class IntervalOut(Out):
    """How long a unit was in one state; `ended` is null while it lasts."""

    state = fields.String()
    reason = fields.String(allow_none=True)
    began = fields.DateTime()
    ended = fields.DateTime(allow_none=True)


class CountOut(Out):
    """Pieces that were counted; `open` says that a jump waits for a person."""

    id = fields.UUID()
    at = fields.DateTime()
    origin = fields.String(metadata={"description": "counter, cycle or person"})
    good = fields.Integer()
    scrap = fields.Integer()
    counted = fields.Boolean(metadata={"description": "Whether it enters the unit's sums"})
    change = fields.String(
        allow_none=True, metadata={"description": "first, counted, rollover, reset or jump"}
    )
    counter = fields.String(allow_none=True)
    tag = fields.String(allow_none=True)
    raw = fields.Integer(allow_none=True)
    asked = fields.Integer(allow_none=True)
    open = fields.Boolean()
    reading_start = fields.Integer(allow_none=True)
    reading_end = fields.Integer(allow_none=True)
    actor = fields.String(allow_none=True)
    note = fields.String(allow_none=True)
    confirmed_by = fields.String(allow_none=True)
    confirmed = fields.DateTime(allow_none=True)


class EnteredCountOut(CountOut):
    """What was entered; `gap` lies between the last reading and this one's start."""

    gap = fields.Integer(allow_none=True)


class PiecesOut(Out):
    """How many."""

    good = fields.Integer()
    scrap = fields.Integer()


class SumsOut(Out):
    """Of the period: what each of them counted, and what holds."""

    counts = fields.String(metadata={"description": "Who counts: machine, person or both"})
    machine = fields.Nested(PiecesOut)
    person = fields.Nested(PiecesOut)
    counted = fields.Nested(PiecesOut)


class CountIn(Strict):
    """What a person counted; with both readings `good` follows from them."""

    good = fields.Integer(strict=True, validate=COUNT)
    scrap = fields.Integer(load_default=0, strict=True, validate=COUNT)
    reading_start = fields.Integer(strict=True, validate=COUNT)
    reading_end = fields.Integer(strict=True, validate=COUNT)
    note = prose()


class ConfirmCountIn(Strict):
    """What a counter that jumped has really made, and how one knows."""

    good = fields.Integer(load_default=0, strict=True, validate=COUNT)
    scrap = fields.Integer(load_default=0, strict=True, validate=COUNT)
    reason = reason()


class CurrentOut(Out):
    """The newest measurement of a name."""

    name = fields.String()
    at = fields.DateTime()
    value = fields.Float(allow_none=True)
    unit_of_measure = fields.String(allow_none=True)
    quality = fields.String()
    reason = fields.String(allow_none=True)


class MeasurementOut(CurrentOut):
    """A process measurement."""

    id = fields.UUID()
    serial = fields.String(allow_none=True)
    lower = fields.Float(allow_none=True)
    upper = fields.Float(allow_none=True)
    boot = fields.String(allow_none=True)
    cycle = fields.Integer(allow_none=True)


class OfferOut(CurrentOut):
    """A measurement that may answer a field of a task's form: name its id in `automatic`."""

    field = fields.String()
    automatic = fields.Boolean()
    answer = fields.Float(metadata={"description": "The value in the unit of the field"})
    equipment = fields.String()
    id = fields.UUID()
    serial = fields.String(allow_none=True)

    class Meta:
        """Marshmallow's options."""

        exclude = ("reason",)


class AlarmOut(Out):
    """An alarm; `cleared` is null while it stands."""

    id = fields.UUID()
    code = fields.String()
    text = fields.String()
    severity = fields.Integer()
    raised = fields.DateTime()
    cleared = fields.DateTime(allow_none=True)


class CounterOut(Out):
    """What a machine's counter showed last."""

    tag = fields.String()
    counter = fields.String()
    raw = fields.Integer()
    at = fields.DateTime()


class CurrentReadingOut(Out):
    """The present value of a tag."""

    tag = fields.String()
    at = fields.DateTime(allow_none=True)
    value = fields.Raw(allow_none=True, metadata={"type": ["number", "string"]})
    unit_of_measure = fields.String(allow_none=True)
    quality = fields.String(allow_none=True)
    reason = fields.String(allow_none=True)


class PresentOut(Out):
    """What a unit's machine says now."""

    unit = fields.String()
    state = fields.String(allow_none=True)
    reason = fields.String(allow_none=True)
    state_at = fields.DateTime(allow_none=True)
    gateway = fields.String(allow_none=True)
    skew_ms = fields.Integer(allow_none=True)
    counters = fields.List(fields.Nested(CounterOut))
    measurements = fields.List(fields.Nested(CurrentOut))
    alarms = fields.List(fields.Nested(AlarmOut))
    jumps = fields.List(fields.Nested(CountOut))
    readings = fields.List(fields.Nested(CurrentReadingOut))


class PointOut(Out):
    """Some time of a trend; without a good number it is a gap."""

    at = fields.DateTime()
    min = fields.Float(allow_none=True)
    max = fields.Float(allow_none=True)
    mean = fields.Float(allow_none=True)
    n = fields.Integer()
    bad = fields.Integer()


class TrendOut(Out):
    """A tag over a period, in points of `milliseconds` each; where nothing came there is none.

    The first point is at `from`, a full hour where points are longer than an hour.
    """

    tag = fields.String()
    unit_of_measure = fields.String(allow_none=True)
    begins = fields.DateTime(data_key="from")
    milliseconds = fields.Integer()
    points = fields.List(fields.Nested(PointOut))
