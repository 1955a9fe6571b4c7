"""What is changed of the equipment: by those who plan the plant, and by machines.

The codes of equipment and of its classes are one vocabulary: a diagram names either.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from engine.equipment import classes, rules
from engine.equipment.queries import CODE, NAMES, SELECT, SITE, EquipmentNotFound, views
from engine.equipment.tables import equipment
from engine.kernel import db
from engine.kernel.actor import Actor
from engine.kernel.errors import FieldProblem, Invalid, Stale
from engine.kernel.ids import new_id
from engine.kernel.store.uow import Uow
from engine.records.audit import audit

DOWNTIME_AFTER_SECONDS = 300
SECOND_MS = 1000


class WrongParent(Invalid):
    """The hierarchy does not allow this parent."""

    code = "wrong-parent"
    title = "Wrong parent"


@dataclass(frozen=True, slots=True)
class Changes:
    """What equipment is; of a change what is not in `values` stays.

    Args:
        values: `name`, `parent` (a code), `classes` (codes), `enabled`, and of a work unit
            `commands_enabled`, `counts`, `downtime_after_seconds`, `ideal_cycle_seconds`.
    """

    values: Mapping[str, Any]


# ---- what people change ----


def create(uow: Uow, *, code: str, level: str, about: Changes, actor: Actor) -> dict[str, Any]:
    """Add a node of the hierarchy.

    Raises:
        Invalid: for a code that cannot be one, or what only a work unit has.
        WrongParent: if what is to be above it is of another level, or is not there.
        CodeTaken: if equipment or a class has the code already.
    """
    classes.check_code(uow, code, actor.site)
    values = _DEFAULTS | (_UNIT_DEFAULTS if level == rules.UNIT else {})
    values |= _stored(uow, level, about, actor.site)
    row: dict[str, Any] = dict.fromkeys(equipment.c.keys())
    row |= values | {
        "id": new_id(),
        "site_id": actor.site,
        "code": code,
        "level": level,
        "last_command": 0,
        "revision": 1,
        "created": uow.now_ms,
        "created_by": actor.name,
    }
    uow.write(_CREATE, row)
    told = about.values.get("classes")
    classes.put(uow, row["id"], told or (), actor.site)
    audit(uow, actor, "equipment.created", f"equipment:{code}", {"level": level, **_told(about)})
    return _seen(uow, row["id"])


def change(
    uow: Uow, *, code: str, changes: Changes, actor: Actor, expected: str | None = None
) -> dict[str, Any]:
    """Change what is named of a node.

    Raises:
        EquipmentNotFound: if there is none on this site.
        Stale: if `expected` is not the present revision.
        Invalid: for what only a work unit has.
        WrongParent: if what is to be above it is of another level, or is not there.
    """
    classes.alone(uow, actor.site)
    row = uow.one(_LOCK, code=code, site=actor.site)
    if row is None:
        raise EquipmentNotFound(code)
    before = views(uow, [row])[0]
    if expected is not None and expected != str(before["revision"]):
        raise Stale(f"{code} changed since you read it; read it again.")
    stored = _stored(uow, before["level"], changes, actor.site)
    if changes.values.get("classes") is not None:
        classes.put(uow, bytes(row[0]), changes.values["classes"], actor.site)
    now = dict(zip(NAMES, row, strict=True)) | stored
    uow.write(_CHANGE, {name: now[name] for name in _CHANGED} | {"id": row[0]})
    after = _seen(uow, bytes(row[0]))
    detail = {n: {"from": before[n], "to": after[n]} for n in after if after[n] != before[n]}
    if not detail:
        return before
    uow.write(_REVISE, {"id": row[0], "now": uow.now_ms})
    if "enabled" in detail and before["level"] != rules.UNIT:
        uow.write(_REVISE_UNITS, {"site": actor.site, "now": uow.now_ms})
    audit(uow, actor, "equipment.changed", f"equipment:{code}", detail)
    return _seen(uow, bytes(row[0]))


# ---- what machines say ----


def set_state(
    uow: Uow, *, unit: str, state: str, at: int, site: int, reason: str | None = None
) -> bool:
    """Take what a machine said of its state; the newest counts, whatever comes when.

    Args:
        unit: the code of a work unit.
        at: the instant from which on it holds (ms UTC).

    Returns:
        whether it is the unit's state now: False for news that came late.

    Raises:
        Invalid: for a state that is none.
        EquipmentNotFound: if there is no such unit.
    """
    if state not in rules.STATES:
        raise Invalid(
            f"{state[:80]!r} is no state of a machine; they are {', '.join(sorted(rules.STATES))}."
        )
    told = {"unit": unit, "site": site, "at": at, "now": uow.now_ms}
    if uow.write(_SET_STATE, told | {"state": state, "reason": reason}):
        return True
    if not uow.write(_EXAMINE, told):
        raise EquipmentNotFound(unit)
    return False


def examined(uow: Uow, *, unit: bytes, again: tuple[int, int] | None) -> None:
    """Note that the states of a unit were looked at.

    Args:
        again: from which instant on they are to be looked at again, and when; None for not before
            they change.
    """
    start, at = again or (None, None)
    uow.write(_EXAMINED, {"unit": unit, "start": start, "at": at})


# ---- rules ----


def _stored(uow: Uow, level: str, about: Changes, site: int) -> dict[str, Any]:
    """The columns for what is said of a node."""
    values = dict(about.values)
    wrong = sorted(_UNIT_ONLY & values.keys()) if level != rules.UNIT else ()
    if wrong:
        problems = [
            FieldProblem(f"/{name}", f"Only a work unit has {name}; leave it out of a {level}.")
            for name in wrong
        ]
        raise Invalid("Only a work unit has what you say of it.", errors=problems)
    values.pop("classes", None)
    if "parent" in values:
        values["parent_id"] = _parent(uow, level, values.pop("parent"), site)
    if "ideal_cycle_seconds" in values:
        seconds: Decimal | None = values.pop("ideal_cycle_seconds")
        values["ideal_cycle_ms"] = None if seconds is None else int(seconds * SECOND_MS)
    return values


def _parent(uow: Uow, level: str, code: str | None, site: int) -> bytes | None:
    """The key of what is to be above; levels only go down, so no circle can be built."""
    if code is None:
        return None
    above = rules.level_above(level)
    row = uow.one(_BY_CODE, code=code, site=site)
    problem = None
    if above is None:
        problem = f"Nothing stands above an {level}; leave the parent out."
    elif row is None:
        problem = f"There is no equipment {code[:80]!r}; create the {above} first."
    elif row[1] != above:
        problem = f"{code} is a {row[1]}; above a {level} stands a {above}."
    if problem:
        raise WrongParent(problem, errors=[FieldProblem("/parent", problem)])
    assert row is not None, "there is a problem otherwise"
    return bytes(row[0])


def _told(about: Changes) -> dict[str, Any]:
    return {
        name: str(value) if isinstance(value, Decimal) else list(value) if _many(value) else value
        for name, value in about.values.items()
    }


def _many(value: object) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str)


def _seen(uow: Uow, key: bytes) -> dict[str, Any]:
    row = uow.one(_BY_KEY, id=key)
    assert row is not None, "it was written just now"
    return views(uow, [row])[0]


# ---- statements ----

_e = equipment.c
_UNIT_ONLY = frozenset(
    ["commands_enabled", "counts", "downtime_after_seconds", "ideal_cycle_seconds"]
)
_DEFAULTS: dict[str, Any] = {"enabled": True, "commands_enabled": False}
_UNIT_DEFAULTS: dict[str, Any] = {
    "counts": rules.COUNTS[0],
    "downtime_after_seconds": DOWNTIME_AFTER_SECONDS,
}
_CHANGED = (
    *("name", "parent_id", "enabled", "commands_enabled", "counts"),
    *("downtime_after_seconds", "ideal_cycle_ms"),
)
_CREATE = db.insert(equipment)
_LOCK = db.Statement(SELECT.where(SITE, CODE).with_for_update(of=equipment))
_BY_KEY = db.Statement(SELECT.where(_e.id == sa.bindparam("id")))
_BY_CODE = db.Statement(sa.select(_e.id, _e.level).where(SITE, CODE))
_CHANGE = db.Statement(
    sa.text(
        "UPDATE equipment SET name = :name, parent_id = :parent_id, enabled = :enabled,"
        " commands_enabled = :commands_enabled, counts = :counts,"
        " downtime_after_seconds = :downtime_after_seconds, ideal_cycle_ms = :ideal_cycle_ms"
        " WHERE id = :id"
    )
)
# What a stop is may depend on what changed: the present state is looked at again.
_LOOK_AGAIN = (
    "examine_from = CASE WHEN examine_from < state_since THEN examine_from ELSE state_since END,"
    " examine_at = CASE WHEN state IS NULL THEN examine_at ELSE :now END"
)
_REVISE = db.Statement(
    sa.text(f"UPDATE equipment SET revision = revision + 1, {_LOOK_AGAIN} WHERE id = :id")
)
_REVISE_UNITS = db.Statement(
    sa.text(f"UPDATE equipment SET {_LOOK_AGAIN} WHERE site_id = :site AND level = 'work_unit'")
)
_IS_UNIT = "site_id = :site AND code = :unit AND level = 'work_unit'"
_SET_STATE = db.Statement(
    sa.text(
        "UPDATE equipment SET"
        " state_since = CASE WHEN state = :state THEN state_since ELSE :at END,"
        " examine_from = CASE WHEN state = :state OR examine_from < :at THEN examine_from"
        " ELSE :at END,"
        " examine_at = CASE WHEN state = :state THEN examine_at ELSE :now END,"
        " state = :state, state_reason = :reason, state_at = :at"
        f" WHERE {_IS_UNIT} AND (state_at IS NULL OR state_at <= :at)"
    )
)
_EXAMINE = db.Statement(
    sa.text(
        "UPDATE equipment SET examine_at = :now,"
        " examine_from = CASE WHEN examine_from < :at THEN examine_from ELSE :at END"
        f" WHERE {_IS_UNIT}"
    )
)
_EXAMINED = db.Statement(
    sa.text("UPDATE equipment SET examine_from = :start, examine_at = :at WHERE id = :unit")
)
