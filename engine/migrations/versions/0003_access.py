"""Sessions, badges, stations, settings."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

NOT_REVOKED = sa.text("revoked IS NULL")
NOT_ENDED = sa.text("ended IS NULL")


def upgrade() -> None:
    """New columns and tables; users and tokens stay as they are."""
    for name in ("full_name", "language", "theme"):
        op.add_column("user_account", sa.Column(name, sa.Text(), nullable=True))
    op.add_column("user_account", sa.Column("badge", sa.LargeBinary(), nullable=True))
    op.add_column("user_account", sa.Column("pin_hash", sa.Text(), nullable=True))
    op.create_index("ix_user_account_badge", "user_account", ["site_id", "badge"], unique=True)
    _station()
    _session()
    op.create_table(
        "site_setting",
        sa.Column(
            "site_id",
            sa.Integer(),
            autoincrement=False,
            server_default=sa.text("1"),
            nullable=False,
        ),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("site_id", "name", name=op.f("pk_site_setting")),
        sqlite_with_rowid=False,
    )


def _station() -> None:
    op.create_table(
        "station",
        sa.Column("id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("site_id", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("equipment", sa.Text(), nullable=True),
        sa.Column("language", sa.Text(), nullable=True),
        sa.Column("theme", sa.Text(), nullable=True),
        sa.Column("scanner_gap_ms", sa.Integer(), nullable=True),
        sa.Column("scanner_prefix", sa.Text(), nullable=True),
        sa.Column("roles", sa.Text(), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("code", sa.LargeBinary(), nullable=True),
        sa.Column("code_expires", sa.BigInteger(), nullable=True),
        sa.Column("device", sa.LargeBinary(), nullable=True),
        sa.Column("enrolled", sa.BigInteger(), nullable=True),
        sa.Column("revoked", sa.BigInteger(), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("tries_since", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_station")),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_station_name",
        "station",
        ["site_id", "name"],
        unique=True,
        sqlite_where=NOT_REVOKED,
        postgresql_where=NOT_REVOKED,
    )
    op.create_index("ix_station_code", "station", ["code"], unique=True)
    op.create_index("ix_station_device", "station", ["device"], unique=True)


def _session() -> None:
    op.create_table(
        "session",
        sa.Column("id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("site_id", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("user_name", sa.Text(), nullable=False),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("station_id", sa.LargeBinary(length=16), nullable=True),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("last_seen", sa.BigInteger(), nullable=False),
        sa.Column("idle", sa.Integer(), nullable=False),
        sa.Column("expires", sa.BigInteger(), nullable=False),
        sa.Column("ended", sa.BigInteger(), nullable=True),
        sa.Column("ended_how", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_session")),
        sa.UniqueConstraint("digest", name=op.f("uq_session_digest")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_session_user", "session", ["site_id", "user_name"], unique=False)
    op.create_index(
        "ix_session_station",
        "session",
        ["station_id"],
        unique=False,
        sqlite_where=NOT_ENDED,
        postgresql_where=NOT_ENDED,
    )
    op.create_index("ix_session_expires", "session", ["expires"], unique=False)
