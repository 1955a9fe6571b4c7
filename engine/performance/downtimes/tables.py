"""The tables of the downtimes: what stood, why, what was said of it before, and the reasons."""

import sqlalchemy as sa

from engine.kernel import db

# `by_hand` says that a person drew its bounds: states that come late do not move them any more.
# `withdrawn` is when it turned out not to be one; if it went into another, `merged_into` is that.
IS_OPEN = sa.text("ended IS NULL AND withdrawn IS NULL")
IS_UNEXPLAINED = sa.text("reason IS NULL AND withdrawn IS NULL")


def _partial(name: str, where: sa.TextClause, *columns: str) -> sa.Index:
    return sa.Index(name, *columns, sqlite_where=where, postgresql_where=where)


downtime = sa.Table(
    "downtime",
    db.metadata,
    db.key(),
    db.site(),
    db.reference("unit_id"),
    db.instant("started"),
    db.instant("ended", nullable=True),
    db.text("state"),
    db.text("reason", nullable=True),
    db.text("note", nullable=True),
    db.instant("explained", nullable=True),
    db.text("explained_by", nullable=True),
    db.flag("by_hand"),
    db.instant("withdrawn", nullable=True),
    db.reference("merged_into", nullable=True),
    db.number("revision"),
    db.instant("created"),
    sa.Index("ix_downtime_started", "site_id", "started", "id"),
    sa.Index("ix_downtime_unit_id", "unit_id", "started", "id"),
    sa.Index("ix_downtime_ended", "unit_id", "ended"),
    _partial("ix_downtime_open", IS_OPEN, "site_id", "started", "id"),
    _partial("ix_downtime_unexplained", IS_UNEXPLAINED, "site_id", "started", "id"),
    **db.BY_KEY,
)

# What a downtime was before a change: never altered, as the audit trail is.
downtime_change = sa.Table(
    "downtime_change",
    db.metadata,
    db.key(),
    db.site(),
    db.reference("downtime_id"),
    db.instant("at"),
    db.text("actor"),
    db.text("action"),
    db.body("before"),
    sa.Index("ix_downtime_change_downtime_id", "downtime_id", "id"),
    **db.BY_KEY,
)

# The reasons of a site as a tree. A site without any has those that are shipped.
downtime_reason = sa.Table(
    "downtime_reason",
    db.metadata,
    db.key(),
    db.site(),
    db.text("code"),
    db.text("name"),
    db.text("parent", nullable=True),
    db.flag("planned"),
    db.flag("enabled"),
    db.number("position"),
    db.number("revision"),
    sa.UniqueConstraint("site_id", "code"),
    **db.BY_KEY,
)
