"""`routecard demo`: twenty orders stand where the script says, once and for all."""

import signal
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from adapters.client import Client
from cli.driving.script import Order, read_script
from tests.support.shell import Shell
from tests.support.waiting import until

QUICK = ("--port", 0, "--speed", 0)


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    """A shell whose own plant no demonstration may touch."""
    return Shell(tmp_path / "plant")


def standing(order: Order, process: str = "turned_shaft") -> Iterator[tuple[str, str]]:
    """Process and state of an order's instance, and of those that it opens."""
    yield process, "completed" if order.expect == "completed" else "active"
    for key, opened in order.opened():
        yield from standing(opened, key)


def check_that_machines_make_shafts(url: str, token: str) -> None:
    """Real protocols, one gateway, and a routing that comes to its end."""
    shafts = {"process": "machined_shaft", "state": "completed"}
    with Client(url, token) as client:
        until(lambda: any(client.pages("/instances", **shafts)), seconds=120)
        jobs = list(client.pages("/jobs", topic="machine", state="completed"))
        assert {job["unit"] for job in jobs} == {"LATHE-1", "OVEN-1", "PRESS-1", "LEAK-1"}
        assert all(job["command"] for job in jobs)
        assert client.get("/gateways/demo")["state"] == "alive"


def test_an_empty_home_becomes_a_running_plant(shell: Shell, tmp_path: Path) -> None:
    script, home = read_script(), tmp_path / "demo"
    said = shell.done("demo", "--home", home, *QUICK, "--exit-when-ready")
    told = {line.partition(" ")[0] for line in said.splitlines()}
    assert {order.business_key for order in script.orders} <= told
    assert "WO-1003  inspect_diameter       carla    diameter 24.91" in said
    assert "The plant is running at http://127.0.0.1:" in said
    assert not shell.home.exists()

    again = shell.start("demo", "--home", home, *QUICK)
    *shown, _ = shown_again = again.until("Ctrl-C")
    tokens = [line.split()[-1] for line in shown if " rc_" in line and "curl" not in line]
    assert again.said.startswith("Routecard on http://127.0.0.1:")
    with Client(again.url, tokens[0]) as client:
        rows = client.pages("/instances", limit=200)
        stands = Counter((item["process"], item["state"]) for item in rows)
        assert stands == Counter(stand for order in script.orders for stand in standing(order))
        (capa,) = client.pages("/instances", process="capa", business_key="WO-1004")
        shown = client.get(f"/instances/{capa['id']}")
        assert [token["element"] for token in shown["tokens"]] == ["wait_for_effect"]
        assert shown["variables"]["nc_number"] == "NC-000002"
        assert len(list(client.pages("/users"))) == len(script.people)
        assert len(list(client.pages("/tokens"))) == len(script.everybody)
        (station,) = client.pages("/stations")
        assert (station["name"], station["enrolled"]) == (script.station, None)
    with httpx.Client(base_url=f"{again.url}/api/v1") as visitor:
        ana = script.people[0]
        told = {"name": ana.name, "password": script.password}
        assert visitor.post("/sessions", json=told).json()["full_name"] == ana.full_name
        (line,) = [line for line in shown_again if "by the code" in line]
        code = {"code": line.partition("the code ")[2].split()[0]}
        assert visitor.post("/stations/enrol", json=code).status_code == 200
        told = {"badge": ana.badge, "pin": ana.pin}
        assert visitor.post("/sessions", json=told).json()["station"]["name"] == script.station
    again.until("Four simulated machines work")
    check_that_machines_make_shafts(again.url, tokens[0])
    code, rest, log = again.end(signal.SIGINT)
    assert (code, rest.splitlines()[-1], log) == (0, "Stopped.", "")
    assert list((home / "machines").glob("*.yaml")) == []


def test_an_interrupted_demonstration_goes_on_where_it_stood(shell: Shell, tmp_path: Path) -> None:
    home = tmp_path / "demo"
    begun = shell.start("demo", "--home", home, "--port", 0)
    begun.until("WO-1002  saw_blank")
    assert begun.end(signal.SIGINT)[0] == 0
    said = shell.done("demo", "--home", home, *QUICK, "--exit-when-ready")
    assert "WO-1001" not in said
    assert "WO-1002  saw_blank" not in said
    assert "WO-1020  Just started" in said


def test_only_a_folder_of_its_own_is_used_and_emptied(shell: Shell, tmp_path: Path) -> None:
    letters = tmp_path / "letters"
    letters.mkdir()
    (letters / "dear.txt").write_text("Dear")
    for options in ((), ("--reset",)):
        assert "not made by a demonstration" in shell.refused(
            "demo", "--home", letters, *QUICK, *options
        )
    assert (letters / "dear.txt").read_text() == "Dear"

    home = tmp_path / "demo"
    home.mkdir()
    (home / "demo.json").write_text('{"ready": true, "tokens": {}}')
    (home / "plant.db").write_text("old")
    assert "WO-1020" in shell.done("demo", "--home", home, *QUICK, "--reset", "--exit-when-ready")
