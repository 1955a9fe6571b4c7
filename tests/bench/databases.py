"""The two databases under test, as a plant has them: durable before it is acknowledged."""

import itertools
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import psycopg

from tests.support.postgres import PostgresServer, postgres


class Database:
    """Where benchmarks put their plants; `pid` is that of the server process, if there is one."""

    name: str
    pid: int | None = None

    def fresh(self, *, durable: bool = True) -> str:
        """The URL of a new, empty database; without `durable` no commit waits for the disk."""
        raise AssertionError("a database says how")

    def copy(self, url: str) -> str:
        """The URL of a copy of a database that nobody is connected to."""
        raise AssertionError("a database says how")


class Sqlite(Database):
    """Files in a folder of their own, synchronous=FULL."""

    name = "SQLite"

    def __init__(self, folder: Path) -> None:
        self._folder, self._numbers = folder, itertools.count()

    def fresh(self, *, durable: bool = True) -> str:
        return f"sqlite:///{self._folder / f'{next(self._numbers)}.db'}"

    def copy(self, url: str) -> str:
        copied = self.fresh()
        shutil.copy(url.removeprefix("sqlite:///"), copied.removeprefix("sqlite:///"))
        return copied


class Postgresql(Database):
    """Databases of one server, synchronous_commit=on."""

    name = "PostgreSQL"

    def __init__(self, server: PostgresServer) -> None:
        self._server = server
        self.made: list[str] = []
        self.pid = _server_process(server.url_for("postgres"))

    def fresh(self, *, durable: bool = True) -> str:
        url = self._create(None)
        if not durable:
            with psycopg.connect(plain(url), autocommit=True) as connection:
                connection.execute(f"ALTER DATABASE {self.made[-1]} SET synchronous_commit = off")
        return url

    def copy(self, url: str) -> str:
        return self._create(url.rpartition("/")[2])

    def _create(self, template: str | None) -> str:
        self.made.append(f"bench_{secrets.token_hex(6)}")
        return self._server.create_database(self.made[-1], template)


@contextmanager
def sqlite() -> Iterator[Sqlite]:
    """SQLite in a temporary folder."""
    folder = Path(tempfile.mkdtemp(prefix="routecard-bench-"))
    try:
        yield Sqlite(folder)
    finally:
        shutil.rmtree(folder)


@contextmanager
def postgresql() -> Iterator[Postgresql]:
    """A PostgreSQL of our own that waits for the disk, or the one that the environment names."""
    with postgres(durable=True) as server:
        database = Postgresql(server)
        try:
            yield database
        finally:
            for name in database.made:
                server.drop_database(name)


def plain(url: str) -> str:
    """A URL as psycopg itself understands it."""
    return url.replace("postgresql+psycopg:", "postgresql:")


def _server_process(url: str) -> int | None:
    """The parent of the process behind a connection, if the server runs on this machine."""
    with psycopg.connect(plain(url)) as connection:
        try:
            backend = psutil.Process(connection.info.backend_pid)
            parent = backend.parent()
            return parent.pid if parent and "postgres" in parent.name() else None
        except psutil.NoSuchProcess:
            return None
