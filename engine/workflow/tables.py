"""The tables of the workflow: what is deployed, what runs, what waits, what happened."""

import sqlalchemy as sa

from engine.kernel import db

process_version = sa.Table(
    "process_version",
    db.metadata,
    db.key(),
    db.site(),
    db.text("key"),
    db.number("version"),
    db.text("state"),
    db.text("name"),
    db.text("digest"),
    db.text("author"),
    db.instant("created"),
    db.instant("released", nullable=True),
    db.text("released_by", nullable=True),
    db.text("note", nullable=True),
    db.body("findings"),
    db.body("pins"),
    sa.UniqueConstraint("site_id", "key", "version"),
    **db.BY_KEY,
)

bundle_file = sa.Table(
    "bundle_file",
    db.metadata,
    db.key("version_id"),
    sa.Column("name", sa.Text, primary_key=True),
    db.text("kind"),
    db.body("content"),
    **db.BY_KEY,
)

# What a bundle offers to others once it is released: its main process, its decisions, its forms.
bundle_item = sa.Table(
    "bundle_item",
    db.metadata,
    db.key("version_id"),
    sa.Column("kind", sa.Text, primary_key=True),
    sa.Column("key", sa.Text, primary_key=True),
    sa.Index("ix_bundle_item_key", "kind", "key"),
    **db.BY_KEY,
)

# How a released process starts by itself. One message name starts at most one process, a signal
# starts all that name it.
IS_MESSAGE = sa.text("kind = 'message'")
process_trigger = sa.Table(
    "process_trigger",
    db.metadata,
    db.key("version_id"),
    sa.Column("element", sa.Text, primary_key=True),
    db.site(),
    db.text("kind"),
    db.text("name"),
    sa.Index(
        "uq_process_trigger_message",
        "site_id",
        "name",
        unique=True,
        sqlite_where=IS_MESSAGE,
        postgresql_where=IS_MESSAGE,
    ),
    **db.BY_KEY,
)


def _partial(name: str, where: sa.TextClause, *columns: str) -> sa.Index:
    return sa.Index(name, *columns, sqlite_where=where, postgresql_where=where)


# A dry run stands apart: it opens no work, and is forgotten after a day. `undo` is where it stood
# before its last entry, while that may be taken back.
instance = sa.Table(
    "instance",
    db.metadata,
    db.key(),
    db.site(),
    db.reference("version_id"),
    db.text("business_key", nullable=True),
    db.text("state"),
    db.number("revision"),
    db.number("steps"),
    db.body("frontier"),
    db.body("variables"),
    db.instant("started"),
    db.text("started_by"),
    db.instant("ended", nullable=True),
    db.reference("origin", nullable=True),
    db.flag("dry_run"),
    db.body("undo", nullable=True),
    sa.Index("ix_instance_business_key", "business_key", "site_id"),
    sa.Index("ix_instance_version_id", "version_id", "state"),
    _partial("ix_instance_running", sa.text("ended IS NULL"), "id"),
    _partial("ix_instance_ended", sa.text("ended IS NOT NULL"), "ended"),
    _partial("ix_instance_dry_run", sa.text("dry_run"), "started"),
    **db.BY_KEY,
)

IS_OPEN = sa.text("state IN ('open', 'claimed')")
IS_FREE = sa.text("state = 'open'")
IS_CLAIMED = sa.text("state = 'claimed'")
IS_FAILED = sa.text("state = 'failed'")

# `rank` orders by priority, due time and (with the id) age, so that a page is a walk on an index.
# Who holds it has worked `worked` ms on it, and since `working_since` goes on, unless it is paused.
task = sa.Table(
    "task",
    db.metadata,
    db.key(),
    db.site(),
    db.reference("instance_id"),
    db.number("token"),
    db.text("business_key", nullable=True),
    db.text("element"),
    db.text("name"),
    db.text("form", nullable=True),
    db.text("role"),
    db.text("equipment", nullable=True),
    db.text("qualification", nullable=True),
    db.text("state"),
    db.text("assignee", nullable=True),
    db.number("priority"),
    sa.Column("rank", sa.BigInteger, nullable=False),
    db.instant("created"),
    db.instant("due", nullable=True),
    db.instant("follow_up", nullable=True),
    db.instant("closed", nullable=True),
    db.text("closed_by", nullable=True),
    db.text("operation", nullable=True),
    db.text("signature", nullable=True),
    db.instant("started", nullable=True),
    db.instant("working_since", nullable=True),
    sa.Column("worked", sa.BigInteger, nullable=False, server_default=sa.text("0")),
    db.instant("paused", nullable=True),
    db.text("pause_reason", nullable=True),
    _partial("ix_task_free", IS_FREE, "role", "rank", "id"),
    _partial("ix_task_claimed", IS_CLAIMED, "assignee", "rank", "id"),
    _partial("ix_task_open", IS_OPEN, "rank", "id"),
    _partial("ix_task_open_instance", IS_OPEN, "instance_id", "token"),
    **db.BY_KEY,
)

# What somebody has filled in so far; nobody else sees it.
task_draft = sa.Table(
    "task_draft",
    db.metadata,
    db.key("task_id"),
    sa.Column("user_name", sa.Text, primary_key=True),
    db.site(),
    db.body("answers"),
    db.instant("at"),
    **db.BY_KEY,
)

# `equipment` is what the diagram names; `unit` who the job is for and `command` its number there,
# while the command may be on its way: a failed attempt and a retry clear both.
IS_FREE_OF_EQUIPMENT = sa.text("state = 'open' AND equipment IS NOT NULL")
IS_OF_UNIT = sa.text("unit IS NOT NULL")
IS_HELD = sa.text("unit IS NOT NULL AND state IN ('open', 'claimed')")
job = sa.Table(
    "job",
    db.metadata,
    db.key(),
    db.site(),
    db.reference("instance_id"),
    db.number("token"),
    db.text("business_key", nullable=True),
    db.text("element"),
    db.text("topic"),
    db.text("action", nullable=True),
    db.body("parameters"),
    db.text("state"),
    db.number("priority"),
    db.number("fence"),
    db.number("attempt"),
    db.number("attempts"),
    db.instant("created"),
    db.instant("retry_at", nullable=True),
    db.text("worker", nullable=True),
    db.instant("lease_until", nullable=True),
    db.instant("closed", nullable=True),
    db.text("message", nullable=True),
    db.text("equipment", nullable=True),
    db.text("unit", nullable=True),
    sa.Column("command", sa.BigInteger, nullable=True),
    _partial("ix_job_free", IS_FREE, "topic", "priority", "id"),
    _partial("ix_job_equipment", IS_FREE_OF_EQUIPMENT, "equipment", "priority", "id"),
    _partial("ix_job_unit", IS_OF_UNIT, "unit", "id"),
    _partial("ix_job_held", IS_HELD, "unit"),
    _partial("ix_job_lease", IS_CLAIMED, "lease_until"),
    _partial("ix_job_open_instance", IS_OPEN, "instance_id", "token"),
    _partial("ix_job_failed", IS_FAILED, "instance_id", "token"),
    **db.BY_KEY,
)

# What the time will do: an event of an instance's token or scope, or a timer start of a released
# version. A cycle is due `remaining` times in all, NULL without end; `repeat` is its text.
due = sa.Table(
    "due",
    db.metadata,
    db.key("owner_id"),
    sa.Column("token", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("element", sa.Text, primary_key=True),
    db.text("kind"),
    db.instant("at"),
    db.number("remaining", nullable=True),
    db.text("repeat", nullable=True),
    sa.Index("ix_due_at", "at"),
    **db.BY_KEY,
)

# Who waits for a message or a signal: a token, or a scope for the start of its event subprocess.
# The business key is that of the instance, or what `mes:correlation` said in its place.
subscription = sa.Table(
    "subscription",
    db.metadata,
    db.key("instance_id"),
    sa.Column("token", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("element", sa.Text, primary_key=True),
    db.site(),
    db.text("kind"),
    db.text("name"),
    db.text("business_key", nullable=True),
    sa.Index("ix_subscription_name", "name", "business_key"),
    **db.BY_KEY,
)

# What an advance threw, on its way to whom it is for. A message's token waits for its delivery; a
# signal has none. `at` is when to try, `hops` how many deliveries led to this throw without a rest.
outbox = sa.Table(
    "outbox",
    db.metadata,
    db.key(),
    db.site(),
    db.text("kind"),
    db.text("name"),
    db.text("business_key", nullable=True),
    db.body("variables"),
    db.reference("instance_id"),
    db.number("token", nullable=True),
    db.text("element"),
    sa.Column("optional", sa.Boolean, nullable=False),
    db.text("actor"),
    db.number("hops"),
    db.instant("at"),
    sa.Index("ix_outbox_instance_id", "instance_id", "token"),
    **db.BY_KEY,
)

# A message nobody waited for, kept until somebody does or its time is over.
waiting_message = sa.Table(
    "waiting_message",
    db.metadata,
    db.key(),
    db.site(),
    db.text("name"),
    db.text("business_key", nullable=True),
    db.body("variables"),
    db.text("sender"),
    db.instant("expires"),
    sa.Index("ix_waiting_message_name", "name", "expires"),
    **db.BY_KEY,
)

# What came for an instance and is not applied yet: signals, and whatever comes while it is
# suspended. Without an element it is the result of the token's own work. `at` is when to try.
held_event = sa.Table(
    "held_event",
    db.metadata,
    db.key(),
    db.reference("instance_id"),
    db.number("token"),
    db.text("kind"),
    db.body("body"),
    db.text("actor"),
    db.text("element", nullable=True),
    db.number("hops", server_default=sa.text("0")),
    sa.Column("at", sa.BigInteger, nullable=False, server_default=sa.text("0")),
    sa.Index("ix_held_event_instance_id", "instance_id", "id"),
    **db.BY_KEY,
)

# What a person reported has a `reporter`; it stops no token, and its token's fate is not its own.
incident = sa.Table(
    "incident",
    db.metadata,
    db.key(),
    db.site(),
    db.reference("instance_id"),
    db.number("token"),
    db.text("element"),
    db.text("kind"),
    db.text("message"),
    db.text("state"),
    db.number("attempts"),
    db.instant("since"),
    db.instant("resolved", nullable=True),
    db.text("resolved_by", nullable=True),
    db.text("reporter", nullable=True),
    _partial("ix_incident_open", IS_FREE, "id"),
    sa.Index("ix_incident_instance_id", "instance_id", "token"),
    **db.BY_KEY,
)

# One row per advance: its steps as JSON, and at times the variables after it (a snapshot).
history = sa.Table(
    "history",
    db.metadata,
    db.key("instance_id"),
    sa.Column("step", sa.Integer, primary_key=True, autoincrement=False),
    db.instant("at"),
    db.body("steps"),
    db.body("snapshot", nullable=True),
    **db.BY_KEY,
)

# What passed an element or a flow of a version within an hour, and how long it waited and took, as
# counts by length of time; and for each instance, up to which step it was counted.
passage = sa.Table(
    "passage",
    db.metadata,
    db.key("version_id"),
    sa.Column("hour", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("element", sa.Text, primary_key=True),
    db.site(),
    db.number("times"),
    db.body("waited"),
    db.body("took"),
    **db.BY_KEY,
)

passage_mark = sa.Table(
    "passage_mark",
    db.metadata,
    db.key("instance_id"),
    db.site(),
    db.number("step"),
    **db.BY_KEY,
)
