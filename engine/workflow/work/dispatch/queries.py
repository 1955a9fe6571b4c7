"""What others may read of jobs: one, and lists of them."""

from functools import lru_cache
from typing import Any

import sqlalchemy as sa

from engine.kernel import db, json_text
from engine.kernel.clock import iso
from engine.kernel.errors import NotFound
from engine.kernel.ids import from_cursor, to_text
from engine.kernel.store.uow import Row, Uow
from engine.workflow import tables as t

Item = dict[str, Any]


def job_item(uow: Uow, *, job: bytes, site: int) -> Item:
    """One job as the API shows it.

    Raises:
        NotFound: if there is none on this site.
    """
    row = uow.one(_ONE, id=job, site=site)
    if row is None:
        raise NotFound("There is no such job.")
    return _view(row)


def job_list(uow: Uow, *, site: int, limit: int, cursor: str | None = None, **filters: Any) -> Item:
    """Jobs, newest first; the cursor is the last id seen.

    Args:
        filters: `unit`, `state`, `topic`, `equipment`, `instance` (bytes).
    """
    given = {name: value for name, value in filters.items() if value is not None}
    before = b"\xff" * 16 if cursor is None else from_cursor(cursor)
    rows = uow.all(_list(tuple(sorted(given))), site=site, before=before, limit=limit + 1, **given)
    items = [_view(row) for row in rows[:limit]]
    return {"items": items, "next": items[-1]["id"] if len(rows) > limit else None}


def _view(row: Row) -> Item:
    found = dict(zip(_NAMES, row, strict=True))
    shown = {name: found[name] for name in _AS_STORED} | {
        "id": to_text(found["id"]),
        "instance": to_text(found["instance_id"]),
        "parameters": json_text.read(bytes(found["parameters"])),
    }
    for name in ("created", "lease_until", "retry_at", "closed"):
        shown[name] = iso(found[name])
    return shown


# ---- statements ----

_j, _i = t.job.c, t.instance.c
_AS_STORED = (
    *("business_key", "element", "topic", "action", "state", "fence", "attempt", "attempts"),
    *("worker", "message", "equipment", "unit", "command", "instance_state"),
)
_COLUMNS = (
    *(_j.id, _j.instance_id, _j.business_key, _j.element, _j.topic, _j.action, _j.parameters),
    *(_j.state, _j.fence, _j.attempt, _j.attempts, _j.worker, _j.message),
    *(_j.equipment, _j.unit, _j.command, _i.state.label("instance_state")),
    *(_j.created, _j.lease_until, _j.retry_at, _j.closed),
)
_NAMES = tuple(str(column.name) for column in _COLUMNS)
_SITE = _j.site_id == sa.bindparam("site", type_=sa.Integer)
_SELECT = sa.select(*_COLUMNS).join_from(t.job, t.instance, _j.instance_id == _i.id).where(_SITE)
_ONE = db.Statement(_SELECT.where(_j.id == sa.bindparam("id")))
_FILTERS = {
    "unit": _j.unit,
    "equipment": _j.equipment,
    "state": _j.state,
    "topic": _j.topic,
    "instance": _j.instance_id,
}


@lru_cache
def _list(filters: tuple[str, ...]) -> db.Statement:
    chosen = [_FILTERS[name] == sa.bindparam(name, type_=_FILTERS[name].type) for name in filters]
    before = _j.id < sa.bindparam("before", type_=sa.LargeBinary)
    return db.Statement(
        _SELECT.where(before, *chosen)
        .order_by(_j.id.desc())
        .limit(sa.bindparam("limit", type_=sa.Integer))
    )
