"""Anything by its number, its name, or a code that was scanned."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from engine.access import queries as access
from engine.kernel import db
from engine.kernel.actor import Actor
from engine.kernel.errors import NotFound
from engine.kernel.ids import to_text
from engine.kernel.store.uow import Uow
from engine.records import files
from engine.workflow import tables as t

MOST = 20
MAX_LENGTH = 200
CODE, PARTS = "RC:", 3
Item = dict[str, Any]


def search(uow: Uow, *, q: str, actor: Actor) -> list[Item]:
    """What fits best, at most 20: a whole number before a part of one.

    Each has `kind` (`instance`, `task`, `process`, `incident`, `file`, `user`), `id`, `label`,
    `detail` and `url`, the address of its screen. A code reads `RC:WO:` and a business key, or
    `RC:OP:`, a business key, a colon and the number of an operation, or `RC:TASK:` and an id.
    """
    asked = q.strip()[:MAX_LENGTH]
    if not asked:
        return []
    if asked.upper().startswith(CODE):
        return _of_code(uow, asked, actor.site)
    found: dict[tuple[str, str], Item] = {}
    for item in _found(uow, asked, actor.site):
        found.setdefault((item["kind"], item["id"]), item)
        if len(found) == MOST:
            break
    return list(found.values())


def _found(uow: Uow, asked: str, site: int) -> Iterator[Item]:
    yield from _of_key(uow, asked, site)
    yield from _orders(uow, _EXACT, site, asked)
    yield from _processes(uow, asked, site)
    yield from _orders(uow, _LIKE, site, _like(asked))
    yield from _tasks(uow, asked, site)
    yield from _people(uow, asked, site)


def _of_code(uow: Uow, code: str, site: int) -> list[Item]:
    parts = code.split(":", PARTS - 1)
    kind, name = (parts[1].upper(), parts[2]) if len(parts) == PARTS else ("", "")
    if kind == "TASK":
        return list(_of_key(uow, name, site))
    if kind == "OP":
        key, _, operation = name.rpartition(":")
        rows = uow.all(_OPERATION, site=site, key=key, operation=operation, limit=MOST)
        return [_task(row) for row in rows] or list(_orders(uow, _EXACT, site, key))
    return list(_orders(uow, _EXACT, site, name)) if name else []


def _of_key(uow: Uow, asked: str, site: int) -> Iterator[Item]:
    """Whatever has this very id."""
    try:
        key = UUID(asked).bytes
    except ValueError:
        return
    yield from (_instance(row) for row in uow.all(_INSTANCE, id=key, site=site))
    yield from (_task(row) for row in uow.all(_TASK, id=key, site=site))
    for row in uow.all(_INCIDENT, id=key, site=site):
        yield _item("incident", to_text(row[0]), row[1], row[2], f"/incidents/{to_text(row[0])}")
    file = files.find(uow, file=key, site=site)
    if file is not None:
        yield _item("file", to_text(key), file.name, file.media_type, f"/api/v1/files/{asked}")


def _orders(uow: Uow, statement: db.Statement, site: int, key: str) -> Iterator[Item]:
    rows = uow.all(statement, site=site, key=key, limit=MOST)
    return (_instance(row) for row in rows)


def _instance(row: tuple[Any, ...]) -> Item:
    key = to_text(row[0])
    return _item("instance", key, row[1] or key[:8], f"{row[2]} · {row[3]}", f"/instances/{key}")


def _task(row: tuple[Any, ...]) -> Item:
    key = to_text(row[0])
    detail = " · ".join(part for part in (row[2], row[3]) if part)
    return _item("task", key, row[1] or row[4], detail, f"/tasks/{key}")


def _processes(uow: Uow, asked: str, site: int) -> Iterator[Item]:
    for key, name in uow.all(_PROCESSES, site=site, key=_like(asked), limit=MOST):
        yield _item("process", key, name or key, key, f"/routings/{key}")


def _tasks(uow: Uow, asked: str, site: int) -> Iterator[Item]:
    """Open tasks by what they are called."""
    rows = uow.all(_NAMED, site=site, key=_like(asked), limit=MOST)
    return (_task(row) for row in rows)


def _people(uow: Uow, asked: str, site: int) -> Iterator[Item]:
    try:
        found = access.user(uow, name=asked, site=site)
    except NotFound:
        return
    label = found["full_name"] or found["name"]
    yield _item("user", found["name"], label, found["name"], f"/people/{found['name']}")


def _item(kind: str, key: str, label: str, detail: str | None, url: str) -> Item:
    return {"kind": kind, "id": key, "label": label, "detail": detail, "url": url}


def _like(text: str) -> str:
    for special in "\\%_":
        text = text.replace(special, f"\\{special}")
    return f"%{text.lower()}%"


_i, _v, _t, _n = t.instance.c, t.process_version.c, t.task.c, t.incident.c
_LIMIT = sa.bindparam("limit", type_=sa.Integer)
_KEY: sa.BindParameter[str] = sa.bindparam("key")
_OPEN: list[sa.ColumnElement[str]] = [sa.literal_column("'open'"), sa.literal_column("'claimed'")]
_ORDERS = sa.select(_i.id, _i.business_key, _v.name, _i.state).join_from(
    t.instance, t.process_version, _i.version_id == _v.id
)
_inner = t.instance.alias("keys").c


def _fits(column: Any) -> sa.ColumnElement[bool]:
    found: sa.ColumnElement[bool] = sa.func.lower(column).like(_KEY, escape="\\")
    return found


def _newest(*chosen: sa.ColumnElement[bool]) -> db.Statement:
    here = (_i.site_id == sa.bindparam("site"), _i.dry_run == sa.false())
    return db.Statement(_ORDERS.where(*here, *chosen).order_by(_i.id.desc()).limit(_LIMIT))


_EXACT = _newest(_i.business_key == _KEY)
_LIKE = _newest(_i.id.in_(sa.select(_inner.id).where(_fits(_inner.business_key))))
_INSTANCE = db.Statement(
    _ORDERS.where(_i.id == sa.bindparam("id"), _i.site_id == sa.bindparam("site"))
)
_TASKS = sa.select(_t.id, _t.name, _t.business_key, _t.state, _t.element).where(
    _t.site_id == sa.bindparam("site")
)
_TASK = db.Statement(_TASKS.where(_t.id == sa.bindparam("id")))
_NAMED = db.Statement(
    _TASKS.where(_t.state.in_(_OPEN), _fits(_t.name)).order_by(_t.rank, _t.id).limit(_LIMIT)
)
_OPERATION = db.Statement(
    _TASKS.where(
        _t.instance_id.in_(sa.select(_inner.id).where(_inner.business_key == _KEY)),
        _t.state.in_(_OPEN),
        _t.operation == sa.bindparam("operation"),
    )
    .order_by(_t.rank, _t.id)
    .limit(_LIMIT)
)
_INCIDENT = db.Statement(
    sa.select(_n.id, _n.message, _n.kind).where(
        _n.id == sa.bindparam("id"), _n.site_id == sa.bindparam("site")
    )
)
_PROCESSES = db.Statement(
    sa.select(_v.key, sa.func.max(_v.name))
    .where(_v.site_id == sa.bindparam("site"), sa.or_(_fits(_v.key), _fits(_v.name)))
    .group_by(_v.key)
    .order_by(_v.key)
    .limit(_LIMIT)
)
