"""The tables of the equipment: the hierarchy, its classes, and the state of each unit."""

import sqlalchemy as sa

from engine.kernel import db

# What follows `ideal_cycle_ms` up to `examine_at` is said by machines and programs and is not part
# of the revision: `state_at` is the instant of the newest report, `state_since` since when all of
# them said the same. `asked` is when a worker last asked for jobs of the unit, `last_command` the
# number of its last command. From `examine_from` on its states changed or may have become too
# long a stop; who derives downtimes from them looks at `examine_at`.
equipment = sa.Table(
    "equipment",
    db.metadata,
    db.key(),
    db.site(),
    db.text("code"),
    db.text("name"),
    db.text("level"),
    db.reference("parent_id", nullable=True),
    db.flag("enabled"),
    db.flag("commands_enabled"),
    db.text("counts", nullable=True),
    db.number("downtime_after_seconds", nullable=True),
    sa.Column("ideal_cycle_ms", sa.BigInteger, nullable=True),
    db.text("state", nullable=True),
    db.instant("state_since", nullable=True),
    db.instant("state_at", nullable=True),
    db.text("state_reason", nullable=True),
    db.instant("asked", nullable=True),
    sa.Column("last_command", sa.BigInteger, nullable=False, server_default=sa.text("0")),
    db.instant("examine_from", nullable=True),
    db.instant("examine_at", nullable=True),
    db.number("revision"),
    db.instant("created"),
    db.text("created_by"),
    sa.UniqueConstraint("site_id", "code"),
    sa.Index("ix_equipment_parent_id", "parent_id"),
    sa.Index("ix_equipment_examine_at", "examine_at"),
    **db.BY_KEY,
)

equipment_class = sa.Table(
    "equipment_class",
    db.metadata,
    db.key(),
    db.site(),
    db.text("code"),
    db.text("name"),
    db.number("revision"),
    db.instant("created"),
    db.text("created_by"),
    sa.UniqueConstraint("site_id", "code"),
    **db.BY_KEY,
)

equipment_class_member = sa.Table(
    "equipment_class_member",
    db.metadata,
    db.key("class_id"),
    db.key("equipment_id"),
    db.site(),
    sa.Index("ix_equipment_class_member_equipment_id", "equipment_id"),
    **db.BY_KEY,
)
