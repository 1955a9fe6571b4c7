"""The audit trail: one row for every change, never altered; a correction is a new row."""

from collections.abc import Mapping

import sqlalchemy as sa

from engine.kernel import db, json_text
from engine.kernel.actor import Actor
from engine.kernel.store.uow import Uow

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
    db.text("subject"),
    db.body("detail", nullable=True),
    sa.Index("ix_audit_entry_subject", "subject"),
)

_INSERT = db.insert(audit_entry, "id")


def audit(
    uow: Uow, actor: Actor, action: str, subject: str, detail: Mapping[str, object] | None = None
) -> None:
    """Record who did what to which thing. `subject` reads `kind:id`, `detail` is JSON."""
    uow.write(
        _INSERT,
        {
            "site_id": actor.site,
            "at": uow.now_ms,
            "actor": actor.name,
            "action": action,
            "subject": subject,
            "detail": json_text.write(detail) if detail else None,
        },
    )
