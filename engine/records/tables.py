"""The tables of records: signatures, files, and what each file belongs to.

The audit trail's table stands beside its command, in `audit.py`.
"""

import sqlalchemy as sa

from engine.kernel import db

# `subject` is packed as in the audit trail. `content` is the canonical JSON of what was signed,
# `digest` its SHA-256; the columns before them repeat what it says, for lists and filters.
signature = sa.Table(
    "signature",
    db.metadata,
    db.key(),
    db.site(),
    db.body("subject"),
    db.reference("instance_id", nullable=True),
    db.text("element", nullable=True),
    db.text("user_name"),
    db.text("full_name"),
    db.text("meaning"),
    db.text("reason", nullable=True),
    db.instant("at"),
    db.text("method"),
    db.body("content"),
    db.body("digest"),
    sa.Index("ix_signature_subject", "subject"),
    sa.Index("ix_signature_instance_id", "instance_id"),
    **db.BY_KEY,
)

# One upload. The same content may have come several times; on the disk it is there once, under its
# SHA-256. `width` and `height` are those of an image, in pixels.
stored_file = sa.Table(
    "stored_file",
    db.metadata,
    db.key(),
    db.site(),
    db.text("name"),
    db.text("media_type"),
    db.number("size"),
    db.number("width", nullable=True),
    db.number("height", nullable=True),
    db.body("digest"),
    db.instant("created"),
    db.text("created_by"),
    sa.Index("ix_stored_file_digest", "digest"),
    **db.BY_KEY,
)

# What a file was given for: `subject` is packed as in the audit trail, `place` is the key of the
# form's field that was answered with it, or empty.
file_use = sa.Table(
    "file_use",
    db.metadata,
    sa.Column("subject", sa.LargeBinary, nullable=False),
    db.reference("file_id"),
    db.text("place"),
    db.site(),
    db.instant("at"),
    db.text("actor"),
    sa.PrimaryKeyConstraint("subject", "file_id", "place"),
    sa.Index("ix_file_use_file_id", "file_id"),
    **db.BY_KEY,
)
