"""Signals, thrown messages, waits by their element, timers that repeat, parts of instances."""

import json

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

ROWS = 1000


def upgrade() -> None:
    """New columns and tables; what waits already keeps waiting."""
    op.add_column("instance", sa.Column("origin", sa.LargeBinary(length=16), nullable=True))
    op.add_column("due", sa.Column("repeat", sa.Text(), nullable=True))
    # A timer of a token was due once, and NULL stood for that; now NULL is without end.
    op.execute("UPDATE due SET kind = 'event', remaining = 1 WHERE kind IN ('catch', 'boundary')")
    op.add_column("held_event", sa.Column("element", sa.Text(), nullable=True))
    for name, kind in (("hops", sa.Integer()), ("at", sa.BigInteger())):
        column = sa.Column(name, kind, server_default=sa.text("0"), nullable=False)
        op.add_column("held_event", column)
    op.create_index(
        "ix_job_failed",
        "job",
        ["instance_id", "token"],
        sqlite_where=sa.text("state = 'failed'"),
        postgresql_where=sa.text("state = 'failed'"),
    )
    _outbox()
    waiting = _waiting()
    op.drop_table("subscription")
    subscription = _subscription()
    for first in range(0, len(waiting), ROWS):
        op.bulk_insert(subscription, waiting[first : first + ROWS])


def _outbox() -> None:
    op.create_table(
        "outbox",
        sa.Column("id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("site_id", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("business_key", sa.Text(), nullable=True),
        sa.Column("variables", sa.LargeBinary(), nullable=False),
        sa.Column("instance_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("token", sa.Integer(), nullable=True),
        sa.Column("element", sa.Text(), nullable=False),
        sa.Column("optional", sa.Boolean(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("hops", sa.Integer(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_outbox_instance_id", "outbox", ["instance_id", "token"], unique=False)


def _subscription() -> sa.Table:
    table: sa.Table = op.create_table(
        "subscription",
        sa.Column("instance_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("token", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("element", sa.Text(), nullable=False),
        sa.Column("site_id", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("business_key", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("instance_id", "token", "element", name=op.f("pk_subscription")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_subscription_name", "subscription", ["name", "business_key"], unique=False)
    return table


def _waiting() -> list[dict[str, object]]:
    """Who waits, with the element that its instance's frontier (format 1) tells."""
    rows = op.get_bind().execute(
        sa.text(
            "SELECT s.instance_id, s.token, s.site_id, s.name, s.business_key, i.frontier "
            "FROM subscription s JOIN instance i ON i.id = s.instance_id WHERE i.frontier <> :none"
        ),
        {"none": b""},
    )
    found: list[dict[str, object]] = []
    for instance, token, site, name, key, frontier in rows:
        _format, _next, tokens, _scopes = json.loads(bytes(frontier))
        found += [
            {
                "instance_id": bytes(instance),
                "token": token,
                "element": element,
                "site_id": site,
                "kind": "message",
                "name": name,
                "business_key": key,
            }
            for number, element, *_rest in tokens
            if number == token
        ]
    return found
