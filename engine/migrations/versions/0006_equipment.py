"""Equipment and its classes, jobs for units, downtimes and their reasons."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

FREE = sa.text("state = 'open' AND equipment IS NOT NULL")
OF_UNIT = sa.text("unit IS NOT NULL")
HELD = sa.text("unit IS NOT NULL AND state IN ('open', 'claimed')")
OPEN = sa.text("ended IS NULL AND withdrawn IS NULL")
UNEXPLAINED = sa.text("reason IS NULL AND withdrawn IS NULL")


def upgrade() -> None:
    """New tables, and columns of the jobs; nothing that stands is changed."""
    _equipment()
    _classes()
    _downtimes()
    _reasons()
    _jobs()


def _equipment() -> None:
    op.create_table(
        "equipment",
        sa.Column("id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("site_id", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("parent_id", sa.LargeBinary(length=16), nullable=True),
        sa.Column("enabled", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("commands_enabled", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("counts", sa.Text(), nullable=True),
        sa.Column("downtime_after_seconds", sa.Integer(), nullable=True),
        sa.Column("ideal_cycle_ms", sa.BigInteger(), nullable=True),
        sa.Column("state", sa.Text(), nullable=True),
        sa.Column("state_since", sa.BigInteger(), nullable=True),
        sa.Column("state_at", sa.BigInteger(), nullable=True),
        sa.Column("state_reason", sa.Text(), nullable=True),
        sa.Column("asked", sa.BigInteger(), nullable=True),
        sa.Column("last_command", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("examine_from", sa.BigInteger(), nullable=True),
        sa.Column("examine_at", sa.BigInteger(), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_equipment")),
        sa.UniqueConstraint("site_id", "code", name=op.f("uq_equipment_site_id_code")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_equipment_examine_at", "equipment", ["examine_at"], unique=False)
    op.create_index("ix_equipment_parent_id", "equipment", ["parent_id"], unique=False)


def _classes() -> None:
    op.create_table(
        "equipment_class",
        sa.Column("id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("site_id", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_equipment_class")),
        sa.UniqueConstraint("site_id", "code", name=op.f("uq_equipment_class_site_id_code")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "equipment_class_member",
        sa.Column("class_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("equipment_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("site_id", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.PrimaryKeyConstraint("class_id", "equipment_id", name=op.f("pk_equipment_class_member")),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_equipment_class_member_equipment_id",
        "equipment_class_member",
        ["equipment_id"],
        unique=False,
    )


def _downtimes() -> None:
    op.create_table(
        "downtime",
        sa.Column("id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("site_id", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("unit_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("started", sa.BigInteger(), nullable=False),
        sa.Column("ended", sa.BigInteger(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("explained", sa.BigInteger(), nullable=True),
        sa.Column("explained_by", sa.Text(), nullable=True),
        sa.Column("by_hand", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("withdrawn", sa.BigInteger(), nullable=True),
        sa.Column("merged_into", sa.LargeBinary(length=16), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_downtime")),
        sqlite_with_rowid=False,
    )
    for name, where in (("ix_downtime_open", OPEN), ("ix_downtime_unexplained", UNEXPLAINED)):
        columns = ["site_id", "started", "id"]
        op.create_index(name, "downtime", columns, sqlite_where=where, postgresql_where=where)
    op.create_index("ix_downtime_started", "downtime", ["site_id", "started", "id"], unique=False)
    op.create_index("ix_downtime_unit_id", "downtime", ["unit_id", "started", "id"], unique=False)
    op.create_index("ix_downtime_ended", "downtime", ["unit_id", "ended"], unique=False)

    op.create_table(
        "downtime_change",
        sa.Column("id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("site_id", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("downtime_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("before", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_downtime_change")),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_downtime_change_downtime_id", "downtime_change", ["downtime_id", "id"], unique=False
    )


def _reasons() -> None:
    op.create_table(
        "downtime_reason",
        sa.Column("id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("site_id", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("parent", sa.Text(), nullable=True),
        sa.Column("planned", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("enabled", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_downtime_reason")),
        sa.UniqueConstraint("site_id", "code", name=op.f("uq_downtime_reason_site_id_code")),
        sqlite_with_rowid=False,
    )


def _jobs() -> None:
    op.add_column("job", sa.Column("equipment", sa.Text(), nullable=True))
    op.add_column("job", sa.Column("unit", sa.Text(), nullable=True))
    op.add_column("job", sa.Column("command", sa.BigInteger(), nullable=True))
    op.create_index(
        "ix_job_equipment",
        "job",
        ["equipment", "priority", "id"],
        unique=False,
        sqlite_where=FREE,
        postgresql_where=FREE,
    )
    op.create_index(
        "ix_job_unit",
        "job",
        ["unit", "id"],
        unique=False,
        sqlite_where=OF_UNIT,
        postgresql_where=OF_UNIT,
    )
    op.create_index(
        "ix_job_held", "job", ["unit"], unique=False, sqlite_where=HELD, postgresql_where=HELD
    )
