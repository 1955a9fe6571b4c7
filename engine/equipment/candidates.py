"""Units that a job may go to: what a diagram may call each of them, and what keeps it from work."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import sqlalchemy as sa

from engine.equipment import rules
from engine.equipment.hierarchy import ABOVE, IN_USE, with_all_above
from engine.equipment.queries import classes_of
from engine.equipment.tables import equipment, equipment_class, equipment_class_member
from engine.kernel import db
from engine.kernel.store.uow import Row, Uow

# A worker that asks for jobs does so several times a second; what it asks for is noted now and
# then, and after a while without a word nobody is there.
NOTED_MS = 10_000
GONE_MS = 30_000


@dataclass(frozen=True, slots=True)
class Candidate:
    """A unit on the way to a job; instants are ms UTC.

    Args:
        enabled: it is in use, and so is everything above it.
        above: the codes of the equipment that it is part of.
        asked: when a worker last asked for its jobs.
        last_command: the number of its last command, 0 before the first.
    """

    id: bytes
    code: str
    enabled: bool
    commands_enabled: bool
    state: str | None
    state_since: int | None
    state_reason: str | None
    asked: int | None
    last_command: int
    above: tuple[str, ...]
    classes: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """What a diagram may call it: its own code, its classes, what it is part of."""
        return (self.code, *self.classes, *self.above)

    @property
    def may_be_told(self) -> bool:
        """Whether commands may go to it at all: both of its switches are on."""
        return self.enabled and self.commands_enabled

    @property
    def is_ready(self) -> bool:
        """Whether a new command may go to it in the state it is in."""
        return self.may_be_told and rules.is_up(self.state)

    @property
    def turn(self) -> tuple[bool, int, str]:
        """Which of several gets a job first: one that is idle, the longest."""
        return self.state != "idle", self.state_since or 0, self.code


def locked(uow: Uow, codes: Sequence[str], site: int) -> list[Candidate]:
    """The units of these codes; nobody else deals with one of them before the commit."""
    named = db.padded("code", codes)
    return list(_read(uow, uow.all(_locked(len(named)), site=site, **named)))


def meant_by(uow: Uow, name: str, site: int) -> list[Candidate]:
    """The units that a name in a diagram means, by their codes."""
    return list(_read(uow, uow.all(_MEANT, site=site, name=name)))


def note_asked(uow: Uow, units: Sequence[Candidate]) -> None:
    """Note that a worker is there for these units, now and then."""
    late = [u for u in units if u.asked is None or u.asked + NOTED_MS <= uow.now_ms]
    uow.write(_ASKED, [{"id": unit.id, "now": uow.now_ms} for unit in late])


def _read(uow: Uow, rows: Sequence[Row]) -> Iterator[Candidate]:
    classes = classes_of(uow, [bytes(row[0]) for row in rows])
    for row in rows:
        key, code, enabled, commands_enabled, state, since, reason, asked, last = row[:_OWN]
        yield Candidate(
            id=bytes(key),
            code=code,
            enabled=bool(enabled),
            commands_enabled=bool(commands_enabled),
            state=state,
            state_since=since,
            state_reason=reason,
            asked=asked,
            last_command=last,
            above=tuple(name for name in row[_OWN:] if name is not None),
            classes=tuple(classes.get(bytes(key), ())),
        )


# ---- statements ----

_e, _m, _k = equipment.c, equipment_class_member.c, equipment_class.c
_COLUMNS = (
    *(_e.id, _e.code, IN_USE, _e.commands_enabled, _e.state, _e.state_since),
    *(_e.state_reason, _e.asked, _e.last_command),
)
_OWN = len(_COLUMNS)


_SITE = _e.site_id == sa.bindparam("site", type_=sa.Integer)
_SELECT = (
    sa.select(*_COLUMNS, *(each.c.code for each in ABOVE))
    .select_from(with_all_above())
    .where(_SITE, _e.level == sa.literal_column(f"'{rules.UNIT}'"))
)


@lru_cache
def _locked(size: int) -> db.Statement:
    """In the order of their keys, so that two who lock several never wait for each other."""
    return db.Statement(
        _SELECT.where(db.among(_e.code, "code", size)).order_by(_e.id).with_for_update(of=equipment)
    )


_NAME = sa.bindparam("name", type_=sa.Text)
_MEMBERS = (
    sa.select(_m.equipment_id)
    .join_from(equipment_class_member, equipment_class, _m.class_id == _k.id)
    .where(_k.code == _NAME, _k.site_id == sa.bindparam("site", type_=sa.Integer))
)
_MEANT = db.Statement(
    _SELECT.where(
        sa.or_(_e.code == _NAME, *(each.c.code == _NAME for each in ABOVE), _e.id.in_(_MEMBERS))
    ).order_by(_e.code)
)


_ASKED = db.Statement(sa.text("UPDATE equipment SET asked = :now WHERE id = :id"))
