"""One unit of work: the statements of one command, in a transaction that only the store ends."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from engine.kernel.clock import to_ms
from engine.kernel.db import Statement
from engine.kernel.log import log

Row = tuple[Any, ...]
Parameters = Mapping[str, Any]


class Uow:
    """Runs prepared statements on one connection of the driver.

    `now` is the instant of the command (tz-aware UTC), `now_ms` the same as the tables store it.
    `on_commit` collects what may happen only once the commit is durable; `unfinished` says that the
    command left something that a transaction of its own carries on.
    """

    __slots__ = (
        "_cursor",
        "_depth",
        "dialect",
        "now",
        "now_ms",
        "on_commit",
        "statements",
        "unfinished",
    )

    def __init__(self, cursor: Any, dialect: str, now: datetime) -> None:
        self._cursor = cursor
        self._depth = 0
        self.dialect = dialect
        self.now = now
        self.now_ms = to_ms(now)
        self.on_commit: list[Callable[[], None]] = []
        self.unfinished = False
        self.statements = 0

    def one(self, statement: Statement, **parameters: Any) -> Row | None:
        """The first row, or None."""
        self._run(statement, parameters)
        row: Row | None = self._cursor.fetchone()
        return row

    def all(self, statement: Statement, **parameters: Any) -> list[Row]:
        """Every row."""
        self._run(statement, parameters)
        rows: list[Row] = self._cursor.fetchall()
        return rows

    def write(self, statement: Statement, parameters: Parameters | Sequence[Parameters]) -> int:
        """Write with one set of parameters, or with several in one go; the number of rows met."""
        if isinstance(parameters, Mapping):
            self._run(statement, parameters)
        elif len(parameters) == 1:
            self._run(statement, parameters[0])
        elif parameters:
            sql, fixed = statement.prepared(self.dialect)
            self.statements += 1
            self._cursor.executemany(sql, [{**fixed, **p} for p in parameters])
        else:
            return 0
        count: int = self._cursor.rowcount
        return count

    def pour(self, table: sa.Table, columns: Sequence[str], rows: Sequence[Row]) -> None:
        """Insert many rows in the cheapest way the database has: COPY, or one statement."""
        if not rows:
            return
        self.statements += 1
        names = ", ".join(columns)
        if self.dialect == "postgresql":
            with self._cursor.copy(f"COPY {table.name} ({names}) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
            return
        holes = ", ".join("?" * len(columns))
        self._cursor.executemany(f"INSERT INTO {table.name} ({names}) VALUES ({holes})", rows)

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """What happens inside is undone if it raises; the rest of the command stays."""
        self._depth += 1
        name = f"s{self._depth}"
        waiting, unfinished = len(self.on_commit), self.unfinished
        self._cursor.execute(f"SAVEPOINT {name}")
        try:
            yield
        except BaseException:
            self._cursor.execute(f"ROLLBACK TO SAVEPOINT {name}")
            self._cursor.execute(f"RELEASE SAVEPOINT {name}")
            del self.on_commit[waiting:]
            self.unfinished = unfinished
            raise
        else:
            self._cursor.execute(f"RELEASE SAVEPOINT {name}")
        finally:
            self._depth -= 1

    def alone(self, key: str) -> None:
        """Let nobody else pass here with the same key until the commit; SQLite has one writer."""
        if self.dialect == "postgresql":
            self._cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", (key,))

    def _run(self, statement: Statement, parameters: Parameters) -> None:
        sql, fixed = statement.prepared(self.dialect)
        self.statements += 1
        self._cursor.execute(sql, {**fixed, **parameters} if fixed else parameters)


def finish(after: Sequence[Callable[[], None]]) -> None:
    """What waited for the commit; a fault there cannot undo it and must not stop the door."""
    for done in after:
        try:
            done()
        except Exception:
            log.exception("after_commit_failed")
