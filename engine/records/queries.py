"""What others may read of the records: the audit trail."""

import hashlib
from functools import lru_cache
from typing import Any

import sqlalchemy as sa

from engine.kernel import db, json_text
from engine.kernel.clock import iso
from engine.kernel.errors import Invalid
from engine.kernel.store.uow import Uow
from engine.records.audit import audit_entry, packed, unpacked

Page = dict[str, Any]

LAST = 2**63 - 1
MARKED = 64


def audit_entries(
    uow: Uow,
    *,
    site: int,
    limit: int,
    cursor: str | None = None,
    actor: str | None = None,
    action: str | None = None,
    subject: str | None = None,
    since: int | None = None,
) -> Page:
    """Audit entries, newest first; all filters given must fit. The cursor is the last id seen.

    Args:
        since: milliseconds since 1970; entries of that instant and later.
    """
    stored = None if subject is None else packed(subject)
    filters = {"actor": actor, "action": action, "subject": stored, "since": since}
    given = {name: value for name, value in filters.items() if value is not None}
    statement = _entries(tuple(given))
    rows = uow.all(statement, site=site, before=_before(cursor), limit=limit + 1, **given)
    items = [_entry(row) for row in rows[:limit]]
    return {"items": items, "next": items[-1]["id"] if len(rows) > limit else None}


def change_mark(uow: Uow, site: int) -> str:
    """A short text that is another one after every change that a commit has shown.

    It stands for the newest entries, not for the last one alone: on PostgreSQL a transaction may
    take its number early and commit late.
    """
    newest = ",".join(str(row[0]) for row in uow.all(_NEWEST))
    return hashlib.blake2b(f"{site}:{newest}".encode(), digest_size=9).hexdigest()


def _before(cursor: str | None) -> int:
    if cursor is None:
        return LAST
    if not (cursor.isascii() and cursor.isdigit() and len(cursor) < 19):
        raise Invalid("The cursor is not one that this list gave.")
    return int(cursor)


def _entry(row: tuple[Any, ...]) -> dict[str, Any]:
    return {
        "id": str(row[0]),
        "at": iso(row[1]),
        "actor": row[2],
        "action": row[3],
        "subject": unpacked(row[4]),
        "detail": None if row[5] is None else json_text.read(row[5]),
    }


_c = audit_entry.c
_CONDITIONS = {
    "actor": _c.actor == sa.bindparam("actor"),
    "action": _c.action == sa.bindparam("action"),
    "subject": _c.subject == sa.bindparam("subject"),
    "since": _c.at >= sa.bindparam("since"),
}

# Of all sites: a site where little happens would be searched for its entries to the very first.
_NEWEST = db.Statement(
    sa.select(_c.id).order_by(_c.id.desc()).limit(sa.literal_column(str(MARKED)))
)


@lru_cache
def _entries(filters: tuple[str, ...]) -> db.Statement:
    return db.Statement(
        sa.select(_c.id, _c.at, _c.actor, _c.action, _c.subject, _c.detail)
        .where(
            _c.site_id == sa.bindparam("site"),
            _c.id < sa.bindparam("before", type_=sa.BigInteger),
            *(_CONDITIONS[name] for name in filters),
        )
        .order_by(_c.id.desc())
        .limit(sa.bindparam("limit", type_=sa.Integer))
    )
