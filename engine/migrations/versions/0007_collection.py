"""What machines and their gateways say: signals, readings, and how the gateways are."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """New tables; nothing that stands is changed."""
    _signal_source()
    _machine_state()
    _counter_state()
    _production_count()
    _cycle()
    _measurement()
    _measurement_current()
    _alarm()
    _loss()
    _gateway()
    _gateway_unit()
    _reading_source()
    _reading_tag()
    _reading_recent()
    _reading_chunk()


def _signal_source() -> None:
    op.create_table(
        "signal_source",
        sa.Column(
            "site_id",
            sa.Integer(),
            server_default=sa.text("1"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("mark", sa.BigInteger(), nullable=False),
        sa.Column("gateway", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("site_id", "source", name=op.f("pk_signal_source")),
        sqlite_with_rowid=False,
    )


def _machine_state() -> None:
    op.create_table(
        "machine_state",
        sa.Column("unit_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("site_id", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("unit_id", "at", name=op.f("pk_machine_state")),
        sqlite_with_rowid=False,
    )


def _counter_state() -> None:
    op.create_table(
        "counter_state",
        sa.Column("unit_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("tag", sa.Text(), nullable=False),
        sa.Column("site_id", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("counter", sa.Text(), nullable=False),
        sa.Column("raw", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("unit_id", "tag", name=op.f("pk_counter_state")),
        sqlite_with_rowid=False,
    )


def _production_count() -> None:
    op.create_table(
        "production_count",
        sa.Column("id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("site_id", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("unit_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("good", sa.BigInteger(), nullable=False),
        sa.Column("scrap", sa.BigInteger(), nullable=False),
        sa.Column("counted", sa.Boolean(), nullable=False),
        sa.Column("change", sa.Text(), nullable=True),
        sa.Column("counter", sa.Text(), nullable=True),
        sa.Column("tag", sa.Text(), nullable=True),
        sa.Column("raw", sa.BigInteger(), nullable=True),
        sa.Column("asked", sa.BigInteger(), nullable=True),
        sa.Column("reading_start", sa.BigInteger(), nullable=True),
        sa.Column("reading_end", sa.BigInteger(), nullable=True),
        sa.Column("actor", sa.Text(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("confirmed_by", sa.Text(), nullable=True),
        sa.Column("confirmed", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_production_count")),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_production_count_asked",
        "production_count",
        ["unit_id"],
        unique=False,
        sqlite_where=sa.text("asked IS NOT NULL AND confirmed IS NULL"),
        postgresql_where=sa.text("asked IS NOT NULL AND confirmed IS NULL"),
    )
    op.create_index("ix_production_count_unit", "production_count", ["unit_id", "at"], unique=False)


def _cycle() -> None:
    op.create_table(
        "cycle",
        sa.Column("unit_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("boot", sa.Text(), nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("site_id", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("good", sa.BigInteger(), nullable=True),
        sa.Column("scrap", sa.BigInteger(), nullable=True),
        sa.Column("serial", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("unit_id", "boot", "number", name=op.f("pk_cycle")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_cycle_unit", "cycle", ["unit_id", "at"], unique=False)


def _measurement() -> None:
    op.create_table(
        "measurement",
        sa.Column("id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("site_id", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("unit_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=True),
        sa.Column("unit_of_measure", sa.Text(), nullable=True),
        sa.Column("serial", sa.Text(), nullable=True),
        sa.Column("lower", sa.Text(), nullable=True),
        sa.Column("upper", sa.Text(), nullable=True),
        sa.Column("quality", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("boot", sa.Text(), nullable=True),
        sa.Column("cycle", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_measurement")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_measurement_name", "measurement", ["unit_id", "name", "at"], unique=False)
    op.create_index("ix_measurement_unit", "measurement", ["unit_id", "at"], unique=False)


def _measurement_current() -> None:
    op.create_table(
        "measurement_current",
        sa.Column("unit_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("site_id", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("value", sa.Text(), nullable=True),
        sa.Column("unit_of_measure", sa.Text(), nullable=True),
        sa.Column("quality", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("unit_id", "name", name=op.f("pk_measurement_current")),
        sqlite_with_rowid=False,
    )


def _alarm() -> None:
    op.create_table(
        "alarm",
        sa.Column("id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("site_id", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("unit_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("severity", sa.Integer(), nullable=False),
        sa.Column("raised", sa.BigInteger(), nullable=False),
        sa.Column("cleared", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alarm")),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_alarm_active",
        "alarm",
        ["unit_id", "code"],
        unique=False,
        sqlite_where=sa.text("cleared IS NULL"),
        postgresql_where=sa.text("cleared IS NULL"),
    )
    op.create_index("ix_alarm_unit", "alarm", ["unit_id", "raised"], unique=False)


def _loss() -> None:
    op.create_table(
        "loss",
        sa.Column("id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("site_id", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("gateway", sa.Text(), nullable=False),
        sa.Column("unit_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("lost", sa.BigInteger(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_loss")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_loss_gateway", "loss", ["site_id", "gateway", "id"], unique=False)


def _gateway() -> None:
    op.create_table(
        "gateway",
        sa.Column(
            "site_id",
            sa.Integer(),
            server_default=sa.text("1"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("declared", sa.LargeBinary(), nullable=True),
        sa.Column("declared_at", sa.BigInteger(), nullable=True),
        sa.Column("health", sa.LargeBinary(), nullable=True),
        sa.Column("seen", sa.BigInteger(), nullable=False),
        sa.Column("silent", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.PrimaryKeyConstraint("site_id", "name", name=op.f("pk_gateway")),
        sqlite_with_rowid=False,
    )


def _gateway_unit() -> None:
    op.create_table(
        "gateway_unit",
        sa.Column("unit_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("site_id", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("gateway", sa.Text(), nullable=False),
        sa.Column("skew", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("unit_id", name=op.f("pk_gateway_unit")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_gateway_unit_gateway", "gateway_unit", ["site_id", "gateway"], unique=False)


def _reading_source() -> None:
    op.create_table(
        "reading_source",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            sa.Identity(always=False),
            nullable=False,
        ),
        sa.Column("site_id", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("mark", sa.BigInteger(), nullable=False),
        sa.Column("gateway", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reading_source")),
        sa.UniqueConstraint("site_id", "source", name=op.f("uq_reading_source_site_id_source")),
    )


def _reading_tag() -> None:
    op.create_table(
        "reading_tag",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            sa.Identity(always=False),
            nullable=False,
        ),
        sa.Column("site_id", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("unit_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("tag", sa.Text(), nullable=False),
        sa.Column("unit_of_measure", sa.Text(), nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=True),
        sa.Column("value", sa.Double(), nullable=True),
        sa.Column("text", sa.Text(), nullable=True),
        sa.Column("quality", sa.Integer(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reading_tag")),
        sa.UniqueConstraint("unit_id", "tag", name=op.f("uq_reading_tag_unit_id_tag")),
    )


def _reading_recent() -> None:
    op.create_table(
        "reading_recent",
        sa.Column("tag_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("source_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("site_id", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("value", sa.Double(), nullable=True),
        sa.Column("text", sa.Text(), nullable=True),
        sa.Column("quality", sa.SmallInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("tag_id", "at", "source_id", "seq", name=op.f("pk_reading_recent")),
        sqlite_with_rowid=False,
    )


def _reading_chunk() -> None:
    op.create_table(
        "reading_chunk",
        sa.Column("tag_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("began", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("site_id", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("numbers", sa.Integer(), nullable=False),
        sa.Column("bad", sa.Integer(), nullable=False),
        sa.Column("low", sa.Double(), nullable=True),
        sa.Column("high", sa.Double(), nullable=True),
        sa.Column("total", sa.Double(), nullable=True),
        sa.Column("data", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("tag_id", "began", name=op.f("pk_reading_chunk")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_reading_chunk_began", "reading_chunk", ["site_id", "began"], unique=False)
