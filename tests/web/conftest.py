"""Screens through the test client: what HTML says, to whom, and when it need not be sent again."""

from tests.support.fixtures import app, built_app, database, document, store, works
from tests.support.screens import screens

__all__ = ["app", "built_app", "database", "document", "screens", "store", "works"]
