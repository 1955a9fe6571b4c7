"""The one door for writes: `run(command, **args)` answers once the command's commit is durable.

On SQLite one writer thread groups what waits into one transaction (`sqlite.py`). On PostgreSQL,
which groups commits itself, a command has a transaction of its own (`postgresql.py`).
"""

from collections.abc import Callable
from typing import Any, Protocol, TypeVar, cast

import sqlalchemy as sa

from engine.kernel.clock import Clock, SystemClock
from engine.kernel.errors import RoutecardError, Unavailable
from engine.kernel.store.idempotency import Once, recall, remember
from engine.kernel.store.uow import Uow

T = TypeVar("T")


class Door(Protocol):
    """How one kind of database is written and read."""

    bind: sa.Engine
    dialect: str
    commits: int
    commands: int
    statements: int

    @property
    def waiting(self) -> int:
        """Commands that wait to be run."""
        ...

    def run(self, call: Callable[[Uow], T]) -> T:
        """Run a command in one transaction; return after its commit."""
        ...

    def read(self, call: Callable[[Uow], T]) -> T:
        """Run a query on a short read-only connection."""
        ...

    def close(self) -> None:
        """Finish what waits, then close every connection."""
        ...


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
        self.door = _door(self.url, self.clock, durable)
        self._closed = False

    @property
    def bind(self) -> sa.Engine:
        """The SQLAlchemy engine below, for the schema."""
        return self.door.bind

    @property
    def dialect(self) -> str:
        """`sqlite` or `postgresql`."""
        return self.door.dialect

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
            return self.door.run(call)
        except Exception as error:
            if once is None or not (isinstance(error, RoutecardError) or broken_constraint(error)):
                raise
            kept = self.read(recall, once=once)
            if kept is None:
                raise
            return cast(T, kept)

    def read(self, query: Callable[..., T], **args: Any) -> T:
        """Run a query `query(uow, **args)` on a short read-only connection."""
        if self._closed:
            raise Unavailable("The server is shutting down; send the request again.")
        return self.door.read(lambda uow: query(uow, **args))

    def close(self) -> None:
        """Finish what waits, then close every connection."""
        self._closed = True
        self.door.close()


def broken_constraint(error: BaseException) -> bool:
    """Whether a driver says that a constraint was broken. Source: PEP 249, IntegrityError."""
    return any(kind.__name__ == "IntegrityError" for kind in type(error).__mro__)


def _door(url: sa.URL, clock: Clock, durable: bool) -> Door:
    """Only the driver that is needed is loaded: a plant PC with SQLite starts faster without."""
    if url.get_backend_name() == "sqlite":
        from engine.kernel.store.sqlite import SqliteDoor

        return SqliteDoor(url, clock, durable)
    from engine.kernel.store.postgresql import PostgresqlDoor

    return PostgresqlDoor(url, clock)
