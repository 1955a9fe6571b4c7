"""The tables of what machines and their gateways say; readings have a door of their own."""

import sqlalchemy as sa

from engine.kernel import db


def _site_key() -> sa.Column[int]:
    """The site, where it is part of the key."""
    default = sa.text(str(db.DEFAULT_SITE))
    return sa.Column(
        "site_id", sa.Integer, primary_key=True, autoincrement=False, server_default=default
    )


# The highest `seq` of a gateway's buffer file whose rows have had their effect, or were refused.
signal_source = sa.Table(
    "signal_source",
    db.metadata,
    _site_key(),
    sa.Column("source", sa.Text, primary_key=True),
    sa.Column("mark", sa.BigInteger, nullable=False),
    db.text("gateway"),
    db.instant("at"),
    **db.BY_KEY,
)

# From `at` on the unit was in `state`, until its next row: so the intervals have no gap and no
# overlap, in whatever order the rows come. `origin` is the source, empty for the plant itself; of
# two rows at the same instant the one with the higher `seq` stays.
machine_state = sa.Table(
    "machine_state",
    db.metadata,
    sa.Column("unit_id", sa.LargeBinary(16), primary_key=True),
    sa.Column("at", sa.BigInteger, primary_key=True, autoincrement=False),
    db.site(),
    db.text("state"),
    db.text("reason", nullable=True),
    sa.Column("seq", sa.BigInteger, nullable=False),
    db.text("origin"),
    **db.BY_KEY,
)

# The last raw value of a machine's counter; `source` said it, at `at`.
counter_state = sa.Table(
    "counter_state",
    db.metadata,
    sa.Column("unit_id", sa.LargeBinary(16), primary_key=True),
    sa.Column("tag", sa.Text, primary_key=True),
    db.site(),
    db.text("counter"),
    sa.Column("raw", sa.BigInteger, nullable=False),
    db.instant("at"),
    db.text("source"),
    **db.BY_KEY,
)

# `origin` is counter, cycle or person; `counted` says whether it enters the unit's sums. `change`
# says how a counter came to it; `asked` is the step of a jump that somebody has to confirm.
production_count = sa.Table(
    "production_count",
    db.metadata,
    db.key(),
    db.site(),
    db.reference("unit_id"),
    db.instant("at"),
    db.text("origin"),
    sa.Column("good", sa.BigInteger, nullable=False),
    sa.Column("scrap", sa.BigInteger, nullable=False),
    sa.Column("counted", sa.Boolean, nullable=False),
    db.text("change", nullable=True),
    db.text("counter", nullable=True),
    db.text("tag", nullable=True),
    sa.Column("raw", sa.BigInteger, nullable=True),
    sa.Column("asked", sa.BigInteger, nullable=True),
    sa.Column("reading_start", sa.BigInteger, nullable=True),
    sa.Column("reading_end", sa.BigInteger, nullable=True),
    db.text("actor", nullable=True),
    db.text("note", nullable=True),
    db.text("confirmed_by", nullable=True),
    db.instant("confirmed", nullable=True),
    sa.Index("ix_production_count_unit", "unit_id", "at"),
    sa.Index(
        "ix_production_count_asked",
        "unit_id",
        sqlite_where=sa.text("asked IS NOT NULL AND confirmed IS NULL"),
        postgresql_where=sa.text("asked IS NOT NULL AND confirmed IS NULL"),
    ),
    **db.BY_KEY,
)

# One run of a machine, by the number that the machine gave it; `boot` tells its lives apart.
cycle = sa.Table(
    "cycle",
    db.metadata,
    sa.Column("unit_id", sa.LargeBinary(16), primary_key=True),
    sa.Column("boot", sa.Text, primary_key=True),
    sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
    db.site(),
    db.instant("at"),
    sa.Column("good", sa.BigInteger, nullable=True),
    sa.Column("scrap", sa.BigInteger, nullable=True),
    db.text("serial", nullable=True),
    sa.Index("ix_cycle_unit", "unit_id", "at"),
    **db.BY_KEY,
)

# A process measurement: never thinned out, never dropped. `value`, `lower` and `upper` are the
# digits that came; `value` is NULL where the machine had none, and `quality` and `reason` say why.
measurement = sa.Table(
    "measurement",
    db.metadata,
    db.key(),
    db.site(),
    db.reference("unit_id"),
    db.instant("at"),
    db.text("name"),
    db.text("value", nullable=True),
    db.text("unit_of_measure", nullable=True),
    db.text("serial", nullable=True),
    db.text("lower", nullable=True),
    db.text("upper", nullable=True),
    db.text("quality"),
    db.text("reason", nullable=True),
    db.text("boot", nullable=True),
    sa.Column("cycle", sa.BigInteger, nullable=True),
    sa.Index("ix_measurement_name", "unit_id", "name", "at"),
    sa.Index("ix_measurement_unit", "unit_id", "at"),
    **db.BY_KEY,
)

# The newest of each name, so that nobody has to look for it; a late one never takes its place.
measurement_current = sa.Table(
    "measurement_current",
    db.metadata,
    sa.Column("unit_id", sa.LargeBinary(16), primary_key=True),
    sa.Column("name", sa.Text, primary_key=True),
    db.site(),
    db.instant("at"),
    db.text("value", nullable=True),
    db.text("unit_of_measure", nullable=True),
    db.text("quality"),
    db.text("reason", nullable=True),
    **db.BY_KEY,
)

alarm = sa.Table(
    "alarm",
    db.metadata,
    db.key(),
    db.site(),
    db.reference("unit_id"),
    db.text("code"),
    db.text("text"),
    db.number("severity"),
    db.instant("raised"),
    db.instant("cleared", nullable=True),
    sa.Index("ix_alarm_unit", "unit_id", "raised"),
    sa.Index(
        "ix_alarm_active",
        "unit_id",
        "code",
        sqlite_where=sa.text("cleared IS NULL"),
        postgresql_where=sa.text("cleared IS NULL"),
    ),
    **db.BY_KEY,
)

# What a gateway had to throw away, as it said itself.
loss = sa.Table(
    "loss",
    db.metadata,
    db.key(),
    db.site(),
    db.text("gateway"),
    db.reference("unit_id"),
    sa.Column("lost", sa.BigInteger, nullable=False),
    db.text("what"),
    db.instant("since"),
    db.instant("until"),
    sa.Index("ix_loss_gateway", "site_id", "gateway", "id"),
    **db.BY_KEY,
)

# `declared` and `health` are JSON as the gateway sent them; `silent` says that its silence was
# noticed, and that its units stand as unknown. `source` is its buffer file: two of one name differ.
gateway = sa.Table(
    "gateway",
    db.metadata,
    _site_key(),
    sa.Column("name", sa.Text, primary_key=True),
    db.body("declared", nullable=True),
    db.instant("declared_at", nullable=True),
    db.body("health", nullable=True),
    db.instant("seen"),
    db.flag("silent"),
    db.text("source", nullable=True),
    **db.BY_KEY,
)

# Which gateway speaks for a unit, and since when: what another one says of later is of no effect.
# `skew` is how many milliseconds the machine's clock is ahead, as far as anybody said.
gateway_unit = sa.Table(
    "gateway_unit",
    db.metadata,
    sa.Column("unit_id", sa.LargeBinary(16), primary_key=True),
    db.site(),
    db.text("gateway"),
    sa.Column("skew", sa.BigInteger, nullable=True),
    sa.Column("since", sa.BigInteger, nullable=True),
    sa.Index("ix_gateway_unit_gateway", "site_id", "gateway"),
    **db.BY_KEY,
)
