"""A plant at work for as long as a test wants: four simulated machines, a thousand tags of somebody
else's server, a real gateway and a real plant, each a process that may be stopped or killed.
"""

import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import httpx

from adapters.client import ApiProblem, Client, Unreachable
from cli.driving.machines import furnish, read_shop
from tests.support.diagrams import boundary, end, job, process, start
from tests.support.machines.peers import URI, Peer, node_opcua
from tests.support.machines.shop import GatewayProcess
from tests.support.server import Server, free_port
from tests.support.shell import ROOT, Shell
from tests.support.waiting import until

TAGS, PERIOD_MS = 1000, 500
TAG_UNIT = "TAGS-1"
SPEED = 10.0
ROLES = ("admin", "process_engineer", "planner", "maintenance")
WAITING = 2  # jobs of a machine that are always there
LOOK_SECONDS = 1.0
DOOR_SECONDS = 30.0  # a machine that starts its server again answers late
WRAP = 2**32  # the machines' counters


@dataclass(frozen=True, slots=True)
class Kind:
    """A machine of the shop: its simulator, its file, and what it is told to do."""

    module: str
    file: str
    action: str
    speed: float = SPEED


KINDS = {
    "LATHE-1": Kind("cnc", "cnc.yaml", "turn"),
    "OVEN-1": Kind("oven", "oven.yaml", "harden", SPEED * 30),
    "PRESS-1": Kind("press", "press.yaml", "press", SPEED / 4),
    "LEAK-1": Kind("leak_tester", "leak_tester.yaml", "test"),
}


class Machine:
    """A simulated machine with the door for its faults; it remembers what it has really made."""

    def __init__(self, unit: str, kind: Kind, folder: Path, seed: int) -> None:
        self.unit, self.kind = unit, kind
        words = ["--door", "0", "--seed", str(seed), "--speed", str(kind.speed)]
        words += ["--memory", str(folder / f"{unit}.json")]
        self._process = subprocess.Popen(
            [sys.executable, "-m", f"adapters.simulate.{kind.module}", *words],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert self._process.stdout is not None
        _, self.url, _, self._door = self._process.stdout.readline().split()
        self._before = 0  # parts made before the counters were last put elsewhere
        self._from = {"good": 0, "scrap": 0}

    def look(self) -> dict[str, Any]:
        """What stands in the controller."""
        found: dict[str, Any] = httpx.get(f"{self._door}/", timeout=DOOR_SECONDS).json()
        return found

    @property
    def made(self) -> int:
        """Parts made so far, whatever was done to the counters."""
        found = self.look()
        return self._before + sum((found[c] - self._from[c]) % WRAP for c in self._from)

    @property
    def faults(self) -> list[str]:
        """The faults it can be asked for."""
        return list(self.look()["faults"])

    def fault(self, name: str, **arguments: float) -> None:
        """Let something go wrong."""
        content = json.dumps(arguments)
        answer = httpx.post(f"{self._door}/faults/{name}", content=content, timeout=DOOR_SECONDS)
        answer.raise_for_status()

    def put_elsewhere(self, fault: str) -> None:
        """Let a fault change the counters; what was made before is kept in mind."""
        self._before = self.made
        self.fault(fault)
        found = self.look()
        self._from = {counter: found[counter] for counter in self._from}

    def end(self) -> None:
        """Switch it off."""
        self._process.terminate()
        self._process.communicate()


class Endurance:
    """All of it, from the first order to the last look.

    Args:
        folder: for homes, memories and logs; nothing else is in it.
        seed: of the machines; each has another one.
    """

    def __init__(self, folder: Path, seed: int) -> None:
        self.folder, self.seed = folder, seed
        self.port = free_port()
        self.gateway_lives = self.server_lives = 0
        self._over = threading.Event()
        self._opened = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as opened:
            self._open(opened)
            self._opened = opened.pop_all()
        return self

    def _open(self, opened: ExitStack) -> None:
        home, self.files = self.folder / "home", self.folder / "gateway" / "machines"
        shell = Shell(home)
        shell.done("db", "upgrade")
        roles = [w for r in (*ROLES, "integration") for w in ("--role", r)]
        self.token = shell.done("token", "create", *roles).strip()
        self.machines = {}
        for number, (unit, kind) in enumerate(KINDS.items()):
            machine = self.machines[unit] = Machine(unit, kind, self.folder, self.seed + number)
            opened.callback(machine.end)
        pki = self.folder / "pki"
        self.peer: Peer = opened.enter_context(node_opcua(pki, tags=TAGS, period=PERIOD_MS))
        self._write_files()
        self.begin_server()
        opened.callback(lambda: self.server.end())
        self.client = opened.enter_context(Client(self.url, self.token))
        furnish(read_shop(), self.client)
        unit = {"code": TAG_UNIT, "name": "A thousand tags", "level": "work_unit"}
        self.client.post("/equipment", unit | {"parent": "HEAT"})
        for name, machine in self.machines.items():
            self._release(name, machine.kind.action)
        self.begin_gateway()
        opened.callback(lambda: self.gateway.kill())
        loading = opened.enter_context(Client(self.url, self.token))
        loader = threading.Thread(target=self._load, args=(loading,), name="loader")
        until(lambda: self.well(), 60)
        loader.start()
        opened.callback(loader.join)
        opened.callback(self._over.set)

    def __exit__(self, *_: object) -> None:
        self._opened.close()

    def _write_files(self) -> None:
        self.files.mkdir(parents=True)
        for machine in self.machines.values():
            text = (ROOT / "processes/demo/machines" / machine.kind.file).read_text("utf-8")
            lines = [f"url: {machine.url}" if x.startswith("url:") else x for x in text.split("\n")]
            (self.files / machine.kind.file).write_text("\n".join(lines), "utf-8")
        names = ["Rounds", *(f"t{n}" for n in range(TAGS))]
        tags = [f'  - {{name: {n}, signal: raw, address: "nsu={URI};s={n}"}}' for n in names]
        head = [f"unit: {TAG_UNIT}", "protocol: opcua", f"url: {self.peer.url}"]
        head += [f"groups: {{every: {PERIOD_MS / 1000}}}", "tags:"]
        (self.files / "tags.yaml").write_text("\n".join([*head, *tags]), "utf-8")

    def _release(self, unit: str, action: str) -> None:
        key = process_of(unit)
        diagram = process(
            start(), end("end", "broke_off"), "start -> work -> end",
            job("work", action=action, equipment=unit),
            boundary("trouble", "work", error=""), "trouble -> broke_off", key=key,
        )  # fmt: skip
        self.client.deploy(f"{key}.bpmn", {f"{key}.bpmn": diagram})
        self.client.post(f"/processes/{key}/versions/1/release")

    # ---- processes ----

    @property
    def url(self) -> str:
        """Where the plant is, in every life of its server."""
        return f"http://127.0.0.1:{self.port}"

    def begin_server(self) -> None:
        """Start the plant's server, again perhaps."""
        database = f"sqlite:///{self.folder / 'home' / 'plant.db'}"
        self.server = Server(database, self.folder / "home", port=self.port)
        self.server_lives += 1

    def begin_gateway(self) -> None:
        """Start the gateway, again perhaps."""
        self.gateway = GatewayProcess(self.files, self.url, self.token)
        self.gateway_lives += 1

    # ---- people ----

    def _load(self, client: Client) -> None:
        """Keep every machine in work; what the plant cannot take now is tried again."""
        while not self._over.wait(LOOK_SECONDS):
            for unit in self.machines:
                with suppress(ApiProblem, Unreachable):
                    self._order(client, unit)

    def _order(self, client: Client, unit: str) -> None:
        waiting = client.get("/instances", process=process_of(unit), state="active", limit=WAITING)
        for _ in range(WAITING - len(waiting["items"])):
            client.start_instance(process_of(unit))

    def stop_loading(self) -> None:
        """Order nothing more."""
        self._over.set()

    # ---- looking ----

    def gateway_item(self) -> dict[str, Any]:
        """How the plant sees the gateway."""
        found: dict[str, Any] = self.client.get("/gateways/gateway")
        return found

    def well(self) -> bool:
        """Whether every machine is connected and nothing waits in the buffer for long."""
        with suppress(ApiProblem, Unreachable):
            found = self.gateway_item()
            health = found["health"] or {}
            states = {m["unit"]: m["state"] for m in health.get("machines", ())}
            return (
                found["state"] == "alive"
                and states == dict.fromkeys([*self.machines, TAG_UNIT], "connected")
                and health["buffer"]["oldest_seconds"] < 5
                and not health["buffer"]["failing"]
            )
        return False

    def counted(self, unit: str) -> int:
        """Good and scrap of a unit, as the plant has it."""
        sums = self.client.get(f"/equipment/{unit}/counts/sums", **{"from": "2020-01-01T00:00:00Z"})
        return int(sums["machine"]["good"]) + int(sums["machine"]["scrap"])

    def is_true(self, unit: str) -> bool:
        """Whether the plant has counted exactly what the machine has made."""
        return self.counted(unit) == self.machines[unit].made

    def readings(self, tag: str, since: str, until_: str) -> dict[str, Any]:
        """How many values of a tag of the thousand came in a period, and their least and most."""
        period = {"from": since, "to": until_}
        points = self.client.get(f"/equipment/{TAG_UNIT}/readings", tag=tag, points=1, **period)
        rows = [p for p in points["points"] if p["n"] > p["bad"]]
        return {
            "n": sum(p["n"] - p["bad"] for p in rows),
            "min": min((p["min"] for p in rows), default=0),
            "max": max((p["max"] for p in rows), default=0),
        }

    def outcomes(self, unit: str) -> dict[str, int]:
        """How the jobs of a unit ended: at which end event, or that they are still active."""
        found = {"end": 0, "broke_off": 0, "active": 0}
        for item in self.client.pages("/instances", process=process_of(unit), limit=200):
            if item["state"] != "completed":
                found["active"] += 1
                continue
            path = self.client.pages(f"/instances/{item['id']}/history", limit=200)
            last = [s["element"] for s in path if s["element"] in found]
            found[last[-1]] += 1
        return found


def process_of(unit: str) -> str:
    """The key of the routing that lets a unit work."""
    return f"work_{unit.lower().replace('-', '_')}"


@contextmanager
def memory(pid: Callable[[], int], every: float) -> Iterator[list[float]]:
    """Megabytes that a process has in memory, looked at every so many seconds."""
    seen: list[float] = []
    over = threading.Event()

    def watch() -> None:
        while not over.wait(every):
            with suppress(OSError):
                seen.append(resident(pid()))

    thread = threading.Thread(target=watch, name="memory")
    thread.start()
    try:
        yield seen
    finally:
        over.set()
        thread.join()


def resident(pid: int) -> float:
    """Megabytes of a process that are in memory."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * 4096 / 1e6
