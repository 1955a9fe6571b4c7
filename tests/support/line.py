"""Commands that queue up at a store's door behind one that is held: on SQLite they form a group."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from engine.kernel.store import Store
from engine.kernel.store.uow import Uow
from tests.support.waiting import SECONDS, until


class Line:
    """A line at the door; `run` opens it."""

    def __init__(self, store: Store, people: ThreadPoolExecutor) -> None:
        self.store, self.people = store, people
        self.answers: list[Future[Any]] = []
        self._held, self._go = threading.Event(), threading.Event()
        people.submit(store.run, self._hold)
        assert self._held.wait(SECONDS)

    def _hold(self, _uow: Uow) -> None:
        self._held.set()
        assert self._go.wait(SECONDS)

    def add(self, command: Callable[..., Any], **args: Any) -> "Future[Any]":
        """Put a command into the queue, after those that are there."""
        answer = self.people.submit(self.store.run, command, **args)
        self.answers.append(answer)
        until(lambda: self.store.door.waiting == len(self.answers))
        return answer

    def open(self) -> None:
        """Let them go."""
        self._go.set()

    def run(self) -> list[Any]:
        """Let them go; each answer, or the class of what was raised instead."""
        self.open()
        raised = [answer.exception(SECONDS) for answer in self.answers]
        return [
            type(error) if error else answer.result()
            for error, answer in zip(raised, self.answers, strict=True)
        ]


@contextmanager
def line_at(store: Store) -> Iterator[Line]:
    """A line at this store's door."""
    with ThreadPoolExecutor(80) as people:
        line = Line(store, people)
        try:
            yield line
        finally:
            line.open()
