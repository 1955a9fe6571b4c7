"""Signatures: who signed what, when, and with what meaning; never altered.

What is signed is written down as canonical JSON and kept with its SHA-256, so that a reader can see
later what stood there, and that it still does. Who may sign is for the caller to say.

Source: 21 CFR 11.50 (printed name, time, meaning) and 11.70 (bound to its record).
"""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import sqlalchemy as sa

from engine.kernel import db, json_text
from engine.kernel.actor import Actor
from engine.kernel.clock import iso
from engine.kernel.ids import from_cursor, from_text, new_id, to_text
from engine.kernel.store.uow import Row, Uow
from engine.records.audit import audit, packed, unpacked
from engine.records.tables import signature

# What somebody says of work of their own, and what only another person can say of it.
OWN = ("performed", "acknowledged")
ANOTHERS = ("verified", "reviewed", "witnessed", "approved", "released")
MEANINGS = OWN + ANOTHERS

LAST = b"\xff" * 16
PAGE = 200

Item = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Signed:
    """What is signed, and by whom.

    Args:
        subject: `kind:id`, as in the audit trail.
        content: JSON-ready; signer, meaning, reason and time are added to it.
        method: by what the signer proved who they are: `password`.
    """

    subject: str
    content: Mapping[str, object]
    user: str
    full_name: str
    meaning: str
    reason: str | None = None
    method: str = "password"
    instance: bytes | None = None
    element: str | None = None


def sign(uow: Uow, *, signed: Signed, actor: Actor) -> Item:
    """Write a signature whose signer has just been proven; `actor` is who carries it out."""
    content = canonical(
        {
            **signed.content,
            "subject": signed.subject,
            "user": signed.user,
            "full_name": signed.full_name,
            "meaning": signed.meaning,
            "reason": signed.reason,
            "at": iso(uow.now_ms),
            "method": signed.method,
        }
    )
    row = {
        "id": new_id(),
        "site_id": actor.site,
        "subject": packed(signed.subject),
        "instance_id": signed.instance,
        "element": signed.element,
        "user_name": signed.user,
        "full_name": signed.full_name,
        "meaning": signed.meaning,
        "reason": signed.reason,
        "at": uow.now_ms,
        "method": signed.method,
        "content": content,
        "digest": hashlib.sha256(content).digest(),
    }
    uow.write(_INSERT, row)
    item = _item(tuple(row[column.name] for column in _COLUMNS))
    said = {"user": signed.user, "meaning": signed.meaning, "sha256": item["sha256"]}
    audit(uow, actor, "signature.made", signed.subject, said)
    return item


def canonical(value: object) -> bytes:
    """JSON in one form only: keys in the order of their characters, no blanks, digits as given."""
    return json_text.write(_sorted(value))


def _sorted(value: object) -> object:
    if isinstance(value, Mapping):
        return {name: _sorted(value[name]) for name in sorted(value)}
    return [_sorted(item) for item in value] if isinstance(value, list | tuple) else value


def is_signed(uow: Uow, *, subject: str) -> bool:
    """Whether somebody signed the subject."""
    return uow.one(_ANY, subject=packed(subject)) is not None


def signatures(
    uow: Uow,
    *,
    site: int,
    limit: int,
    cursor: str | None = None,
    instance: bytes | None = None,
    subject: str | None = None,
    user: str | None = None,
    meaning: str | None = None,
) -> dict[str, Any]:
    """Signatures, newest first; all filters given must fit. The cursor is the last id seen."""
    stored = None if subject is None else packed(subject)
    filters = {"instance": instance, "subject": stored, "user": user, "meaning": meaning}
    given = {name: value for name, value in filters.items() if value is not None}
    before = LAST if cursor is None else from_cursor(cursor)
    rows = uow.all(_page(tuple(given)), site=site, before=before, limit=limit + 1, **given)
    items = [_item(row) for row in rows[:limit]]
    return {"items": items, "next": items[-1]["id"] if len(rows) > limit else None}


def all_signatures(uow: Uow) -> Iterator[Item]:
    """Every signature of every site, oldest first; for those who look whether all are intact."""
    after = b""
    while rows := uow.all(_ALL, after=after, limit=PAGE):
        yield from (_item(row) for row in rows)
        after = bytes(rows[-1][0])


def fault(item: Item) -> str | None:
    """What does not fit any more between a signature and what it says; None if all does."""
    if not item["intact"]:
        return "its content was changed: the SHA-256 does not fit"
    said = json_text.read(item["content"])
    wrong = [name for name in _REPEATED if said.get(name) != item[name]]
    return f"its {', '.join(wrong)} is not what was signed" if wrong else None


_REPEATED = ("subject", "user", "full_name", "meaning", "reason", "at", "method")


def key_of(item: Item) -> bytes:
    """The key of the instance that a signature belongs to; empty if it belongs to none."""
    return from_text(item["instance"]) if item["instance"] else b""


def _item(row: Row) -> Item:
    content = bytes(row[10])
    return {
        "id": to_text(row[0]),
        "subject": unpacked(row[1]),
        "instance": None if row[2] is None else to_text(row[2]),
        "element": row[3],
        "user": row[4],
        "full_name": row[5],
        "meaning": row[6],
        "reason": row[7],
        "at": iso(row[8]),
        "method": row[9],
        "content": content.decode(errors="replace"),
        "sha256": bytes(row[11]).hex(),
        "intact": hashlib.sha256(content).digest() == bytes(row[11]),
    }


_s = signature.c
_INSERT = db.insert(signature)
_COLUMNS = (
    _s.id,
    _s.subject,
    _s.instance_id,
    _s.element,
    _s.user_name,
    _s.full_name,
    _s.meaning,
    _s.reason,
    _s.at,
    _s.method,
    _s.content,
    _s.digest,
)
_LIMIT = sa.bindparam("limit", type_=sa.Integer)
_CONDITIONS = {
    "instance": _s.instance_id == sa.bindparam("instance"),
    "subject": _s.subject == sa.bindparam("subject"),
    "user": _s.user_name == sa.bindparam("user"),
    "meaning": _s.meaning == sa.bindparam("meaning"),
}
_ANY = db.Statement(
    sa.select(_s.id).where(_s.subject == sa.bindparam("subject")).limit(sa.literal_column("1"))
)
_ALL = db.Statement(
    sa.select(*_COLUMNS).where(_s.id > sa.bindparam("after")).order_by(_s.id).limit(_LIMIT)
)


@lru_cache
def _page(filters: tuple[str, ...]) -> db.Statement:
    return db.Statement(
        sa.select(*_COLUMNS)
        .where(
            _s.site_id == sa.bindparam("site", type_=sa.Integer),
            _s.id < sa.bindparam("before"),
            *(_CONDITIONS[name] for name in filters),
        )
        .order_by(_s.id.desc())
        .limit(_LIMIT)
    )
