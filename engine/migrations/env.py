"""Alembic's environment: runs on the connection that `schema` hands in, inside its transaction."""

from alembic import context

from engine import registry

registry.load()
context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=registry.metadata,
    render_as_batch=True,  # SQLite alters a table by building it anew
)
context.run_migrations()
