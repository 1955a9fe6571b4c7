"""What others may read of the equipment: the hierarchy, one node, the units."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Any

import sqlalchemy as sa

from engine.equipment import rules
from engine.equipment.hierarchy import IN_USE, with_all_above
from engine.equipment.tables import equipment, equipment_class, equipment_class_member
from engine.kernel import db
from engine.kernel.clock import iso
from engine.kernel.errors import NotFound
from engine.kernel.store.uow import Row, Uow
from engine.workflow.work.versions.names import EQUIPMENT, names_of

Item = dict[str, Any]


class EquipmentNotFound(NotFound):
    """No equipment of this site has the code."""

    code = "equipment-not-found"
    title = "Equipment not found"

    def __init__(self, code: str) -> None:
        super().__init__(f"There is no equipment {code[:80]!r}; create it under /equipment first.")


@dataclass(frozen=True, slots=True)
class Unit:
    """A work unit, as other packages need it; instants are ms UTC.

    Args:
        enabled: it is in use, and so is everything above it.
        counts: who counts its pieces: `machine`, `person` or `both`.
        downtime_after_ms: how long it may stand before that is a downtime; None for ever.
        examine_from: its states since then are to be looked at again; None if not.
    """

    id: bytes
    site: int
    code: str
    name: str
    enabled: bool
    commands_enabled: bool
    counts: str
    downtime_after_ms: int | None
    state: str | None
    state_since: int | None
    examine_from: int | None


def equipment_item(uow: Uow, *, code: str, site: int) -> Item:
    """One node as the API shows it.

    Raises:
        EquipmentNotFound: if there is none on this site.
    """
    row = uow.one(_ONE, code=code, site=site)
    if row is None:
        raise EquipmentNotFound(code)
    return views(uow, [row])[0]


def equipment_list(
    uow: Uow, *, site: int, limit: int, cursor: str | None = None, **filters: Any
) -> Item:
    """Nodes by their codes; the cursor is the last code seen.

    Args:
        filters: `level`, `parent` (a code), `state`, `enabled`, `member_of` (the code of a class).
    """
    given = {name: value for name, value in filters.items() if value is not None}
    statement = _list(tuple(sorted(given)))
    rows = uow.all(statement, site=site, after=cursor or "", limit=limit + 1, **given)
    items = views(uow, rows[:limit])
    return {"items": items, "next": items[-1]["code"] if len(rows) > limit else None}


def find_unit(uow: Uow, *, code: str, site: int) -> Unit | None:
    """The work unit of a code, or None."""
    row = uow.one(_UNIT, code=code, site=site)
    return None if row is None else _unit(row)


def unit_of(uow: Uow, *, code: str, site: int) -> Unit:
    """The work unit of a code.

    Raises:
        EquipmentNotFound: if this site has none.
    """
    found = find_unit(uow, code=code, site=site)
    if found is None:
        raise EquipmentNotFound(code)
    return found


def unit_by_key(uow: Uow, *, key: bytes) -> Unit:
    """The work unit of a key that a row of another package holds."""
    row = uow.one(_UNIT_BY_KEY, id=key)
    assert row is not None, "equipment is never deleted"
    return _unit(row)


def units(uow: Uow, *, site: int) -> list[Unit]:
    """Every work unit of a site by its code."""
    return [_unit(row) for row in uow.all(_UNITS, site=site)]


def is_any_due(uow: Uow) -> bool:
    """Whether the states of some unit are to be looked at again."""
    return uow.one(_ANY_DUE, now=uow.now_ms) is not None


def due_units(uow: Uow, *, limit: int) -> list[Unit]:
    """Units whose states are to be looked at again, the longest due first."""
    return [_unit(row) for row in uow.all(_DUE, now=uow.now_ms, limit=limit)]


@names_of(EQUIPMENT)
def names(uow: Uow, site: int) -> frozenset[str]:
    """Every code that a diagram may name: of equipment, and of its classes."""
    return frozenset(code for (code,) in uow.all(_NAMES, site=site))


# ---- rows ----


def views(uow: Uow, rows: Iterable[Row]) -> list[Item]:
    """Nodes as the API shows them, from rows of `SELECT`."""
    found = [dict(zip(NAMES, row, strict=True)) for row in rows]
    classes = classes_of(uow, [item["id"] for item in found])
    return [_view(item, classes.get(bytes(item["id"]), [])) for item in found]


def _view(item: Item, classes: list[str]) -> Item:
    cycle = item["ideal_cycle_ms"]
    shown = {name: item[name] for name in _AS_STORED} | {
        "classes": classes,
        "enabled": bool(item["enabled"]),
        "commands_enabled": bool(item["commands_enabled"]),
        "ideal_cycle_seconds": None if cycle is None else Decimal(cycle) / 1000,
        "last_command": item["last_command"] or None,
    }
    for name in ("state_since", "asked", "created"):
        shown[name] = iso(item[name])
    return shown


def classes_of(uow: Uow, keys: Sequence[bytes]) -> dict[bytes, list[str]]:
    """The codes of the classes of each of these nodes, by its key."""
    found: dict[bytes, list[str]] = {}
    if keys:
        names_of = db.padded("id", keys)
        for key, code in uow.all(_memberships(len(names_of)), **names_of):
            found.setdefault(bytes(key), []).append(code)
    return found


def _unit(row: Row) -> Unit:
    seconds = row[7]
    return Unit(
        id=bytes(row[0]),
        site=row[1],
        code=row[2],
        name=row[3],
        enabled=bool(row[4]),
        commands_enabled=bool(row[5]),
        counts=row[6],
        downtime_after_ms=None if seconds is None else seconds * 1000,
        state=row[8],
        state_since=row[9],
        examine_from=row[10],
    )


# ---- statements ----

_e, _m, _k = equipment.c, equipment_class_member.c, equipment_class.c
_above = equipment.alias("above")
_AS_STORED = (
    *("code", "name", "level", "parent", "counts", "downtime_after_seconds"),
    *("state", "state_reason", "revision", "created_by"),
)
COLUMNS = (
    *(_e.id, _e.code, _e.name, _e.level, _e.parent_id, _above.c.code.label("parent")),
    *(_e.enabled, _e.commands_enabled, _e.counts, _e.downtime_after_seconds, _e.ideal_cycle_ms),
    *(_e.state, _e.state_since, _e.state_reason, _e.asked, _e.last_command),
    *(_e.revision, _e.created, _e.created_by),
)
NAMES = tuple(str(column.name) for column in COLUMNS)
SELECT = sa.select(*COLUMNS).select_from(equipment.outerjoin(_above, _e.parent_id == _above.c.id))
SITE = _e.site_id == sa.bindparam("site", type_=sa.Integer)
CODE = _e.code == sa.bindparam("code", type_=sa.Text)
LIMIT = sa.bindparam("limit", type_=sa.Integer)
_IS_UNIT = _e.level == sa.literal_column(f"'{rules.UNIT}'")
_ONE = db.Statement(SELECT.where(SITE, CODE))
_FILTERS = {
    "level": _e.level,
    "state": _e.state,
    "enabled": _e.enabled,
    "parent": _above.c.code,
}


@lru_cache
def _list(filters: tuple[str, ...]) -> db.Statement:
    member = sa.select(_m.equipment_id).join_from(
        equipment_class_member, equipment_class, _m.class_id == _k.id
    )
    member = member.where(_k.code == sa.bindparam("member_of"), _k.site_id == _e.site_id)
    chosen = [
        _e.id.in_(member)
        if name == "member_of"
        else _FILTERS[name] == sa.bindparam(name, type_=_FILTERS[name].type)
        for name in filters
    ]
    after = _e.code > sa.bindparam("after", type_=sa.Text)
    return db.Statement(SELECT.where(SITE, after, *chosen).order_by(_e.code).limit(LIMIT))


@lru_cache
def _memberships(size: int) -> db.Statement:
    return db.Statement(
        sa.select(_m.equipment_id, _k.code)
        .join_from(equipment_class_member, equipment_class, _m.class_id == _k.id)
        .where(db.among(_m.equipment_id, "id", size))
        .order_by(_k.code)
    )


_UNIT_SELECT = (
    sa.select(
        *(_e.id, _e.site_id, _e.code, _e.name, IN_USE, _e.commands_enabled, _e.counts),
        *(_e.downtime_after_seconds, _e.state, _e.state_since, _e.examine_from),
    )
    .select_from(with_all_above())
    .where(_IS_UNIT)
)
_UNIT = db.Statement(_UNIT_SELECT.where(SITE, CODE))
_UNIT_BY_KEY = db.Statement(_UNIT_SELECT.where(_e.id == sa.bindparam("id")))
_UNITS = db.Statement(_UNIT_SELECT.where(SITE).order_by(_e.code))
_IS_DUE = _e.examine_at <= sa.bindparam("now", type_=sa.BigInteger)
_ANY_DUE = db.Statement(sa.select(_e.id).where(_IS_DUE).limit(sa.literal_column("1")))
_DUE = db.Statement(
    _UNIT_SELECT.where(_IS_DUE)
    .order_by(_e.examine_at, _e.id)
    .limit(LIMIT)
    .with_for_update(of=equipment)
)
_NAMES = db.Statement(
    sa.union_all(
        sa.select(_e.code).where(SITE),
        sa.select(_k.code).where(_k.site_id == sa.bindparam("site", type_=sa.Integer)),
    )
)
