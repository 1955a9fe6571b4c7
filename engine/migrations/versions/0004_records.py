"""Files and signatures."""

import sqlalchemy as sa
from alembic import op

from engine.records.append_only import append_only_ddl

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """New tables; nothing that stands is changed."""
    _signature()
    for statement in append_only_ddl(op.get_context().dialect.name, "signature"):
        op.execute(statement)
    _stored_file()
    _file_use()


def _signature() -> None:
    op.create_table(
        "signature",
        sa.Column("id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("site_id", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("subject", sa.LargeBinary(), nullable=False),
        sa.Column("instance_id", sa.LargeBinary(length=16), nullable=True),
        sa.Column("element", sa.Text(), nullable=True),
        sa.Column("user_name", sa.Text(), nullable=False),
        sa.Column("full_name", sa.Text(), nullable=False),
        sa.Column("meaning", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_signature")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_signature_subject", "signature", ["subject"], unique=False)
    op.create_index("ix_signature_instance_id", "signature", ["instance_id"], unique=False)


def _stored_file() -> None:
    op.create_table(
        "stored_file",
        sa.Column("id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("site_id", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=True),
        sa.Column("height", sa.Integer(), nullable=True),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stored_file")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_stored_file_digest", "stored_file", ["digest"], unique=False)


def _file_use() -> None:
    op.create_table(
        "file_use",
        sa.Column("subject", sa.LargeBinary(), nullable=False),
        sa.Column("file_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("site_id", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("subject", "file_id", "place", name=op.f("pk_file_use")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_file_use_file_id", "file_use", ["file_id"], unique=False)
