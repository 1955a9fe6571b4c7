"""SQLite: one writer thread runs what waits, up to 64 commands in one transaction.

Each command has a SAVEPOINT of its own; one fsync serves them all, and nobody fights for the file's
lock, which is not fair.
"""

import queue
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, TypeVar

import sqlalchemy as sa

from engine.kernel.clock import Clock
from engine.kernel.errors import Unavailable
from engine.kernel.store.uow import Uow, finish

T = TypeVar("T")
GROUP = 64
MAX_WAITING = 2_000
CACHED_STATEMENTS = 512
# Pages that each connection keeps to itself; behind them are those of the operating system. A
# reader's are thrown away at every commit, so more would only let the process grow.
WRITER_KIB, READER_KIB = 8192, 1024


@dataclass(frozen=True, slots=True)
class Waiting:
    """A command in the queue, and where its caller waits."""

    command: Callable[[Uow], Any]
    done: "Future[Any]"


class SqliteDoor:
    """The door of a plant in one file."""

    dialect = "sqlite"

    def __init__(self, url: sa.URL, clock: Clock, durable: bool) -> None:
        self.url, self.clock = url, clock
        self.bind = sa.create_engine(
            url,
            connect_args={"check_same_thread": False, "cached_statements": CACHED_STATEMENTS},
        )
        sa.event.listen(self.bind, "connect", _pragmas("FULL" if durable else "OFF"))
        self.statements = self.commands = self.commits = 0
        self._entrance, self._closed = threading.Lock(), False
        self._readers = threading.local()
        self._opened: list[sqlite3.Connection] = []
        self._queue: queue.SimpleQueue[Waiting | None] = queue.SimpleQueue()
        self._writer = threading.Thread(target=self._write_on, name="writer", daemon=True)
        self._writer.start()

    @property
    def waiting(self) -> int:
        """Commands in the queue."""
        return self._queue.qsize()

    def run(self, call: Callable[[Uow], T]) -> T:
        """Queue the command; return after the commit of its group."""
        if self._queue.qsize() >= MAX_WAITING:
            raise Unavailable("Too many requests wait for the database; send this again soon.")
        done: Future[T] = Future()
        with self._entrance:
            if self._closed:
                raise Unavailable("The server is shutting down; send the request again.")
            self._queue.put(Waiting(call, done))
        return done.result()

    def read(self, call: Callable[[Uow], T]) -> T:
        """Run a query on this thread's own connection, which sees one state throughout."""
        reader: sqlite3.Connection | None = getattr(self._readers, "connection", None)
        if reader is None:
            reader = self._readers.connection = self._open_reader()
        reader.execute("BEGIN")
        try:
            return call(Uow(reader.cursor(), self.dialect, self.clock.now()))
        finally:
            reader.execute("ROLLBACK")

    def close(self) -> None:
        """Finish what waits, then close every connection."""
        with self._entrance:  # whoever came in is served, nobody comes in after
            self._closed = True
            self._queue.put(None)
        self._writer.join()
        for connection in self._opened:
            connection.close()
        self.bind.dispose()

    def _open_reader(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            str(self.url.database),
            isolation_level=None,
            check_same_thread=False,
            cached_statements=CACHED_STATEMENTS,
        )
        connection.execute("PRAGMA query_only=ON")
        connection.execute("PRAGMA busy_timeout=5000")
        connection.execute(f"PRAGMA cache_size=-{READER_KIB}")
        self._opened.append(connection)
        return connection

    # ---- the writer ----

    def _write_on(self) -> None:
        pooled = self.bind.raw_connection()
        try:
            while (group := self._gather()) is not None:
                self.run_group(pooled.driver_connection, group)
        finally:
            pooled.close()

    def _gather(self) -> list[Waiting] | None:
        first = self._queue.get()
        if first is None:
            return None
        group = [first]
        try:
            while len(group) < GROUP:
                following = self._queue.get_nowait()
                if following is None:
                    self._queue.put(None)
                    break
                group.append(following)
        except queue.Empty:
            pass
        return group

    def run_group(self, connection: Any, group: list[Waiting]) -> None:
        """One transaction for the group; nobody is answered before its commit.

        A database error may have rolled the whole transaction back (a full disk does): then the
        group's fate is lost, and its commands run again one by one.
        """
        outcomes: list[tuple[Any, BaseException | None]] = []
        after: list[Callable[[], None]] = []
        try:
            connection.execute("BEGIN IMMEDIATE")
            for waiting in group:
                outcomes.append(self._one_of(connection, waiting, len(group) > 1, after))
            connection.execute("COMMIT")
        except BaseException as error:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            self._after_loss(connection, group, error)
            return
        self.commits += 1
        finish(after)
        for waiting, (answer, refusal) in zip(group, outcomes, strict=True):
            if refusal is None:
                waiting.done.set_result(answer)
            else:
                waiting.done.set_exception(refusal)

    def _after_loss(self, connection: Any, group: list[Waiting], error: BaseException) -> None:
        if len(group) > 1:
            for waiting in group:
                self.run_group(connection, [waiting])
        elif isinstance(error, sqlite3.OperationalError):
            group[0].done.set_exception(
                Unavailable(f"The database cannot take this now ({error}). Send it again.")
            )
        else:
            group[0].done.set_exception(error)

    def _one_of(
        self,
        connection: Any,
        waiting: Waiting,
        grouped: bool,
        after: list[Callable[[], None]],
    ) -> tuple[Any, BaseException | None]:
        """Run one command; what it refuses is its own affair, what breaks the group is raised."""
        uow = Uow(connection.cursor(), self.dialect, self.clock.now())
        try:
            if grouped:
                with uow.savepoint():
                    answer = waiting.command(uow)
            else:
                answer = waiting.command(uow)
        except BaseException as error:
            if not grouped or not connection.in_transaction or _breaks(error):
                raise
            return None, error
        self.commands += 1
        self.statements += uow.statements
        after += uow.on_commit
        return answer, None


def _breaks(error: BaseException) -> bool:
    """Whether an error leaves the group in doubt: every one of the database's but a constraint."""
    return isinstance(error, sqlite3.Error) and not isinstance(error, sqlite3.IntegrityError)


def _pragmas(synchronous: str) -> Any:
    def on_connect(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None  # we say BEGIN IMMEDIATE ourselves
        for pragma in (
            "journal_mode=WAL",
            f"synchronous={synchronous}",
            "foreign_keys=ON",
            "busy_timeout=5000",
            f"cache_size=-{WRITER_KIB}",
            "wal_autocheckpoint=4000",
        ):
            connection.execute(f"PRAGMA {pragma}")

    return on_connect
