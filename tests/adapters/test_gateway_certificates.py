"""Certificates as people see them: one that ends soon is told, one that is over is refused."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from adapters.client import ApiProblem, Client
from adapters.machines.protocols import certificates
from tests.support.machines.opcua import PASSWORD, USER, Floor, at
from tests.support.shell import Shell
from tests.support.waiting import until

SECURED = """\
unit: PRESS-1
protocol: opcua
url: {url}
security: {{policy: Basic256Sha256, user: {user}, password_file: secret, certificates: pki}}
tags:
  - {{name: temp, signal: raw, address: "{address}"}}
"""


class Plant:
    """A real plant with a gateway beside it, for a press that speaks OPC UA."""

    def __init__(self, home: Path) -> None:
        self.shell, self.folder, self.pki = Shell(home), home / "machines", home / "machines/pki"

    def describe(self, floor: Floor, *, days: int) -> None:
        """Write the machine's file; both sides trust each other, and our certificate has days."""
        us = certificates.make_own(self.pki, days=days)
        floor.run(floor.trust(us.file.read_bytes()))
        certificates.pin(self.pki, certificates.load((floor.folder / "server.der").read_bytes()))
        (self.folder / "secret").write_text(PASSWORD)
        text = SECURED.format(url=floor.press.url, user=USER, address=at("Temp"))
        (self.folder / "press.yaml").write_text(text)

    @contextmanager
    def served(self) -> Iterator["Served"]:
        with self.shell.serving() as server:
            roles = ("--role", "auditor", "maintenance")
            token = self.shell.done("token", "create", *roles).strip()
            with Client(server.url, token) as client:
                unit = {"code": "PRESS-1", "name": "Press", "level": "work_unit"}
                client.post("/equipment", unit)
                yield Served(server.url, token, client)


class Served:
    """What people and programs see of it."""

    def __init__(self, url: str, token: str, client: Client) -> None:
        self.url, self.token, self.client = url, token, client

    def health(self) -> dict[str, Any]:
        try:
            found = self.client.get("/gateways/gateway")["health"]
        except ApiProblem:
            return {"machines": [], "findings": []}
        return found or {"machines": [], "findings": []}

    def machine(self) -> dict[str, Any]:
        return next(iter(self.health()["machines"]), {"state": "", "warnings": [], "error": None})

    def screen(self, path: str) -> str:
        headers = {"Authorization": f"Bearer {self.token}"}
        return httpx.get(self.url + path, headers=headers).raise_for_status().text

    def both(self) -> list[str]:
        return [self.screen("/gateways"), self.screen("/machines/PRESS-1")]

    def both_say(self, *words: str) -> bool:
        """Looked at while the machine answers: one that is lost has no other warnings."""
        return all(each in page for page in self.both() for each in words)


async def waited(condition: Callable[[], bool]) -> None:
    """Wait in a thread, so that the server on this loop goes on."""
    await asyncio.to_thread(until, condition, 60.0)


def test_certificates_that_end_in_days_are_told(tmp_path: Path) -> None:
    floor = Floor(tmp_path / "opcua", days=5)
    try:
        plant = Plant(tmp_path / "home")
        plant.describe(floor, days=3)
        with plant.served() as served:
            floor.run(waited(lambda: len(served.machine()["warnings"]) == 2), 90)
            assert served.machine()["state"] == "connected"
            ours, theirs = served.machine()["warnings"]
            assert (ours["kind"], ours["facts"]["days"]) == ("own_certificate", 3)
            assert "ends in 3 days" in ours["text"]
            assert (theirs["kind"], theirs["facts"]["days"]) == ("server_certificate", 5)
            words = ("Our certificate is valid until",
                     f"The certificate of {floor.press.url} is valid until")  # fmt: skip
            floor.run(waited(lambda: served.both_say(*words)), 90)
    finally:
        floor.close()


def test_a_servers_certificate_that_is_over_is_refused_on_the_screen(tmp_path: Path) -> None:
    floor = Floor(tmp_path / "opcua", days=0)
    try:
        plant = Plant(tmp_path / "home")
        plant.describe(floor, days=30)
        with plant.served() as served:
            floor.run(waited(lambda: served.machine()["state"] == "refused"), 90)
            for page in served.both():
                assert f"The certificate of {floor.press.url} ended on" in page
                assert "renew it on the machine" in page
    finally:
        floor.close()


def test_our_certificate_that_is_over_is_a_finding_on_the_screen(
    floor: Floor, tmp_path: Path
) -> None:
    plant = Plant(tmp_path / "home")
    plant.describe(floor, days=0)
    with plant.served() as served:
        until(lambda: bool(served.health()["findings"]), 60)
        assert served.health()["machines"] == []
        [finding] = served.health()["findings"]
        assert "press.yaml:" in finding
        assert "make a new one with `routecard gateway trust --renew URL`" in finding
        assert "Our certificate ended on" in served.screen("/gateways")
