"""Users and tokens: create, change, revoke. Whether the actor may is asked at the door."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from engine.access import sessions
from engine.access.credentials import NotProven, Proof, stands
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


class BadgeTaken(Conflict):
    """Somebody else has this badge."""

    code = "badge-taken"
    title = "Badge belongs to somebody else"


@dataclass(frozen=True, slots=True)
class UserChanges:
    """What to change of a user; None leaves it as it is, unless `without` names it.

    Args:
        full_name: as it is printed beside a signature.
        badge: what `credentials.badge_digest` answered.
        unlock: whether to end a lock after too many wrong attempts.
        without: of `full_name`, `language`, `theme`, `badge`, `pin_hash` what is to go.
    """

    roles: Iterable[str] | None = None
    active: bool | None = None
    password_hash: str | None = None
    full_name: str | None = None
    language: str | None = None
    theme: str | None = None
    badge: bytes | None = None
    pin_hash: str | None = None
    unlock: bool = False
    without: frozenset[str] = frozenset()

    def applied_to(self, before: dict[str, Any]) -> dict[str, Any]:
        """A user's row as it is after the change."""
        after = before | {"revision": before["revision"] + 1}
        if self.roles is not None:
            after["roles"] = ",".join(_check_roles(self.roles))
        if self.active is not None:
            after["active"] = int(self.active)
        if self.password_hash is not None:
            after["password_hash"] = self.password_hash
        for name in PERSONAL:
            given = getattr(self, name)
            after[name] = None if name in self.without else before[name] if given is None else given
        if self.unlock or after["password_hash"] != before["password_hash"]:
            after["locked_until"] = None
        return after


PERSONAL = ("full_name", "language", "theme", "badge", "pin_hash")
# What the audit trail does not repeat; it says only that it was changed.
SECRET = {"password_hash": "password", "badge": "badge", "pin_hash": "pin"}


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
    stored = stored_name(name)
    if stored is None:
        raise _refused(
            "/name",
            "A user's name has 1 to 64 of the characters a-z, 0-9, dot, hyphen and underscore, "
            "and begins with a letter or a digit.",
        )
    granted = _check_roles(roles)
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
    detail = _differences(before, after)
    if not detail:
        return user_view(row)
    if not others and _is_active_admin(before) and not _is_active_admin(after):
        raise LastAdmin(f"{row[0]} is the last active admin; make somebody else admin first.")
    if "badge" in detail:
        _check_badge(uow, after["badge"], row[0], actor.site)
    uow.write(_CHANGE_USER, after | {"site": actor.site})
    if after["locked_until"] is None and (changes.unlock or "password" in detail):
        uow.write(_FREE, {"site": actor.site, "name": row[0]})
    audit(uow, actor, "user.changed", f"user:{row[0]}", detail)
    if "password" in detail or not after["active"]:
        how = sessions.Ending.PASSWORD if after["active"] else sessions.Ending.REVOKED
        sessions.end_of_user(uow, user=row[0], keep=keep, how=how, actor=actor)
    return user_view(tuple(after[column] for column in _USER_NAMES))


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


def _by_name(row: Row) -> dict[str, Any]:
    return dict(zip(_USER_NAMES, row, strict=True))


def _check_badge(uow: Uow, badge: bytes | None, name: str, site: int) -> None:
    if badge is None:
        return
    uow.alone(f"badge:{site}:{badge.hex()}")
    row = uow.one(_BADGE, site=site, badge=badge)
    if row is not None and row[0] != name:
        raise BadgeTaken(f"This badge belongs to {row[0]}; take it from them first.")


def _is_active_admin(user: dict[str, Any]) -> bool:
    return bool(user["active"]) and Role.ADMIN in user["roles"].split(",")


def _differences(before: dict[str, Any], after: dict[str, Any]) -> dict[str, object]:
    """What the audit trail keeps: both values, but of a secret only that it changed."""
    detail: dict[str, object] = {}
    for name in _USER_NAMES:
        was, now = before[name], after[name]
        if name == "revision" or was == now:
            continue
        if name in SECRET:
            detail[SECRET[name]] = "removed" if now is None else "changed"
        else:
            detail[name] = {"from": _told(name, was), "to": _told(name, now)}
    return detail


def _told(name: str, value: Any) -> object:
    if name == "roles":
        return value.split(",")
    if name == "locked_until":
        return iso(value)
    told: object = bool(value) if name == "active" else value
    return told


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
_USER_NAMES = tuple(str(column.name) for column in USER_COLUMNS)
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
