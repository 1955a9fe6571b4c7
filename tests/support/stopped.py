"""A lathe that stood twice, for tests through HTTP."""

from typing import Any

from engine.collection.signals.ingest import ingest
from engine.kernel.actor import Actor
from engine.kernel.clock import to_ms
from tests.support.works import Works

LATHE = {"code": "LATHE-1", "name": "Lathe 1", "level": "work_unit"}
# In seconds before now.
STORY = ((1_000, "idle"), (600, "running"), (500, "down"))


def stopped(works: Works) -> list[dict[str, Any]]:
    """A new lathe's two downtimes, the first from 16:40 to 10:00 minutes before now on, the second
    since 8:20 minutes; the earlier one first."""
    works.maintenance.post("/equipment", LATHE).ok(201)
    now = to_ms(works.clock.now())
    for seq, (before, state) in enumerate(STORY, start=1):
        row = {"seq": seq, "kind": "state", "at": now - before * 1000, "state": state}
        rows = [row | {"unit": "LATHE-1"}]
        gateway = Actor("token:gateway", frozenset({"integration"}))
        works.store.run(ingest, source="lathe", gateway="hall", rows=rows, actor=gateway)
    works.background.look_for_downtimes()
    found: list[dict[str, Any]] = works.auditor.get("/downtimes").ok()["items"]
    return found[::-1]
