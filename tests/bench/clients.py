"""The clients, in a process of their own: each walks its own instances, step by step."""

import multiprocessing
import random
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from typing import Any

from tests.bench.routing import answers, key_of
from tests.bench.walking import OPERATIONS
from tests.support.caller import Caller

PAGE = 50
REWORK = 0.05  # share of operations that fail their check
TOKENS = tuple[str, str]


class Clients:
    """A process with so many clients; `starter` and `worker` are their tokens."""

    def __init__(self, port: int, tokens: TOKENS, number: int) -> None:
        spawn = multiprocessing.get_context("spawn")
        self._pipe, theirs = spawn.Pipe()
        self._process = spawn.Process(target=_serve, args=(theirs, port, tokens, number))
        self._process.start()

    def start(self, instances: int) -> list[float]:
        """Every client starts so many instances; the seconds each start took."""
        return self._ask("start", instances)

    def gather(self, instances: int) -> None:
        """Every client takes up the first tasks of so many of the instances it started."""
        self._ask("gather", instances)

    def walk(self) -> list[float]:
        """Complete everything that was gathered; the seconds each completion took."""
        return self._ask("walk", 0)

    def page(self, times: int) -> list[float]:
        """Ask for the first page of my tasks so many times; the seconds each took."""
        return self._ask("page", times)

    def end(self) -> None:
        """Let the process go."""
        self._pipe.send(None)
        self._process.join()

    def _ask(self, what: str, much: int) -> list[float]:
        self._pipe.send((what, much))
        answer = self._pipe.recv()
        if isinstance(answer, str):
            raise RuntimeError(answer)
        seconds: list[float] = answer
        return seconds


@contextmanager
def clients(port: int, tokens: TOKENS, number: int) -> Iterator[Clients]:
    """Clients for the while of the block."""
    them = Clients(port, tokens, number)
    try:
        yield them
    finally:
        them.end()


def _serve(pipe: Connection, port: int, tokens: TOKENS, number: int) -> None:
    walkers = [_Client(port, tokens, seed) for seed in range(number)]
    while (order := pipe.recv()) is not None:
        what, much = order
        try:
            pipe.send(_at_once([getattr(walker, what) for walker in walkers], much))
        except Exception as error:
            pipe.send(f"{type(error).__name__}: {error}")


def _at_once(calls: list[Any], much: int) -> list[float]:
    """Run the calls in a thread each; everything they answered, together."""
    found: list[list[float]] = []
    failed: list[Exception] = []

    def run(call: Any) -> None:
        try:
            found.append(call(much))
        except Exception as error:
            failed.append(error)

    threads = [threading.Thread(target=run, args=(call,)) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failed:
        raise failed[0]
    return [seconds for each in found for seconds in each]


class _Client:
    def __init__(self, port: int, tokens: TOKENS, seed: int) -> None:
        self.starter, self.worker = (Caller(port, token) for token in tokens)
        self.chance = random.Random(seed)
        self.instances: list[str] = []
        self.tasks: list[str] = []

    def start(self, instances: int) -> list[float]:
        seconds = []
        for _ in range(instances):
            began = time.perf_counter()
            done = self._post(self.starter, "/instances", {"process": key_of(OPERATIONS)}, 201)
            seconds.append(time.perf_counter() - began)
            self.instances.append(done["id"])
        return seconds

    def gather(self, instances: int) -> list[float]:
        for instance in self.instances[:instances]:
            page = self.worker.get(f"/tasks?instance={instance}").body
            self.tasks += [task["id"] for task in page["items"]]
        self.instances = []
        return []

    def walk(self, _much: int) -> list[float]:
        seconds = []
        for task in self.tasks:
            following = [task]
            while following:
                body = {"variables": answers(failed=self.chance.random() < REWORK)}
                began = time.perf_counter()
                done = self._post(self.worker, f"/tasks/{following[0]}/complete", body, 200)
                seconds.append(time.perf_counter() - began)
                following = [task["id"] for task in done["next"]]
        self.tasks = []
        return seconds

    def page(self, times: int) -> list[float]:
        seconds = []
        for _ in range(times):
            began = time.perf_counter()
            page = self.worker.get("/tasks?mine=true").body
            seconds.append(time.perf_counter() - began)
            if len(page["items"]) != PAGE or not page["next"]:
                raise RuntimeError(f"a page of {PAGE} and more was expected: {page}")
        return seconds

    @staticmethod
    def _post(caller: Caller, path: str, body: object, status: int) -> Any:
        answer = caller.post(path, body, secrets.token_hex(8))
        if answer.status != status:
            raise RuntimeError(f"POST {path} answered {answer.status}: {answer.body}")
        return answer.body
