"""Jobs that name equipment, leased for units: at most one for each, numbered for its machine.

Who can do what, and which unit is ready, is said by the caller: nothing here knows equipment. The
caller also sees to it that nobody else claims for the same units meanwhile.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import sqlalchemy as sa

from engine.kernel import db
from engine.kernel.actor import Actor
from engine.kernel.ids import to_text
from engine.kernel.store.uow import Row, Uow
from engine.records.audit import audit
from engine.workflow import tables as t
from engine.workflow.work import jobs
from engine.workflow.work.dispatch.matching import assign
from engine.workflow.work.running import ACTIVE

Item = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Lease:
    """What a worker asks for.

    Args:
        topics: of the jobs it can do.
        limit: how many jobs at most.
    """

    topics: Sequence[str]
    worker: str
    limit: int
    seconds: int


@dataclass(frozen=True, slots=True)
class Places:
    """Which units jobs may go to now.

    Args:
        able: what a diagram may name, with the units that this means and that are ready for a new
            command, the one that should rather get it first.
        again: units that may be handed again what they hold already: the number of its command
            lets the machine tell whether it was carried out.
        numbers: the number of each unit's next command.
    """

    able: Mapping[str, Sequence[str]]
    again: Sequence[str]
    numbers: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Held:
    """A job whose command a unit has, or may have: claimed, given back without a word, or failed
    without one, which somebody has to look into first."""

    job: bytes
    unit: str
    state: str
    command: int
    business_key: str | None
    instance_state: str


def held(uow: Uow, units: Sequence[str], site: int) -> list[Held]:
    """The jobs that these units hold: under way, or not settled."""
    if not units:
        return []
    named = db.padded("unit", units)
    rows = [row for each in (_held, _lost) for row in uow.all(each(len(named)), site=site, **named)]
    return [Held(bytes(row[0]), *row[1:]) for row in rows]


def claim(uow: Uow, *, lease: Lease, places: Places, actor: Actor) -> list[Item]:
    """Lease jobs for units: first what a unit holds already, then the most urgent it can do.

    Raises:
        Invalid: for no topic, or too many.
    """
    topics = jobs.wanted(lease.topics)
    jobs.free_expired(uow)
    busy = held(uow, sorted({*places.again, *places.numbers}), actor.site)
    pending = {h.unit: h for h in busy if h.state == "open" and h.unit in places.again}
    units = {h.job: h.unit for h in pending.values()}
    rows = _again(uow, list(units), topics)[: lease.limit]
    taken = {h.unit for h in busy}
    free = {name: [u for u in able if u not in taken] for name, able in places.able.items()}
    found = _candidates(uow, topics, free, actor.site) if len(rows) < lease.limit else []
    given = assign(((bytes(row[0]), free[row[-1]]) for row in found), lease.limit - len(rows))
    rows += [row for row in found if bytes(row[0]) in given]
    numbers = {h.job: h.command for h in pending.values()}
    numbers |= {job: places.numbers[unit] for job, unit in given.items()}
    return _lease(uow, rows, {**units, **given}, numbers, lease, actor)


def _lease(
    uow: Uow,
    rows: Iterable[Row],
    units: Mapping[bytes, str],
    numbers: Mapping[bytes, int],
    lease: Lease,
    actor: Actor,
) -> list[Item]:
    until = uow.now_ms + lease.seconds * 1000
    items = []
    for row in rows:
        job = bytes(row[0])
        about = {"unit": units[job], "command": numbers[job]}
        uow.write(_LEASE, {"id": job, "worker": lease.worker, "until": until, **about})
        audit(uow, actor, "job.claimed", f"job:{to_text(job)}", {"worker": lease.worker, **about})
        items.append(jobs.claimed(row, until) | about)
    return items


def _again(uow: Uow, held_jobs: Sequence[bytes], topics: Sequence[str]) -> list[Row]:
    if not held_jobs:
        return []
    named = db.padded("job", held_jobs)
    wanted = db.padded("topic", topics)
    return uow.all(_open_of(len(named), len(wanted)), now=uow.now_ms, **named, **wanted)


def _candidates(
    uow: Uow, topics: Sequence[str], free: Mapping[str, Sequence[str]], site: int
) -> list[Row]:
    """Open jobs for free units, the most urgent first: as many of a name as it has free units."""
    names = sorted(name for name, units in free.items() if units)
    if not names:
        return []
    named, wanted = db.padded("name", names), db.padded("topic", topics)
    met = [name for (name,) in uow.all(_named(len(named)), site=site, **named)]
    about = {"site": site, "now": uow.now_ms, **wanted}
    found: list[Row] = []
    for name in sorted(met):
        found += uow.all(_first(len(wanted)), name=name, limit=len(free[name]), **about)
    return sorted(found, key=lambda row: (row[-2], bytes(row[0])))


# ---- statements ----

_j, _i = t.job.c, t.instance.c
_OPEN: sa.ColumnElement[bool] = _j.state == sa.literal_column("'open'")
_SITE = _j.site_id == sa.bindparam("site", type_=sa.Integer)
_DUE = sa.or_(_j.retry_at.is_(None), _j.retry_at <= sa.bindparam("now", type_=sa.BigInteger))
_RUNNING = _i.state == sa.literal_column(f"'{ACTIVE}'")
_SELECT = (
    sa.select(*jobs.CLAIMED_COLUMNS, _j.priority, _j.equipment.label("named"))
    .join_from(t.job, t.instance, _j.instance_id == _i.id)
    .where(_OPEN, _DUE, _RUNNING)
    .order_by(_j.priority, _j.id)
    .with_for_update(of=t.job, skip_locked=True)
)


_HOLDS = sa.select(_j.id, _j.unit, _j.state, _j.command, _j.business_key, _i.state)


@lru_cache
def _held(size: int) -> db.Statement:
    states: list[sa.ColumnElement[str]] = [
        sa.literal_column("'open'"),
        sa.literal_column("'claimed'"),
    ]
    return db.Statement(
        _HOLDS.join_from(t.job, t.instance, _j.instance_id == _i.id)
        .where(db.among(_j.unit, "unit", size), _SITE, _j.state.in_(states))
        .order_by(_j.id)
    )


@lru_cache
def _lost(size: int) -> db.Statement:
    """Jobs that failed because their lease ran out, as long as nobody has decided about them: a
    walk on the open incidents, of which there are few."""
    return db.Statement(
        _HOLDS.join_from(
            t.incident,
            t.job,
            sa.and_(
                _j.instance_id == t.incident.c.instance_id,
                _j.token == t.incident.c.token,
                _j.state == sa.literal_column("'failed'"),
            ),
        )
        .join(t.instance, _j.instance_id == _i.id)
        .where(
            t.incident.c.state == sa.literal_column("'open'"),
            _j.lease_until.is_not(None),
            db.among(_j.unit, "unit", size),
            _SITE,
        )
        .order_by(_j.id)
    )


@lru_cache
def _open_of(size: int, topics: int) -> db.Statement:
    return db.Statement(
        _SELECT.where(db.among(_j.id, "job", size), db.among(_j.topic, "topic", topics))
    )


@lru_cache
def _named(size: int) -> db.Statement:
    """Which of these names open jobs have: a walk on an index of those that name any."""
    return db.Statement(
        sa.select(_j.equipment).where(_OPEN, db.among(_j.equipment, "name", size), _SITE).distinct()
    )


@lru_cache
def _first(topics: int) -> db.Statement:
    return db.Statement(
        _SELECT.where(
            _j.equipment == sa.bindparam("name", type_=sa.Text),
            _j.unit.is_(None),
            db.among(_j.topic, "topic", topics),
            _SITE,
        ).limit(sa.bindparam("limit", type_=sa.Integer))
    )


_LEASE = db.Statement(
    sa.text(
        "UPDATE job SET state = 'claimed', worker = :worker, lease_until = :until, unit = :unit, "
        "command = :command, fence = fence + 1, attempt = attempt + 1, retry_at = NULL "
        "WHERE id = :id"
    )
)
