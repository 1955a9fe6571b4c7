"""The audit trail: one row for every change, never altered; a correction is a new row."""

from collections.abc import Mapping, Sequence
from uuid import UUID

import sqlalchemy as sa

from engine.kernel import db, json_text
from engine.kernel.actor import Actor
from engine.kernel.ids import to_text
from engine.kernel.store.uow import Uow

KEY_LENGTH = 36

audit_entry = sa.Table(
    "audit_entry",
    db.metadata,
    sa.Column(
        "id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), sa.Identity(), primary_key=True
    ),
    db.site(),
    db.instant("at"),
    db.text("actor"),
    db.text("action"),
    db.body("subject"),
    db.body("detail", nullable=True),
    sa.Index("ix_audit_entry_subject", "subject"),
)

_INSERT = db.insert(audit_entry, "id")


def packed(subject: str) -> bytes:
    """A subject as it is stored: a key behind the colon takes 16 bytes instead of 36."""
    kind, _, name = subject.rpartition(":")
    if len(name) == KEY_LENGTH:
        try:
            key = UUID(name).bytes
        except ValueError:
            return subject.encode()
        if to_text(key) == name:  # and not in capitals, or with its hyphens elsewhere
            return kind.encode() + b"\0" + key
    return subject.encode()


def unpacked(stored: bytes) -> str:
    """The subject of a stored value."""
    kind, mark, key = bytes(stored).partition(b"\0")
    return f"{kind.decode()}:{to_text(key)}" if mark else kind.decode()


def audit(
    uow: Uow, actor: Actor, action: str, subject: str, detail: Mapping[str, object] | None = None
) -> None:
    """Record who did what to which thing. `subject` reads `kind:id`, `detail` is JSON."""
    audit_each(uow, actor, action, [subject], detail)


def audit_each(
    uow: Uow,
    actor: Actor,
    action: str,
    subjects: Sequence[str],
    detail: Mapping[str, object] | None = None,
) -> None:
    """Record who did the same to several things, an entry for each."""
    entry = {
        "site_id": actor.site,
        "at": uow.now_ms,
        "actor": actor.name,
        "action": action,
        "detail": json_text.write(detail) if detail else None,
    }
    uow.write(_INSERT, [entry | {"subject": packed(subject)} for subject in subjects])
