"""Proving who somebody is: to sign in, to sign a record, to change a password.

`check` does all of it, in three steps of which the middle one is slow and holds no lock:

1. `begin` counts the attempt and answers what to check against. It counts before it is known how
   the attempt ends, so that attempts side by side cannot outrun the lock.
2. `Attempt.holds` compares the secret with its hash: tens of milliseconds, outside of the door.
3. `succeed` forgets the failures of before, `fail` records one more.

A caller does not learn whether the name, the secret or a lock was the reason of a refusal.
"""

import hashlib
import unicodedata
from dataclasses import dataclass, field
from enum import StrEnum

import sqlalchemy as sa

from engine.access import passwords
from engine.access.queries import stored_name
from engine.access.settings import MINUTE_MS, SiteSettings, site_settings
from engine.access.tables import user_account
from engine.kernel import db
from engine.kernel.actor import Actor
from engine.kernel.clock import iso
from engine.kernel.errors import NotPermitted
from engine.kernel.store import Store
from engine.kernel.store.uow import Row, Uow
from engine.records.audit import audit


class Secret(StrEnum):
    """By what somebody proves who they are."""

    PASSWORD = "password"
    PIN = "pin"


class Purpose(StrEnum):
    """What it is proven for; the audit trail names it."""

    SIGN_IN = "sign_in"
    SIGNATURE = "signature"
    OWN_SECRET = "own_secret"


class NotProven(NotPermitted):
    """The name or the secret is wrong, or the account is locked: a caller learns not which."""

    code = "credentials-refused"
    title = "Not proven"


@dataclass(frozen=True, slots=True)
class Claim:
    """Who somebody says to be, and the secret that is to prove it.

    Args:
        name: the user's name, in capitals or not; or else `badge`.
        badge: what `badge_digest` answered.
    """

    site: int
    secret: str = field(repr=False)
    kind: Secret = Secret.PASSWORD
    name: str | None = None
    badge: bytes | None = None


@dataclass(frozen=True, slots=True)
class Attempt:
    """An attempt that is counted already, and what its secret is checked against.

    Args:
        user: the user's name; None if nobody active is meant.
        hashed: what the secret is compared with; None if nothing can be right.
        locks_until: milliseconds; the lock that this attempt leaves if it fails, if it leaves one.
    """

    claim: Claim
    user: str | None = None
    full_name: str | None = None
    roles: frozenset[str] = frozenset()
    hashed: str | None = field(default=None, repr=False)
    locks_until: int | None = None

    def holds(self) -> bool:
        """Whether the secret is right. Slow on purpose, also for somebody who does not exist."""
        return passwords.verify(self.hashed, self.claim.secret)


@dataclass(frozen=True, slots=True)
class Proof:
    """Somebody who has just proven who they are.

    Args:
        full_name: as it is printed; the user's name where none is kept.
        hashed: what was compared with; `stands` asks whether it is still that.
    """

    actor: Actor
    full_name: str
    kind: Secret
    hashed: str = field(repr=False)


def badge_digest(number: str, site: int) -> bytes:
    """What is stored of a badge. Scanners differ in capitals and add blanks; people see neither."""
    plain = unicodedata.normalize("NFKC", number).strip().casefold()
    return hashlib.sha256(f"badge\0{site}\0{plain}".encode("utf-8", "surrogatepass")).digest()


def check(store: Store, claim: Claim, purpose: Purpose, *, actor: Actor) -> Proof:
    """Who the claim is of, if its secret is right; slow, and therefore never called in a command.

    Args:
        actor: who asks, for the audit trail: somebody signed in, or `SIGN_IN`.

    Raises:
        NotProven: if it is not, whatever the reason; it counts towards the lock.
    """
    attempt = store.run(begin, claim=claim)
    if attempt.holds():
        proof = store.run(succeed, attempt=attempt)
        if proof is not None:
            return proof
    rules = store.run(fail, attempt=attempt, purpose=purpose, actor=actor)
    raise _not_proven(claim, rules)


def begin(uow: Uow, *, claim: Claim) -> Attempt:
    """Count an attempt against the lock and answer what to check; the last one locks for a while.

    Nobody is refused here: the answer takes the same way for those who are locked or unknown.
    """
    row = _found(uow, claim)
    if row is None:
        return Attempt(claim)
    name, full_name, roles, password_hash, pin_hash, failed, until = row
    who = {"user": name, "full_name": full_name, "roles": frozenset(roles.split(","))}
    if until is not None and until > uow.now_ms:
        return Attempt(claim, **who)
    failed = (0 if until is not None else failed) + 1
    rules = site_settings(uow, site=claim.site)
    full = failed >= rules.lockout_attempts
    until = uow.now_ms + rules.lockout_minutes * MINUTE_MS if full else None
    uow.write(_COUNT, {"site": claim.site, "name": name, "failed": failed, "until": until})
    hashed = password_hash if claim.kind is Secret.PASSWORD else pin_hash
    return Attempt(claim, hashed=hashed, locks_until=until, **who)


def succeed(uow: Uow, *, attempt: Attempt) -> Proof | None:
    """Forget the failures before this success; None if the secret was changed meanwhile."""
    claim, name, hashed = attempt.claim, attempt.user, attempt.hashed
    if name is None or hashed is None:
        return None
    values = {"site": claim.site, "name": name, "hashed": hashed}
    if not uow.write(_FREE[claim.kind], values):
        return None
    actor = Actor(name, attempt.roles, claim.site)
    return Proof(actor, attempt.full_name or name, claim.kind, hashed)


def fail(uow: Uow, *, attempt: Attempt, purpose: Purpose, actor: Actor) -> SiteSettings:
    """Record that an attempt failed, without its secret; the settings that count it."""
    claim = attempt.claim
    # What was typed as the name of nobody may be a password.
    subject = f"user:{attempt.user or '?'}"
    detail: dict[str, object] = {"by": claim.kind, "with": "badge" if claim.badge else "name"}
    audit(uow, actor, f"user.{purpose}_refused", subject, detail)
    if attempt.locks_until is not None:
        audit(uow, actor, "user.locked", subject, {"until": iso(attempt.locks_until)})
    return site_settings(uow, site=claim.site)


def stands(uow: Uow, *, proof: Proof) -> bool:
    """Whether a proof still holds; its user cannot be changed until the commit."""
    values = {"site": proof.actor.site, "name": proof.actor.name, "hashed": proof.hashed}
    return uow.write(_FREE[proof.kind], values) > 0


def _found(uow: Uow, claim: Claim) -> Row | None:
    if claim.badge is not None:
        return uow.one(_BY_BADGE, site=claim.site, badge=claim.badge)
    return uow.one(_BY_NAME, site=claim.site, name=stored_name(claim.name or "") or "")


def _not_proven(claim: Claim, rules: SiteSettings) -> NotProven:
    who = "badge" if claim.badge is not None else "name"
    secret = "PIN" if claim.kind is Secret.PIN else "password"
    return NotProven(
        f"The {who} or the {secret} is wrong, or the account is locked: after "
        f"{rules.lockout_attempts} wrong attempts it is for {rules.lockout_minutes} minutes. "
        "An admin can free it."
    )


# ---- statements ---------------------------------------------------------------------------------

_u = user_account.c
_WHO = (
    sa.select(
        _u.name,
        _u.full_name,
        _u.roles,
        _u.password_hash,
        _u.pin_hash,
        _u.failed_logins,
        _u.locked_until,
    )
    .where(_u.site_id == sa.bindparam("site", type_=sa.Integer), _u.active == 1)
    .with_for_update()
)
_BY_NAME = db.Statement(_WHO.where(_u.name == sa.bindparam("name")))
_BY_BADGE = db.Statement(_WHO.where(_u.badge == sa.bindparam("badge")))
_COUNT = db.Statement(
    sa.text(
        "UPDATE user_account SET failed_logins = :failed, locked_until = :until"
        " WHERE site_id = :site AND name = :name"
    )
)
_FREE = {
    kind: db.Statement(
        sa.text(
            "UPDATE user_account SET failed_logins = 0, locked_until = NULL"
            f" WHERE site_id = :site AND name = :name AND active = 1 AND {column} = :hashed"
        )
    )
    for kind, column in ((Secret.PASSWORD, "password_hash"), (Secret.PIN, "pin_hash"))
}
