"""What others may read of access: users, tokens, and whom a secret stands for."""

import re
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from engine.access.tables import api_token, user_account
from engine.kernel import db
from engine.kernel.actor import Actor
from engine.kernel.clock import iso
from engine.kernel.errors import Invalid, NotFound
from engine.kernel.ids import from_cursor, to_text
from engine.kernel.store.uow import Uow

Page = dict[str, Any]

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")


@dataclass(frozen=True, slots=True)
class Bearer:
    """Whom a token stands for, and until when (milliseconds; None is until it is revoked)."""

    actor: Actor
    token: bytes
    expires: int | None


def stored_name(name: str) -> str | None:
    """The form in which a user's name is stored, or None if nobody can be called so."""
    lower = name.lower() if name.isascii() else ""
    return lower if _NAME.fullmatch(lower) else None


# ---- users --------------------------------------------------------------------------------------


def users(uow: Uow, *, site: int, limit: int, cursor: str | None = None) -> Page:
    """Users by name; the cursor is the last name seen."""
    after = "" if cursor is None else stored_name(cursor)
    if after is None:
        raise _foreign_cursor()
    rows = uow.all(_USERS, site=site, after=after, limit=limit + 1)
    items = [user_view(row) for row in rows[:limit]]
    return {"items": items, "next": items[-1]["name"] if len(rows) > limit else None}


def user(uow: Uow, *, name: str, site: int) -> dict[str, Any]:
    """One user as the API shows it.

    Raises:
        NotFound: if there is none of that name on this site.
    """
    row = uow.one(_USER, site=site, name=stored_name(name) or "")
    if row is None:
        raise NotFound(f"There is no user {name[:80]!r}.")
    return user_view(row)


def user_view(row: tuple[Any, ...]) -> dict[str, Any]:
    """A user from a row of `USER_COLUMNS`; of what proves them only whether it is there."""
    return {
        "name": row[0],
        "full_name": row[6],
        "roles": row[1].split(","),
        "active": bool(row[2]),
        "language": row[7],
        "theme": row[8],
        "password_set": row[3] is not None,
        "badge_set": row[9] is not None,
        "pin_set": row[10] is not None,
        "locked_until": iso(row[11]),
        "revision": row[4],
        "created": iso(row[5]),
    }


# ---- tokens -------------------------------------------------------------------------------------


def tokens(uow: Uow, *, site: int, limit: int, cursor: str | None = None) -> Page:
    """Tokens, newest first, the expired and revoked ones too; the cursor is the last id seen."""
    before = b"\xff" * 16 if cursor is None else from_cursor(cursor)
    rows = uow.all(_TOKENS, site=site, before=before, limit=limit + 1)
    items = [token_view(row) for row in rows[:limit]]
    return {"items": items, "next": items[-1]["id"] if len(rows) > limit else None}


def token_view(row: tuple[Any, ...]) -> dict[str, Any]:
    """A token from a row of `TOKEN_COLUMNS`: all but its digest."""
    return {
        "id": to_text(row[0]),
        "user": row[1],
        "roles": row[2].split(","),
        "created": iso(row[3]),
        "created_by": row[4],
        "expires": iso(row[5]),
        "revoked": iso(row[6]),
    }


def who(uow: Uow, *, digest: bytes) -> Bearer | None:
    """Whom a token stands for now, by the SHA-256 of its secret; None if nobody.

    A token of a user has the roles that both have at this moment.
    """
    row = uow.one(_WHO, digest=digest, now=uow.now_ms)
    if row is None:
        return None
    token, site, user_name, roles, user_roles, expires = row
    held = frozenset(roles.split(","))
    if user_name is not None:
        held &= frozenset(user_roles.split(","))
    name = user_name or f"token:{to_text(token)}"
    return Bearer(Actor(name, held, site), bytes(token), expires)


def _foreign_cursor() -> Invalid:
    return Invalid("The cursor is not one that this list gave.")


# ---- statements ---------------------------------------------------------------------------------

_u, _k = user_account.c, api_token.c
_SITE = sa.bindparam("site", type_=sa.Integer)
_LIMIT = sa.bindparam("limit", type_=sa.Integer)

USER_COLUMNS = (
    _u.name,
    _u.roles,
    _u.active,
    _u.password_hash,
    _u.revision,
    _u.created,
    _u.full_name,
    _u.language,
    _u.theme,
    _u.badge,
    _u.pin_hash,
    _u.locked_until,
)
_USERS = db.Statement(
    sa.select(*USER_COLUMNS)
    .where(_u.site_id == _SITE, _u.name > sa.bindparam("after"))
    .order_by(_u.name)
    .limit(_LIMIT)
)
_USER = db.Statement(
    sa.select(*USER_COLUMNS).where(_u.site_id == _SITE, _u.name == sa.bindparam("name"))
)

TOKEN_COLUMNS = (
    _k.id,
    _k.user_name,
    _k.roles,
    _k.created,
    _k.created_by,
    _k.expires,
    _k.revoked,
)
_TOKENS = db.Statement(
    sa.select(*TOKEN_COLUMNS)
    .where(_k.site_id == _SITE, _k.id < sa.bindparam("before", type_=sa.LargeBinary))
    .order_by(_k.id.desc())
    .limit(_LIMIT)
)
_OWNER = sa.and_(_u.site_id == _k.site_id, _u.name == _k.user_name)
_WHO = db.Statement(
    sa.select(_k.id, _k.site_id, _k.user_name, _k.roles, _u.roles, _k.expires)
    .join_from(api_token, user_account, _OWNER, isouter=True)
    .where(
        _k.digest == sa.bindparam("digest"),
        _k.revoked.is_(None),
        sa.or_(_k.expires.is_(None), _k.expires > sa.bindparam("now", type_=sa.BigInteger)),
        sa.or_(_k.user_name.is_(None), _u.active == 1),
    )
)
