"""The tables of access: who may sign in and where, and what stands for somebody."""

import sqlalchemy as sa

from engine.kernel import db

# `name` is stored in lower case; `roles` is text, sorted and joined by commas; `active` is 0 or 1.
# `failed_logins` counts what was not proven since the last success, by whatever secret. `badge` is
# the digest of a badge's number, `pin_hash` is made like a password's.
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
    db.text("full_name", nullable=True),
    db.text("language", nullable=True),
    db.text("theme", nullable=True),
    db.body("badge", nullable=True),
    db.text("pin_hash", nullable=True),
    sa.UniqueConstraint("site_id", "name"),
    sa.Index("ix_user_account_badge", "site_id", "badge", unique=True),
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

# A device of the shop floor. `code` is the digest of the code that enrols it, once; `device` that
# of the secret in its cookie. `tries` counts PINs given since `tries_since`.
station = sa.Table(
    "station",
    db.metadata,
    db.key(),
    db.site(),
    db.text("name"),
    db.text("equipment", nullable=True),
    db.text("language", nullable=True),
    db.text("theme", nullable=True),
    db.number("scanner_gap_ms", nullable=True),
    db.text("scanner_prefix", nullable=True),
    db.text("roles", nullable=True),
    db.number("revision"),
    db.instant("created"),
    db.text("created_by"),
    db.body("code", nullable=True),
    db.instant("code_expires", nullable=True),
    db.body("device", nullable=True),
    db.instant("enrolled", nullable=True),
    db.instant("revoked", nullable=True),
    db.number("tries"),
    db.instant("tries_since"),
    sa.Index(
        "ix_station_name",
        "site_id",
        "name",
        unique=True,
        sqlite_where=sa.text("revoked IS NULL"),
        postgresql_where=sa.text("revoked IS NULL"),
    ),
    sa.Index("ix_station_code", "code", unique=True),
    sa.Index("ix_station_device", "device", unique=True),
    **db.BY_KEY,
)

# `digest` is the SHA-256 of the secret in the cookie; `idle` is how many milliseconds nobody may
# act before it ends, `expires` when it ends at the latest.
session = sa.Table(
    "session",
    db.metadata,
    db.key(),
    db.site(),
    db.body("digest"),
    db.text("user_name"),
    db.text("method"),
    db.reference("station_id", nullable=True),
    db.instant("created"),
    db.instant("last_seen"),
    db.number("idle"),
    db.instant("expires"),
    db.instant("ended", nullable=True),
    db.text("ended_how", nullable=True),
    sa.UniqueConstraint("digest"),
    sa.Index("ix_session_user", "site_id", "user_name"),
    sa.Index(
        "ix_session_station",
        "station_id",
        sqlite_where=sa.text("ended IS NULL"),
        postgresql_where=sa.text("ended IS NULL"),
    ),
    sa.Index("ix_session_expires", "expires"),
    **db.BY_KEY,
)

# What a site decided; what is not here has its default. `value` is JSON.
site_setting = sa.Table(
    "site_setting",
    db.metadata,
    sa.Column(
        "site_id",
        sa.Integer,
        primary_key=True,
        autoincrement=False,
        server_default=sa.text(str(db.DEFAULT_SITE)),
    ),
    sa.Column("name", sa.Text, primary_key=True),
    db.body("value"),
    **db.BY_KEY,
)
