"""The tables of readings.

On PostgreSQL they are among the plant's. A plant on SQLite keeps them in a file of their own, so
that a flood of readings never makes a person wait; the same tables in its main file stay empty.
"""

import sqlalchemy as sa

from engine.kernel import db

_NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")

# The highest `seq` of a gateway's buffer file whose readings are stored, or were refused.
reading_source = sa.Table(
    "reading_source",
    db.metadata,
    sa.Column("id", _NUMBER, sa.Identity(), primary_key=True),
    db.site(),
    db.text("source"),
    sa.Column("mark", sa.BigInteger, nullable=False),
    db.text("gateway"),
    db.instant("at"),
    sa.UniqueConstraint("site_id", "source"),
)

# A tag of a unit with its present value: the newest, never a late one, never one from the future.
# A value is a number or a text; `quality` is 0 good, 1 uncertain, 2 bad.
reading_tag = sa.Table(
    "reading_tag",
    db.metadata,
    sa.Column("id", _NUMBER, sa.Identity(), primary_key=True),
    db.site(),
    db.reference("unit_id"),
    db.text("tag"),
    db.text("unit_of_measure", nullable=True),
    db.instant("at", nullable=True),
    sa.Column("value", sa.Double, nullable=True),
    db.text("text", nullable=True),
    db.number("quality", nullable=True),
    db.text("reason", nullable=True),
    sa.UniqueConstraint("unit_id", "tag"),
)

# The values of the last hours, a row each. Source and `seq` tell two of the same instant apart.
reading_recent = sa.Table(
    "reading_recent",
    db.metadata,
    sa.Column("tag_id", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("at", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("source_id", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("seq", sa.BigInteger, primary_key=True, autoincrement=False),
    db.site(),
    sa.Column("value", sa.Double, nullable=True),
    db.text("text", nullable=True),
    sa.Column("quality", sa.SmallInteger, nullable=False),
    db.text("reason", nullable=True),
    **db.BY_KEY,
)

# The values of one tag in one hour (`began`, a whole hour). `low`, `high` and `total` are of the
# `numbers` that are not bad, out of `n` values. `data` holds each of them (`chunks.py`), until it
# is too old for that.
reading_chunk = sa.Table(
    "reading_chunk",
    db.metadata,
    sa.Column("tag_id", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("began", sa.BigInteger, primary_key=True, autoincrement=False),
    db.site(),
    db.number("n"),
    db.number("numbers"),
    db.number("bad"),
    sa.Column("low", sa.Double, nullable=True),
    sa.Column("high", sa.Double, nullable=True),
    sa.Column("total", sa.Double, nullable=True),
    db.body("data", nullable=True),
    sa.Index("ix_reading_chunk_began", "site_id", "began"),
    **db.BY_KEY,
)

TABLES = (reading_source, reading_tag, reading_recent, reading_chunk)
