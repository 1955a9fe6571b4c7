"""What the machines of the demonstration have said, so that their screens show something."""

import math
import time
from typing import Any

import httpx

MINUTE = 60_000
GATEWAY = "line-1"
# Minutes ago, and the state from then on.
DAYS: dict[str, tuple[tuple[int, str], ...]] = {
    "LATHE-1": ((400, "running"), (290, "setup"), (272, "running"), (90, "idle"), (70, "running")),
    "PRESS-1": ((420, "running"), (200, "down"), (185, "running"), (9, "down")),
    "LEAK-1": ((380, "running"), (130, "starved"), (96, "running"), (4, "starved")),
    "OVEN-1": ((440, "running"), (310, "maintenance"), (250, "running")),
}
LINKS = {"LEAK-1": "lost", "OVEN-1": "degraded"}
WHY = {
    "LEAK-1": "No answer from 127.0.0.1:4841 for 5 s.",
    "OVEN-1": "zone_6 is refused: there is no register 15.",
}
FINDINGS = ["saw.yaml:4: there is no key adress; write address"]
WARNED = {
    "LATHE-1": [{"kind": "clock", "text": "Wrong.", "facts": {"seconds": 95, "ahead": 1}}],
    "PRESS-1": [
        {"kind": "late", "text": "Slow.", "facts": {"number": 41}},
        {"kind": "own_certificate", "text": "Ends.", "facts": {"ends": "2026-11-27", "days": 3}},
    ],
}


def speak(api: httpx.Client) -> None:
    """Send what four machines said in the last hours, and how their gateway is now."""
    now = time.time_ns() // 1_000_000
    about = {"protocol": "modbus", "tags": [], "actions": [], "writes": True, "digest": "d"}
    _put(api, f"/gateways/{GATEWAY}", {"machines": [{"unit": unit, **about} for unit in DAYS]})
    rows = [{"seq": seq, **row} for seq, row in enumerate(_rows(now), 1)]
    _post(api, "/signals", {"source": "tour", "gateway": GATEWAY, "rows": rows})
    load = [[n, 0, now - (480 - n) * MINUTE, _load(n), 0, None] for n in range(1, 480)]
    tags = [["LATHE-1", "spindle_load", "%"]]
    _post(api, "/readings", {"source": "tour", "gateway": GATEWAY, "tags": tags, "rows": load})
    buffer = {"rows": 4, "oldest_seconds": 0.4, "bytes": 40_960, "quarantined": 1}
    machines = [_health(unit, now) for unit in DAYS]
    _put(
        api,
        f"/gateways/{GATEWAY}/health",
        {"machines": machines, "buffer": buffer, "findings": FINDINGS},
    )


def _rows(now: int) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for place, (unit, states) in enumerate(DAYS.items()):
        for ago, state in states:
            rows.append({"unit": unit, "kind": "state", "at": now - ago * MINUTE, "state": state})
        for ago, raw in ((300, 1_000), (5, 1_040 + 37 * place)):
            told = {"counter": "good", "raw": raw, "max_step": 1_000, "tag": "good"}
            rows.append({"unit": unit, "kind": "count", "at": now - ago * MINUTE, **told})
    force = {"name": "peak_force", "value": 121.4, "unit_of_measure": "kN"}
    rows.append({"unit": "PRESS-1", "kind": "measurement", "at": now - 10 * MINUTE, **force})
    alarm = {"code": "7", "text": "Guard open", "severity": 800, "active": True}
    rows.append({"unit": "PRESS-1", "kind": "alarm", "at": now - 9 * MINUTE, **alarm})
    return rows


def _load(minute: int) -> float:
    return round(48 + 9 * math.sin(minute / 17) + 4 * math.sin(minute / 3.1), 2)


def _health(unit: str, now: int) -> dict[str, Any]:
    lost = unit in LINKS
    return {
        **{"unit": unit, "state": LINKS.get(unit, "connected"), "error": WHY.get(unit)},
        **{"since": now - 55 * MINUTE, "silence_seconds": 0.3, "generation": 1 + lost},
        **{"wanted": 15, "accepted": 14 if lost else 15, "values_per_second": 25.2, "drops": 0},
        **{"machine_drops": 0, "late_polls": 0, "warnings": WARNED.get(unit, [])},
        **{"lag_p50_ms": 42, "lag_p99_ms": 130, "skew_ms": 12, "commands": {"DONE": 3}},
    }


def _put(api: httpx.Client, path: str, body: dict[str, Any]) -> None:
    api.put(path, json=body).raise_for_status()


def _post(api: httpx.Client, path: str, body: dict[str, Any]) -> None:
    answer = api.post(path, json=body).raise_for_status().json()
    assert answer["refused"] == [], answer
