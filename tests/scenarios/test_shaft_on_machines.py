"""A shaft on a simulated lathe, over real OPC UA, a real gateway and a real server: each outcome of
a command takes the path that the routing draws for it. That all goes well is seen by the test of
the demonstration, where four machines make a shaft.
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from adapters.client import Client
from cli.driving.machines import furnish, read_shop
from tests.support.shell import ROOT, Shell
from tests.support.waiting import until

FORMS = (
    *("load_shaft", "clear_refusal", "judge_part", "judge_charge"),
    *("say_what_happened", "restore_machine"),
)
ROLES = ("admin", "process_engineer", "planner", "operator", "maintenance")
# A shaft takes six seconds; what takes longer than four is too long, what is away for two unknown,
# and who cannot be reached for two is not told at all.
SPEED = 5
LIMITS = ("done_timeout_s: 4", "unknown_timeout_s: 2", "offline_timeout_s: 2")
TIMES = {"done_timeout_s: 3600": "\n    ".join(LIMITS)}
SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Lathe:
    """The simulated lathe, seen through the door for its faults."""

    url: str
    door: str

    def fault(self, name: str, **arguments: float) -> None:
        """Let something go wrong with it."""
        answer = httpx.post(f"{self.door}/faults/{name}", content=json.dumps(arguments))
        answer.raise_for_status()

    @property
    def state(self) -> int:
        """0 is idle, 1 is running."""
        return int(self._look()["state"])

    @property
    def jobs(self) -> dict[str, str]:
        """The jobs that it has been told, by their ids."""
        found: dict[str, str] = json.loads(self._look()["jobs"])
        return found

    def _look(self) -> dict[str, Any]:
        found: dict[str, Any] = httpx.get(f"{self.door}/").json()
        return found


@pytest.fixture(scope="module")
def lathe(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lathe]:
    """A lathe that is on."""
    memory = tmp_path_factory.mktemp("lathe") / "memory.json"
    words = ["--port", "0", "--door", "0", "--speed", str(SPEED), "--memory", str(memory)]
    process = subprocess.Popen(
        [sys.executable, "-m", "adapters.simulate.cnc", *words],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout is not None
    _, url, _, door = process.stdout.readline().split()
    yield Lathe(url, door)
    process.terminate()
    process.communicate()


@pytest.fixture(scope="module")
def plant(lathe: Lathe, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """A plant that is served, with the lathe's file in its home and the routing released."""
    shell = Shell(tmp_path_factory.mktemp("plant") / "home")
    shell.done("db", "upgrade")
    token = shell.done("token", "create", *(w for r in ROLES for w in ("--role", r))).strip()
    forms = [ROOT / f"forms/definitions/{form}.form.json" for form in FORMS]
    routing = ROOT / "processes/bpmn/routings/machined_shaft.bpmn"
    shell.done("process", "deploy", routing, *forms, "--release")
    _put_file(shell.home / "machines", lathe.url)
    with shell.serving() as running, Client(running.url, token) as client:
        furnish(read_shop(), client)
        until(lambda: _state(client) == "idle", SECONDS)
        yield client


def _put_file(folder: Path, url: str) -> None:
    text = (ROOT / "processes/demo/machines/cnc.yaml").read_text("utf-8")
    for usual, here in TIMES.items():
        assert usual in text
        text = text.replace(usual, here)
    lines = [f"url: {url}" if line.startswith("url:") else line for line in text.splitlines()]
    folder.mkdir()
    (folder / "cnc.yaml").write_text("\n".join(lines), "utf-8")


def _state(client: Client) -> Any:
    return client.get("/equipment/LATHE-1")["state"]


def loaded(plant: Client, lathe: Lathe, number: str) -> str:
    """A shaft that waits for the lathe, which is free."""
    until(lambda: lathe.state == 0 and _state(plant) == "idle", SECONDS)
    instance = str(plant.start_instance("machined_shaft", business_key=number)["id"])
    (task,) = plant.pages("/tasks", instance=instance)
    plant.complete_task(task["id"], {"serial": f"SN-{number}"})
    return instance


def waits_at(plant: Client, instance: str, element: str) -> None:
    """Wait until somebody is asked there."""

    def asked() -> list[str]:
        return [task["element"] for task in plant.pages("/tasks", instance=instance)]

    until(lambda: asked() == [element], SECONDS)


def job_of(plant: Client, instance: str) -> dict[str, Any]:
    """The lathe's job of a shaft."""
    jobs = plant.pages("/jobs", instance=instance)
    return next(job for job in jobs if job["element"] == "turn_on_lathe")


def test_a_lathe_out_of_reach_is_brought_back(plant: Client, lathe: Lathe) -> None:
    """It answers nobody from just before the shaft is loaded: the plant still takes it for idle."""
    until(lambda: lathe.state == 0 and _state(plant) == "idle", SECONDS)
    lathe.fault("freeze", seconds=6)
    instance = loaded(plant, lathe, "offline")
    waits_at(plant, instance, "bring_lathe_back")
    lathe.fault("none")
    assert f"LATHE-1-{job_of(plant, instance)['command']}" not in lathe.jobs


def test_a_refused_job_goes_to_the_operator(plant: Client, lathe: Lathe) -> None:
    lathe.fault("refuse")
    waits_at(plant, loaded(plant, lathe, "refused"), "clear_refusal")


def test_a_job_that_breaks_off_goes_to_quality(plant: Client, lathe: Lathe) -> None:
    instance = loaded(plant, lathe, "aborted")
    until(lambda: lathe.state == 1, SECONDS)
    assert f"LATHE-1-{job_of(plant, instance)['command']}" in lathe.jobs
    lathe.fault("breakdown", seconds=1)
    waits_at(plant, instance, "judge_turned_part")


def test_a_job_that_takes_too_long_goes_to_maintenance(plant: Client, lathe: Lathe) -> None:
    waits_at(plant, loaded(plant, lathe, "late"), "look_at_lathe")


def test_a_job_that_nobody_knows_of_goes_to_the_team_lead(plant: Client, lathe: Lathe) -> None:
    lathe.fault("die", seconds=30)
    instance = loaded(plant, lathe, "unknown")
    waits_at(plant, instance, "say_what_happened")
    assert job_of(plant, instance)["command"] is not None
