"""Over HTTP: the real server in its own process, the clients in another, on the same cores."""

import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from engine.kernel.actor import Role
from engine.kernel.ids import new_id
from engine.kernel.store import Store
from engine.workflow.work import instances
from engine.workflow.work.versions import plans
from tests.bench.clients import TOKENS, Clients, clients
from tests.bench.databases import Database
from tests.bench.readings import Around, Reading, cpu_seconds
from tests.bench.routing import FILES, key_of, routing
from tests.bench.walking import OPERATIONS, PAUL
from tests.support import founding
from tests.support.server import Server

MANY = 8
WARMING = 3
STARTS = 300
ALONE, TOGETHER = 20, 5  # instances that a client walks in a round
OPEN_TASKS, PAGES = 10_000, 300


@dataclass
class Served:
    """A server under test and what its database's process is."""

    server: Server
    database: Database
    url: str
    tokens: TOKENS

    def work(self) -> tuple[float, float]:
        """CPU seconds of the application and of the database so far."""
        return cpu_seconds(self.server.pid), cpu_seconds(self.database.pid)


@contextmanager
def served(database: Database) -> Iterator[Served]:
    """A fresh plant with the routing released, served."""
    url = database.fresh()
    store = Store(url)
    founding.found(store)
    founding.release(store, routing(OPERATIONS), FILES)
    tokens = (
        founding.new_token(store, "paul", Role.PLANNER),
        founding.new_token(store, "ana", Role.OPERATOR),
    )
    store.close()
    with tempfile.TemporaryDirectory(prefix="routecard-bench-") as home:
        server = Server(url, Path(home), functions="tests.bench.routing")
        try:
            yield Served(server, database, url, tokens)
        finally:
            server.stop()


def completions(database: Database, rounds: int) -> dict[str, list[Reading]]:
    """Complete a user task with one client and with eight; start an instance."""
    found: dict[str, list[Reading]] = {"complete": [], "start": [], "together": []}
    with (
        served(database) as plant,
        clients(plant.server.port, plant.tokens, 1) as one,
        clients(plant.server.port, plant.tokens, MANY) as eight,
    ):
        for them in (one, eight):
            warm(them)
        for _ in range(rounds):
            found["start"].append(cost(plant, lambda: one.start(STARTS)))
            one.gather(ALONE)
            found["complete"].append(cost(plant, one.walk))
            eight.start(TOGETHER)
            eight.gather(TOGETHER)
            found["together"].append(_rate(plant, eight.walk))
    return found


def my_tasks(database: Database, rounds: int) -> list[Reading]:
    """The first page of my tasks among ten thousand open ones."""
    with served(database) as plant, clients(plant.server.port, plant.tokens, 1) as one:
        fill(plant.url, OPEN_TASKS)
        one.page(PAGES // 10)
        return [cost(plant, lambda: one.page(PAGES)) for _ in range(rounds)]


def warm(them: Clients) -> None:
    them.start(WARMING)
    them.gather(WARMING)
    them.walk()


def cost(plant: Served, run: Callable[[], list[float]]) -> Reading:
    """CPU ms per request of application and database together."""
    with Around() as around:
        before = plant.work()
        seconds = run()
        after = plant.work()
    app, db = (1000 * (b - a) / len(seconds) for a, b in zip(before, after, strict=True))
    return Reading(app + db, around.calibration, {"app": app, "db": db} | _times(seconds))


def _rate(plant: Served, run: Callable[[], list[float]]) -> Reading:
    """Requests per second, with what each cost."""
    began = 0.0

    def timed() -> list[float]:
        nonlocal began
        began = time.perf_counter()
        seconds = run()
        began = time.perf_counter() - began
        return seconds

    costs = cost(plant, timed)
    rate = costs.detail["requests"] / began
    return Reading(rate, costs.calibration, costs.detail | {"cpu_ms": costs.value})


def _times(seconds: list[float]) -> dict[str, float]:
    ordered = sorted(seconds)
    return {
        "p50_ms": 1000 * statistics.median(ordered),
        "p95_ms": 1000 * ordered[int(len(ordered) * 0.95)],
        "requests": len(ordered),
    }


def fill(url: str, number: int) -> None:
    """Open tasks, each in an instance of its own, copies of one real: a third claimed; roles,
    priorities, due times mixed.
    """
    store = Store(url)
    plans.run(store, instances.start, process=key_of(OPERATIONS), actor=PAUL)
    known = sa.MetaData()
    known.reflect(store.bind, only=("instance", "task"))
    instance, task = known.tables["instance"], known.tables["task"]
    copies = [new_id() for _ in range(number - 1)]
    with store.bind.begin() as connection:
        owner = dict(connection.execute(sa.select(instance)).mappings().one())
        real = dict(connection.execute(sa.select(task)).mappings().one())
        connection.execute(sa.insert(instance), [owner | {"id": copy} for copy in copies])
        rows = [real | _other(n) | {"instance_id": copy} for n, copy in enumerate(copies)]
        connection.execute(sa.insert(task), rows)
    store.close()


def _other(number: int) -> dict[str, object]:
    roles = (Role.OPERATOR, Role.QUALITY, Role.MAINTENANCE, Role.PLANNER)
    claimed = number % 3 == 0
    return {
        "id": new_id(),
        "role": str(roles[number % len(roles)]),
        "state": "claimed" if claimed else "open",
        "assignee": ("ana", "bo", "cy")[number % 3] if claimed else None,
        "rank": number * 7919 % 1_000_003,
    }
