"""What others may read of the workflow: instances, tasks, jobs, incidents, and their lists."""

from functools import lru_cache
from typing import Any

import sqlalchemy as sa

from engine.access.permissions import Permission, permissions_of
from engine.kernel import db
from engine.kernel.actor import Actor
from engine.kernel.clock import iso
from engine.kernel.errors import Invalid, NotFound
from engine.kernel.ids import from_cursor, to_text
from engine.kernel.store.uow import Uow
from engine.workflow import tables as t
from engine.workflow.definition.layout import shown
from engine.workflow.execution.frontier import INCIDENT, WAITING, Frontier, load, read_variables
from engine.workflow.work import history
from engine.workflow.work.recording.rows import TASK_COLUMNS, item
from engine.workflow.work.versions.plans import dry, plan_of

Page = dict[str, Any]
CLOSED = ("completed", "cancelled")


# ---- instances ----


def instance_item(uow: Uow, *, instance: bytes, site: int) -> dict[str, Any]:
    """One instance as the API shows it.

    Raises:
        NotFound: if there is none on this site.
    """
    row = uow.one(_INSTANCE, id=instance)
    if row is None or row[1] != site:
        raise NotFound("There is no such instance.")
    return _instance(row)


def instances(
    uow: Uow,
    *,
    site: int,
    limit: int,
    cursor: str | None = None,
    process: str | None = None,
    business_key: str | None = None,
    state: str | None = None,
) -> Page:
    """Instances, newest first."""
    filters = {"key": process, "business_key": business_key, "state": state}
    given = {name: value for name, value in filters.items() if value is not None}
    before = b"\xff" * 16 if cursor is None else from_cursor(cursor)
    statement = _instances(tuple(sorted(given)))
    rows = uow.all(statement, site=site, before=before, limit=limit + 1, **given)
    items = [_instance(row) for row in rows[:limit]]
    return {"items": items, "next": items[-1]["id"] if len(rows) > limit else None}


def instance_history(
    uow: Uow, *, instance: bytes, site: int, limit: int, cursor: str | None = None
) -> Page:
    """The steps of an instance, oldest first; the cursor is the last step seen."""
    if cursor is not None and not (cursor.isascii() and cursor.isdigit() and len(cursor) < 10):
        raise Invalid("The cursor is not one that this list gave.")
    row = uow.one(_HISTORY_OF, id=instance)
    if row is None or row[0] != site:
        raise NotFound("There is no such instance.")
    after = int(cursor or 0)
    version = bytes(row[1])
    plan = plan_of(dry(version) if row[3] else version)
    items = history.page(uow, instance=instance, plan=plan, after=after, limit=limit)
    last = after + len(items)
    return {"items": items, "next": str(last) if last < row[2] and items else None}


def _instance(row: tuple[Any, ...]) -> dict[str, Any]:
    frontier = load(bytes(row[7]), bytes(row[8])) if row[7] else Frontier()
    variables = read_variables(bytes(row[8])).get(0, {})
    return {
        "id": to_text(row[0]),
        "process": row[2],
        "version": row[3],
        "business_key": row[4],
        "state": row[5],
        "revision": row[6],
        "incidents": sum(token.state != WAITING for token in frontier.tokens),
        "variables": variables,
        "tokens": _resting(frontier),
        "inserted": _pending(frontier),
        "origin": None if row[12] is None else to_text(row[12]),
        "started": iso(row[9]),
        "started_by": row[10],
        "ended": iso(row[11]),
        "dry_run": bool(row[13]),
    }


def _resting(frontier: Frontier) -> list[dict[str, str]]:
    """Tokens where something waits; an activity whose inside runs shows the tokens inside."""
    open_inside = {token.scope for token in frontier.tokens}
    return [
        {"element": shown(token.element), "state": WAITING if token.state == WAITING else INCIDENT}
        for token in frontier.tokens
        if token.number not in open_inside
    ]


def _pending(frontier: Frontier) -> list[dict[str, str | None]]:
    """Inserted work that no token has come to yet."""
    return [
        {"element": name, "after": i.after, "name": i.name, "role": i.role, "form": i.form}
        for scope in frontier.scopes
        for name, i in sorted(scope.inserted.items())
        if not i.open
    ]


# ---- tasks ----


def task_item(uow: Uow, *, task: bytes, site: int) -> dict[str, Any]:
    """One task as the API shows it.

    Raises:
        NotFound: if there is none on this site.
    """
    row = uow.one(_TASK, id=task)
    if row is None or row[-1] != site:
        raise NotFound("There is no such task.")
    return item(row, uow.now_ms)


def tasks(
    uow: Uow,
    *,
    actor: Actor,
    limit: int,
    cursor: str | None = None,
    mine: bool = False,
    **filters: Any,
) -> Page:
    """Tasks by priority, due time and age; open and claimed ones unless a state is asked for.

    Args:
        mine: only what the actor holds, may take, or has closed if that state is asked for.
        filters: `instance` (bytes), `business_key`, `state`, `role`, `equipment`.
    """
    given = {name: value for name, value in filters.items() if value is not None}
    rank, last = _task_cursor(cursor)
    names = tuple(sorted(given))
    statement, about_me = (
        _mine_of(actor, names, given.get("state")) if mine else (_tasks(names), {})
    )
    page = {"site": actor.site, "rank": rank, "last": last, "limit": limit + 1}
    rows = uow.all(statement, **page, **about_me, **given)
    items = [item(row, uow.now_ms) for row in rows[:limit]]
    more = len(rows) > limit
    return {"items": items, "next": f"{rows[limit - 1][-1]}.{items[-1]['id']}" if more else None}


def _mine_of(
    actor: Actor, filters: tuple[str, ...], state: str | None
) -> tuple[db.Statement, dict[str, str]]:
    """The statement for an actor's own tasks, and what it says about the actor."""
    me = {"me": actor.name}
    if state in CLOSED:
        return _closed_by_me(filters), me
    if Permission.TASK_COMPLETE not in permissions_of(actor.roles):
        return _held_by_me(filters), me
    roles = {f"role{n}": role for n, role in enumerate(sorted(actor.roles))}
    return _mine(len(roles), filters), me | roles


def _task_cursor(cursor: str | None) -> tuple[int, bytes]:
    if cursor is None:
        return -1, b""
    rank, _, last = cursor.partition(".")
    if not rank.isdecimal() or len(rank) > 18:
        raise Invalid("The cursor is not one that this list gave.")
    return int(rank), from_cursor(last)


# ---- jobs and incidents ----


def incidents(
    uow: Uow, *, site: int, limit: int, cursor: str | None = None, **filters: Any
) -> Page:
    """Incidents, oldest first; open ones unless a state is asked for.

    Args:
        filters: `instance` (bytes), `kind`, `state`.
    """
    given = {name: value for name, value in filters.items() if value is not None}
    after = b"" if cursor is None else from_cursor(cursor)
    statement = _incidents(tuple(sorted(given)))
    rows = uow.all(statement, site=site, after=after, limit=limit + 1, **given)
    items = [incident_view(row) for row in rows[:limit]]
    return {"items": items, "next": items[-1]["id"] if len(rows) > limit else None}


def incident_item(uow: Uow, *, incident: bytes, site: int) -> dict[str, Any]:
    """One incident as the API shows it.

    Raises:
        NotFound: if there is none on this site.
    """
    row = uow.one(_INCIDENT, id=incident)
    if row is None or row[-1] != site:
        raise NotFound("There is no such incident.")
    return incident_view(row)


def incident_view(row: tuple[Any, ...]) -> dict[str, Any]:
    """An incident from a row of `INCIDENT_COLUMNS`."""
    return {
        "id": to_text(row[0]),
        "instance": to_text(row[1]),
        "business_key": row[2],
        "element": row[3],
        "kind": row[4],
        "message": row[5],
        "state": row[6],
        "attempts": row[7],
        "since": iso(row[8]),
        "resolved": iso(row[9]),
        "resolved_by": row[10],
        "reporter": row[11],
    }


# ---- statements ----

_i, _v, _t, _n = t.instance.c, t.process_version.c, t.task.c, t.incident.c
_LIMIT = sa.bindparam("limit", type_=sa.Integer)
_OPEN: sa.ColumnElement[str] = sa.literal_column("'open'")
_CLAIMED: sa.ColumnElement[str] = sa.literal_column("'claimed'")

_INSTANCE_SELECT = sa.select(
    _i.id,
    _i.site_id,
    _v.key,
    _v.version,
    _i.business_key,
    _i.state,
    _i.revision,
    _i.frontier,
    _i.variables,
    _i.started,
    _i.started_by,
    _i.ended,
    _i.origin,
    _i.dry_run,
).join_from(t.instance, t.process_version, _i.version_id == _v.id)
_INSTANCE = db.Statement(_INSTANCE_SELECT.where(_i.id == sa.bindparam("id")))
_HISTORY_OF = db.Statement(
    sa.select(_i.site_id, _i.version_id, _i.steps, _i.dry_run)
    .join_from(t.instance, t.process_version, _i.version_id == _v.id)
    .where(_i.id == sa.bindparam("id"))
)
_TASK = db.Statement(
    sa.select(*TASK_COLUMNS, _i.state, _t.site_id)
    .join_from(t.task, t.instance, _t.instance_id == _i.id)
    .where(_t.id == sa.bindparam("id"))
)


@lru_cache
def _instances(filters: tuple[str, ...]) -> db.Statement:
    columns = {"key": _v.key, "business_key": _i.business_key, "state": _i.state}
    return db.Statement(
        _INSTANCE_SELECT.where(
            _i.site_id == sa.bindparam("site"),
            _i.dry_run == sa.false(),
            _i.id < sa.bindparam("before", type_=sa.LargeBinary),
            *(columns[name] == sa.bindparam(name) for name in filters),
        )
        .order_by(_i.id.desc())
        .limit(_LIMIT)
    )


_TASK_FILTERS = {
    "instance": _t.instance_id,
    "business_key": _t.business_key,
    "state": _t.state,
    "role": _t.role,
    "equipment": _t.equipment,
}
_AFTER = sa.tuple_(_t.rank, _t.id) > sa.tuple_(
    sa.bindparam("rank", type_=sa.BigInteger), sa.bindparam("last", type_=sa.LargeBinary)
)


def _task_page(*conditions: sa.ColumnElement[bool]) -> sa.Select[Any]:
    """Which tasks are on a page: their keys alone, so that little is sorted."""
    return (
        sa.select(_t.id, _t.rank)
        .where(_t.site_id == sa.bindparam("site"), *conditions, _AFTER)
        .order_by(_t.rank, _t.id)
        .limit(_LIMIT)
    )


def _shown(chosen: sa.Select[Any] | sa.CompoundSelect[Any]) -> db.Statement:
    """A page of tasks with the states of their instances, looked up for what is shown only."""
    page = chosen.subquery()
    return db.Statement(
        sa.select(*TASK_COLUMNS, _i.state.label("instance_state"), page.c.rank)
        .join_from(page, t.task, page.c.id == _t.id)
        .join(t.instance, _t.instance_id == _i.id)
        .order_by(page.c.rank, page.c.id)
    )


def _chosen(filters: tuple[str, ...]) -> list[sa.ColumnElement[bool]]:
    chosen = [_TASK_FILTERS[name] == sa.bindparam(name) for name in filters]
    if "instance" in filters:  # a task's key is younger than its instance's: no older row is read
        chosen.append(_t.id > sa.bindparam("instance"))
    return chosen


@lru_cache
def _tasks(filters: tuple[str, ...]) -> db.Statement:
    state = () if "state" in filters else (_t.state.in_((_OPEN, _CLAIMED)),)
    return _shown(_task_page(*state, *_chosen(filters)))


@lru_cache
def _mine(roles: int, filters: tuple[str, ...]) -> db.Statement:
    """A page per role and one of what I hold, merged: each is a walk on a partial index."""
    free = [_t.role == sa.literal_column("''")]
    free += [_t.role == sa.bindparam(f"role{n}") for n in range(roles)]
    chosen = _chosen(filters)
    parts = [_task_page(_t.state == _OPEN, role, *chosen) for role in free]
    parts.append(_held(filters))
    merged = sa.union_all(*(sa.select(part.subquery()) for part in parts))
    return _shown(merged.order_by("rank", "id").limit(_LIMIT))


def _held(filters: tuple[str, ...]) -> sa.Select[Any]:
    mine = _t.assignee == sa.bindparam("me")
    return _task_page(_t.state == _CLAIMED, mine, *_chosen(filters))


@lru_cache
def _held_by_me(filters: tuple[str, ...]) -> db.Statement:
    """For those who complete no tasks: at most what was left in their hands."""
    return _shown(_held(filters))


@lru_cache
def _closed_by_me(filters: tuple[str, ...]) -> db.Statement:
    return _shown(_task_page(_t.closed_by == sa.bindparam("me"), *_chosen(filters)))


INCIDENT_COLUMNS = (
    _n.id,
    _n.instance_id,
    _i.business_key,
    _n.element,
    _n.kind,
    _n.message,
    _n.state,
    _n.attempts,
    _n.since,
    _n.resolved,
    _n.resolved_by,
    _n.reporter,
    _n.site_id,
)
_INCIDENT_SELECT = sa.select(*INCIDENT_COLUMNS).join_from(
    t.incident, t.instance, _n.instance_id == _i.id
)
_INCIDENT = db.Statement(_INCIDENT_SELECT.where(_n.id == sa.bindparam("id")))


@lru_cache
def _incidents(filters: tuple[str, ...]) -> db.Statement:
    columns = {"instance": _n.instance_id, "kind": _n.kind, "state": _n.state}
    state = () if "state" in filters else (_n.state == _OPEN,)
    apart = () if "instance" in filters else (_i.dry_run == sa.false(),)
    return db.Statement(
        _INCIDENT_SELECT.where(
            _n.site_id == sa.bindparam("site"),
            _n.id > sa.bindparam("after", type_=sa.LargeBinary),
            *state,
            *apart,
            *(columns[name] == sa.bindparam(name) for name in filters),
        )
        .order_by(_n.id)
        .limit(_LIMIT)
    )
