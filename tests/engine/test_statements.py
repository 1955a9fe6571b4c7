"""What a completion costs the database, counted at the driver: statements and commits."""

import re
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa

from engine.kernel import db
from engine.kernel.ids import from_text
from engine.kernel.store.idempotency import Once
from engine.kernel.store.uow import Uow
from engine.workflow.work import instances, tasks
from tests.support import diagrams as d
from tests.support.plant import Plant

ENDS = ("BEGIN", "BEGIN IMMEDIATE", "COMMIT", "ROLLBACK")
LITERAL = re.compile(r"[xX]'[0-9a-fA-F]*'|'(?:[^']|'')*'|-?\b\d+\b|NULL")


class Seen:
    """Every statement the drivers ran; `executemany` is one, whatever it wrote."""

    def __init__(self) -> None:
        self.all: list[str] = []

    @property
    def commits(self) -> int:
        return self.all.count("COMMIT")

    @property
    def statements(self) -> list[str]:
        return [s for s in self.all if s not in ENDS and "SAVEPOINT" not in s]

    def watch(self, connection: Any, _record: object) -> None:
        """Count on a new connection of whichever driver."""
        if isinstance(connection, psycopg.Connection):
            connection.cursor_factory = self._cursor()
            connection.commit = self._commit(connection.commit)
        else:
            connection.set_trace_callback(self._traced)

    def _traced(self, text: str) -> None:
        """SQLite tells every row of an `executemany`; they differ in their values only."""
        shape = LITERAL.sub("?", text)
        if not self.all or shape in ENDS or self.all[-1] != shape:
            self.all.append(shape)

    def _commit(self, commit: Any) -> Any:
        def counted() -> None:
            self.all.append("COMMIT")
            commit()

        return counted

    def _cursor(self) -> type[psycopg.Cursor[Any]]:
        seen = self.all

        class Counting(psycopg.Cursor[Any]):
            def execute(self, query: Any, *args: Any, **options: Any) -> Any:
                seen.append(str(query))
                return super().execute(query, *args, **options)

            def executemany(self, query: Any, *args: Any, **options: Any) -> None:
                seen.append(str(query))
                super().executemany(query, *args, **options)

        return Counting


@pytest.fixture
def seen() -> Iterator[Seen]:
    """Watches every connection opened from now on; ask for it before `plant`."""
    watching = Seen()
    sa.event.listen(sa.Pool, "connect", watching.watch)
    yield watching
    sa.event.remove(sa.Pool, "connect", watching.watch)


ROUTING = d.process(
    d.start(),
    d.user("turn"),
    d.boundary("late", "turn", duration="PT8H"),
    d.exclusive("good", default="split"),
    d.parallel("split", "join"),
    d.user("mark", "deburr", "pack"),
    d.boundary("very_late", "mark", duration="PT8H"),
    d.end(),
    d.end("e1", "e2"),
    "start -> turn -> good -> split -> mark -> join -> pack -> end",
    "good -> turn if diameter > 25",
    "split -> deburr -> join",
    "late -> e1",
    "very_late -> e2",
)


def complete(seen: Seen, plant: Plant, element: str, command: Any = tasks.complete) -> None:
    """Complete a task as the API does, with an idempotency key, and count."""
    task = from_text(plant.task(element)["id"])
    key = Once("ana", "POST", "/tasks", element, b"body", lambda answer: (200, b"{}"))
    seen.all.clear()
    plant.run(command, task=task, variables={"diameter": 25}, once=key)


def test_a_completion_takes_ten_statements_and_one_commit(seen: Seen, plant: Plant) -> None:
    """Out of a task with a timer, over a gateway, into a parallel block with another timer."""
    plant.run_of(ROUTING)
    complete(seen, plant, "turn")
    assert len(seen.statements) <= 10, "\n".join(seen.statements)
    assert seen.commits == 1
    assert plant.open() == ["deburr", "mark"]


def test_every_other_completion_takes_no_more(seen: Seen, plant: Plant) -> None:
    """A timer dropped at a join, the join itself, and the end."""
    instance = plant.run_of(ROUTING)
    for element in ("turn", "mark", "deburr", "pack"):
        complete(seen, plant, element)
        assert len(seen.statements) <= 10, "\n".join(seen.statements)
        assert seen.commits == 1
    assert plant.state(instance) == "completed"


def test_a_start_takes_no_more_either(seen: Seen, plant: Plant) -> None:
    plant.release(ROUTING)
    plant.plan("p")
    key = Once("ana", "POST", "/instances", "k", b"body", lambda answer: (201, b"{}"))
    seen.all.clear()
    plant.run(instances.start, process="p", once=key)
    assert len(seen.statements) <= 10, "\n".join(seen.statements)
    assert seen.commits == 1


def test_a_throw_takes_no_more_and_is_delivered_in_a_commit_of_its_own(
    seen: Seen, plant: Plant
) -> None:
    oven = d.catch("oven", message="loaded")
    waiting = plant.run_of(d.process(d.start(), oven, d.end(), "start -> oven -> end"))
    load = (d.start(), d.user("load"), d.throw("tell", message="loaded"), d.user("sweep"), d.end())
    plant.release(d.process(*load, "start -> load -> tell -> sweep -> end", key="loader"))
    plant.start("loader")
    complete(seen, plant, "load")
    first = seen.all[: seen.all.index("COMMIT")]
    assert len([s for s in first if s not in ENDS and "SAVEPOINT" not in s]) <= 10
    assert seen.commits == 2
    assert plant.state(waiting) == "completed"
    assert plant.open() == ["sweep"]


def test_a_statement_more_is_seen(seen: Seen, plant: Plant) -> None:
    """A fault put in: a command that reads two rows it does not need."""
    plant.run_of(ROUTING)

    def wasteful(uow: Uow, **args: Any) -> Any:
        tasks.locking_order(uow, [args["task"]])
        uow.one(COUNT)
        return tasks.complete(uow, **args)

    complete(seen, plant, "turn", wasteful)
    assert len(seen.statements) == 11


COUNT = db.Statement(sa.text("SELECT count(*) FROM task"))
