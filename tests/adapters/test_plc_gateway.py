"""The published structured text behind a real Modbus server, told by the gateway: none runs twice.

The machine's file is the one of docs/reference/plc-handshake.md, its times as they are there.
"""

import json
import re
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.support.machines.opcua import free_port
from tests.support.machines.peers import Nurse, Peer
from tests.support.machines.shop import GatewayProcess
from tests.support.machines.stand import Stand, standing
from tests.support.machines.structured_text import PAGE

HEAD = "unit: {unit}\nprotocol: modbus\nurl: {url}\nwrites_enabled: true\n"
NEVER_BEGUN = ("MACHINE_OFFLINE", "MACHINE_REFUSED", "MACHINE_NO_ACK")


def machine(folder: Path, unit: str, **options: float) -> Peer:
    """A machine with its file in `machines`, not yet switched on."""
    own = folder / unit
    own.mkdir()
    port = free_port()
    [file] = re.findall(r"```yaml\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    (folder / "machines").mkdir(exist_ok=True)
    head = HEAD.format(unit=unit, url=f"tcp://127.0.0.1:{port}")
    (folder / "machines" / f"{unit}.yaml").write_text(head + file)
    module = "tests.support.machines.listing_machine"
    command = [sys.executable, "-m", module, str(port), str(own), json.dumps(options)]
    return Peer(command, f"tcp://127.0.0.1:{port}")


def numbers(folder: Path, unit: str, what: str) -> list[int]:
    file = folder / unit / what
    return [int(line) for line in file.read_text().split()] if file.exists() else []


def ran(tmp_path: Path, units: dict[str, dict[str, float]], each: int) -> tuple[Stand, int]:
    """Give every unit its commands, one after the other; the stand, and how often power failed."""
    stand = Stand()
    with standing(stand) as url, ExitStack() as opened:
        machines = [machine(tmp_path, unit, **options) for unit, options in units.items()]
        for one in machines:
            one.start()
            opened.callback(one.kill)
        nurse = opened.enter_context(Nurse(machines))
        gateway = GatewayProcess(tmp_path / "machines", url)
        opened.callback(gateway.kill)

        def told(unit: str) -> None:
            for _ in range(each):
                stand.ended(stand.job(unit, "start", recipe=2), seconds=120)

        with ThreadPoolExecutor(len(units)) as people:
            for done in [people.submit(told, unit) for unit in units]:
                done.result()
    return stand, nurse.deaths


def are_true(tmp_path: Path, stand: Stand) -> Counter[str]:
    """Hold what was told of every command against what the machine did; how often it was what."""
    outcomes: Counter[str] = Counter()
    for job in stand.jobs.values():
        began = numbers(tmp_path, job["unit"], "started").count(job["command"])
        outcome = job["code"] or job["state"]
        outcomes[outcome] += 1
        assert began <= 1, job
        if job["state"] == "completed":
            assert job["command"] in numbers(tmp_path, job["unit"], "ended"), job
        if outcome in NEVER_BEGUN:
            assert began == 0, job
        assert outcome in ("completed", "MACHINE_FAILED", *NEVER_BEGUN), job
    return outcomes


def test_commands_are_done_and_refusals_tell_their_code(tmp_path: Path) -> None:
    stand, deaths = ran(tmp_path, {"PLC-1": {}, "PLC-2": {"refuse": 1.0}}, 2)
    assert deaths == 0
    assert are_true(tmp_path, stand) == {"completed": 2, "MACHINE_REFUSED": 2}
    assert numbers(tmp_path, "PLC-1", "ended") == [1, 2]
    refusals = {job["message"] for job in stand.jobs.values() if job["unit"] == "PLC-2"}
    assert refusals == {"PLC-2 refused the command (code 10)."}


def test_with_lost_answers_and_lost_power_none_runs_twice(tmp_path: Path) -> None:
    units = {f"PLC-{n}": {"lose": 0.35, "die": 0.35} for n in range(1, 4)}
    stand, deaths = ran(tmp_path, units, 3)
    outcomes = are_true(tmp_path, stand)
    assert deaths > 0
    assert any(numbers(tmp_path, unit, "lost") for unit in units)
    assert outcomes["completed"] > 0


@pytest.mark.soak
def test_of_80_commands_none_runs_twice(tmp_path: Path) -> None:
    faults = {"lose": 0.25, "die": 0.25, "refuse": 0.1}
    stand, deaths = ran(tmp_path, {f"PLC-{n}": faults for n in range(1, 5)}, 20)
    outcomes = are_true(tmp_path, stand)
    assert deaths > 5
    assert outcomes["completed"] > 20
