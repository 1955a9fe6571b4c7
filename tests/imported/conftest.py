"""Imported diagrams run on SQLite."""

from tests.support.fixtures import database, store

__all__ = ["database", "store"]
