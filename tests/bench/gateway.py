"""The whole gateway: 1,000 OPC UA tags of node-opcua, through buffer and HTTP, into the plant.

Every tag changes ten times a second, and so does `Rounds`, the last of each round: what the plant
has between two of its readings is counted, and the CPU of the gateway's process in between.
"""

import json
import tempfile
import time
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import urlencode

from tests.bench.databases import Database
from tests.bench.lines import Line, line, pause
from tests.bench.readings import Around, Reading
from tests.support.machines.peers import URI, absent, node_opcua

UNIT, TAGS, EVERY = "M-1", 1000, 0.1
SECONDS, SETTLE = 15.0, 5.0
Found = tuple[int, datetime]


def whole(database: Database, rounds: int) -> Mapping[str, list[Reading]]:
    """CPU µs of the gateway for each value, and the share that the plant has in the end."""
    found: dict[str, list[Reading]] = {"gw_value": [], "gw_delivered": []}
    if absent() is not None:
        return {}
    with tempfile.TemporaryDirectory() as pki:
        period = int(EVERY * 1000)
        with (
            node_opcua(Path(pki), tags=TAGS, period=period) as peer,
            line(database, {UNIT: _plan(peer.url)}) as plant,
        ):
            plant.until(lambda: len(_readings(plant)) == TAGS + 1)
            pause(SETTLE)
            for _ in range(rounds):
                for key, reading in _round(plant).items():
                    found[key].append(reading)
    return found


def _plan(url: str) -> str:
    tags = [{"name": "rounds", "signal": "raw", "address": f"nsu={URI};s=Rounds"}]
    tags += [
        {"name": f"t{n}", "signal": "raw", "address": f"nsu={URI};s=t{n}"} for n in range(TAGS)
    ]
    plan = {"unit": UNIT, "protocol": "opcua", "url": url, "groups": {"fast": EVERY}, "tags": tags}
    return json.dumps(plan)  # which is YAML


def _round(plant: Line) -> Mapping[str, Reading]:
    with Around() as around:
        first, since = _rounds(plant)
        began, (gateway, server) = time.perf_counter(), plant.work()
        pause(SECONDS)
        gateway, server = (
            after - b for after, b in zip(plant.work(), (gateway, server), strict=True)
        )
        seconds = time.perf_counter() - began
        last, until = _rounds(plant)
    values = _counted(plant, since, until)
    sent = TAGS * (last - first)
    rate = values / (until - since).total_seconds()
    health = plant.get("/gateways/gateway")["health"]["machines"][0]
    detail = {
        "values": values,
        "sent": sent,
        "plant_us": server / seconds / rate * 1e6,
        "lag_p50_ms": health["lag_p50_ms"],
        "lag_p99_ms": health["lag_p99_ms"],
    }
    return {
        "gw_value": Reading(gateway / seconds / rate * 1e6, around.calibration, detail),
        "gw_delivered": Reading(values / sent, around.calibration, detail),
    }


def _readings(plant: Line) -> list[dict[str, object]]:
    found: list[dict[str, object]] = plant.get(f"/equipment/{UNIT}/signals")["readings"]
    return found


def _rounds(plant: Line) -> Found:
    """How often the server had changed all tags, and when, as far as the plant knows."""
    [newest] = [r for r in _readings(plant) if r["tag"] == "rounds"]
    return int(float(str(newest["value"]))), datetime.fromisoformat(str(newest["at"]))


def _counted(plant: Line, since: datetime, until: datetime) -> int:
    """The readings of all tags between two rounds: the first is over, the last is in."""
    moment = timedelta(milliseconds=1)
    period = {"from": (since + moment).isoformat(), "to": (until + moment).isoformat(), "points": 1}
    count = 0
    for n in range(TAGS):
        query = urlencode({"tag": f"t{n}", **period})
        points = plant.get(f"/equipment/{UNIT}/readings?{query}")["points"]
        count += sum(point["n"] for point in points)
    return count
