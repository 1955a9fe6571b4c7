"""The gateway with real machines of a real protocol, and a plant that answers over HTTP."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.machines.shop import GatewayThread, MachineProcess
from tests.support.machines.stand import Stand, standing
from tests.support.waiting import until


class Floor:
    """One gateway with one machine; further ones may be added."""

    def __init__(self, folder: Path, url: str, stand: Stand) -> None:
        self.folder, self.url, self.stand = folder, url, stand
        folder.mkdir()
        self.machines: dict[str, MachineProcess] = {}
        self.gateway: GatewayThread | None = None

    def machine(self, unit: str, **options: object) -> MachineProcess:
        machine = MachineProcess(self.folder.parent / unit, **options)
        self.machines[unit] = machine
        self.write(unit, machine.plan(unit))
        return machine

    def write(self, unit: str, text: str) -> None:
        (self.folder / f"{unit}.yaml").write_text(text)

    def open(self) -> None:
        self.gateway = GatewayThread(self.folder, self.url)

    def close(self) -> None:
        if self.gateway is not None:
            gateway, self.gateway = self.gateway, None
            gateway.stop()

    def link(self, unit: str) -> str:
        assert self.gateway is not None
        assert self.gateway.gateway is not None
        machine = self.gateway.gateway.machine(unit)
        return "gone" if machine is None else str(machine.link)


@pytest.fixture
def stand() -> Stand:
    return Stand()


@pytest.fixture
def shop(tmp_path: Path, stand: Stand) -> Iterator[Floor]:
    with standing(stand) as url:
        made = Floor(tmp_path / "machines", url, stand)
        try:
            yield made
        finally:
            try:
                made.close()
            finally:
                for machine in made.machines.values():
                    machine.thaw() if not machine.dead else None
                    machine.kill()


def states(stand: Stand, unit: str = "M-1") -> list[str]:
    return [row["state"] for row in stand.of("state", unit)]


def test_what_a_machine_says_arrives_in_the_plants_words(shop: Floor, stand: Stand) -> None:
    machine = shop.machine("M-1").start()
    shop.open()
    until(lambda: states(stand) == ["idle"])
    machine.set(values={"state": 1, "good": 7, "alarm": 3, "temperature": 21.5})
    until(lambda: states(stand) == ["idle", "running"])
    until(lambda: [row["raw"] for row in stand.of("count")] == [0, 7])
    machine.set(values={"cycle": 1, "force": 99.5, "alarm": 0})
    until(lambda: [row["number"] for row in stand.of("cycle")] == [0, 1])
    assert stand.of("cycle")[-1]["values"] == {"force": {"value": 99.5, "unit_of_measure": "kN"}}
    assert stand.of("cycle")[-1]["boot"] == "1"
    until(lambda: len(stand.of("alarm")) == 2)
    alarms = [(row["code"], row["text"], row["active"]) for row in stand.of("alarm")]
    assert alarms == [("3", "Door open", True), ("3", "Door open", False)]
    until(lambda: [row[4] for row in stand.readings if row[1] == "temperature"][-1:] == [21.5])
    until(lambda: [m["state"] for m in stand.machines()] == ["connected"])
    assert stand.declared["gateway"]["machines"][0]["actions"][0] == "run_cycle"


def test_a_job_is_done_once_and_its_results_complete_it(shop: Floor, stand: Stand) -> None:
    machine = shop.machine("M-1").start()
    shop.open()
    names = [stand.job("M-1", action) for action in ("run_cycle", "run_job", "handshake", "kick")]
    ended = stand.ended(*names)
    assert [job["state"] for job in ended] == ["completed"] * 4, ended
    assert machine.cycles() == ["1", "M-1-2", "four", "bit"]
    assert ended[0]["variables"] == {"peak_force": 100.5}
    until(lambda: len(stand.of("write")) == 4)
    trace = stand.of("write")[0]
    assert (trace["job"], trace["action"], trace["outcome"]) == (names[0], "run_cycle", "written")
    assert trace["tags"]["number"] == {"before": 0, "value": 1, "after": 1}
    assert trace["tags"]["recipe"] == {"before": 0, "value": 1, "after": 1}


@pytest.mark.parametrize(
    ("action", "parameters", "code", "said"),
    [
        ("run_cycle", {"recipe": 51}, "MACHINE_REFUSED", "recipe is 51; allowed is 1 to 50"),
        ("run_cycle", {"recipe": 13}, "MACHINE_REFUSED", r"refused the command \(code 77\)"),
        ("dance", {}, "MACHINE_REFUSED", "has no action dance"),
    ],
)
def test_a_refusal_says_why(
    shop: Floor, stand: Stand, action: str, parameters: dict[str, int], code: str, said: str
) -> None:
    machine = shop.machine("M-1").start()
    shop.open()
    [job] = stand.ended(stand.job("M-1", action, **parameters))
    assert job["code"] == code
    assert re.search(said, job["message"])
    assert machine.cycles() == []


# ---- what goes wrong on the machine's side ----


def test_a_machine_that_is_killed_comes_back_by_itself(shop: Floor, stand: Stand) -> None:
    machine = shop.machine("M-1").start()
    shop.open()
    until(lambda: states(stand) == ["idle"])
    machine.set(values={"good": 5})
    until(lambda: [row["raw"] for row in stand.of("count")] == [0, 5])
    machine.kill()
    until(lambda: states(stand) == ["idle", "unknown"])
    assert stand.of("state")[-1]["reason"]
    until(
        lambda: any(row[1] == "temperature" and row[6] == "not_connected" for row in stand.readings)
    )
    until(lambda: shop.link("M-1") == "lost")
    machine.start()
    until(lambda: states(stand) == ["idle", "unknown", "idle"])
    lost = [row for row in stand.readings if row[1] == "temperature" and row[6]]
    assert len(lost) == 1  # the gap is told once, however often it was tried


def test_a_frozen_machine_is_noticed_and_its_return_too(shop: Floor, stand: Stand) -> None:
    machine = shop.machine("M-1").start()
    shop.open()
    until(lambda: states(stand) == ["idle"])
    machine.freeze()
    until(lambda: states(stand) == ["idle", "unknown"], 5)
    machine.thaw()
    until(lambda: states(stand) == ["idle", "unknown", "idle"], 5)


def test_a_controller_that_stands_behind_a_connection_that_lives(shop: Floor, stand: Stand) -> None:
    """It answers, and says nothing that is true: its heartbeat tells."""
    machine = shop.machine("M-1").start()
    beat = "tags:\n  - {name: beat, signal: heartbeat, address: beat, stale_s: 1}\n"
    shop.write("M-1", machine.plan("M-1").replace("tags:\n", beat))
    shop.open()
    until(lambda: states(stand) == ["idle", "unknown"])
    assert shop.link("M-1") == "degraded"
    assert stand.of("state")[-1]["reason"] == "stale"
    until(lambda: any(row[6] == "stale" for row in stand.readings))
    machine.set(values={"beat": 1})
    until(lambda: states(stand)[:3] == ["idle", "unknown", "idle"])


def test_refused_tags_are_offered_until_they_are_taken(shop: Floor, stand: Stand) -> None:
    shop.machine("M-1", refuse={"force": 3.0}).start()
    shop.open()
    until(lambda: shop.link("M-1") == "degraded")
    assert stand.of("measurement") == []
    until(lambda: [m["accepted"] for m in stand.machines()] == [19])
    assert "force" in stand.machines()[0]["error"]
    until(lambda: shop.link("M-1") == "connected")
    until(lambda: len(stand.of("measurement")) == 1)


def test_a_dead_machine_keeps_no_other_waiting(shop: Floor, stand: Stand) -> None:
    shop.machine("M-1")  # its port is closed
    alive = shop.machine("M-2").start()
    frozen = shop.machine("M-3").start()
    frozen.freeze()
    shop.open()
    until(lambda: states(stand, "M-2") == ["idle"], 3)
    [job] = stand.ended(stand.job("M-2", "run_cycle"), seconds=5)
    assert job["state"] == "completed"
    assert alive.cycles() == ["1"]
    assert [row["reason"] != "" for row in stand.of("state", "M-1")] == [True]


def test_a_wrong_password_is_not_tried_again_at_once(shop: Floor, stand: Stand) -> None:
    machine = shop.machine("M-1", password="right").start()
    shop.write("M-1", machine.plan("M-1"))
    shop.open()
    until(lambda: shop.link("M-1") == "refused")
    assert shop.gateway is not None
    assert shop.gateway.gateway is not None
    supervisor = shop.gateway.gateway.machine("M-1")
    assert supervisor is not None
    assert supervisor.error == "wrong password"
    (shop.folder / "secret").write_text("right")
    shop.write("M-1", machine.plan("M-1") + "security: {password_file: secret}\n")
    until(lambda: shop.link("M-1") == "connected")  # another file is tried at once


# ---- another file ----


def test_a_changed_tag_leaves_the_others_alone(shop: Floor, stand: Stand) -> None:
    machine = shop.machine("M-1").start()
    shop.open()
    until(lambda: states(stand) == ["idle"])
    before = len(stand.of("measurement"))
    text = machine.plan("M-1").replace("unit: kN}", "unit: kN, scale: 10}")
    machine.set(values={"force": 1.5})
    until(lambda: len(stand.of("measurement")) == before + 1)
    shop.write("M-1", text)
    until(lambda: stand.of("measurement")[-1]["value"] == 15.0)
    assert states(stand) == ["idle"]  # never lost
    assert stand.machines()[0]["generation"] == 1
    until(lambda: stand.declared["gateway"]["machines"][0]["digest"] != "")


def test_a_broken_file_keeps_the_machine_as_it_was(shop: Floor, stand: Stand) -> None:
    machine = shop.machine("M-1").start()
    shop.open()
    until(lambda: states(stand) == ["idle"])
    shop.write("M-1", machine.plan("M-1").replace("signal: raw", "signal: rw"))
    until(lambda: any("has to be one of" in str(m["error"]) for m in stand.machines()))
    machine.set(values={"state": 1})
    until(lambda: states(stand) == ["idle", "running"])
    (shop.folder / "M-1.yaml").unlink()
    until(lambda: states(stand) == ["idle", "running", "unknown"])
    until(lambda: stand.declared["gateway"]["machines"] == [])


def test_a_new_file_is_a_new_machine(shop: Floor, stand: Stand) -> None:
    shop.open()
    shop.machine("M-1").start()
    until(lambda: states(stand) == ["idle"])
