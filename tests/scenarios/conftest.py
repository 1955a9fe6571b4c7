"""Tests through HTTP: on SQLite, and on both databases where it matters."""

from tests.support.fixtures import app, built_app, database, document, store, works

__all__ = ["app", "built_app", "database", "document", "store", "works"]
