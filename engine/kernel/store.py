"""The one door for writes: `run(command, **args)` answers once the command's commit is durable.

On SQLite one writer thread runs what waits, up to 64 commands in one transaction, each in its own
SAVEPOINT: one fsync serves them all, and nobody fights for the file's lock. On PostgreSQL, which
groups commits itself, a command runs in a transaction of its own on a pooled connection.
"""

import queue
import random
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, TypeVar, cast

import psycopg
import sqlalchemy as sa

from engine.kernel.clock import Clock, SystemClock
from engine.kernel.connect import open_bind, readonly_connection
from engine.kernel.db import DatabaseError, IntegrityError
from engine.kernel.errors import RoutecardError, Unavailable
from engine.kernel.idempotency import Once, recall, remember
from engine.kernel.uow import Uow

T = TypeVar("T")
GROUP = 64
MAX_WAITING = 2_000
RETRIES = 4
# 40001 serialization_failure, 40P01 deadlock_detected: PostgreSQL asks for the same again.
RETRY_STATES = ("40001", "40P01")


@dataclass(frozen=True, slots=True)
class _Waiting:
    command: Callable[[Uow], Any]
    done: "Future[Any]"


class Store:
    """The plant's database: reads anywhere, writes through one door.

    Args:
        url: `sqlite:///path` or `postgresql+psycopg://…`.
        clock: where commands take their time from.
        durable: False gives up safety against power loss, for tests only.
    """

    def __init__(self, url: str, *, clock: Clock | None = None, durable: bool = True) -> None:
        self.url = sa.make_url(url)
        self.clock = clock or SystemClock()
        self.sqlite = self.url.get_backend_name() == "sqlite"
        self.dialect = "sqlite" if self.sqlite else "postgresql"
        self.bind = open_bind(self.url, durable=durable)
        self.statements = self.commands = self.commits = 0
        self._readers = threading.local()
        self._opened: list[sqlite3.Connection] = []
        self._waiting: queue.SimpleQueue[_Waiting | None] = queue.SimpleQueue()
        self._writer: threading.Thread | None = None
        self._closed = False
        if self.sqlite:
            self._writer = threading.Thread(target=self._write_on, name="writer", daemon=True)
            self._writer.start()

    @property
    def waiting(self) -> int:
        """Commands that wait for the writer."""
        return self._waiting.qsize()

    def run(self, command: Callable[..., T], *, once: Once | None = None, **args: Any) -> T:
        """Run a command `command(uow, **args)` in one transaction and return its answer.

        With `once` the answer is kept in the same commit, and the same request again gets the kept
        answer (an `idempotency.Replayed` in place of T) without being carried out twice.

        Raises:
            RoutecardError: what the command refuses; nothing was changed.
            Unavailable: if the database cannot take it now.
        """
        if self._closed:
            raise Unavailable("The server is shutting down; send the request again.")

        def call(uow: Uow) -> T:
            answer = command(uow, **args)
            if once is not None:
                remember(uow, once, answer)
            return answer

        try:
            return self._group(call) if self.sqlite else self._alone(call)
        except (RoutecardError, *IntegrityError):
            kept = None if once is None else self.read(recall, once=once)
            if kept is None:
                raise
            return cast(T, kept)

    def read(self, query: Callable[..., T], **args: Any) -> T:
        """Run a query `query(uow, **args)` on a short read-only connection."""
        if self.sqlite:
            reader = self._reader()
            reader.execute("BEGIN")
            try:
                return query(Uow(reader.cursor(), self.dialect, self.clock.now()), **args)
            finally:
                reader.execute("ROLLBACK")
        try:
            pooled = self.bind.raw_connection()
        except (sa.exc.SQLAlchemyError, psycopg.Error) as error:
            raise Unavailable(f"The database does not answer: {error}.") from error
        try:
            connection: Any = pooled.driver_connection
            connection.autocommit = True
            return query(Uow(connection.cursor(), self.dialect, self.clock.now()), **args)
        finally:
            pooled.close()

    def close(self) -> None:
        """Finish what waits, then close every connection."""
        self._closed = True
        if self._writer is not None:
            self._waiting.put(None)
            self._writer.join()
        for connection in self._opened:
            connection.close()
        self.bind.dispose()

    # ---- SQLite ----

    def _group(self, call: Callable[[Uow], T]) -> T:
        if self._waiting.qsize() >= MAX_WAITING:
            raise Unavailable("Too many requests wait for the database; send this again soon.")
        done: Future[T] = Future()
        self._waiting.put(_Waiting(call, done))
        return done.result()

    def _reader(self) -> sqlite3.Connection:
        connection: sqlite3.Connection | None = getattr(self._readers, "connection", None)
        if connection is None:
            connection = readonly_connection(self.url)
            self._readers.connection = connection
            self._opened.append(connection)
        return connection

    def _write_on(self) -> None:
        pooled = self.bind.raw_connection()
        connection = pooled.driver_connection
        try:
            while (group := self._gather()) is not None:
                self._run_group(connection, group)
        finally:
            pooled.close()

    def _gather(self) -> list[_Waiting] | None:
        first = self._waiting.get()
        if first is None:
            return None
        group = [first]
        try:
            while len(group) < GROUP:
                following = self._waiting.get_nowait()
                if following is None:
                    self._waiting.put(None)
                    break
                group.append(following)
        except queue.Empty:
            pass
        return group

    def _run_group(self, connection: Any, group: list[_Waiting]) -> None:
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
            if len(group) > 1:
                for waiting in group:
                    self._run_group(connection, [waiting])
            else:
                group[0].done.set_exception(_as_refusal(error))
            return
        self.commits += 1
        for done in after:
            done()
        for waiting, (answer, refusal) in zip(group, outcomes, strict=True):
            _acknowledge(waiting.done, answer, refusal)

    def _one_of(
        self,
        connection: Any,
        waiting: _Waiting,
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

    # ---- PostgreSQL ----

    def _alone(self, call: Callable[[Uow], T]) -> T:
        for attempt in range(RETRIES):
            try:
                return self._transaction(call)
            except psycopg.Error as error:
                if error.sqlstate not in RETRY_STATES or attempt == RETRIES - 1:
                    raise _as_refusal(error) from error
                threading.Event().wait(random.uniform(0.001, 0.01) * 2**attempt)
        raise AssertionError("unreachable")

    def _transaction(self, call: Callable[[Uow], T]) -> T:
        try:
            pooled = self.bind.raw_connection()
        except (sa.exc.SQLAlchemyError, psycopg.Error) as error:
            raise Unavailable(f"The database does not answer: {error}.") from error
        connection: Any = pooled.driver_connection
        try:
            connection.autocommit = False
            uow = Uow(connection.cursor(), self.dialect, self.clock.now())
            answer = call(uow)
            connection.commit()
        finally:
            if connection.closed:
                pooled.invalidate()
            pooled.close()
        self.commits += 1
        self.commands += 1
        self.statements += uow.statements
        for done in uow.on_commit:
            done()
        return answer


def _acknowledge(done: "Future[Any]", answer: Any, refusal: BaseException | None) -> None:
    if refusal is None:
        done.set_result(answer)
    else:
        done.set_exception(refusal)


def _breaks(error: BaseException) -> bool:
    """Whether an error of the database leaves the group in doubt (all but a broken constraint)."""
    return isinstance(error, DatabaseError) and not isinstance(error, IntegrityError)


def _as_refusal(error: BaseException) -> BaseException:
    if isinstance(error, sqlite3.OperationalError | psycopg.OperationalError):
        return Unavailable(
            f"The database cannot take this now ({error}). "
            "Send the request again, with the same Idempotency-Key if it had one."
        )
    return error
