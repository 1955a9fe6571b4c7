"""`routecard gateway`: checks files, says what it lacks, runs beside a server with machines."""

from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from adapters.client import ApiProblem, Client
from tests.support.shell import Shell
from tests.support.waiting import until

PRESS = """\
unit: PRESS-1
protocol: modbus
url: tcp://127.0.0.1:{port}
tags:
  - {{name: state, signal: state, address: "holding:0", type: uint16, map: {{0: idle}}}}
"""


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    """A shell on an empty home."""
    return Shell(tmp_path / "home")


def machines(shell: Shell) -> Path:
    folder = shell.home / "machines"
    folder.mkdir(parents=True)
    (folder / "press.yaml").write_text(PRESS.format(port=9))
    return folder


def test_check_names_line_and_cure(shell: Shell) -> None:
    folder = machines(shell)
    assert shell.done("gateway", "check", folder) == "1 machines are right.\n"
    assert shell.done("gateway", "check", folder / "press.yaml") == "1 machines are right.\n"
    (folder / "oven.yaml").write_text(PRESS.format(port=9).replace("holding:0", "40001"))
    refused = shell.run("gateway", "check", folder)
    assert refused.returncode == 1
    assert f"{folder / 'oven.yaml'}:5: " in refused.stdout
    assert "holding:0" in refused.stdout
    assert "1 findings; 1 machines are right." in refused.stderr


def test_what_is_missing_is_said_in_one_line(shell: Shell) -> None:
    folder = machines(shell)
    assert "--url" in shell.refused("gateway", "--config", folder)
    said = shell.refused("gateway", "--config", folder, "--url", "http://127.0.0.1:9")
    assert "routecard token create --role integration" in said
    assert "no such folder" in shell.refused("gateway", "--config", shell.home / "none")


def gateways_of(process: int) -> list[psutil.Process]:
    found = []
    for child in psutil.Process(process).children():
        with suppress(psutil.Error):  # it is ending
            if "gateway" in child.cmdline():
                found.append(child)
    return found


def test_a_server_with_machines_has_a_gateway_beside_it(shell: Shell) -> None:
    machines(shell)
    with shell.serving() as server:
        token = shell.done("token", "create", "--role", "auditor").strip()
        with Client(server.url, token) as client:

            def health() -> list[dict[str, object]]:
                try:
                    said = client.get("/gateways/gateway")["health"] or {}
                except ApiProblem:
                    return []
                found: list[dict[str, object]] = said.get("machines", [])
                return found

            until(lambda: [m["state"] for m in health()] == ["lost"], 30)
            [first] = gateways_of(server.process.pid)
            first.kill()
            until(lambda: any(p != first for p in gateways_of(server.process.pid)), 30)
        [second] = gateways_of(server.process.pid)
        code, _, _ = server.end()
    assert code == 0
    assert not second.is_running()


def test_the_first_machine_that_is_put_into_a_home_starts_the_gateway(shell: Shell) -> None:
    with shell.serving() as server:
        token = shell.done("token", "create", "--role", "auditor").strip()
        with Client(server.url, token) as client:
            assert list(client.pages("/gateways")) == []
            machines(shell)
            until(lambda: [g["name"] for g in client.pages("/gateways")] == ["gateway"], 30)
            said = client.get("/gateways/gateway")
            assert [machine["unit"] for machine in said["declared"]] == ["PRESS-1"]
        [child] = gateways_of(server.process.pid)
        code, _, _ = server.end()
    assert code == 0
    assert not child.is_running()


def test_a_server_without_machines_has_no_gateway_and_ends_at_once(shell: Shell) -> None:
    (shell.home / "machines").mkdir(parents=True)
    (shell.home / "machines" / "gateway.yaml").write_text("name: line-1\n")
    with shell.serving() as server:
        token = shell.done("token", "create", "--role", "auditor").strip()
        with Client(server.url, token) as client:
            assert list(client.pages("/gateways")) == []
        assert gateways_of(server.process.pid) == []
        code, _, log = server.end()
    assert (code, "gateway_ended" in log) == (0, False)


def test_a_gateway_does_not_outlive_a_server_that_is_killed(shell: Shell) -> None:
    machines(shell)
    with shell.serving() as server:
        until(lambda: len(gateways_of(server.process.pid)) == 1)
        [gateway] = gateways_of(server.process.pid)
        server.kill()
        gone, _ = psutil.wait_procs([gateway], timeout=20)
    assert gone
