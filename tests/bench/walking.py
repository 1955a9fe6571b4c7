"""Walking instances inside the process: the commands that the API would run, without the API."""

import secrets
from collections.abc import Callable, Container, Iterator
from contextlib import contextmanager
from typing import Any

from engine.kernel import json_text
from engine.kernel.actor import Actor, Role
from engine.kernel.ids import from_text
from engine.kernel.store import Store
from engine.kernel.store.idempotency import Once, remember
from engine.kernel.store.uow import Uow
from engine.workflow.work import instances, queries, tasks
from engine.workflow.work.versions import plans
from tests.bench.routing import FILES, answers, key_of, routing
from tests.support import founding

OPERATIONS = 30
PAUL = Actor("paul", frozenset({Role.PLANNER}))
ANA = Actor("ana", frozenset({Role.OPERATOR}))
REQUEST = b"r" * 32

Command = Callable[[Uow], dict[str, Any]]


@contextmanager
def made(url: str, operations: int, *, durable: bool = True) -> Iterator[Store]:
    """A fresh plant with a routing of so many operations released."""
    store = Store(url, durable=durable)
    try:
        founding.found(store)
        founding.release(store, routing(operations), FILES)
        yield store
    finally:
        store.close()


def first_tasks(store: Store, operations: int, number: int) -> list[bytes]:
    """Start so many instances; the task that each waits at."""
    found = []
    for _ in range(number):
        instance = plans.run(store, instances.start, process=key_of(operations), actor=PAUL)
        mine = {"actor": ANA, "limit": 1, "instance": from_text(instance["id"])}
        found.append(from_text(store.read(queries.tasks, **mine)["items"][0]["id"]))
    return found


class Walk:
    """One instance on its way, a completion at a time.

    Args:
        task: where it waits.
        fails: the completions, counted from 0, whose check fails.
        kept: whether each request has an Idempotency-Key, so that its answer is kept.
    """

    def __init__(self, task: bytes, *, fails: Container[int] = (), kept: bool = True) -> None:
        self.task: bytes | None = task
        self.fails, self.kept, self.number = fails, kept, 0

    def step(self) -> Command:
        """The next completion, as a command for the store."""
        assert self.task is not None
        values: dict[str, Any] = {
            "task": self.task,
            "variables": answers(failed=self.number in self.fails),
            "actor": ANA,
        }
        path = f"/api/v1/tasks/{self.task.hex()}/complete"
        once = Once("ana", "POST", path, secrets.token_hex(8), REQUEST, _rendered)

        def complete(uow: Uow) -> dict[str, Any]:
            done = tasks.complete(uow, **values)
            if self.kept:
                remember(uow, once, done)
            return done

        return complete

    def took(self, done: dict[str, Any]) -> None:
        """Go on from what a completion answered."""
        self.number += 1
        self.task = from_text(done["next"][0]["id"]) if done["next"] else None


def _rendered(done: dict[str, Any]) -> tuple[int, bytes]:
    return 200, json_text.write(done)
