"""Users and tokens: create, change, revoke. Whether the actor may is asked at the door."""

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa

from engine.access import sessions
from engine.access.credentials import NotProven, Proof, stands
from engine.access.people import (
    PERSONAL,
    USER_NAMES,
    UserChanges,
    check_name,
    check_roles,
    differences,
    is_active_admin,
    refused,
)
from engine.access.queries import (
    TOKEN_COLUMNS,
    USER_COLUMNS,
    stored_name,
    token_view,
    user_view,
)
from engine.access.tables import api_token, user_account
from engine.kernel import db
from engine.kernel.actor import Actor, Role
from engine.kernel.clock import iso
from engine.kernel.errors import Conflict, NotFound, Stale
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


class BadgeTaken(Conflict):
    """Somebody else has this badge."""

    code = "badge-taken"
    title = "Badge belongs to somebody else"


def create_user(
    uow: Uow,
    *,
    name: str,
    roles: Iterable[str],
    password_hash: str | None,
    actor: Actor,
    about: UserChanges | None = None,
) -> dict[str, Any]:
    """Create a user; without a password hash, or badge and PIN, the person acts by tokens only.

    Args:
        about: what else is known of the person: full name, language, theme, badge, PIN.

    Raises:
        Invalid: for a name or a role that cannot be.
        UserExists: if the name is taken, in capitals or not.
        BadgeTaken: if somebody else has the badge.
    """
    stored = check_name(name)
    granted = check_roles(roles)
    personal: dict[str, Any] = {part: getattr(about, part, None) for part in PERSONAL}
    _check_badge(uow, personal["badge"], stored, actor.site)
    row = personal | {
        "name": stored,
        "roles": ",".join(granted),
        "active": 1,
        "password_hash": password_hash,
        "revision": 1,
        "created": uow.now_ms,
        "locked_until": None,
    }
    if not uow.write(_CREATE_USER, row | {"id": new_id(), "site": actor.site}):
        raise UserExists(f"There is a user {stored} already; choose another name.")
    detail = {"roles": granted, "password": "none" if password_hash is None else "set"}
    audit(uow, actor, "user.created", f"user:{stored}", detail)
    return user_view(tuple(row[column.name] for column in USER_COLUMNS))


def change_user(
    uow: Uow,
    *,
    name: str,
    changes: UserChanges,
    actor: Actor,
    expected: str | None = None,
    keep: bytes | None = None,
) -> dict[str, Any]:
    """Change what is known of a user, or whether they may act at all.

    A new password frees a locked user and ends their sessions; so does it to be inactive.

    Args:
        keep: the session that goes on all the same.

    Raises:
        NotFound: if there is no such user on this site.
        Stale: if `expected` is not the present revision.
        Invalid: for an unknown role.
        LastAdmin: if no active admin would remain.
        BadgeTaken: if somebody else has the badge.
    """
    row, others = _lock_user(uow, name, actor.site)
    before = _by_name(row)
    if expected is not None and expected != str(before["revision"]):
        raise Stale("The user changed since you read it; read it again.")
    after = changes.applied_to(before)
    detail = differences(before, after)
    if not detail:
        return user_view(row)
    if not others and is_active_admin(before) and not is_active_admin(after):
        raise LastAdmin(f"{row[0]} is the last active admin; make somebody else admin first.")
    if "badge" in detail:
        _check_badge(uow, after["badge"], row[0], actor.site)
    _store(uow, after, detail, actor, keep)
    return user_view(tuple(after[column] for column in USER_NAMES))


def change_own(
    uow: Uow, *, proof: Proof, changes: UserChanges, keep: bytes | None, actor: Actor
) -> dict[str, Any]:
    """Change one's own password or PIN, having proven who one is.

    Args:
        keep: the session in which it happens; all others end with a new password.

    Raises:
        NotProven: if it was changed meanwhile by somebody else.
    """
    if not stands(uow, proof=proof):
        raise NotProven("Your password was changed meanwhile; sign in again.")
    return change_user(uow, name=proof.actor.name, changes=changes, actor=actor, keep=keep)


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
    granted = check_roles(roles)
    if expires_days is not None and not 1 <= expires_days <= MAX_DAYS:
        raise refused("/expires_days", f"A token lasts 1 to {MAX_DAYS} days, or has no end.")
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


def _owner(uow: Uow, user: str, roles: list[str], site: int) -> str:
    """The stored name of the user a token is for, who is active and has all of its roles."""
    row = uow.one(_USER, site=site, name=stored_name(user) or "")
    if row is None:
        raise refused("/user", f"There is no user {user[:80]!r}.")
    name, held, active = str(row[0]), row[1].split(","), row[2]
    if not active:
        raise refused("/user", f"{name} is not active.")
    missing = [role for role in roles if role not in held]
    if missing:
        raise refused("/roles", f"{name} lacks the role {missing[0]}; no token can add it.")
    return name


def _lock_user(uow: Uow, name: str, site: int) -> tuple[Row, list[Row]]:
    """(the user, the other active admins), locked in one order: two admins cannot both leave."""
    stored = stored_name(name) or ""
    rows = uow.all(_LOCK_USER, site=site, name=stored)
    found = next((row for row in rows if row[0] == stored), None)
    if found is None:
        raise NotFound(f"There is no user {name[:80]!r}.")
    return found, [row for row in rows if row is not found]


def _store(
    uow: Uow, user: dict[str, Any], detail: dict[str, object], actor: Actor, keep: bytes | None
) -> None:
    """Write a changed user, and end what does not outlive the change."""
    name = user["name"]
    uow.write(_CHANGE_USER, user | {"site": actor.site})
    if "locked_until" in detail or "password" in detail:
        uow.write(_FREE, {"site": actor.site, "name": name})
    audit(uow, actor, "user.changed", f"user:{name}", detail)
    if "password" in detail or not user["active"]:
        how = sessions.Ending.PASSWORD if user["active"] else sessions.Ending.REVOKED
        sessions.end_of_user(uow, user=name, keep=keep, how=how, actor=actor)


def _by_name(row: Row) -> dict[str, Any]:
    return dict(zip(USER_NAMES, row, strict=True))


def _check_badge(uow: Uow, badge: bytes | None, name: str, site: int) -> None:
    if badge is None:
        return
    uow.alone(f"badge:{site}:{badge.hex()}")
    row = uow.one(_BADGE, site=site, badge=badge)
    if row is not None and row[0] != name:
        raise BadgeTaken(f"This badge belongs to {row[0]}; take it from them first.")


# ---- statements ---------------------------------------------------------------------------------

_u, _k = user_account.c, api_token.c
_IS_USER = sa.and_(_u.site_id == sa.bindparam("site"), _u.name == sa.bindparam("name"))
_CREATE_USER = db.Statement(
    sa.text(
        "INSERT INTO user_account"
        " (id, site_id, name, roles, password_hash, active, revision, created, failed_logins,"
        " full_name, language, theme, badge, pin_hash)"
        " VALUES (:id, :site, :name, :roles, :password_hash, 1, 1, :created, 0,"
        " :full_name, :language, :theme, :badge, :pin_hash)"
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
_BADGE = db.Statement(
    sa.select(_u.name).where(_u.site_id == sa.bindparam("site"), _u.badge == sa.bindparam("badge"))
)
_CHANGE_USER = db.Statement(
    sa.text(
        "UPDATE user_account SET roles = :roles, active = :active, revision = :revision,"
        " password_hash = :password_hash, full_name = :full_name, language = :language,"
        " theme = :theme, badge = :badge, pin_hash = :pin_hash"
        " WHERE site_id = :site AND name = :name"
    )
)
_FREE = db.Statement(
    sa.text(
        "UPDATE user_account SET failed_logins = 0, locked_until = NULL "
        "WHERE site_id = :site AND name = :name"
    )
)
_CREATE_TOKEN = db.insert(api_token)
_LOCK_TOKEN = db.Statement(
    sa.select(*TOKEN_COLUMNS)
    .where(_k.id == sa.bindparam("id"), _k.site_id == sa.bindparam("site"))
    .with_for_update()
)
_REVOKE = db.Statement(sa.text("UPDATE api_token SET revoked = :now WHERE id = :id"))
