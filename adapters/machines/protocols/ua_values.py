"""OPC UA values and events as samples, and values as what a node can hold."""

import json
import math
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

from asyncua import ua

from adapters.machines.core import Quality, Sample, Value

OVERFLOW = 0x480  # the info type DataValue and its overflow bit (part 4, 7.39.1)
NO_VALUE, NOT_A_NUMBER, NOT_SCALAR = "no_value", "nan", "not_scalar"
SEVERITIES = (Quality.GOOD, Quality.UNCERTAIN, Quality.BAD, Quality.BAD)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_LIMITS = {
    ua.VariantType.SByte: (-(2**7), 2**7 - 1),
    ua.VariantType.Byte: (0, 2**8 - 1),
    ua.VariantType.Int16: (-(2**15), 2**15 - 1),
    ua.VariantType.UInt16: (0, 2**16 - 1),
    ua.VariantType.Int32: (-(2**31), 2**31 - 1),
    ua.VariantType.UInt32: (0, 2**32 - 1),
    ua.VariantType.Int64: (-(2**63), 2**63 - 1),
    ua.VariantType.UInt64: (0, 2**64 - 1),
}
_REAL = (ua.VariantType.Float, ua.VariantType.Double)
# Where each field is declared decides whether a server finds it (part 4, 7.4.4.5).
_FIELDS: tuple[tuple[int, tuple[str, ...]], ...] = (
    (ua.ObjectIds.BaseEventType, ("EventType",)),
    (ua.ObjectIds.BaseEventType, ("SourceName",)),
    (ua.ObjectIds.BaseEventType, ("Time",)),
    (ua.ObjectIds.BaseEventType, ("Message",)),
    (ua.ObjectIds.BaseEventType, ("Severity",)),
    (ua.ObjectIds.ConditionType, ("ConditionName",)),
    (ua.ObjectIds.ConditionType, ("Retain",)),
    (ua.ObjectIds.AlarmConditionType, ("ActiveState",)),
    (ua.ObjectIds.AlarmConditionType, ("ActiveState", "Id")),
)
_REFRESH = tuple(
    ua.NodeId(number)
    for number in (
        ua.ObjectIds.RefreshStartEventType,
        ua.ObjectIds.RefreshEndEventType,
        ua.ObjectIds.RefreshRequiredEventType,
    )
)


def sample(tag: str, data: ua.DataValue, now_ms: int) -> Sample:
    """What the server says about one value."""
    status = data.StatusCode
    code = 0 if status is None else int(status.value)
    quality = SEVERITIES[code >> 30]
    variant = data.Value
    value, reason = plain(None if variant is None else variant.Value)
    if quality is Quality.BAD or reason is None:
        reason = None if quality is Quality.GOOD else str(status.name)
    else:
        quality = Quality.BAD
    if quality is Quality.BAD:
        value = None
    return Sample(tag, value, quality, reason, milliseconds(data.SourceTimestamp), now_ms)


def overflowed(data: ua.DataValue) -> bool:
    """Whether the server threw older values away before this one."""
    status = data.StatusCode
    return status is not None and status.value & OVERFLOW == OVERFLOW


def milliseconds(instant: datetime | None) -> int | None:
    """An instant of the server, which is UTC whether it says so or not."""
    if instant is None:
        return None
    if instant.tzinfo is None:
        instant = instant.replace(tzinfo=UTC)
    return (instant - _EPOCH) // _MILLISECOND


def plain(value: object) -> tuple[Value, str | None]:
    """A value as one of ours, or None and the reason."""
    if isinstance(value, float):
        return (value, None) if math.isfinite(value) else (None, NOT_A_NUMBER)
    if isinstance(value, bool | str):
        return value, None
    if isinstance(value, int):
        return int(value), None  # an enumeration too
    if value is None:
        return None, NO_VALUE
    return _unusual(value)


def _unusual(value: object) -> tuple[Value, str | None]:
    if isinstance(value, ua.LocalizedText):
        return value.Text or "", None
    if isinstance(value, datetime):
        return value.replace(tzinfo=value.tzinfo or UTC).isoformat(), None
    if isinstance(value, bytes):
        return value.hex(), None
    if isinstance(value, ua.NodeId | ua.QualifiedName | ua.StatusCode):
        return str(value), None
    return None, NOT_SCALAR


def builtin(data_type: object) -> ua.VariantType | None:
    """The built-in type that a data type is, None where it is derived from one."""
    if not isinstance(data_type, ua.NodeId) or data_type.NamespaceIndex != 0:
        return None
    identifier = data_type.Identifier
    if isinstance(identifier, int) and 1 <= identifier <= ua.VariantType.String.value:
        return ua.VariantType(identifier)
    return None


def variant(value: Value, kind: ua.VariantType) -> ua.Variant:
    """A value as a node of this type takes it.

    Raises:
        ValueError: if the type cannot hold it.
    """
    if kind is ua.VariantType.Boolean and value in (True, False):
        return ua.Variant(bool(value), kind)
    if kind is ua.VariantType.String and value is not None:
        return ua.Variant(str(value), kind)
    if kind in _REAL and isinstance(value, int | float):
        return ua.Variant(float(value), kind)
    if kind in _LIMITS and isinstance(value, int | float) and value == int(value):
        low, high = _LIMITS[kind]
        if low <= value <= high:
            return ua.Variant(int(value), kind)
    raise ValueError(f"{value!r} does not fit into {kind.name}")


def variants(values: Iterable[Value], kinds: Iterable[ua.VariantType | None]) -> list[ua.Variant]:
    """Arguments of a method; where its type is not a built-in one, our own value's type is taken.

    Raises:
        ValueError: if a type cannot hold its value.
    """
    return [
        ua.Variant(value) if kind is None else variant(value, kind)
        for value, kind in zip(values, kinds, strict=True)
    ]


# ---- events and alarms ----


def event_filter() -> ua.EventFilter:
    """Every event of a node, with what an alarm tells; nothing is left out on the server's side."""
    clauses = []
    for declared, path in _FIELDS:
        operand = ua.SimpleAttributeOperand()
        operand.TypeDefinitionId = ua.NodeId(declared)
        operand.BrowsePath = [ua.QualifiedName(name) for name in path]
        operand.AttributeId = ua.AttributeIds.Value
        clauses.append(operand)
    asked = ua.EventFilter()
    asked.SelectClauses = clauses
    return asked


def alarm(tag: str, fields: Sequence[ua.Variant], now_ms: int) -> Sample | None:
    """An alarm as the text `{"code", "text", "severity", "active"}`; None for what is no alarm.

    An event without a state is told as one that is over: nothing would ever end it.
    """
    values = [field.Value for field in fields] + [None] * (len(_FIELDS) - len(fields))
    kind, source, time, message, severity, condition, retain, state, active = values
    if kind in _REFRESH:
        return None
    told = {
        "code": _text(condition) or _text(source) or "event",
        "text": _text(message),
        "severity": int(severity or 0),
        "active": _active(active, _text(state), retain),
    }
    at = milliseconds(time)
    return Sample(tag, json.dumps(told, ensure_ascii=False), Quality.GOOD, None, at, now_ms)


def _text(value: object) -> str:
    if isinstance(value, ua.LocalizedText):
        return value.Text or ""
    return "" if value is None else str(value)


def _active(active: object, state: str, retain: object) -> bool:
    """Servers fill one of the three: the state's id, its text, or whether it is to be kept."""
    if isinstance(active, bool):
        return active
    if state:
        return state.strip().lower() in ("active", "true")
    return bool(retain)
