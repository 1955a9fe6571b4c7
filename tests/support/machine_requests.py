"""The changing requests about equipment, its downtimes and its counts, each as it is sent twice."""

from collections.abc import Callable
from typing import Any

from tests.support.http import Answer, Http
from tests.support.stopped import LATHE, stopped
from tests.support.works import Works

WHY = {"reason": "a test"}
TURNING = {"code": "TURNING", "name": "Turning"}
FIRE_DRILL = {"code": "fire_drill", "name": "Fire drill"}
# caller, path, body, another body (None: the address takes none)
Request = tuple[Http, str, dict[str, Any], dict[str, Any] | None]


def counting(works: Works, act: str = "") -> Request:
    """A unit whose pieces both count, and whose counter has jumped."""
    body: dict[str, Any] = {"code": "SAW-1", "name": "Saw", "level": "work_unit", "counts": "both"}
    works.maintenance.post("/equipment", body).ok(201)
    row = {"unit": "SAW-1", "kind": "count", "at": 0, "counter": "good", "max_step": 9, "tag": "n"}
    rows = [{"seq": raw + 1, "raw": raw, **row} for raw in (0, 70)]
    sent = {"source": "s", "gateway": "g", "rows": rows}
    works.integration.post("/signals", sent).ok()
    path = "/equipment/SAW-1/counts"
    if not act:
        return works.operator, path, {"good": 7}, {"good": 8}
    [jump] = works.auditor.get("/equipment/SAW-1/signals").ok()["jumps"]
    body = {"good": 7, **WHY}
    return works.team_lead, f"{path}/{jump['id']}/{act}", body, body | {"good": 8}


def explaining(works: Works) -> Request:
    """A stop and why."""
    first, _ = stopped(works)
    path = f"/downtimes/{first['id']}/reason"
    return works.operator, path, {"reason": "break"}, {"reason": "trial"}


def splitting(works: Works) -> Request:
    """A stop and where it falls apart."""
    first, _ = stopped(works)
    instants = [{"at": f"2026-03-02T05:4{n}:00.000Z"} for n in (5, 6)]
    return works.operator, f"/downtimes/{first['id']}/split", *instants


def merging(works: Works) -> Request:
    """A stop and the one after it."""
    first, second = stopped(works)
    path = f"/downtimes/{first['id']}/merge"
    return works.operator, path, {"with": second["id"]}, {"with": first["id"]}


REQUESTS: dict[str, Callable[[Works], Request]] = {
    "/equipment": lambda w: (w.admin, "/equipment", LATHE, LATHE | {"name": "Lathe"}),
    "/equipment-classes": lambda w: (
        *(w.admin, "/equipment-classes", TURNING, TURNING | {"name": "Lathes"}),
    ),
    "/equipment/<code>/counts": counting,
    "/equipment/<code>/counts/<count>/confirm": lambda w: counting(w, "confirm"),
    "/downtimes/<downtime>/reason": explaining,
    "/downtimes/<downtime>/split": splitting,
    "/downtimes/<downtime>/merge": merging,
    "/downtime-reasons": lambda w: (
        *(w.admin, "/downtime-reasons", FIRE_DRILL, FIRE_DRILL | {"name": "Alarm"}),
    ),
}  # fmt: skip


def asked(request: Request) -> Answer:
    """The answer to a request."""
    caller, path, body, _ = request
    return caller.post(path, body)


def changed(works: Works, made: str, path: str, body: dict[str, Any]) -> Answer:
    """The answer to a change of what a request made."""
    asked(REQUESTS[made](works)).ok(201)
    return works.admin.patch(path, body)


# route -> (how it is called, the action of its entry, the kind of its subject)
_ENTRIES = {
    "/equipment": ("equipment.created", "equipment"),
    "/equipment-classes": ("equipment_class.created", "equipment_class"),
    "/equipment/<code>/counts": ("count.entered", "equipment"),
    "/equipment/<code>/counts/<count>/confirm": ("count.confirmed", "equipment"),
    "/downtimes/<downtime>/reason": ("downtime.explained", "downtime"),
    "/downtimes/<downtime>/split": ("downtime.split", "downtime"),
    "/downtimes/<downtime>/merge": ("downtime.merged", "downtime"),
    "/downtime-reasons": ("downtime_reason.created", "downtime_reason"),
}
ACTS: dict[str, tuple[Callable[[Works], Answer], str, str]] = {
    f"POST {path}": (lambda w, path=path: asked(REQUESTS[path](w)), *entry)
    for path, entry in _ENTRIES.items()
} | {
    "PUT /gateways/<name>": (
        lambda w: w.integration.put("/gateways/line", {"machines": []}),
        "gateway.declared", "gateway"),
    "PATCH /equipment/<code>": (
        lambda w: changed(w, "/equipment", "/equipment/LATHE-1", {"commands_enabled": True}),
        "equipment.changed", "equipment"),
    "PATCH /equipment-classes/<code>": (
        lambda w: changed(w, "/equipment-classes", "/equipment-classes/TURNING", {"name": "x"}),
        "equipment_class.changed", "equipment_class"),
    "PATCH /downtime-reasons/<code>": (
        lambda w: w.admin.patch("/downtime-reasons/trial", {"name": "Trial run"}),
        "downtime_reason.changed", "downtime_reason"),
}  # fmt: skip
