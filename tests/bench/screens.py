"""The screens: what *My work* costs, what its unchanged poll does, what tablets do to work."""

import asyncio
import http.client
import multiprocessing
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection

from tests.bench.clients import clients
from tests.bench.databases import Database
from tests.bench.over_http import OPEN_TASKS, Served, cost, fill, served, warm
from tests.bench.readings import Around, Reading

PAGE = "/my-work"
PART = "/my-work?part=queue"
LOOKS, POLLS = 200, 1_000
TABLETS, EVERY = 100, 3.0  # seconds
WALKED = 40  # instances that are worked on while tablets look


def my_work(database: Database, rounds: int) -> dict[str, list[Reading]]:
    """The whole page among ten thousand open tasks, and its poll while nothing changes."""
    found: dict[str, list[Reading]] = {"my_work": [], "poll": []}
    with served(database) as plant:
        fill(plant.url, OPEN_TASKS)
        look = _Look(plant, PAGE)
        poll = _Look(plant, PART)
        look.times(LOOKS // 10)
        poll.times(2)
        for _ in range(rounds):
            found["my_work"].append(cost(plant, lambda: look.times(LOOKS)))
            found["poll"].append(cost(plant, lambda: poll.times(POLLS, tagged=True)))
    return found


def tablets(database: Database, rounds: int) -> list[Reading]:
    """The p95 of a completion while a hundred tablets poll, as a ratio to that of an idle plant."""
    readings = []
    with served(database) as plant, clients(plant.server.port, plant.tokens, 1) as one:
        warm(one)
        for _ in range(rounds):
            with Around() as around:
                idle = _p95(one.start, one.gather, one.walk)
                with _polling(plant):
                    busy = _p95(one.start, one.gather, one.walk)
            detail = {"idle_p95_ms": 1000 * idle, "busy_p95_ms": 1000 * busy}
            readings.append(Reading(busy / idle, around.calibration, detail))
    return readings


def _p95(
    start: Callable[[int], list[float]],
    gather: Callable[[int], None],
    walk: Callable[[], list[float]],
) -> float:
    start(WALKED)
    gather(WALKED)
    seconds = sorted(walk())
    return statistics.quantiles(seconds, n=20)[-1]


class _Look:
    """One browser that looks again and again, over one connection."""

    def __init__(self, plant: Served, path: str) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", plant.server.port)
        self.path = path
        self.headers = {"Authorization": f"Bearer {plant.tokens[1]}", "Accept": "text/html"}
        self.tag: str | None = None

    def times(self, number: int, *, tagged: bool = False) -> list[float]:
        """The seconds of each look; `tagged` ones must find that nothing changed.

        A look at the turn of a minute is answered in full and is not counted: "since" and "late"
        may have changed.
        """
        seconds: list[float] = []
        while len(seconds) < number:
            began = time.perf_counter()
            status = self._look(tagged)
            if not tagged or status == 304:
                seconds.append(time.perf_counter() - began)
        return seconds

    def _look(self, tagged: bool) -> int:
        headers = self.headers | ({"If-None-Match": self.tag} if tagged and self.tag else {})
        self.connection.request("GET", self.path, headers=headers)
        answer = self.connection.getresponse()
        body = answer.read()
        if answer.status not in (200, 304):
            raise RuntimeError(f"GET {self.path} answered {answer.status}: {body[:300]!r}")
        self.tag = answer.headers["ETag"]
        return answer.status


@contextmanager
def _polling(plant: Served) -> Iterator[None]:
    """A hundred tablets in a process of their own, for the while of the block."""
    spawn = multiprocessing.get_context("spawn")
    ours, theirs = spawn.Pipe()
    arguments = (theirs, plant.server.port, plant.tokens[1])
    process = spawn.Process(target=_tablets, args=arguments)
    process.start()
    ours.recv()
    try:
        yield
    finally:
        ours.send(None)
        process.join()


def _tablets(pipe: Connection, port: int, token: str) -> None:
    asyncio.run(_poll_until(pipe, port, token))


async def _poll_until(pipe: Connection, port: int, token: str) -> None:
    """Tablets that begin one after another within the first turn, and go on until told."""
    tasks = [
        asyncio.create_task(_tablet(port, token, number * EVERY / TABLETS))
        for number in range(TABLETS)
    ]
    await asyncio.sleep(EVERY)
    pipe.send(None)
    await asyncio.to_thread(pipe.recv)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def _tablet(port: int, token: str, delay: float) -> None:
    await asyncio.sleep(delay)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    tag = ""
    head = f"GET {PART} HTTP/1.1\r\nHost: localhost\r\nAccept: text/html\r\n"
    head += f"Authorization: Bearer {token}\r\n"
    while True:
        known = f"If-None-Match: {tag}\r\n" if tag else ""
        writer.write(f"{head}{known}\r\n".encode())
        answer = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        lines = dict(line.split(": ", 1) for line in answer.split("\r\n")[1:] if ": " in line)
        fields = {name.lower(): value for name, value in lines.items()}
        tag = fields.get("etag", "")
        await reader.readexactly(int(fields.get("content-length", 0)))
        await asyncio.sleep(EVERY)
