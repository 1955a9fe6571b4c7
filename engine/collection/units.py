"""The units that signals name: what counts their pieces, and how they stand now."""

from collections.abc import Iterable, Mapping

import sqlalchemy as sa

from engine.collection.tables import machine_state
from engine.equipment import queries as equipment
from engine.equipment.commands import set_state
from engine.equipment.queries import Unit
from engine.kernel import db
from engine.kernel.store.uow import Uow

MACHINE, PERSON, BOTH = "machine", "person", "both"


def units(uow: Uow, codes: Iterable[str], site: int) -> Mapping[str, Unit]:
    """The work units with these codes; what is none is left out."""
    wanted = set(codes)
    return {unit.code: unit for unit in equipment.units(uow, site=site) if unit.code in wanted}


def machine_counts(unit: Unit) -> bool:
    """Whether what its machine counts enters the sums."""
    return unit.counts != PERSON


def person_counts(unit: Unit) -> bool:
    """Whether what a person counts enters the sums; beside a machine it is kept apart."""
    return unit.counts == PERSON


def stands(uow: Uow, unit: Unit, since: int) -> None:
    """Tell the equipment how a unit stands now, and from when on its states changed."""
    newest = uow.one(_NEWEST, unit=unit.id)
    if newest is None:
        return
    at, state, reason = newest
    _tell(uow, unit, at, state, reason)
    if since < at:
        _tell(uow, unit, since, state, reason)  # late: who derives from the past looks again


def heard_again(uow: Uow, unit: Unit, since: int) -> None:
    """Tell the equipment that what stood since an instant was taken back: the unit is as before."""
    newest = uow.one(_NEWEST, unit=unit.id)
    if newest is not None:
        _, state, reason = newest
        _tell(uow, unit, uow.now_ms, state, reason)
        _tell(uow, unit, since, state, reason)


def _tell(uow: Uow, unit: Unit, at: int, state: str, reason: str | None) -> None:
    set_state(uow, unit=unit.code, site=unit.site, at=at, state=state, reason=reason)


_m = machine_state.c
_NEWEST = db.Statement(
    sa.select(_m.at, _m.state, _m.reason)
    .where(_m.unit_id == sa.bindparam("unit"))
    .order_by(_m.at.desc())
    .limit(sa.literal_column("1"))
)
