"""Gateways: what they say of their machines and of themselves, and what is told of them."""

import marshmallow as ma
from marshmallow import fields, validate

from api.rest.collection.schemas import COUNT
from api.rest.schemas.basics import Out, Strict, Variables, prose, text

MOST_MACHINES = 500
NAME_LENGTH = 200


def _declared(machine: dict[str, object]) -> None:
    """What a newer gateway says beyond this is kept as it is."""
    for name in ("unit", "protocol"):
        found = machine.get(name)
        if not isinstance(found, str) or not 0 < len(found) <= NAME_LENGTH:
            raise ma.ValidationError(f"`{name}` is a text of 1 to {NAME_LENGTH} characters.")


def _count(means: str) -> fields.Integer:
    return fields.Integer(
        strict=True, load_default=0, validate=COUNT, metadata={"description": means}
    )


def _source() -> fields.String:
    return text(
        load_default=None,
        allow_none=True,
        metadata={"description": "Id of its buffer file: tells two gateways of one name apart"},
    )


class GatewayIn(Strict):
    """Which machines a gateway has."""

    machines = fields.List(
        fields.Dict(keys=fields.String(), validate=_declared),
        required=True,
        validate=validate.Length(0, MOST_MACHINES),
        metadata={"description": "unit, protocol, and what else docs/reference/signals.md names"},
    )
    source = _source()


class Kept(ma.Schema):
    """What a newer gateway says beyond these fields is kept as it is."""

    class Meta:
        """Marshmallow's options."""

        unknown = ma.INCLUDE


class NoticeIn(Kept):
    """What will hinder a machine, with what to do: `text` is the whole sentence."""

    kind = text(required=True, metadata={"description": "clock, drops, late, own_certificate …"})
    text = prose(required=True)
    facts = Variables(load_default=dict)


class MachineHealthIn(Kept):
    """How a gateway and one of its machines are connected."""

    unit = text(required=True)
    state = text(required=True)
    since = fields.Integer(
        strict=True, load_default=None, allow_none=True, metadata={"description": "ms UTC"}
    )
    error = fields.String(load_default=None, allow_none=True)
    silence_seconds = fields.Float(load_default=0.0)
    generation = _count("Connections made")
    wanted = _count("Tags of its file")
    accepted = _count("Tags that it takes")
    values_per_second = fields.Float(load_default=0.0)
    drops = _count("Values that the gateway had to throw away")
    machine_drops = _count("Values that the machine's side threw away, over all connections")
    late_polls = _count("Polls left out because the one before took too long")
    lag_p50_ms = fields.Float(load_default=None, allow_none=True)
    lag_p99_ms = fields.Float(load_default=None, allow_none=True)
    skew_ms = fields.Float(load_default=None, allow_none=True)
    commands = Variables(load_default=dict)
    warnings = fields.List(fields.Nested(NoticeIn), load_default=list)


class HealthIn(Strict):
    """How a gateway is; said every two seconds."""

    machines = fields.List(
        fields.Nested(MachineHealthIn), required=True, validate=validate.Length(0, MOST_MACHINES)
    )
    buffer = Variables(load_default=dict)
    source = _source()
    warnings = fields.List(
        fields.Nested(NoticeIn),
        load_default=list,
        metadata={"description": "What is wrong with the gateway itself, as its clock"},
    )
    findings = fields.List(
        prose(),
        load_default=list,
        validate=validate.Length(0, MOST_MACHINES),
        metadata={"description": "Files of machines that cannot be used: line, fault, cure"},
    )


class HealthTakenOut(Out):
    """When it was heard; another gateway speaks for `taken_units`, which are to be let go."""

    name = fields.String()
    at = fields.DateTime()
    taken_units = fields.Dict(keys=fields.String(), values=fields.String())


class GatewayOut(Out):
    """A gateway; `silent` after ten seconds without a word."""

    name = fields.String()
    state = fields.String(metadata={"description": "alive or silent"})
    seen = fields.DateTime()
    silence_seconds = fields.Integer()
    declared_at = fields.DateTime(allow_none=True)
    health = Variables(allow_none=True, metadata={"description": "As it was said last"})


class LossOut(Out):
    """What a gateway had to throw away."""

    id = fields.UUID()
    unit = fields.String()
    lost = fields.Integer()
    what = fields.String()
    since = fields.DateTime()
    until = fields.DateTime()


class OneGatewayOut(GatewayOut):
    """A gateway with its machines as it declared them, and its latest losses."""

    declared = fields.List(fields.Dict(keys=fields.String()), allow_none=True)
    losses = fields.List(fields.Nested(LossOut))


class DeclaredOut(OneGatewayOut):
    """What was declared; signals of `unknown_units` would be refused.

    `taken_units` are with the gateways that have them: no connection to these machines, please.
    """

    unknown_units = fields.List(fields.String())
    taken_units = fields.Dict(keys=fields.String(), values=fields.String())
