"""The figures asked for: what each is called, what is to be reached, what is aimed at."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tests.bench import (
    commanding,
    gateway,
    inside,
    length,
    machines,
    over_http,
    screens,
    silence,
    startup,
    storage,
    tablet,
    telemetry,
)
from tests.bench.databases import Database
from tests.bench.readings import Reading

# How a figure depends on the machine's speed: CPU time grows as the machine slows, a rate falls.
TIME, RATE, NEITHER = 1, -1, 0
SHARES = ("share", "ua_delivered", "gw_delivered", "mb_on_time")


@dataclass(frozen=True, slots=True)
class Figure:
    """A line of the table; `reach` and `aim` are (SQLite, PostgreSQL)."""

    key: str
    name: str
    reach: tuple[float, float]
    aim: tuple[float, float]
    power: int = TIME

    @property
    def more_is_better(self) -> bool:
        """Whether the aim is a lower bound."""
        return self.power == RATE or self.key in SHARES


def _same(reach: float, aim: float) -> dict[str, Any]:
    return {"reach": (reach, reach), "aim": (aim, aim)}


FIGURES = (
    Figure(
        "complete",
        "complete a user task over HTTP, 1 client: CPU ms, app + db",
        reach=(3, 4),
        aim=(1.2, 2),
    ),
    Figure("together", "completions/s, 8 clients", **_same(400, 800), power=RATE),
    Figure("engine", "engine alone: durable completions/s", **_same(2000, 3000), power=RATE),
    Figure("raw", "raw commits of the same rows/s", **_same(0, 0), power=RATE),
    Figure("share", "engine alone as share of raw", **_same(0.25, 0.35), power=NEITHER),
    Figure("start", "start an instance over HTTP: CPU ms", **_same(3.5, 1.5)),
    Figure("my_tasks", "first page of my tasks, 10,000 open: CPU ms", **_same(1.5, 0.7)),
    Figure("my_work", "the page My work, 10,000 open: CPU ms", **_same(6, 6)),
    Figure("poll", "its poll while nothing changed: CPU ms", **_same(1, 1)),
    Figure("tablets", "completion's p95 with 100 tablets, to idle", **_same(2, 2), power=NEITHER),
    Figure("blocking", "floor page blocks a tablet 6 times slower: ms", **_same(200, 200)),
    Figure("steps", "step 290 against step 5 of 300", **_same(1.3, 1.1), power=NEITHER),
    Figure("passes", "loop pass 5,000 against pass 5", **_same(1.3, 1.1), power=NEITHER),
    Figure(
        "kept",
        "kept per finished 30-task instance: kB",
        reach=(12, 20),
        aim=(8, 14),
        power=NEITHER,
    ),
    Figure(
        "readings", "readings/s taken in, 10,000 a request", **_same(20_000, 60_000), power=RATE
    ),
    Figure("reading", "a reading taken in: CPU µs, app + db", reach=(50, 50), aim=(12, 20)),
    Figure("ua_value", "an OPC UA value to the sink: CPU µs", **_same(25, 15)),
    Figure(
        "ua_delivered", "of 1,000 tags each 100 ms, delivered", **_same(0.98, 0.99), power=NEITHER
    ),
    Figure("gw_value", "the same through gateway and buffer to the plant: CPU µs", **_same(25, 20)),
    Figure(
        "gw_delivered",
        "of 1,000 tags each 100 ms, in the plant",
        **_same(0.98, 0.99),
        power=NEITHER,
    ),
    Figure("mb_core", "50 Modbus devices, 125 registers, 250 ms: % core", **_same(15, 10)),
    Figure("mb_on_time", "their polls on time", **_same(0.98, 0.99), power=NEITHER),
    Figure("silent", "a machine falls silent, the plant knows: s", **_same(5, 4), power=NEITHER),
    Figure("back", "it returns, and so do its values: s", **_same(2, 1.5), power=NEITHER),
    Figure("step_p50", "a machine's step, job to end, p50: ms", **_same(300, 150), power=NEITHER),
    Figure("step_p99", "the same, p99: ms", **_same(1000, 400), power=NEITHER),
    Figure("ready", "`routecard serve` ready, fresh home: s", **_same(2, 1)),
    Figure("memory", "memory at rest: MB", **_same(120, 90), power=NEITHER),
)

Found = Mapping[str, list[Reading]]


def _engine(database: Database, rounds: int) -> Found:
    engine = inside.grouped(database, rounds)
    return {
        "engine": engine,
        "raw": [Reading(r.detail["raw"], r.calibration) for r in engine],
        "share": [Reading(r.detail["share"], r.calibration) for r in engine],
    }


def _length(database: Database, rounds: int) -> Found:
    return {"steps": length.steps(database, rounds), "passes": length.passes(database)}


def _start(database: Database, rounds: int) -> Found:
    ready, memory = startup.fresh(database, rounds)
    return {"ready": ready, "memory": memory}


GROUPS: dict[str, Callable[[Database, int], Found]] = {
    "http": over_http.completions,
    "engine": _engine,
    "list": lambda database, rounds: {"my_tasks": over_http.my_tasks(database, rounds)},
    "screens": screens.my_work,
    "tablets": lambda database, rounds: {"tablets": screens.tablets(database, rounds)},
    "blocking": lambda database, rounds: {"blocking": tablet.blocking(database, rounds)},
    "length": _length,
    "bytes": lambda database, _rounds: {"kept": storage.kept(database)},
    "readings": telemetry.ingest,
    "machines": machines.protocols,
    "gateway": gateway.whole,
    "silence": silence.silence,
    "commands": commanding.steps,
    "serve": _start,
}
