"""The tables of access: who may sign in, and which tokens stand for somebody."""

import sqlalchemy as sa

from engine.kernel import db

# `name` is stored in lower case; `roles` is text, sorted and joined by commas; `active` is 0 or 1.
user_account = sa.Table(
    "user_account",
    db.metadata,
    db.key(),
    db.site(),
    db.text("name"),
    db.text("roles"),
    db.text("password_hash", nullable=True),
    db.number("active"),
    db.number("revision"),
    db.instant("created"),
    db.number("failed_logins"),
    db.instant("locked_until", nullable=True),
    sa.UniqueConstraint("site_id", "name"),
    **db.BY_KEY,
)

# `digest` is the SHA-256 of the secret; the secret itself is kept nowhere.
api_token = sa.Table(
    "api_token",
    db.metadata,
    db.key(),
    db.site(),
    db.body("digest"),
    db.text("user_name", nullable=True),
    db.text("roles"),
    db.instant("created"),
    db.text("created_by"),
    db.instant("expires", nullable=True),
    db.instant("revoked", nullable=True),
    sa.UniqueConstraint("digest"),
    **db.BY_KEY,
)
