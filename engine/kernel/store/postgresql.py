"""PostgreSQL: a command in a transaction of its own, on a pooled connection."""

import random
import threading
from collections.abc import Callable
from typing import Any, TypeVar

import psycopg
import sqlalchemy as sa

from engine.kernel.clock import Clock
from engine.kernel.errors import Unavailable
from engine.kernel.store.uow import Uow, finish

T = TypeVar("T")
CONNECTIONS = 16
ATTEMPTS = 4
# serialization_failure and deadlock_detected ask for the same again; after a unique_violation the
# second try sees the row of whoever was faster, and answers accordingly.
AGAIN = {"40001": ATTEMPTS, "40P01": ATTEMPTS, "23505": 2}
# Milliseconds a statement may run, wait for a lock, or a frozen holder may keep its row locks.
OPTIONS = (
    "-c statement_timeout=30000 -c lock_timeout=5000 -c idle_in_transaction_session_timeout=10000"
)


class PostgresqlDoor:
    """The door of a plant on PostgreSQL; several processes and hosts may have one each."""

    dialect = "postgresql"
    waiting = 0

    def __init__(self, url: sa.URL, clock: Clock) -> None:
        self.clock = clock
        self.bind = sa.create_engine(
            url,
            pool_size=CONNECTIONS,
            max_overflow=0,
            pool_timeout=10,
            connect_args={"options": OPTIONS, "connect_timeout": 5},
        )
        self.statements = self.commands = self.commits = 0

    def run(self, call: Callable[[Uow], T]) -> T:
        """Run the command in a transaction, again if the database asks for it."""
        attempt = 0
        while True:
            attempt += 1
            try:
                return self._transaction(call)
            except psycopg.Error as error:
                if attempt >= AGAIN.get(error.sqlstate or "", 0):
                    raise _as_refusal(error) from error
                threading.Event().wait(random.uniform(0.001, 0.01) * 2**attempt)

    def read(self, call: Callable[[Uow], T]) -> T:
        """Run a query; each statement sees what is committed when it begins."""
        pooled = self._connection()
        connection: Any = pooled.driver_connection
        try:
            connection.autocommit = True
            return call(Uow(connection.cursor(), self.dialect, self.clock.now()))
        except psycopg.Error as error:
            raise _as_refusal(error) from error
        finally:
            _give_back(pooled, connection)

    def close(self) -> None:
        """Close every connection."""
        self.bind.dispose()

    def _transaction(self, call: Callable[[Uow], T]) -> T:
        pooled = self._connection()
        connection: Any = pooled.driver_connection
        try:
            connection.autocommit = False
            uow = Uow(connection.cursor(), self.dialect, self.clock.now())
            answer = call(uow)
            connection.commit()
        finally:
            _give_back(pooled, connection)
        self.commits += 1
        self.commands += 1
        self.statements += uow.statements
        finish(uow.on_commit)
        return answer

    def _connection(self) -> Any:
        try:
            return self.bind.raw_connection()
        except (sa.exc.SQLAlchemyError, psycopg.Error) as error:
            raise Unavailable(
                "The database does not answer; send the request again soon."
            ) from error


def _give_back(pooled: Any, connection: Any) -> None:
    """To the pool, which rolls back what is open; a broken connection is thrown away."""
    if connection.closed:
        pooled.invalidate()
    pooled.close()


def _as_refusal(error: psycopg.Error) -> Exception:
    if isinstance(error, psycopg.OperationalError):
        return Unavailable(
            f"The database cannot take this now ({type(error).__name__}). "
            "Send the request again, with the same Idempotency-Key if it had one."
        )
    return error
