"""Tests through HTTP: on SQLite, and on both databases where it matters."""

from tests.support.fixtures import app, built_app, database, document, store, works
from tests.support.visitor import hire

__all__ = ["app", "built_app", "database", "document", "hire", "store", "works"]
