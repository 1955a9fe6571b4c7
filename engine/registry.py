"""Imports every table, every in-house function and every guard: the whole schema and vocabulary."""

from engine.access import tables as access_tables
from engine.kernel import functions, guards, idempotency, numbering, site
from engine.kernel.db import metadata
from engine.records import audit
from engine.workflow import tables as workflow_tables
from engine.workflow.work import task_guards

PARTS = (access_tables, audit, idempotency, numbering, site, task_guards, workflow_tables)


def load() -> None:
    """Importing this module has loaded everything; a caller says so by calling this."""


__all__ = ["PARTS", "functions", "guards", "load", "metadata"]
