"""A machine's step: from the job that the token makes to the step that is completed.

Ten Modbus machines answer at once; each is told something a little less often than it may be. Both
instants are the plant's own, from the history of the instances.
"""

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import datetime

from tests.bench.databases import Database
from tests.bench.lines import Line, line, pause
from tests.bench.readings import Around, Reading
from tests.support.diagrams import end, job, process, start
from tests.support.machines.peers import Peer, absent, libmodbus

MACHINES, EACH = 10, 15
PACE = 1.25  # seconds between two commands to one machine, which may be told something each second
PLAN = {
    "protocol": "modbus",
    "writes_enabled": True,
    "groups": {"fast": 0.25},
    "tags": [
        {"name": "state", "signal": "state", "address": "holding:104", "type": "uint16",
         "map": {"0": "idle"}},
        {"name": "number", "signal": "raw", "address": "holding:100", "type": "uint32",
         "writable": True},
        {"name": "recipe", "signal": "raw", "address": "holding:102", "type": "uint16",
         "writable": True, "write_limits": [0, 99]},
        {"name": "strobe", "signal": "raw", "address": "holding:103", "type": "uint16",
         "writable": True},
        {"name": "ack", "signal": "job_ack", "address": "holding:110", "type": "uint32"},
        {"name": "progress", "signal": "job_state", "address": "holding:112", "type": "uint16"},
    ],
    "actions": {
        "run": {
            "kind": "echo_handshake",
            "command": {"id": "number", "strobe": "strobe"},
            "echo": {"id": "ack", "state": "progress"},
            "states": {"3": "done"},
            "parameters": {"recipe": {"tag": "recipe", "limits": [1, 50]}},
            "results": {"recipe_taken": "recipe"},
            "require": {"state": "idle"},
        }
    },
}  # fmt: skip


def steps(database: Database, rounds: int) -> Mapping[str, list[Reading]]:
    """Milliseconds from a job to its step's end: the median, and the 99th of a hundred."""
    if absent() is not None:
        return {}
    found: dict[str, list[Reading]] = {"step_p50": [], "step_p99": []}
    units = [f"M-{n}" for n in range(MACHINES)]
    diagrams = [_diagram(unit) for unit in units]
    with _machines(units) as peers:
        plans = {
            unit: json.dumps({"unit": unit, "url": p.url, **PLAN}) for unit, p in peers.items()
        }
        with line(database, plans, diagrams) as plant:
            plant.until(lambda: all(plant.state(unit) == "idle" for unit in units))
            for _ in range(1 + rounds):
                readings = _round(plant, units)
                for key, reading in readings.items():
                    found[key].append(reading)
    return {key: readings[1:] for key, readings in found.items()}


@contextmanager
def _machines(units: list[str]) -> Iterator[dict[str, Peer]]:
    with ExitStack() as opened:
        yield {unit: opened.enter_context(libmodbus()) for unit in units}


def _diagram(unit: str) -> bytes:
    told = job("work", action="run", equipment=unit, parameters={"recipe": "= 7"})
    return process(start(), end(), "start -> work -> end", told, key=unit.replace("-", "_"))


def _round(plant: Line, units: list[str]) -> Mapping[str, Reading]:
    with Around() as around:
        began = plant.work()
        instances = list(_started(plant, units))
        plant.until(lambda: all(_ended(plant, instance) for instance in instances[-len(units) :]))
        gateway, server = (b - a for a, b in zip(began, plant.work(), strict=True))
    times = sorted(_milliseconds(plant, instance) for instance in instances)
    number = len(times)
    detail = {
        "steps": number,
        "most_ms": times[-1],
        "gateway_cpu_ms": 1000 * gateway / number,
        "plant_cpu_ms": 1000 * server / number,
    }
    late = times[int(number * 0.99)]
    return {
        "step_p50": Reading(times[number // 2], around.calibration, detail),
        "step_p99": Reading(late, around.calibration, detail),
    }


def _started(plant: Line, units: list[str]) -> Iterator[str]:
    """One after another, each unit as often as it may be told."""
    due = time.perf_counter()
    for number in range(EACH * len(units)):
        pause(max(0.0, due - time.perf_counter()))
        due += PACE / len(units)
        key = units[number % len(units)].replace("-", "_")
        answer = plant.caller.post("/instances", {"process": key})
        assert answer.status == 201, answer
        yield str(answer.body["id"])


def _ended(plant: Line, instance: str) -> bool:
    return bool(plant.get(f"/instances/{instance}")["state"] == "completed")


def _milliseconds(plant: Line, instance: str) -> float:
    history = plant.get(f"/instances/{instance}/history")["items"]
    [work] = [step for step in history if step["element"] == "work"]
    assert work["state"] == "completed", work
    taken = datetime.fromisoformat(work["ended"]) - datetime.fromisoformat(work["started"])
    return taken.total_seconds() * 1000
