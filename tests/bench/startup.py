"""`routecard serve` in a fresh home: how soon it is ready, and the memory it then holds."""

import tempfile
from pathlib import Path

import psutil

from tests.bench.databases import Database
from tests.bench.readings import Around, Reading
from tests.support.server import Server


def fresh(database: Database, rounds: int) -> tuple[list[Reading], list[Reading]]:
    """(seconds until ready, MB at rest): the schema is made on the way."""
    ready, memory = [], []
    for _ in range(rounds):
        with Around() as around, tempfile.TemporaryDirectory(prefix="routecard-bench-") as home:
            server = Server(database.fresh(), Path(home))
            try:
                held = _memory(server.pid)
            finally:
                server.stop()
        ready.append(Reading(server.ready_after, around.calibration))
        memory.append(Reading(held["rss"], around.calibration, held))
    return ready, memory


def _memory(pid: int) -> dict[str, float]:
    """MB of the server and its children: resident, and what is theirs alone or their share of."""
    found = {"rss": 0.0, "pss": 0.0}
    root = psutil.Process(pid)
    for process in (root, *root.children(recursive=True)):
        used = process.memory_full_info()
        found["rss"] += used.rss / 1e6
        found["pss"] += getattr(used, "pss", used.uss) / 1e6
    return found
