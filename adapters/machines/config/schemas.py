"""The keys of the files and the form of their values; `rules` has what connects them."""

from typing import Any

from marshmallow import Schema, fields, validate

from adapters.machines.config.plan import Kind, Progress, Signal

TYPES = (
    *("auto", "bool", "string"),
    *("int16", "uint16", "int32", "uint32", "int64", "uint64", "float32", "float64"),
)
ORDERS = ("ABCD", "CDAB", "BADC", "DCBA")
UNKNOWN = "unknown key among "
NAME = r"^[A-Za-z][A-Za-z0-9_.\-]{0,62}$"
CODE = r"^[^\s/]{1,64}$"


class _Strict(Schema):
    """Unknown keys are refused, with the known ones at hand for the nearest."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.error_messages["unknown"] = UNKNOWN + ",".join(self.fields)


def _text(**options: Any) -> fields.String:
    return fields.String(**options)


def _name(**options: Any) -> fields.String:
    told = "has to begin with a letter, of letters, digits, _ . -, at most 63"
    return fields.String(validate=validate.Regexp(NAME, error=told), **options)


def _number(low: float | None = None, high: float | None = None, **options: Any) -> fields.Float:
    limits = None if low is None and high is None else validate.Range(low, high)
    return fields.Float(allow_nan=False, validate=limits, **options)


def _chosen(*words: str, **options: Any) -> fields.String:
    return fields.String(validate=validate.OneOf(words), **options)


def _pair(**options: Any) -> fields.List[Any]:
    told = "has to be [lowest, highest]"
    two = validate.Length(equal=2, error=told)
    return fields.List(fields.Float(allow_nan=False), validate=two, **options)


def _mapping(values: fields.Field[Any] | None = None, **options: Any) -> fields.Dict:
    return fields.Dict(keys=fields.Raw(), values=values or fields.Raw(), **options)


class DeadbandIn(_Strict):
    """How far a value has to move."""

    abs = _number(0)
    pct = _number(0, 100)
    heartbeat_s = _number(0.1, 86_400, load_default=60.0)


class CycleIn(_Strict):
    """Tags that tell more about a cycle."""

    boot = _name()
    serial = _name()
    good = _name()
    scrap = _name()
    values = fields.List(_name(), load_default=list)


class TagIn(_Strict):
    """One tag."""

    name = _name(required=True)
    signal = _chosen(*Signal, required=True)
    address = _text(required=True, validate=validate.Length(1, 1000))
    type = _chosen(*TYPES, load_default="auto")
    order = _chosen(*ORDERS, load_default="ABCD")
    length = fields.Integer(strict=True, validate=validate.Range(1, 1000), load_default=None)
    scale = _number(load_default=1.0)
    offset = _number(load_default=0.0)
    unit = _text(load_default=None)
    range = _pair(load_default=None)
    map = _mapping(_text(), load_default=None)
    group = _name(load_default=None)
    deadband = fields.Nested(DeadbandIn, load_default=None)
    rollover = fields.Integer(strict=True, validate=validate.Range(1), load_default=None)
    max_step = fields.Integer(strict=True, validate=validate.Range(1), load_default=None)
    writable = fields.Boolean(load_default=False)
    write_limits = _pair(load_default=None)
    stale_s = _number(0.1, 86_400, load_default=None)
    serial = _name(load_default=None)
    limits = _pair(load_default=None)
    severity = fields.Integer(strict=True, validate=validate.Range(1, 1000), load_default=500)
    cycle = fields.Nested(CycleIn, load_default=None)


class ParameterIn(_Strict):
    """One parameter of an action."""

    tag = _name(load_default=None)
    limits = _pair(load_default=None)
    unit = _text(load_default=None)
    choices = fields.List(_text(), load_default=list)
    default = fields.Raw(load_default=None)
    required = fields.Boolean(load_default=None)


class ActionIn(_Strict):
    """One action."""

    kind = _chosen(*Kind, required=True)
    command = fields.Dict(
        keys=_chosen("id", "strobe", "request", "start"), values=_name(), load_default=dict
    )
    method = _text(load_default=None)
    arguments = fields.List(_name(), load_default=list)
    echo = fields.Dict(
        keys=_chosen("id", "state", "code", "ack", "done", "failed"),
        values=_name(),
        load_default=dict,
    )
    states = _mapping(_chosen(*Progress), load_default=dict)
    running = _mapping(load_default=dict)
    done = _mapping(load_default=dict)
    parameters = fields.Dict(keys=_name(), values=fields.Nested(ParameterIn), load_default=dict)
    results = fields.Dict(keys=_name(), values=_name(), load_default=dict)
    require = _mapping(load_default=dict)
    ready_timeout_s = _number(0, 3600, load_default=10.0)
    accept_timeout_s = _number(0.05, 3600, load_default=5.0)
    done_timeout_s = _number(0.05, 7 * 86_400, load_default=900.0)
    offline_timeout_s = _number(0, 3600, load_default=10.0)
    unknown_timeout_s = _number(0, 86_400, load_default=60.0)
    grace_s = _number(0, 600, load_default=2.0)
    rate_s = _number(1, 3600, load_default=1.0)
    cancel = _name(load_default=None)


class MachineIn(_Strict):
    """One machine."""

    unit = _text(
        required=True,
        validate=validate.Regexp(CODE, error="has to be an equipment code without spaces"),
    )
    protocol = _text(required=True)
    url = _text(required=True, validate=validate.Length(1, 1000))
    options = _mapping(load_default=dict)
    security = _mapping(load_default=dict)
    writes_enabled = fields.Boolean(load_default=False)
    groups = fields.Dict(keys=_name(), values=_number(0.01, 86_400), load_default=dict)
    stale_s = _number(0.2, 3600, load_default=None)
    tags = fields.List(fields.Nested(TagIn), required=True, validate=validate.Length(1, 20_000))
    actions = fields.Dict(keys=_name(), values=fields.Nested(ActionIn), load_default=dict)


class GatewayIn(_Strict):
    """`gateway.yaml`."""

    name = _name(load_default="gateway")
    url = _text(load_default=None)
    token_file = _text(load_default=None)
    buffer = _text(load_default="buffer")
    quota_mb = _number(1, 1_000_000, load_default=2000.0)
    topics = fields.List(_name(), validate=validate.Length(1, 20), load_default=lambda: ["machine"])
