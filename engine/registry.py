"""The whole schema and vocabulary: importing this module defines every table, function and guard.

Whoever opens a plant imports it first; the migrations compare `engine.kernel.db.metadata` after it.
A new table, function or guard is added here when it comes in a module of its own.
"""

from engine.access import tables as access_tables
from engine.collection import tables as collection_tables
from engine.collection.readings import tables as reading_tables
from engine.equipment import queries as equipment
from engine.equipment import tables as equipment_tables
from engine.kernel import site
from engine.kernel.store import idempotency, numbering
from engine.performance.downtimes import tables as downtime_tables
from engine.records import audit
from engine.records import tables as records_tables
from engine.workflow import tables as workflow_tables
from engine.workflow.work import task_guards

MODULES = (
    access_tables,
    audit,
    collection_tables,
    downtime_tables,
    equipment,
    equipment_tables,
    idempotency,
    numbering,
    reading_tables,
    records_tables,
    site,
    task_guards,
    workflow_tables,
)
