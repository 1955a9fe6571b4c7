"""Commands to other people's servers that execute and then die: none runs twice, none is lost."""

import json
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from tests.support.machines.peers import URI, Nurse, Peer, libmodbus, node_opcua
from tests.support.machines.shop import GatewayThread
from tests.support.machines.stand import Stand, standing

OFTEN = 60
HEAD = """\
unit: {unit}
protocol: {protocol}
url: {url}
writes_enabled: true
options: {{timeout: 0.5}}
stale_s: 2
groups: {{fast: 0.05}}
"""
MODBUS = (
    HEAD
    + """\
tags:
  - {{name: number, signal: raw, address: "holding:100", type: uint32, writable: true}}
  - {{name: recipe, signal: raw, address: "holding:102", type: uint16, writable: true,
     write_limits: [0, 99]}}
  - {{name: strobe, signal: raw, address: "holding:103", type: uint16, writable: true}}
  - {{name: ack, signal: job_ack, address: "holding:110", type: uint32}}
  - {{name: ack_state, signal: job_state, address: "holding:112", type: uint16}}
actions:
  run:
    kind: echo_handshake
    command: {{id: number, strobe: strobe}}
    echo: {{id: ack, state: ack_state}}
    states: {{3: done}}
    parameters: {{recipe: {{tag: recipe, limits: [1, 50], default: 1}}}}
    offline_timeout_s: 30
    unknown_timeout_s: 60
    grace_s: 0.2
"""
)
OPC_UA = (
    HEAD
    + f"""\
tags:
  - {{{{name: job, signal: job_ack, address: "nsu={URI};s=JobId", type: string}}}}
  - {{{{name: job_state, signal: job_state, address: "nsu={URI};s=JobState", type: string}}}}
actions:
  run:
    kind: job_control
    method: "nsu={URI};s=Press#StartJob"
    arguments: [job, recipe]
    echo: {{{{id: job, state: job_state}}}}
    states: {{{{Ended: done}}}}
    parameters: {{{{recipe: {{{{limits: [1, 50], default: 1}}}}}}}}
    offline_timeout_s: 30
    unknown_timeout_s: 60
    grace_s: 0.2
"""
)


@contextmanager
def peers(kind: str, folder: Path, units: list[str], die: int) -> Iterator[list[Peer]]:
    with ExitStack() as opened:
        made = []
        for unit in units:
            log = folder / f"{unit}.log"
            if kind == "libmodbus":
                made.append(opened.enter_context(libmodbus(log, die=die)))
            else:
                pki = folder / "pki"
                made.append(opened.enter_context(node_opcua(pki, log=str(log), die=die)))
        yield made


def all_once(kind: str, tmp_path: Path, *, units: int, each: int, die: int, seconds: float) -> None:
    """Give every unit its commands, and see each executed exactly once."""
    names = [f"M-{number}" for number in range(1, units + 1)]
    machines = tmp_path / "machines"
    machines.mkdir()
    template, protocol = (MODBUS, "modbus") if kind == "libmodbus" else (OPC_UA, "opcua")
    stand = Stand()
    with peers(kind, tmp_path, names, die) as made, standing(stand) as url:
        for unit, peer in zip(names, made, strict=True):
            text = template.format(unit=unit, protocol=protocol, url=peer.url)
            (machines / f"{unit}.yaml").write_text(text)
        with Nurse(made) as nurse:
            gateway = GatewayThread(machines, url)
            try:
                with ThreadPoolExecutor(units) as people:
                    given = [people.submit(completed, stand, u, seconds) for u in names * each]
                    for one in given:
                        one.result()
            finally:
                gateway.stop()
        assert nurse.deaths > 0
    for unit in names:
        executed = (tmp_path / f"{unit}.log").read_text().split()
        done = [j for j in stand.jobs.values() if j["unit"] == unit and j["state"] == "completed"]
        assert len(executed) == len(done) == each, json.dumps(executed)
        assert max(Counter(executed).values()) == 1


def completed(stand: Stand, unit: str, seconds: float) -> None:
    """One command that is carried out; one that was never sent may be given again."""
    for _ in range(OFTEN):
        [job] = stand.ended(stand.job(unit, "run", recipe=7), seconds=seconds)
        if job["state"] == "completed":
            return
        assert job["code"] == "MACHINE_OFFLINE", job
        threading.Event().wait(1)  # the breaker leaves a machine that fails alone for a while
    raise AssertionError(f"{unit} was offline {OFTEN} times")


@pytest.mark.parametrize(("kind", "each"), [("libmodbus", 2), ("node-opcua", 1)])
def test_executed_and_then_dead_is_executed_once(kind: str, each: int, tmp_path: Path) -> None:
    all_once(kind, tmp_path, units=1, each=each, die=100, seconds=60)


@pytest.mark.soak
@pytest.mark.parametrize("part", range(3))
@pytest.mark.parametrize("kind", ["libmodbus", "node-opcua"])
def test_of_40_commands_none_runs_twice(kind: str, part: int, tmp_path: Path) -> None:
    all_once(kind, tmp_path, units=4, each=10, die=15, seconds=90)
