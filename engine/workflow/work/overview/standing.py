"""Where instances stand: each with what it waits for, since when, and how late it is."""

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

import sqlalchemy as sa

from engine.kernel import db
from engine.kernel.clock import iso
from engine.kernel.errors import NotFound
from engine.kernel.ids import from_cursor, to_text
from engine.kernel.store.uow import Uow
from engine.workflow import tables as t
from engine.workflow.definition.layout import shown
from engine.workflow.definition.model import WAITING_TASKS, Node
from engine.workflow.definition.plan import Plan
from engine.workflow.execution.frontier import WAITING, Insert, TokenState, read_tokens
from engine.workflow.work.open_work import FAR
from engine.workflow.work.versions.plans import dry, plan_of

RUNNING, ALL = "running", "all"
STATES = (RUNNING, "active", "suspended", "completed", "cancelled", ALL)
FIRST = b"\xff" * 16
CATCHING = frozenset({"intermediateCatchEvent", "receiveTask", "eventBasedGateway"})
TOGETHER = 128  # instances that one statement asks for
Item = dict[str, Any]


def standing(
    uow: Uow,
    *,
    site: int,
    limit: int,
    cursor: str | None = None,
    q: str | None = None,
    process: str | None = None,
    state: str = RUNNING,
    late: bool = False,
    blocked: bool = False,
    role: str | None = None,
) -> Item:
    """Instances, newest first, with everything that each waits for.

    Args:
        q: stands in the business key, in capitals or not.
        state: one of an instance's, `running` for what has not ended, or `all`.
        late: only those with a task that is past its due time.
        blocked: only suspended ones and those with an open incident.
        role: only those that wait for somebody with this role.
    """
    given = {"process": process, "role": role, "q": None if q is None else _like(q)}
    told = {name: value for name, value in given.items() if value is not None}
    flags = tuple(name for name, asked in (("late", late), ("blocked", blocked)) if asked)
    statement = _page(state, flags, tuple(told))
    before = FIRST if cursor is None else from_cursor(cursor)
    times = {"now": uow.now_ms} if late else {}
    rows = uow.all(statement, site=site, before=before, limit=limit + 1, **told, **times)
    items = _items(uow, rows[:limit])
    return {"items": items, "next": items[-1]["id"] if len(rows) > limit else None}


def places(uow: Uow, *, instance: bytes, site: int) -> list[Item]:
    """Everything that one instance waits for; timers with their due time, jobs with their worker.

    Raises:
        NotFound: if there is none on this site.
    """
    row = uow.one(_ONE, id=instance)
    if row is None or row[-1] != site:
        raise NotFound("There is no such instance.")
    found = _standing(_plan(row), row[8], _tasks(uow, [instance]).get(instance, {}))
    due = {(token, element): at for token, element, at in uow.all(_DUE, id=instance)}
    workers: dict[int, str | None] = dict(uow.all(_WORKERS, id=instance))
    for number, place in found:
        at = due.get((number, place["element"]))
        if place["kind"] == "timer" and at is not None:
            place["due"] = iso(at)
        if place["kind"] == "job":
            place["worker"] = workers.get(number)
    return [place for _, place in found]


# ---- from rows to items ----


def _items(uow: Uow, rows: Sequence[tuple[Any, ...]]) -> list[Item]:
    keys = [bytes(row[0]) for row in rows]
    tasks, incidents = _tasks(uow, keys), _incidents(uow, keys)
    return [_item(row, tasks.get(k, {}), incidents.get(k, 0), uow.now_ms) for k, row in
            zip(keys, rows, strict=True)]  # fmt: skip


def _item(row: tuple[Any, ...], tasks: Mapping[int, Item], incidents: int, now: int) -> Item:
    due = min((task["at"] for task in tasks.values() if task["at"] is not None), default=None)
    late = None if due is None or due >= now else (now - due) // 1000
    return {
        "id": to_text(row[0]),
        "business_key": row[4],
        "process": row[1],
        "process_name": row[2],
        "version": row[3],
        "state": row[5],
        "started": iso(row[6]),
        "ended": iso(row[7]),
        "due": iso(due),
        "late_seconds": late,
        "incidents": incidents,
        "standing": [place for _, place in _standing(_plan(row), row[8], tasks)],
    }


def _plan(row: tuple[Any, ...]) -> Plan:
    version, is_dry = bytes(row[9]), row[10]
    return plan_of(dry(version) if is_dry else version)


def _standing(plan: Plan, frontier: bytes, tasks: Mapping[int, Item]) -> list[tuple[int, Item]]:
    """(token, place) for each token at rest, what is around it left out; the oldest first."""
    if not frontier:
        return []
    tokens, inserted = read_tokens(bytes(frontier))
    around = {token.scope for token in tokens}
    resting = [token for token in tokens if token.number not in around]
    resting.sort(key=lambda token: (token.since, token.number))
    return [
        (x.number, _place(plan, x, inserted.get((x.scope, x.element)), tasks.get(x.number)))
        for x in resting
    ]


def _place(plan: Plan, token: TokenState, insert: Insert | None, task: Item | None) -> Item:
    element = shown(token.element)
    node = plan.find(None, element)
    name = insert.name if insert is not None else node.name if node is not None else ""
    place = {
        "element": element,
        "name": name,
        "kind": "task" if insert is not None else _kind(token, node),
        "since": iso(token.since),
        "assignee": None,
        "role": None,
        "due": None,
    }
    if task is not None:
        place |= {"assignee": task["assignee"], "role": task["role"], "due": iso(task["at"])}
    if token.state != WAITING:
        place["kind"] = "incident"
    return place


def _kind(token: TokenState, node: Node | None) -> str:
    """What has to come: a person, a worker, the time, a message …"""
    if node is None or node.type in WAITING_TASKS:
        return "task"
    if node.event is not None and node.event.kind == "conditional":
        return "condition"
    if node.event is not None and node.event.kind != "none":
        return node.event.kind
    if node.work.topic is not None:
        return "job"
    return "event" if node.type in CATCHING else "other"


def _tasks(uow: Uow, keys: Sequence[bytes]) -> dict[bytes, dict[int, Item]]:
    """The open tasks of instances, by their tokens."""
    found: dict[bytes, dict[int, Item]] = {}
    for instance, token, assignee, role, due in _of_each(uow, _open_tasks, keys):
        task = {"assignee": assignee, "role": role or None, "at": due}
        found.setdefault(bytes(instance), {})[token] = task
    return found


def _incidents(uow: Uow, keys: Sequence[bytes]) -> dict[bytes, int]:
    return {bytes(instance): n for instance, n in _of_each(uow, _open_incidents, keys)}


def _of_each(uow: Uow, statement: Any, keys: Sequence[bytes]) -> Iterator[tuple[Any, ...]]:
    """The rows of instances, asked for together."""
    for first in range(0, len(keys), TOGETHER):
        named = db.padded("k", keys[first : first + TOGETHER])
        yield from uow.all(statement(len(named)), **named)


def _like(text: str) -> str:
    for special in "\\%_":
        text = text.replace(special, f"\\{special}")
    return f"%{text.lower()}%"


# ---- statements ----

_i, _v, _t, _n, _d, _j = (
    t.instance.c,
    t.process_version.c,
    t.task.c,
    t.incident.c,
    t.due.c,
    t.job.c,
)
_OPEN: list[sa.ColumnElement[str]] = [sa.literal_column("'open'"), sa.literal_column("'claimed'")]
_COLUMNS = (
    _i.id,
    _v.key,
    _v.name,
    _v.version,
    _i.business_key,
    _i.state,
    _i.started,
    _i.ended,
    _i.frontier,
    _i.version_id,
    _i.dry_run,
)
_SELECT = sa.select(*_COLUMNS).join_from(t.instance, t.process_version, _i.version_id == _v.id)
_ONE = db.Statement(_SELECT.add_columns(_i.site_id).where(_i.id == sa.bindparam("id")))
_DUE = db.Statement(sa.select(_d.token, _d.element, _d.at).where(_d.owner_id == sa.bindparam("id")))
_WORKERS = db.Statement(
    sa.select(_j.token, _j.worker).where(_j.instance_id == sa.bindparam("id"), _j.state.in_(_OPEN))
)
_blocked = sa.or_(
    _i.state == sa.literal_column("'suspended'"),
    _i.id.in_(sa.select(_n.instance_id).where(_n.state == _OPEN[0])),
)
# A task's rank holds its due time: the index of open work tells what is late, no row is read.
_late = _i.id.in_(
    sa.select(_t.instance_id).where(
        _t.state.in_(_OPEN),
        _t.rank.op("&")(sa.literal_column(str(FAR))) < sa.bindparam("now", type_=sa.BigInteger),
    )
)
_FLAGS = {"late": _late, "blocked": _blocked}
_inner = t.instance.alias("keys").c
_GIVEN: Mapping[str, sa.ColumnElement[bool]] = {
    "process": _v.key == sa.bindparam("process"),
    "role": sa.exists().where(
        _t.instance_id == _i.id, _t.state.in_(_OPEN), _t.role == sa.bindparam("role")
    ),
    "q": _i.id.in_(
        sa.select(_inner.id).where(
            sa.func.lower(_inner.business_key).like(sa.bindparam("q"), escape="\\")
        )
    ),
}


@lru_cache
def _page(state: str, flags: tuple[str, ...], given: tuple[str, ...]) -> db.Statement:
    chosen: list[sa.ColumnElement[bool]] = [_FLAGS[name] for name in flags]
    chosen += [_GIVEN[name] for name in given]
    if state == RUNNING:
        chosen.append(_i.ended.is_(None))
    elif state != ALL:
        chosen.append(_i.state == sa.literal_column(f"'{state}'"))
        if state in ("active", "suspended"):
            chosen.append(_i.ended.is_(None))
    return db.Statement(
        _SELECT.where(
            _i.site_id == sa.bindparam("site"),
            _i.dry_run == sa.false(),
            _i.id < sa.bindparam("before", type_=sa.LargeBinary),
            *chosen,
        )
        .order_by(_i.id.desc())
        .limit(sa.bindparam("limit", type_=sa.Integer))
    )


@lru_cache
def _open_tasks(size: int) -> db.Statement:
    return db.Statement(
        sa.select(_t.instance_id, _t.token, _t.assignee, _t.role, _t.due).where(
            db.among(_t.instance_id, "k", size), _t.state.in_(_OPEN)
        )
    )


@lru_cache
def _open_incidents(size: int) -> db.Statement:
    return db.Statement(
        sa.select(_n.instance_id, sa.func.count())
        .where(db.among(_n.instance_id, "k", size), _n.state == _OPEN[0])
        .group_by(_n.instance_id)
    )
