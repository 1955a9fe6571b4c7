"""Drafts, pauses, undo, reported problems, dry runs, what passed where."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

ZERO = sa.text("0")


def upgrade() -> None:
    """New columns and tables; nothing that stands is changed."""
    _instances()
    _tasks()
    op.add_column("incident", sa.Column("reporter", sa.Text(), nullable=True))
    op.create_table(
        "passage",
        sa.Column("version_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("hour", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("element", sa.Text(), nullable=False),
        sa.Column("site_id", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.Column("waited", sa.LargeBinary(), nullable=False),
        sa.Column("took", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("version_id", "hour", "element", name=op.f("pk_passage")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "passage_mark",
        sa.Column("instance_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("site_id", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("instance_id", name=op.f("pk_passage_mark")),
        sqlite_with_rowid=False,
    )


def _instances() -> None:
    dry_run = sa.Column("dry_run", sa.Boolean(), server_default=sa.false(), nullable=False)
    op.add_column("instance", dry_run)
    op.add_column("instance", sa.Column("undo", sa.LargeBinary(), nullable=True))
    for name, column, where in (
        ("ix_instance_running", "id", "ended IS NULL"),
        ("ix_instance_ended", "ended", "ended IS NOT NULL"),
        ("ix_instance_dry_run", "started", "dry_run"),
    ):
        chosen = sa.text(where)
        op.create_index(name, "instance", [column], sqlite_where=chosen, postgresql_where=chosen)


def _tasks() -> None:
    for name, kind in (
        ("operation", sa.Text()),
        ("signature", sa.Text()),
        ("started", sa.BigInteger()),
        ("working_since", sa.BigInteger()),
    ):
        op.add_column("task", sa.Column(name, kind, nullable=True))
    worked = sa.Column("worked", sa.BigInteger(), server_default=ZERO, nullable=False)
    op.add_column("task", worked)
    op.add_column("task", sa.Column("paused", sa.BigInteger(), nullable=True))
    op.add_column("task", sa.Column("pause_reason", sa.Text(), nullable=True))
    op.create_table(
        "task_draft",
        sa.Column("task_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("user_name", sa.Text(), nullable=False),
        sa.Column("site_id", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("answers", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("task_id", "user_name", name=op.f("pk_task_draft")),
        sqlite_with_rowid=False,
    )
