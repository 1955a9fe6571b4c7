"""An hour of a plant at work: a thousand tags, four machines, and a fault in every minute.

In the end every count is what the machines have really made, nothing was dropped or put aside, no
command ran twice, and neither the plant nor the gateway has grown. ROUTECARD_SOAK_MINUTES makes it
another time; the first quarter has the faults that end a process, so that its memory can be judged.
"""

import faulthandler
import os
import secrets
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from random import Random

import pytest

from tests.support.machines.endurance import Endurance, Machine, memory
from tests.support.machines.peers import require
from tests.support.waiting import until

pytestmark = pytest.mark.soak

MINUTES = int(os.environ.get("ROUTECARD_SOAK_MINUTES", "60"))
SEED = secrets.randbits(32)
MINUTE = 60.0
WELL_SECONDS = 50.0  # after any fault, all is well again without anybody's doing
SETTLE_SECONDS = 3.0  # readings of a quiet time have arrived
QUIET_SECONDS = 5.0  # the least quiet time that is judged
SHARE = 0.98  # of the rounds of a quiet time that have arrived
LOOK_SECONDS = 5.0
GROWTH, SPARE = 1.10, 8.0  # of the memory between its second and last quarter; megabytes
ARGUMENTS: Mapping[str, dict[str, float]] = {
    "freeze": {"seconds": 12},
    "late": {"seconds": 1.5, "lasting": 10},
    "half": {"seconds": 10},
    "off": {"seconds": 8},
    "die": {"seconds": 4},
    "breakdown": {"seconds": 6},
    "missing": {"seconds": 10},
}
COUNTERS = ("rollover", "reset", "jump")  # put the counters elsewhere: the test has to know

Fault = tuple[str, Callable[[], None]]


def test_an_hour_with_a_fault_a_minute(tmp_path: Path) -> None:
    require()
    faulthandler.cancel_dump_traceback_later()  # it takes longer than a test that hangs
    random = Random(SEED)
    tell(f"seed {SEED}, {MINUTES} minutes")
    with ExitStack() as opened:
        plant = opened.enter_context(Endurance(tmp_path, SEED % 10_000))
        of_gateway = opened.enter_context(memory(lambda: plant.gateway.pid, LOOK_SECONDS))
        of_server = opened.enter_context(memory(lambda: plant.server.pid, LOOK_SECONDS))
        seen, expected = run(plant, random)
        assert seen >= SHARE * expected, f"{seen} of {expected} rounds arrived in quiet times"
        tell(f"rounds in quiet times: {seen} of {expected}")
        finish(plant)
        for name, megabytes in (("gateway", of_gateway), ("server", of_server)):
            flat(name, megabytes)


def run(plant: Endurance, random: Random) -> tuple[int, int]:
    """A fault a minute; of the rounds in quiet times: those that arrived, and all of them."""
    seen = expected = 0
    began = time.monotonic()
    course = faults(plant, random)
    for minute in range(MINUTES):
        name, act = next(course) if minute >= MINUTES // 4 else ends(plant, minute)
        tell(f"{minute:3} {name}")
        act()
        until(plant.well, WELL_SECONDS)
        for machine in plant.machines.values():
            machine.fault("none")
        since = now()
        wait(began + (minute + 1) * MINUTE - SETTLE_SECONDS - time.monotonic())
        arrived, made = quiet(plant, since, now())
        seen, expected = seen + arrived, expected + made
    return seen, expected


def quiet(plant: Endurance, since: str, end: str) -> tuple[int, int]:
    """Rounds of which the last tag arrived in a time without faults, and rounds that there were."""
    wait(SETTLE_SECONDS)
    seconds = (datetime.fromisoformat(end) - datetime.fromisoformat(since)).total_seconds()
    if seconds < QUIET_SECONDS:
        return 0, 0
    rounds = plant.readings("Rounds", since, end)
    return int(plant.readings("t999", since, end)["n"]), int(rounds["max"] - rounds["min"]) + 1


# ---- faults ----


def ends(plant: Endurance, minute: int) -> Fault:
    """The faults that end a process, by turns."""
    course: list[Fault] = [
        ("gateway killed", partial(killed_gateway, plant)),
        ("server killed", partial(killed_server, plant)),
        ("node-opcua killed", partial(killed_peer, plant)),
    ]
    return course[minute % len(course)]


def faults(plant: Endurance, random: Random) -> Iterator[Fault]:
    """Every other fault of everything, in an order that the seed makes; then all of them again."""
    course: list[Fault] = [
        ("gateway frozen", partial(frozen, lambda: plant.gateway.pid)),
        ("server frozen", partial(frozen, lambda: plant.server.pid)),
        ("node-opcua frozen", partial(frozen_peer, plant)),
    ]
    for machine in plant.machines.values():
        for name in machine.faults:
            if name != "none":
                course.append((f"{machine.unit} {name}", partial(wrong, plant, machine, name)))
    while True:
        random.shuffle(course)
        yield from course


def wrong(plant: Endurance, machine: Machine, name: str) -> None:
    """One fault of one machine; its counters are touched while all that it made is counted."""
    if name not in COUNTERS:
        machine.fault(name, **ARGUMENTS.get(name, {}))
        return

    def idle() -> bool:
        return machine.look()["state"] == 0 and plant.is_true(machine.unit)

    until(idle, WELL_SECONDS)
    machine.put_elsewhere(name)


def killed_gateway(plant: Endurance) -> None:
    plant.gateway.kill()
    wait(3)
    plant.begin_gateway()


def killed_server(plant: Endurance) -> None:
    plant.server.kill()
    plant.server.bury()
    wait(3)
    plant.begin_server()


def killed_peer(plant: Endurance) -> None:
    plant.peer.kill()
    wait(3)
    plant.peer.start()


def frozen(pid: Callable[[], int]) -> None:
    os.kill(pid(), signal.SIGSTOP)
    wait(12)
    os.kill(pid(), signal.SIGCONT)


def frozen_peer(plant: Endurance) -> None:
    plant.peer.freeze()
    wait(12)
    plant.peer.thaw()


# ---- the end ----


def finish(plant: Endurance) -> None:
    """Let everything that was ordered come to its end, then compare."""
    plant.stop_loading()
    outcomes = {}
    for unit, machine in plant.machines.items():
        until(lambda unit=unit: not active(plant, unit), 3 * MINUTE)
        with suppress(AssertionError):  # told below, with the figures
            until(lambda unit=unit: plant.is_true(unit), MINUTE)
        outcomes[unit] = (plant.outcomes(unit), plant.counted(unit), machine.made)
    until(lambda: plant.gateway_item()["health"]["buffer"]["rows"] < 2_500, MINUTE)
    for unit, (ended, counted, made) in outcomes.items():
        tell(f"{unit}: jobs {ended}, counted {counted}, made {made}")
    for ended, counted, made in outcomes.values():
        assert counted == made > 0
        # A command makes one part. One that broke off may have made it before that.
        assert ended["end"] <= made <= ended["end"] + ended["broke_off"]
    item = plant.gateway_item()
    assert item["losses"] == []
    assert [m["drops"] for m in item["health"]["machines"]] == [0] * 5
    assert item["health"]["buffer"]["quarantined"] == 0
    assert list(plant.client.pages("/incidents", state="open")) == []


def active(plant: Endurance, unit: str) -> int:
    return plant.outcomes(unit)["active"]


def flat(name: str, megabytes: list[float]) -> None:
    """The last quarter needs no more memory than the second one, when everything had been used."""
    quarter = len(megabytes) // 4
    second, last = max(megabytes[quarter : 2 * quarter]), max(megabytes[-quarter:])
    tell(f"memory of the {name}: {second:.1f} MB in the second quarter, {last:.1f} MB in the last")
    assert last <= second * GROWTH + SPARE, f"the {name} grew from {second:.1f} to {last:.1f} MB"


def tell(text: str) -> None:
    """For whoever watches with -s."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def now() -> str:
    return datetime.now(UTC).isoformat()


def wait(seconds: float) -> None:
    """Let time pass: what is tested here is time."""
    threading.Event().wait(max(0.0, seconds))
