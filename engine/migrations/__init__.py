"""The way from every released schema to this one: Alembic's environment and its revisions."""
