"""Equipment and its classes."""

from decimal import Decimal, InvalidOperation
from typing import Any

from marshmallow import fields, validate

from api.rest.schemas.basics import Out, PageQuery, Strict, YesNo, chosen, text, wanted
from engine.equipment.rules import COUNTS, LEVELS, STATES

CODE = validate.Length(min=1, max=64)
MOST_CLASSES = 50
DAY_SECONDS = 86_400


class Seconds(fields.Float):
    """Seconds to the millisecond, with their digits, and no text that looks like a number."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **options: Any) -> Any:
        if isinstance(value, bool) or not isinstance(value, int | Decimal):
            raise self.make_error("invalid", input=value)
        try:
            return Decimal(value).quantize(Decimal("0.001"))
        except InvalidOperation:
            raise self.make_error("too_large", input=value) from None


class EquipmentChangeIn(Strict):
    """What to change of a node; null takes it away. Only a work unit has the last four."""

    name = text()
    parent = text(allow_none=True, metadata={"description": "The code of what it is part of"})
    classes = fields.List(text(), validate=validate.Length(0, MOST_CLASSES))
    enabled = YesNo(metadata={"description": "Whether it is in use, and what is part of it"})
    commands_enabled = YesNo(
        metadata={"description": "Whether gateways may command its machine; the second switch"}
    )
    counts = chosen(*COUNTS)
    downtime_after_seconds = fields.Integer(
        allow_none=True,
        strict=True,
        validate=validate.Range(1, 30 * DAY_SECONDS),
        metadata={"description": "How long it may stand before that is a downtime; null: for ever"},
    )
    ideal_cycle_seconds = Seconds(
        allow_none=True, validate=validate.Range(0, 30 * DAY_SECONDS, min_inclusive=False)
    )


class EquipmentIn(EquipmentChangeIn):
    """A node of the hierarchy."""

    code = text(required=True, validate=CODE)
    name = text(required=True)
    level = fields.String(required=True, validate=validate.OneOf(LEVELS))


class EquipmentOut(Out):
    """A node of the hierarchy; only a work unit counts, stands and has a state."""

    code = fields.String()
    name = fields.String()
    level = chosen(*LEVELS)
    parent = fields.String(allow_none=True)
    classes = fields.List(fields.String())
    enabled = fields.Boolean()
    commands_enabled = fields.Boolean()
    counts = fields.String(allow_none=True, validate=validate.OneOf(COUNTS))
    downtime_after_seconds = fields.Integer(allow_none=True)
    ideal_cycle_seconds = fields.Float(allow_none=True)
    state = fields.String(allow_none=True, validate=validate.OneOf(sorted(STATES)))
    state_since = fields.DateTime(allow_none=True)
    state_reason = fields.String(allow_none=True)
    asked = fields.DateTime(
        allow_none=True,
        metadata={"description": "When a gateway last asked for its jobs, to about ten seconds"},
    )
    last_command = fields.Integer(allow_none=True)
    revision = fields.Integer()
    created = fields.DateTime()
    created_by = fields.String()


class EquipmentQuery(PageQuery):
    """Which equipment."""

    level = wanted(*LEVELS)
    parent = wanted()
    member_of = wanted()
    state = wanted(*sorted(STATES))
    enabled = fields.Boolean(load_default=None)


class EquipmentClassIn(Strict):
    """A class of equipment."""

    code = text(required=True, validate=CODE)
    name = text(required=True)


class EquipmentClassChangeIn(Strict):
    """What to change of a class."""

    name = text(required=True)


class EquipmentClassOut(Out):
    """A class of equipment, with the codes of what belongs to it."""

    code = fields.String()
    name = fields.String()
    members = fields.List(fields.String())
    revision = fields.Integer()
    created = fields.DateTime()
    created_by = fields.String()
