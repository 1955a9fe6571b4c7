"""A real plant, with machines and gateways around it: a process each."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

from adapters.client import Client
from tests.support.diagrams import end, job, process, start
from tests.support.machines.shop import GatewayProcess, MachineProcess
from tests.support.shell import Shell
from tests.support.waiting import until

ROLES = ("integration", "admin", "process_engineer", "planner", "maintenance")
DIAGRAM = process(
    start(),
    end(),
    "start -> press -> end",
    job("press", action="run_cycle", equipment="M-1", parameters={"recipe": "= 1"}),
)
Item = dict[str, Any]


class Hall:
    """The plant, one machine M-1, and any number of gateways that have its file."""

    def __init__(self, place: Path, client: Client, token: str, **machine: Any) -> None:
        self.place, self.client, self._token = place, client, token
        self.machine = MachineProcess(place / "M-1", **machine).start()
        self.gateways: dict[str, GatewayProcess] = {}

    def open(
        self, name: str, folder: str = "", plan: str | None = None, **about: Any
    ) -> GatewayProcess:
        """A gateway; its folder has its name, so that two of one name can have one each."""
        machines = self.place / (folder or name) / "machines"
        machines.mkdir(parents=True, exist_ok=True)
        (machines / "gateway.yaml").write_text(f"name: {name}\n")
        (machines / "M-1.yaml").write_text(plan or self.machine.plan("M-1"))
        made = GatewayProcess(machines, self.client.url, self._token, **about)
        self.gateways[folder or name] = made
        return made

    def log(self, folder: str) -> str:
        """What a gateway has logged."""
        return (self.place / folder / "gateway.log").read_text()

    def stands(self, *states: str, seconds: float = 20) -> None:
        """Wait until the plant says that the unit is in one of these states."""
        until(lambda: self.get("/equipment/M-1")["state"] in states, seconds)

    def link(self, name: str) -> Item:
        """What a gateway said last of its connection."""
        found = {item["name"]: item for item in self.get("/gateways")["items"]}
        told = (found.get(name, {}).get("health") or {}).get("machines", [])
        return dict(told[0]) if told else {"state": "", "error": "", "generation": 0}

    def links(self, name: str, state: str, seconds: float = 20) -> None:
        """Wait until a gateway says so of its connection."""
        until(lambda: self.link(name)["state"] == state, seconds)

    def get(self, path: str, **query: Any) -> Item:
        """Ask the plant."""
        found: Item = self.client.get(path, **query)
        return found

    def order(self) -> str:
        """Start the diagram; its instance."""
        return str(self.client.start_instance("p")["id"])

    def done(self, *instances: str, seconds: float = 20) -> None:
        """Wait until they are through."""

        def through() -> bool:
            return all(self.get(f"/instances/{i}")["state"] == "completed" for i in instances)

        until(through, seconds)

    def intervals(self) -> list[Item]:
        """The states of the unit, each beginning where the one before ended."""
        found: list[Item] = self.get("/equipment/M-1/states")["items"]
        ordered = sorted(found, key=lambda item: str(item["began"]))
        for one, next_one in pairwise(ordered):
            assert one["ended"] == next_one["began"], found
        return ordered

    def good(self) -> int:
        """How many good pieces the plant has counted."""
        return int(self.get("/equipment/M-1/counts/sums")["counted"]["good"])

    def close(self) -> None:
        """End everything."""
        for gateway in self.gateways.values():
            gateway.kill()
        self.machine.kill()


@contextmanager
def hall(place: Path, machine: Mapping[str, Any] | None = None) -> Iterator[Hall]:
    """A plant with the unit M-1 and a diagram that lets it run one cycle."""
    shell = Shell(place / "home")
    with shell.serving() as server:
        token = shell.done("token", "create", "--role", *ROLES).strip()
        with Client(server.url, token) as client:
            unit = {"code": "M-1", "name": "Press", "level": "work_unit"}
            client.post("/equipment", unit | {"commands_enabled": True})
            client.deploy("p.bpmn", {"p.bpmn": DIAGRAM})
            client.post("/processes/p/versions/1/release")
            made = Hall(place, client, token, **(machine or {}))
            try:
                yield made
            finally:
                made.close()
