"""Commands under faults: the machine executes and dies, answers late or never; none runs twice."""

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from tests.support.machines.shop import GatewayProcess, GatewayThread, MachineProcess
from tests.support.machines.stand import Stand, standing
from tests.support.waiting import until


@pytest.fixture
def stand() -> Stand:
    return Stand()


@pytest.fixture
def url(stand: Stand) -> Iterator[str]:
    with standing(stand) as address:
        yield address


@pytest.fixture
def machines(tmp_path: Path) -> Iterator[list[MachineProcess]]:
    """Processes that are gone after the test, whatever came of it."""
    made: list[MachineProcess] = []
    yield made
    for machine in made:
        with suppress(ProcessLookupError, AssertionError):
            machine.thaw()
        machine.kill()


def new_machine(
    tmp_path: Path, machines: list[MachineProcess], unit: str = "M-1", **options: object
) -> MachineProcess:
    folder = tmp_path / "machines"
    folder.mkdir(exist_ok=True)
    machine = MachineProcess(tmp_path / unit, **options)
    machines.append(machine)
    (folder / f"{unit}.yaml").write_text(machine.plan(unit))
    return machine


@pytest.fixture
def gateway(tmp_path: Path, url: str) -> Iterator["list[GatewayThread]"]:
    """Gateways that were opened, and are closed after the test."""
    opened: list[GatewayThread] = []
    yield opened
    for one in opened:
        one.stop()


def change(tmp_path: Path, old: str, new: str, unit: str = "M-1") -> None:
    file = tmp_path / "machines" / f"{unit}.yaml"
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))


# ---- one command at a time ----


def open_one(
    tmp_path: Path,
    machines: list[MachineProcess],
    gateway: list[GatewayThread],
    url: str,
    *,
    changed: tuple[str, str] | None = None,
    **options: object,
) -> MachineProcess:
    machine = new_machine(tmp_path, machines, **options)
    if changed is not None:
        change(tmp_path, *changed)
    machine.start()
    gateway.append(GatewayThread(tmp_path / "machines", url))
    return machine


Gateways = list[GatewayThread]
Machines = list[MachineProcess]


def test_executed_and_never_answered_is_found_by_reading(
    tmp_path: Path, machines: Machines, gateway: Gateways, url: str, stand: Stand
) -> None:
    machine = open_one(tmp_path, machines, gateway, url, lose=1.0)
    [job] = stand.ended(stand.job("M-1", "run_cycle"))
    assert job["state"] == "completed"
    assert machine.cycles() == ["1"]


@pytest.mark.parametrize("action", ["run_cycle", "run_job"])
def test_executed_and_then_without_power_is_found_by_reading(
    tmp_path: Path, machines: Machines, gateway: Gateways, url: str, stand: Stand, action: str
) -> None:
    machine = open_one(tmp_path, machines, gateway, url, die=1.0)
    name = stand.job("M-1", action)
    until(lambda: machine.dead)
    machine.options["die"] = 0.0
    machine.start()
    [job] = stand.ended(name)
    assert job["state"] == "completed"
    assert len(machine.cycles()) == 1


@pytest.mark.parametrize("action", ["handshake", "kick"])
def test_a_machine_that_cannot_tell_is_left_to_a_person(
    tmp_path: Path, machines: Machines, gateway: Gateways, url: str, stand: Stand, action: str
) -> None:
    machine = open_one(tmp_path, machines, gateway, url, die=1.0)
    name = stand.job("M-1", action)
    until(lambda: machine.dead)
    machine.options["die"] = 0.0
    machine.start()
    [job] = stand.ended(name)
    assert job["code"] == "MACHINE_UNKNOWN"
    assert "look at the machine" in job["message"]
    assert len(machine.cycles()) == 1


def test_told_to_a_frozen_machine_is_done_once_after_it_thaws(
    tmp_path: Path, machines: Machines, gateway: Gateways, url: str, stand: Stand
) -> None:
    """The write waits in the machine's socket, and is carried out when nobody expects it."""
    machine = open_one(tmp_path, machines, gateway, url)
    until(lambda: states_of(stand) == ["idle"])
    machine.set(options={"stall": 3.0})
    name = stand.job("M-1", "run_cycle")
    until(lambda: states_of(stand)[-1:] == ["unknown"])
    assert machine.cycles() == []
    [job] = stand.ended(name)
    assert job["state"] == "completed"
    assert machine.cycles() == ["1"]


def states_of(stand: Stand, unit: str = "M-1") -> list[str]:
    return [row["state"] for row in stand.of("state", unit)]


def test_out_of_reach_for_good_is_unknown(
    tmp_path: Path, machines: Machines, gateway: Gateways, url: str, stand: Stand
) -> None:
    changed = ("    grace_s: 0.2\n    cancel", "    unknown_timeout_s: 1\n    cancel")
    machine = open_one(tmp_path, machines, gateway, url, changed=changed, die=1.0)
    [job] = stand.ended(stand.job("M-1", "run_cycle"))
    assert job["code"] == "MACHINE_UNKNOWN"
    assert machine.cycles() == ["1"]


def test_a_machine_that_does_not_take_it(
    tmp_path: Path, machines: Machines, gateway: Gateways, url: str, stand: Stand
) -> None:
    machine = open_one(tmp_path, machines, gateway, url, no_ack=True)
    [job] = stand.ended(stand.job("M-1", "run_cycle"))
    assert (job["code"], machine.cycles()) == ("MACHINE_NO_ACK", [])


def test_a_machine_that_begins_and_fails(
    tmp_path: Path, machines: Machines, gateway: Gateways, url: str, stand: Stand
) -> None:
    open_one(tmp_path, machines, gateway, url, fails=True)
    [job] = stand.ended(stand.job("M-1", "run_cycle"))
    assert job["code"] == "MACHINE_FAILED"


def test_a_machine_that_does_not_end(
    tmp_path: Path, machines: Machines, gateway: Gateways, url: str, stand: Stand
) -> None:
    changed = ("done_timeout_s: 5", "done_timeout_s: 0.5")
    open_one(tmp_path, machines, gateway, url, changed=changed, cycle=30)
    [job] = stand.ended(stand.job("M-1", "run_cycle"))
    assert job["code"] == "MACHINE_TIMEOUT"


def test_a_machine_in_manual_mode_is_waited_for_and_then_refuses(
    tmp_path: Path, machines: Machines, gateway: Gateways, url: str, stand: Stand
) -> None:
    machine = open_one(tmp_path, machines, gateway, url)
    until(lambda: states_of(stand) == ["idle"])
    machine.set(values={"mode": 0})
    [job] = stand.ended(stand.job("M-1", "run_cycle"))
    assert job["code"] == "MACHINE_REFUSED"
    assert "mode is manual, wanted is auto" in job["message"]
    machine.set(quality={"mode": ["bad", "sensor", None]}, values={"mode": 1})
    [job] = stand.ended(stand.job("M-1", "run_cycle"))
    assert "mode is bad (sensor)" in job["message"]
    assert machine.cycles() == []


@pytest.mark.parametrize("switch", ["file", "plant"])
def test_both_switches_have_to_be_on(
    tmp_path: Path, machines: Machines, gateway: Gateways, url: str, stand: Stand, switch: str
) -> None:
    changed = ("writes_enabled: true", f"writes_enabled: {str(switch != 'file').lower()}")
    stand.enabled["M-1"] = switch != "plant"
    machine = open_one(tmp_path, machines, gateway, url, changed=changed)
    [job] = stand.ended(stand.job("M-1", "run_cycle"))
    assert job["code"] == "MACHINE_REFUSED"
    said = {"file": "writes_enabled is false", "plant": "commands_enabled is false"}
    assert said[switch] in job["message"]
    assert machine.cycles() == []


def test_numbers_that_the_machine_knows_already_are_refused(
    tmp_path: Path, machines: Machines, gateway: Gateways, url: str, stand: Stand
) -> None:
    """A new plant begins at 1 again, and the machine remembers: nothing may pass as done."""
    machine = open_one(tmp_path, machines, gateway, url)
    until(lambda: states_of(stand) == ["idle"])
    machine.set(values={"ack_id": 1, "ack_state": 3})
    [job] = stand.ended(stand.job("M-1", "run_cycle"))
    assert job["code"] == "MACHINE_REFUSED"
    assert "shows a number that nobody has sent" in job["message"]
    machine.set(values={"ack_id": 0})
    [job] = stand.ended(stand.job("M-1", "run_cycle"))
    assert (job["state"], machine.cycles()) == ("completed", ["2"])


def test_a_cancelled_job_is_called_off_at_the_machine(
    tmp_path: Path, machines: Machines, gateway: Gateways, url: str, stand: Stand
) -> None:
    machine = open_one(tmp_path, machines, gateway, url, cycle=8)
    name = stand.job("M-1", "run_cycle")
    until(lambda: machine.cycles() == ["1"])
    stand.cancel(name)
    until(lambda: machine.read("abort") is True)
    assert machine.cycles() == ["1"]


def test_the_plant_may_lose_its_answers_and_go_away(
    tmp_path: Path, machines: Machines, gateway: Gateways, url: str, stand: Stand
) -> None:
    machine = open_one(tmp_path, machines, gateway, url, cycle=0.5)
    name = stand.job("M-1", "run_cycle")
    until(lambda: machine.cycles() == ["1"])
    stand.away = True
    until(lambda: machine.read("ack_state") == 3)
    stand.away, stand.forget = False, 3
    [job] = stand.ended(name)
    assert job["state"] == "completed"
    assert machine.cycles() == ["1"]


def test_a_lease_that_ran_out_is_taken_up_with_the_same_number(
    tmp_path: Path, machines: Machines, gateway: Gateways, url: str, stand: Stand
) -> None:
    machine = open_one(tmp_path, machines, gateway, url, cycle=1.0)
    name = stand.job("M-1", "run_cycle")
    until(lambda: machine.cycles() == ["1"])
    with stand.lock:  # the plant gave it up
        stand.jobs[name] |= {"state": "open", "fence": stand.jobs[name]["fence"] + 1}
    [job] = stand.ended(name)
    assert (job["state"], job["attempt"], job["command"]) == ("completed", 2, 1)
    assert machine.cycles() == ["1"]


# ---- the gateway itself ----


def test_a_killed_gateway_goes_on_where_it_was(
    tmp_path: Path, machines: Machines, url: str, stand: Stand
) -> None:
    machine = new_machine(tmp_path, machines, cycle=1.0).start()
    process = GatewayProcess(tmp_path / "machines", url)
    try:
        name = stand.job("M-1", "run_cycle", recipe=7.0)
        until(lambda: machine.cycles() == ["1"])
        process.kill()
        process = GatewayProcess(tmp_path / "machines", url)
        [job] = stand.ended(name)
        assert (job["state"], job["attempt"]) == ("completed", 1)
        assert machine.cycles() == ["1"]
        assert process.stop() == 0
    finally:
        process.kill()


def siege(
    tmp_path: Path, machines: Machines, url: str, stand: Stand, seed: int, kill_every: int
) -> None:
    """Commands to machines that answer late, lose answers and power; the gateway is killed too."""
    number = 64
    faults = {"late": 0.15, "die": 0.05, "lose": 0.1, "cycle": 0.05, "seed": seed}
    units = [f"M-{n}" for n in range(1, 9)]
    made = {unit: new_machine(tmp_path, machines, unit, **faults).start() for unit in units}
    for unit in units:
        change(tmp_path, "offline_timeout_s: 1", "offline_timeout_s: 20", unit)
    process = GatewayProcess(tmp_path / "machines", url)
    names = [stand.job(units[n % 8], ("run_cycle", "run_job")[n % 16 // 8]) for n in range(number)]
    killed_at = 0

    def through() -> bool:
        nonlocal process, killed_at
        threading.Event().wait(0.02)  # a core is what the processes need
        for machine in made.values():
            if machine.dead:
                machine.start()
        ended = sum(1 for n in names if stand.jobs[n]["state"] in ("completed", "failed"))
        if ended - killed_at >= kill_every:
            killed_at = ended
            process.kill()
            process = GatewayProcess(tmp_path / "machines", url)
        return ended == number

    try:
        until(through, 100)
    finally:
        process.kill()
    check([stand.jobs[name] for name in names], made)


def check(jobs: list[dict[str, Any]], machines: dict[str, MachineProcess]) -> None:
    """No number ran twice, what is completed ran, and nine of ten are."""
    assert {job["code"] for job in jobs} <= {None, "MACHINE_UNKNOWN", "MACHINE_OFFLINE"}
    cycles = {unit: Counter(machine.cycles()) for unit, machine in machines.items()}
    assert max(n for counts in cycles.values() for n in counts.values()) == 1
    for job in jobs:
        command, unit = job["command"], job["unit"]
        key = str(command) if job["action"] == "run_cycle" else f"{unit}-{command}"
        if job["code"] != "MACHINE_UNKNOWN":
            assert cycles[unit][key] == (job["state"] == "completed"), job
    done = sum(job["state"] == "completed" for job in jobs)
    assert done >= 0.9 * len(jobs), Counter(job["code"] for job in jobs)


def test_none_of_sixty_runs_twice(
    tmp_path: Path, machines: Machines, url: str, stand: Stand
) -> None:
    siege(tmp_path, machines, url, stand, seed=0, kill_every=24)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(1, 9))
def test_none_of_five_hundred_runs_twice(
    tmp_path: Path, machines: Machines, url: str, stand: Stand, seed: int
) -> None:
    siege(tmp_path, machines, url, stand, seed=seed, kill_every=9)
