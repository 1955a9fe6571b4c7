"""Requests that are carried out once: the answer is kept in the commit that it reports."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from engine.kernel import db
from engine.kernel.errors import Invalid
from engine.kernel.store.uow import Uow

KEPT_MS = 7 * 86_400_000

idempotency = sa.Table(
    "idempotency",
    db.metadata,
    db.site(),
    db.key("digest"),
    db.body("request"),
    db.number("status"),
    db.body("answer"),
    db.instant("at"),
    sa.Index("ix_idempotency_at", "at"),
    **db.BY_KEY,
)


class KeyReused(Invalid):
    """The same Idempotency-Key came with another request."""

    code = "idempotency-key-reused"
    title = "Idempotency-Key used for another request"


@dataclass(frozen=True, slots=True)
class Once:
    """One request that may arrive more than once.

    Args:
        caller, method, path, key: what the key is scoped to.
        request: SHA-256 of the body; the same key must come with the same body.
        render: turns the command's answer into (HTTP status, body).
    """

    caller: str
    method: str
    path: str
    key: str
    request: bytes
    render: Callable[[Any], tuple[int, bytes]] = field(compare=False)

    @property
    def digest(self) -> bytes:
        """16 bytes that stand for caller, method, path and key."""
        scope = "\0".join((self.caller, self.method, self.path, self.key))
        return hashlib.sha256(scope.encode()).digest()[:16]


@dataclass(frozen=True, slots=True)
class Replayed:
    """The answer a request got the first time."""

    status: int
    body: bytes


def remember(uow: Uow, once: Once, answer: Any) -> None:
    """Keep the answer; a broken primary key means that the request was carried out before."""
    status, body = once.render(answer)
    uow.write(
        _INSERT,
        {
            "digest": once.digest,
            "request": once.request,
            "status": status,
            "answer": body,
            "at": uow.now_ms,
        },
    )


def recall(uow: Uow, *, once: Once) -> Replayed | None:
    """The kept answer of the same request, or None if it was never carried out.

    Raises:
        KeyReused: if the key was used with another body.
    """
    row = uow.one(_SELECT, digest=once.digest)
    if row is None:
        return None
    request, status, answer = row
    if bytes(request) != once.request:
        raise KeyReused(
            f"The Idempotency-Key {once.key[:80]!r} was used before with another body. "
            "Use a new key for a new request."
        )
    return Replayed(status, bytes(answer))


def oldest(uow: Uow) -> bool:
    """Whether an answer is older than seven days."""
    return uow.one(_OLDEST, before=uow.now_ms - KEPT_MS) is not None


def forget(uow: Uow, limit: int = 500) -> int:
    """Drop answers older than seven days, a slice at a time; the number dropped."""
    return uow.write(_DELETE, {"before": uow.now_ms - KEPT_MS, "limit": limit})


_c = idempotency.c
_INSERT = db.insert(idempotency, "site_id")
_SELECT = db.Statement(
    sa.select(_c.request, _c.status, _c.answer).where(_c.digest == sa.bindparam("digest"))
)
_OLDEST = db.Statement(
    sa.select(_c.at).where(_c.at < sa.bindparam("before")).limit(sa.literal_column("1"))
)
_DELETE = db.Statement(
    sa.delete(idempotency).where(
        _c.digest.in_(
            sa.select(_c.digest)
            .where(_c.at < sa.bindparam("before"))
            .limit(sa.bindparam("limit", type_=sa.Integer))
        )
    )
)
