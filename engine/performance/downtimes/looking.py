"""Downtimes out of states: opened when a unit stood too long, ended when it runs again."""

from collections.abc import Sequence

import sqlalchemy as sa

from engine.collection.queries import state_intervals
from engine.collection.states import Interval
from engine.equipment import commands as equipment
from engine.equipment import queries as units
from engine.equipment.queries import Unit
from engine.equipment.rules import STANDING
from engine.kernel import db
from engine.kernel.actor import Actor
from engine.kernel.ids import new_id
from engine.kernel.store.uow import Uow
from engine.performance.downtimes import rows
from engine.performance.downtimes.rules import Downtime, Stop, reconcile, stops
from engine.performance.downtimes.tables import downtime
from engine.records.audit import audit

UNITS = 10
HOUR_MS = 3_600_000
# How far back the beginning of a stop is looked for, until it is found.
BACK_MS = (HOUR_MS, 24 * HOUR_MS, 31 * 24 * HOUR_MS, 3660 * 24 * HOUR_MS)


def anything(uow: Uow) -> bool:
    """Whether the states of a unit are to be looked at; the background asks every few seconds."""
    return units.is_any_due(uow)


def look(uow: Uow) -> int:
    """Look at units whose states changed, or that may have stood long enough by now.

    Returns:
        how many were looked at; as long as it is not 0 there may be more.
    """
    due = units.due_units(uow, limit=UNITS)
    for unit in due:
        _look_at(uow, unit)
    return len(due)


def _look_at(uow: Uow, unit: Unit) -> None:
    rows.alone(uow, unit.id)
    news = uow.now_ms if unit.examine_from is None else unit.examine_from
    since = min([news, *(d.began for d in _recorded(uow, unit, news - 1))])
    found = list(stops(_standing_since(uow, unit, since), STANDING))
    since = min([since, *(stop.began for stop in found[:1])])
    recorded = _recorded(uow, unit, since)
    threshold = unit.downtime_after_ms if unit.enabled else None
    outcome = reconcile(found, recorded, threshold=threshold, news=news, now=uow.now_ms)
    actor = Actor("system:downtimes", site=unit.site)
    before = {d.key: d for d in recorded}
    for key in outcome.withdrawn:
        rows.withdraw(uow, key, actor)
    for moved in outcome.moved:
        _move(uow, before[moved.key], moved, actor)
    for stop in outcome.opened:
        _open(uow, unit, stop, actor)
    equipment.examined(uow, unit=unit.id, again=outcome.again)


def _standing_since(uow: Uow, unit: Unit, since: int) -> Sequence[Interval]:
    """The states from an instant on; where the unit stood there, from the beginning of that."""
    found: Sequence[Interval] = ()
    for back in BACK_MS:
        found = state_intervals(uow, unit=unit.id, start=since - back, end=None)
        up = [n for n, i in enumerate(found) if i.state not in STANDING and i.began < since]
        if up:
            return found[up[-1] :]
        if found and found[0].began > since - back:
            return found  # nothing was known of the unit before
    return found


def _recorded(uow: Uow, unit: Unit, since: int) -> list[Downtime]:
    return [
        Downtime(bytes(key), began, ended, reason is not None, bool(by_hand))
        for key, began, ended, reason, by_hand in uow.all(_RECORDED, unit=unit.id, since=since)
    ]


def _open(uow: Uow, unit: Unit, stop: Stop, actor: Actor) -> None:
    row = rows.EMPTY | {
        "id": new_id(),
        "site_id": unit.site,
        "unit_id": unit.id,
        "started": stop.began,
        "ended": stop.ended,
        "state": stop.state,
        "created": uow.now_ms,
    }
    rows.add(uow, row)
    audit(uow, actor, "downtime.opened", rows.subject(row["id"]), {"unit": unit.code})


def _move(uow: Uow, old: Downtime, new: Downtime, actor: Actor) -> None:
    """Ending is what happens to every downtime; other bounds than before are a correction."""
    ends = old.began == new.began and old.ended is None
    action = "downtime.ended" if ends else "downtime.moved"
    rows.change(
        uow, new.key, {"started": new.began, "ended": new.ended}, action, actor, kept=not ends
    )


_d = downtime.c
_OF_UNIT = sa.select(_d.id, _d.started, _d.ended, _d.reason, _d.by_hand).where(
    _d.unit_id == sa.bindparam("unit"), _d.withdrawn.is_(None)
)
# In two parts, each a walk on an index; one condition with OR would read all that ever was.
_RECORDED = db.Statement(
    sa.union_all(
        _OF_UNIT.where(_d.ended.is_(None)),
        _OF_UNIT.where(_d.ended > sa.bindparam("since", type_=sa.BigInteger)),
    )
)
