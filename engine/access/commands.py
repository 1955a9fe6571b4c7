"""Users and tokens: create, change, revoke. Whether the actor may is asked at the door."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from engine.access.queries import (
    TOKEN_COLUMNS,
    USER_COLUMNS,
    stored_name,
    token_view,
    user_view,
)
from engine.access.tables import api_token, user_account
from engine.kernel import db
from engine.kernel.actor import ROLES, Actor, Role
from engine.kernel.clock import iso
from engine.kernel.errors import Conflict, FieldProblem, Invalid, NotFound, Stale
from engine.kernel.ids import new_id, to_text
from engine.kernel.store.uow import Row, Uow
from engine.records.audit import audit

DAY_MS = 86_400_000
MAX_DAYS = 3_650


class UserExists(Conflict):
    """Somebody has this name already."""

    code = "user-exists"
    title = "User exists already"


class LastAdmin(Conflict):
    """Nobody would be left who can grant anything."""

    code = "last-admin"
    title = "Last administrator"


@dataclass(frozen=True, slots=True)
class UserChanges:
    """What to change of a user; None leaves it as it is."""

    roles: Iterable[str] | None = None
    active: bool | None = None
    password_hash: str | None = None


def create_user(
    uow: Uow, *, name: str, roles: Iterable[str], password_hash: str | None, actor: Actor
) -> dict[str, Any]:
    """Create a user; without a password hash the person acts by tokens only.

    Raises:
        Invalid: for a name or a role that cannot be.
        UserExists: if the name is taken, in capitals or not.
    """
    stored = stored_name(name)
    if stored is None:
        raise _refused(
            "/name",
            "A user's name has 1 to 64 of the characters a-z, 0-9, dot, hyphen and underscore, "
            "and begins with a letter or a digit.",
        )
    granted = _check_roles(roles)
    created = uow.write(
        _CREATE_USER,
        {
            "id": new_id(),
            "site": actor.site,
            "name": stored,
            "roles": ",".join(granted),
            "password_hash": password_hash,
            "now": uow.now_ms,
        },
    )
    if not created:
        raise UserExists(f"There is a user {stored} already; choose another name.")
    detail = {"roles": granted, "password": "none" if password_hash is None else "set"}
    audit(uow, actor, "user.created", f"user:{stored}", detail)
    row = (stored, ",".join(granted), 1, password_hash, 1, uow.now_ms)
    return user_view(row)


def change_user(
    uow: Uow, *, name: str, changes: UserChanges, actor: Actor, expected: str | None = None
) -> dict[str, Any]:
    """Change roles, password or whether the user may act at all; a new password frees a locked one.

    Raises:
        NotFound: if there is no such user on this site.
        Stale: if `expected` is not the present revision.
        Invalid: for an unknown role.
        LastAdmin: if no active admin would remain.
    """
    row, others = _lock_user(uow, name, actor.site)
    if expected is not None and expected != str(row[4]):
        raise Stale("The user changed since you read it; read it again.")
    roles = row[1] if changes.roles is None else ",".join(_check_roles(changes.roles))
    active = row[2] if changes.active is None else int(changes.active)
    password_hash = row[3] if changes.password_hash is None else changes.password_hash
    after = (row[0], roles, active, password_hash, row[4] + 1, row[5])
    detail = _differences(row, after)
    if not detail:
        return user_view(row)
    if not others and _is_active_admin(row) and not _is_active_admin(after):
        raise LastAdmin(f"{row[0]} is the last active admin; make somebody else admin first.")
    values = {"site": actor.site, "name": row[0], "roles": roles, "active": active}
    uow.write(_CHANGE_USER, values)
    if "password" in detail:
        values = {"site": actor.site, "name": row[0], "password_hash": password_hash}
        uow.write(_CHANGE_PASSWORD, values)
    audit(uow, actor, "user.changed", f"user:{row[0]}", detail)
    return user_view(after)


def create_token(
    uow: Uow,
    *,
    roles: Iterable[str],
    secret_digest: bytes,
    actor: Actor,
    user: str | None = None,
    expires_days: int | None = None,
) -> dict[str, Any]:
    """Create a token from the digest of `passwords.new_secret`; the answer never holds the secret.

    With a user it acts as that user, within the roles that both have; without, as `token:<id>`.

    Raises:
        Invalid: for an unknown role, one that the user lacks, an unknown user or an unusable term.
    """
    granted = _check_roles(roles)
    if expires_days is not None and not 1 <= expires_days <= MAX_DAYS:
        raise _refused("/expires_days", f"A token lasts 1 to {MAX_DAYS} days, or has no end.")
    owner = None if user is None else _owner(uow, user, granted, actor.site)
    expires = None if expires_days is None else uow.now_ms + expires_days * DAY_MS
    token = new_id()
    values = {
        "id": token,
        "site_id": actor.site,
        "digest": secret_digest,
        "user_name": owner,
        "roles": ",".join(granted),
        "created": uow.now_ms,
        "created_by": actor.name,
        "expires": expires,
        "revoked": None,
    }
    uow.write(_CREATE_TOKEN, values)
    detail = {"roles": granted, "user": owner, "expires": iso(expires)}
    audit(uow, actor, "token.created", f"token:{to_text(token)}", detail)
    return token_view(tuple(values[column.name] for column in TOKEN_COLUMNS))


def revoke_token(uow: Uow, *, token: bytes, actor: Actor) -> dict[str, Any]:
    """End a token at once; one that is revoked already stays as it is.

    Raises:
        NotFound: if there is none on this site.
    """
    row = uow.one(_LOCK_TOKEN, id=token, site=actor.site)
    if row is None:
        raise NotFound(f"There is no token {to_text(token)}.")
    if row[-1] is not None:
        return token_view(row)
    uow.write(_REVOKE, {"id": token, "now": uow.now_ms})
    audit(uow, actor, "token.revoked", f"token:{to_text(token)}")
    return token_view((*row[:-1], uow.now_ms))


# ---- rules --------------------------------------------------------------------------------------


def _refused(pointer: str, problem: str) -> Invalid:
    return Invalid(problem, errors=[FieldProblem(pointer, problem)])


def _check_roles(roles: Iterable[str]) -> list[str]:
    """The roles sorted, each once, if all of them exist and there is at least one."""
    given = {str(role) for role in roles}
    known = ", ".join(Role)
    if not given:
        raise _refused("/roles", f"Name at least one role of: {known}.")
    unknown = sorted(given - ROLES)
    if unknown:
        raise _refused("/roles", f"There is no role {unknown[0][:80]!r}; the roles are: {known}.")
    return sorted(given)


def _owner(uow: Uow, user: str, roles: list[str], site: int) -> str:
    """The stored name of the user a token is for, who is active and has all of its roles."""
    row = uow.one(_USER, site=site, name=stored_name(user) or "")
    if row is None:
        raise _refused("/user", f"There is no user {user[:80]!r}.")
    name, held, active = str(row[0]), row[1].split(","), row[2]
    if not active:
        raise _refused("/user", f"{name} is not active.")
    missing = [role for role in roles if role not in held]
    if missing:
        raise _refused("/roles", f"{name} lacks the role {missing[0]}; no token can add it.")
    return name


def _lock_user(uow: Uow, name: str, site: int) -> tuple[Row, list[Row]]:
    """(the user, the other active admins), locked in one order: two admins cannot both leave."""
    stored = stored_name(name) or ""
    rows = uow.all(_LOCK_USER, site=site, name=stored)
    found = next((row for row in rows if row[0] == stored), None)
    if found is None:
        raise NotFound(f"There is no user {name[:80]!r}.")
    return found, [row for row in rows if row is not found]


def _is_active_admin(row: Row) -> bool:
    return bool(row[2]) and Role.ADMIN in row[1].split(",")


def _differences(before: Row, after: Row) -> dict[str, object]:
    """What the audit trail keeps: both values, but of a password only that it changed."""
    detail: dict[str, object] = {}
    if before[1] != after[1]:
        detail["roles"] = {"from": before[1].split(","), "to": after[1].split(",")}
    if before[2] != after[2]:
        detail["active"] = {"from": bool(before[2]), "to": bool(after[2])}
    if before[3] != after[3]:
        detail["password"] = "changed"
    return detail


# ---- statements ---------------------------------------------------------------------------------

_u, _k = user_account.c, api_token.c
_IS_USER = sa.and_(_u.site_id == sa.bindparam("site"), _u.name == sa.bindparam("name"))
_CREATE_USER = db.Statement(
    sa.text(
        "INSERT INTO user_account"
        " (id, site_id, name, roles, password_hash, active, revision, created, failed_logins)"
        " VALUES (:id, :site, :name, :roles, :password_hash, 1, 1, :now, 0)"
        " ON CONFLICT (site_id, name) DO NOTHING"
    )
)
_USER = db.Statement(sa.select(*USER_COLUMNS[:3]).where(_IS_USER))
# A role is a whole word between commas.
_ADMIN = sa.and_(_u.active == 1, (sa.literal(",") + _u.roles + ",").like(f"%,{Role.ADMIN},%"))
_LOCK_USER = db.Statement(
    sa.select(*USER_COLUMNS)
    .where(_u.site_id == sa.bindparam("site"), sa.or_(_u.name == sa.bindparam("name"), _ADMIN))
    .order_by(_u.id)
    .with_for_update()
)
_CHANGE_USER = db.Statement(
    sa.text(
        "UPDATE user_account SET roles = :roles, active = :active, revision = revision + 1 "
        "WHERE site_id = :site AND name = :name"
    )
)
_CHANGE_PASSWORD = db.Statement(
    sa.text(
        "UPDATE user_account SET password_hash = :password_hash, failed_logins = 0, "
        "locked_until = NULL WHERE site_id = :site AND name = :name"
    )
)
_CREATE_TOKEN = db.insert(api_token)
_LOCK_TOKEN = db.Statement(
    sa.select(*TOKEN_COLUMNS)
    .where(_k.id == sa.bindparam("id"), _k.site_id == sa.bindparam("site"))
    .with_for_update()
)
_REVOKE = db.Statement(sa.text("UPDATE api_token SET revoked = :now WHERE id = :id"))
