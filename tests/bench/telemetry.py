"""Readings of a thousand tags, taken in through the API's own function, each request durable."""

import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from random import Random

import orjson
from flask.testing import FlaskClient

from api.app import create_app
from engine.collection.readings import place
from engine.equipment.commands import Changes, create
from engine.kernel.actor import SYSTEM, Role
from engine.kernel.clock import to_ms
from engine.kernel.log import configure_log
from engine.kernel.store import Store
from tests.bench.databases import Database
from tests.bench.readings import Around, Reading, cpu_seconds
from tests.support import founding

UNITS, TAGS = 4, 250
ROWS, REQUESTS = 10_000, 10


class Gateway:
    """A gateway that has sent nothing yet."""

    def __init__(self, client: FlaskClient, token: str, start: int) -> None:
        self._client, self._start = client, start
        self._headers = {"Authorization": f"Bearer {token}"}
        self._random, self._seq = Random(7), 0

    def bodies(self, number: int) -> list[bytes]:
        """So many requests, as a gateway encodes them: a look at every tag, ten times."""
        return [self._body() for _ in range(number)]

    def send(self, body: bytes) -> None:
        """Send one and see that all of it was taken."""
        answer = self._client.post(
            "/api/v1/readings", data=body, headers=self._headers, content_type="application/json"
        )
        assert answer.status_code == 200, answer.data
        assert orjson.loads(answer.data)["refused"] == []

    def _body(self) -> bytes:
        tags = [[f"U-{unit}", f"tag{tag}", "mm"] for unit in range(UNITS) for tag in range(TAGS)]
        rows = []
        for n in range(ROWS):
            self._seq += 1
            at = self._start + self._seq // 10  # 1,000 tags, 10 times a second
            rows.append((self._seq, n % len(tags), at, self._random.gauss(100, 3), 0, None))
        return orjson.dumps({"source": "bench", "gateway": "line", "tags": tags, "rows": rows})


@contextmanager
def _gateway(database: Database) -> Iterator[Gateway]:
    """A gateway of a fresh plant, in this process."""
    configure_log()
    with tempfile.TemporaryDirectory(prefix="routecard-bench-") as home:
        plant = Store(database.fresh())
        founding.found(plant)
        for unit in range(UNITS):
            about = Changes({"name": f"Unit {unit}"})
            plant.run(create, code=f"U-{unit}", level="work_unit", about=about, actor=SYSTEM)
        with place.opened(plant, Path(home)) as readings:
            client = create_app(plant, readings=readings).test_client()
            token = founding.new_token(plant, "gateway", Role.INTEGRATION)
            yield Gateway(client, token, to_ms(plant.clock.now()) - 3_600_000)
        plant.close()


def ingest(database: Database, rounds: int) -> Mapping[str, list[Reading]]:
    """Readings per second, and CPU microseconds of each: application and database."""
    rates, works = [], []
    for _ in range(rounds):
        with _gateway(database) as gateway:
            first, *bodies = gateway.bodies(1 + REQUESTS)
            gateway.send(first)  # so that every tag is known
            with Around() as around:
                cpu = time.process_time() + cpu_seconds(database.pid)
                began = time.perf_counter()
                for body in bodies:
                    gateway.send(body)
                taken = time.perf_counter() - began
                cpu = time.process_time() + cpu_seconds(database.pid) - cpu
        number = ROWS * REQUESTS
        rates.append(Reading(number / taken, around.calibration))
        works.append(Reading(1e6 * cpu / number, around.calibration))
    return {"readings": rates, "reading": works}
