"""What people count, and what they say to a counter that jumped.

A unit's pieces are counted by its machine, by a person, or by both; then the machine's enter the
sums, and the person's stand beside them.
"""

from dataclasses import asdict, dataclass
from typing import Any

import sqlalchemy as sa

from engine.collection import units
from engine.collection.signals import statements
from engine.collection.tables import production_count
from engine.collection.views import COUNT_COLUMNS, count_view
from engine.equipment.queries import unit_of
from engine.kernel import db
from engine.kernel.actor import Actor
from engine.kernel.errors import Conflict, FieldProblem, Invalid, NotFound
from engine.kernel.ids import from_text, new_id
from engine.kernel.store.uow import Uow
from engine.records.audit import audit

Item = dict[str, Any]


class CountedByMachine(Conflict):
    """Nobody but the machine counts the pieces of this unit."""

    code = "counted-by-machine"
    title = "Counted by the machine"


class NothingToConfirm(Conflict):
    """The count was no jump, or somebody has decided it already."""

    code = "nothing-to-confirm"
    title = "Nothing to confirm"


@dataclass(frozen=True, slots=True)
class Counted:
    """What a person counted, or what a counter showed at its start and at its end."""

    good: int | None = None
    scrap: int = 0
    reading_start: int | None = None
    reading_end: int | None = None
    note: str | None = None


def enter(uow: Uow, *, unit: str, counted: Counted, actor: Actor) -> Item:
    """Enter what a person counted.

    With readings `good` follows from them: what was made, less the scrap. `gap` of the answer says
    how much lies between the last reading that was entered and this start.

    Raises:
        EquipmentNotFound: if there is no such unit.
        CountedByMachine: if only the machine counts there.
        Invalid: if the figures contradict each other.
    """
    found = unit_of(uow, code=unit, site=actor.site)
    if found.counts == units.MACHINE:
        raise CountedByMachine(
            f"The pieces of {unit} are counted by its machine. To enter them by hand, set `counts` "
            "of the equipment to person or both."
        )
    given = {name: value for name, value in asdict(counted).items() if value is not None}
    given |= {"good": _good(counted)}
    start, last = counted.reading_start, uow.one(_LAST_READING, unit=found.id)
    key = new_id()
    values = {"id": key, "site_id": actor.site, "unit_id": found.id, "at": uow.now_ms}
    values |= {"origin": "person", "counted": units.person_counts(found), "actor": actor.name}
    uow.write(statements.PUT_COUNT, statements.NO_COUNT | values | given)
    audit(uow, actor, "count.entered", f"equipment:{unit}", given)
    gap = None if last is None or start is None else start - last[0]
    return _seen(uow, key) | {"gap": gap}


def confirm(
    uow: Uow, *, unit: str, count: str, good: int, scrap: int = 0, reason: str, actor: Actor
) -> Item:
    """Decide what a counter that jumped has really made.

    Raises:
        NotFound: if there is no such count at this unit.
        NothingToConfirm: if it was no jump, or is decided.
    """
    found = unit_of(uow, code=unit, site=actor.site)
    key = from_text(count, "count")
    row = uow.one(_ASKED, id=key, unit=found.id)
    if row is None:
        raise NotFound(f"There is no count {count[:80]!r} at {unit}.")
    values = {"id": key, "good": good, "scrap": scrap, "note": reason, "by": actor.name}
    if not uow.write(_CONFIRM, values | {"now": uow.now_ms}):
        raise NothingToConfirm(
            "This count needs no confirmation: it was no jump, or somebody confirmed it already."
        )
    detail = {"count": count, "asked": row[0], "good": good, "scrap": scrap, "reason": reason}
    audit(uow, actor, "count.confirmed", f"equipment:{unit}", detail)
    return _seen(uow, key)


def _good(counted: Counted) -> int:
    good, scrap = counted.good, counted.scrap
    start, end = counted.reading_start, counted.reading_end
    if (start is None) != (end is None):
        missing = "reading_start" if start is None else "reading_end"
        raise _wrong(missing, "A reading at the start and one at the end belong together.")
    if start is None or end is None:
        if good is None:
            raise _wrong("good", "Say how many were good, or what the counter showed.")
        return good
    if end < start:
        raise _wrong("reading_end", f"The counter ended at {end}, before it began at {start}.")
    made = end - start
    if scrap > made:
        raise _wrong("scrap", f"{scrap} were scrap, but the counter says that {made} were made.")
    if good is not None and good + scrap != made:
        raise _wrong(
            "good",
            f"{good} good and {scrap} scrap are not the {made} that the counter says. Leave good "
            "out, or correct the readings.",
        )
    return made - scrap


def _wrong(name: str, problem: str) -> Invalid:
    return Invalid("The count is not understood.", errors=[FieldProblem(f"/{name}", problem)])


def _seen(uow: Uow, key: bytes) -> Item:
    row = uow.one(_COUNT, id=key)
    assert row is not None, "it was written just now"
    return count_view(row)


_c = production_count.c
_COUNT = db.Statement(sa.select(*COUNT_COLUMNS).where(_c.id == sa.bindparam("id")))
_ASKED = db.Statement(
    sa.select(_c.asked).where(_c.id == sa.bindparam("id"), _c.unit_id == sa.bindparam("unit"))
)
_LAST_READING = db.Statement(
    sa.select(_c.reading_end)
    .where(_c.unit_id == sa.bindparam("unit"), _c.reading_end.is_not(None))
    .order_by(_c.at.desc(), _c.id.desc())
    .limit(sa.literal_column("1"))
)
_CONFIRM = db.Statement(
    sa.text(
        "UPDATE production_count SET good = :good, scrap = :scrap, note = :note,"
        " confirmed_by = :by, confirmed = :now"
        " WHERE id = :id AND asked IS NOT NULL AND confirmed IS NULL"
    )
)
