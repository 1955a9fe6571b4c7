"""The engine alone: durable completions without HTTP, 64 in one commit, beside the raw rows.

The raw side replays exactly the statements and parameters that the engine ran, straight through the
driver, on a copy of the database: the least that the same rows can cost.
"""

import hashlib
import os
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from engine.kernel.actor import Actor, Role
from engine.kernel.ids import from_text
from engine.kernel.json_text import write
from engine.kernel.store import Store
from engine.kernel.store.idempotency import Once, remember
from engine.kernel.store.sqlite import GROUP, SqliteDoor, Waiting
from engine.kernel.store.uow import Uow
from engine.workflow.work import instances, queries, tasks
from engine.workflow.work.versions import plans
from tests.bench.clients import OPERATIONS
from tests.bench.databases import Database
from tests.bench.readings import Around, Reading, calibration
from tests.bench.routing import FILES, answers, key_of, routing
from tests.support import founding
