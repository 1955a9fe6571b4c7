"""Silence: how soon the plant is told of a machine that stops, and has it back when it returns.

With the settings of a machine file that says nothing about time. A peer is frozen (SIGSTOP, as a
cut cable is) or killed; it stays away long enough for the gateway to try as seldom as it ever does.
"""

import json
import random
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.bench.databases import Database
from tests.bench.lines import Line, line, pause
from tests.bench.readings import Around, Reading
from tests.support.machines.peers import URI, Peer, absent, libmodbus, node_opcua

AWAY = (8.0, 9.0)  # seconds: by chance, so as not to keep step with the buffer's commits
UNKNOWN = "unknown"
STATES = {"0": "idle", "1": "running"}
PLACES = {"opcua": f"nsu={URI};s=Mode", "modbus": "holding:103"}
Times = dict[str, float]


def silence(database: Database, rounds: int) -> Mapping[str, list[Reading]]:
    """Seconds until the plant says `unknown`, and until it knows better again: the worst."""
    if absent() is not None:
        return {}
    found: dict[str, list[Reading]] = {"silent": [], "back": []}
    with _machines() as peers:
        plans = {name: _plan(name, peer.url) for name, peer in peers.items()}
        with line(database, plans) as plant:
            for name in peers:
                _until_back(plant, name)
            for _ in range(rounds):
                for key, reading in _round(plant, peers).items():
                    found[key].append(reading)
    return found


@contextmanager
def _machines() -> Iterator[dict[str, Peer]]:
    with tempfile.TemporaryDirectory() as pki, node_opcua(Path(pki)) as ua, libmodbus() as modbus:
        yield {"opcua": ua, "modbus": modbus}


def _plan(name: str, url: str) -> str:
    kind = {} if name == "opcua" else {"type": "uint16"}
    tag = {"name": "state", "signal": "state", "address": PLACES[name], "map": STATES, **kind}
    return json.dumps({"unit": name, "protocol": name, "url": url, "tags": [tag]})


def _round(plant: Line, peers: Mapping[str, Peer]) -> Mapping[str, Reading]:
    silent: Times = {}
    back: Times = {}
    with Around() as around:
        for name, peer in peers.items():
            silent[f"{name}_frozen"] = _gone(plant, name, peer.freeze)
            back[f"{name}_thawed"] = _returned(plant, name, peer.thaw)
            silent[f"{name}_killed"] = _gone(plant, name, peer.kill)
            back[f"{name}_restarted"] = _returned(plant, name, peer.start)
    return {
        "silent": Reading(max(silent.values()), around.calibration, silent),
        "back": Reading(max(back.values()), around.calibration, back),
    }


def _gone(plant: Line, name: str, leave: Callable[[], None]) -> float:
    leave()
    return plant.until(lambda: plant.state(name) == UNKNOWN)


def _returned(plant: Line, name: str, come: Callable[[], None]) -> float:
    """From when the peer says that it is ready."""
    pause(random.uniform(*AWAY))
    assert plant.state(name) == UNKNOWN
    come()
    return _until_back(plant, name)


def _until_back(plant: Line, name: str) -> float:
    return plant.until(lambda: plant.state(name) in STATES.values())
