"""A plant that is served, and a gateway beside it: two processes of ours, machines in others."""

import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.equipment.commands import Changes, create
from engine.kernel.actor import SYSTEM, Role
from engine.kernel.store import Store
from tests.bench.databases import Database
from tests.bench.readings import cpu_seconds
from tests.support import founding
from tests.support.caller import Caller
from tests.support.machines.shop import GatewayProcess
from tests.support.server import Server

LOOK, PATIENCE = 0.01, 60.0


@dataclass(frozen=True, slots=True)
class Line:
    """A plant, its gateway, and whoever looks at both."""

    server: Server
    gateway: GatewayProcess
    caller: Caller
    database: Database

    def work(self) -> tuple[float, float]:
        """CPU seconds of the gateway, and of the plant with its database, so far."""
        plant = cpu_seconds(self.server.pid) + cpu_seconds(self.database.pid)
        return cpu_seconds(self.gateway.pid), plant

    def get(self, path: str) -> Any:
        """What the plant answers."""
        answer = self.caller.get(path)
        assert answer.status == 200, answer
        return answer.body

    def state(self, unit: str) -> str:
        """What the plant says of a machine."""
        return str(self.get(f"/equipment/{unit}")["state"])

    def until(self, condition: Callable[[], bool]) -> float:
        """Seconds until it holds, looked at so often that this costs little."""
        began = time.perf_counter()
        while not condition():
            taken = time.perf_counter() - began
            assert taken < PATIENCE, "waited in vain: gateway.log tells more"
            pause(LOOK)
        return time.perf_counter() - began


def pause(seconds: float) -> None:
    """Let the others work."""
    threading.Event().wait(seconds)


@contextmanager
def line(
    database: Database, plans: Mapping[str, str], diagrams: Sequence[bytes] = ()
) -> Iterator[Line]:
    """A fresh plant with these machines, each a file by the code of its unit."""
    url = database.fresh()
    store = Store(url)
    founding.found(store)
    for unit in plans:
        about = Changes({"name": unit, "commands_enabled": True})
        store.run(create, code=unit, level="work_unit", about=about, actor=SYSTEM)
    for diagram in diagrams:
        founding.release(store, diagram)
    token = founding.new_token(store, "line", Role.INTEGRATION, Role.PLANNER)
    store.close()
    with tempfile.TemporaryDirectory(prefix="routecard-bench-") as folder:
        machines = Path(folder) / "machines"
        machines.mkdir()
        for unit, plan in plans.items():
            (machines / f"{unit}.yaml").write_text(plan)
        server = Server(url, Path(folder) / "home")
        try:
            gateway = GatewayProcess(machines, f"http://127.0.0.1:{server.port}", token)
            try:
                caller = Caller(server.port, token)
                yield Line(server, gateway, caller, database)
                caller.close()
            finally:
                gateway.stop()
        finally:
            server.stop()
