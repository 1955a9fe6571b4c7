"""The rows of what tokens and scopes wait for: messages, signals, the time."""

from typing import Protocol

import sqlalchemy as sa

from engine.kernel import db, json_text
from engine.kernel.store.uow import Uow
from engine.workflow import tables as t
from engine.workflow.definition.model import NESTED, Node
from engine.workflow.definition.plan import Plan
from engine.workflow.execution.advance import Advance
from engine.workflow.execution.outcome import Alarm, Left, Outcome, Wait

MESSAGE, SIGNAL, TIMER = "message", "signal", "timer"
TOLD = frozenset({MESSAGE, SIGNAL})
CALL = "callActivity"
EVENT = "event"  # a timer of a token or scope; a timer start of a version is another kind


class Waiting(Protocol):
    """The instance whose tokens and scopes wait."""

    id: bytes
    site_id: int
    business_key: str | None

    @property
    def plan(self) -> Plan:
        """The definition the instance runs on."""
        ...


def take_kept_messages(uow: Uow, instance: Waiting, advance: Advance) -> None:
    """Whoever comes to wait for a message gets those that are kept already."""
    in_vain: set[tuple[int, str]] = set()
    while True:
        wait = next(
            (w for w in _messages(advance.outcome) if (w.owner, w.element) not in in_vain), None
        )
        if wait is None:
            return
        if not _take_kept_message(uow, instance, advance, wait):
            in_vain.add((wait.owner, wait.element))


def take_what_came(uow: Uow, instance: Waiting, advance: Advance) -> None:
    """Whoever came to wait while the instance was suspended gets the messages that are kept."""
    for owner, element, name, key in uow.all(_SUBSCRIBED, instance=instance.id):
        _take_kept_message(uow, instance, advance, Wait(owner, element, MESSAGE, name, key))


def _take_kept_message(uow: Uow, instance: Waiting, advance: Advance, wait: Wait) -> bool:
    uow.alone(f"message:{instance.site_id}:{wait.name}")
    row = uow.one(
        _KEPT_MESSAGE,
        site=instance.site_id,
        name=wait.name,
        business_key=_key(instance, wait),
        now=uow.now_ms,
    )
    if row is None or not advance.waits_on(wait.owner, wait.element):
        return False
    uow.write(_DROP_MESSAGE, {"id": row[0]})
    return advance.occur(wait.owner, wait.element, json_text.read(row[1]), row[2])


def write(uow: Uow, instance: Waiting, outcome: Outcome) -> None:
    """Forget what is not waited for any more, then write what is waited for now."""
    told, timed = [], []
    for left in outcome.left:
        if left.armed:
            kinds = _kinds(instance.plan, left)
            owners = (left.token, -left.token) if left.node.type == CALL else (left.token,)
            rows = [{"instance": instance.id, "token": owner} for owner in owners]
            told += rows if TOLD & kinds else []
            timed += rows if TIMER in kinds else []
    # A token that tries its element again waits anew for what it waited for before.
    again = [n for n in outcome.recovered if n in outcome.armed]
    told += [{"instance": instance.id, "token": n} for n in again]
    timed += [{"instance": instance.id, "token": n} for n in again]
    uow.write(_DROP_SUBSCRIPTIONS, told)
    uow.write(_DROP_ALARMS, timed)
    over = [{"instance": instance.id, "token": n, "element": e} for n, e in outcome.disarmed]
    uow.write(_DROP_SUBSCRIPTION, over)
    uow.write(_DROP_ALARM, over)
    armed = outcome.armed.values()
    uow.write(_NEW_SUBSCRIPTION, [_wait_row(instance, w) for a in armed for w in a.waits])
    uow.write(_NEW_ALARM, [_alarm_row(instance, x) for a in armed for x in a.alarms])


def still_waits(uow: Uow, instance: bytes, owner: int, element: str) -> bool:
    """Whether an event is waited for; asked again under the instance's lock."""
    place = {"instance": instance, "token": owner, "element": element}
    return uow.one(_WAITS, **place) is not None


def unsubscribe(uow: Uow, instance: bytes, owner: int, element: str | None = None) -> None:
    """Let an owner wait for one event, or for none of its messages and signals, any more."""
    place: dict[str, object] = {"instance": instance, "token": owner}
    if element is None:
        uow.write(_DROP_SUBSCRIPTIONS, place)
    else:
        uow.write(_DROP_SUBSCRIPTION, place | {"element": element})


def take_up(uow: Uow, instance: bytes, advance: Advance, owner: int, element: str) -> None:
    """An event is kept for a suspended instance: what it will end waits for nothing more."""
    boundary, start = _boundary(advance, owner, element), _start(advance, owner, element)
    node = boundary or start
    if node is not None and node.event is not None and not node.event.interrupting:
        return
    handled = boundary is None and start is not None  # the owner may go on waiting for others
    unsubscribe(uow, instance, owner, element if handled else None)


def is_beside(advance: Advance, owner: int, element: str) -> bool:
    """Whether an event happens beside its owner's work: at its boundary, or inside its scope."""
    found = _boundary(advance, owner, element) or _start(advance, owner, element)
    return found is not None


def _boundary(advance: Advance, owner: int, element: str) -> Node | None:
    token = advance.root.token(owner)
    if token is None or element not in token.node.boundaries:
        return None
    found: Node = token.workflow.layout.nodes[element]
    return found


def _start(advance: Advance, owner: int, element: str) -> Node | None:
    scope = advance.root.scope(owner)
    handlers = scope.layout.handlers if scope is not None else ()
    return next((start for _, start in handlers if start.id == element), None)


def _kinds(plan: Plan, left: Left) -> frozenset[str]:
    """The kinds of events that a token may have waited for; a statement in vain costs time."""
    node, layout = left.node, plan.scopes.get(left.node.scope)
    if layout is None or layout.nodes.get(node.id) is not node or node.type in NESTED:
        return TOLD | {TIMER}  # in a called process, or with a scope inside
    events = [node, *(layout.nodes[b] for b in node.boundaries)]
    if node.type == "eventBasedGateway":
        events += [layout.nodes[flow.target] for flow in node.outgoing]
    return frozenset(n.event.kind for n in events if n.event is not None)


def _messages(outcome: Outcome) -> list[Wait]:
    return [w for armed in outcome.armed.values() for w in armed.waits if w.kind == MESSAGE]


def _key(instance: Waiting, wait: Wait) -> str | None:
    return instance.business_key if wait.correlation is None else wait.correlation


def _wait_row(instance: Waiting, wait: Wait) -> dict[str, object]:
    return {
        "instance_id": instance.id,
        "token": wait.owner,
        "element": wait.element,
        "site_id": instance.site_id,
        "kind": wait.kind,
        "name": wait.name,
        "business_key": _key(instance, wait),
    }


def _alarm_row(instance: Waiting, alarm: Alarm) -> dict[str, object]:
    return {
        "owner_id": instance.id,
        "token": alarm.owner,
        "element": alarm.element,
        "kind": EVENT,
        "at": alarm.at,
        "remaining": alarm.remaining,
        "repeat": alarm.repeat,
    }


_NEW_SUBSCRIPTION = db.insert(t.subscription)
_NEW_ALARM = db.insert(t.due)
_WAITS = db.Statement(
    sa.text(
        "SELECT 1 FROM subscription "
        "WHERE instance_id = :instance AND token = :token AND element = :element"
    )
)
_SUBSCRIBED = db.Statement(
    sa.text(
        "SELECT token, element, name, business_key FROM subscription "
        "WHERE instance_id = :instance AND kind = 'message' ORDER BY ABS(token), element"
    )
)
_DROP_SUBSCRIPTIONS = db.Statement(
    sa.text("DELETE FROM subscription WHERE instance_id = :instance AND token = :token")
)
_DROP_SUBSCRIPTION = db.Statement(
    sa.text(
        "DELETE FROM subscription "
        "WHERE instance_id = :instance AND token = :token AND element = :element"
    )
)
_DROP_ALARMS = db.Statement(
    sa.text("DELETE FROM due WHERE owner_id = :instance AND token = :token")
)
_DROP_ALARM = db.Statement(
    sa.text("DELETE FROM due WHERE owner_id = :instance AND token = :token AND element = :element")
)
_KEPT_MESSAGE = db.Statement(
    sa.text(
        "SELECT id, variables, sender FROM waiting_message WHERE site_id = :site AND name = :name "
        "AND expires > :now AND (business_key IS NULL OR business_key = :business_key) "
        "ORDER BY id LIMIT 1"
    )
)
_DROP_MESSAGE = db.Statement(sa.text("DELETE FROM waiting_message WHERE id = :id"))
