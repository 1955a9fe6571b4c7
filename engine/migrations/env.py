"""Alembic's environment: runs on the connection that `schema` hands in, inside its transaction."""

from alembic import context

import engine.registry  # noqa: F401  the tables
from engine.kernel.db import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,  # SQLite alters a table by building it anew
)
context.run_migrations()
