"""Events and alarms: what we ask of them, and what they become."""

import json
from collections.abc import Sequence

from asyncua import ua

from adapters.machines.core import Quality, Sample
from adapters.machines.protocols.ua_values import milliseconds

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


def sample(tag: str, fields: Sequence[ua.Variant], now_ms: int) -> Sample | None:
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
