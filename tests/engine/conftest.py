"""Engine tests run on both databases: each test has its own copy of a schema made once."""

import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

import engine.registry  # noqa: F401  the tables
from engine.kernel import db, site
from engine.kernel.store import Store
from engine.records.append_only import append_only_ddl
from tests.support.clock import ManualClock
from tests.support.plant import Plant
from tests.support.postgres import PostgresServer


@pytest.fixture
def clock() -> ManualClock:
    """The clock of the test's store."""
    return ManualClock()


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, clock: ManualClock) -> Iterator[Store]:
    """A plant's database with the whole schema and site 1, in Berlin."""
    url = request.getfixturevalue(f"{request.param}_url")
    opened = Store(url, clock=clock, durable=False)
    yield opened
    opened.close()


@pytest.fixture
def plant(store: Store, clock: ManualClock) -> Plant:
    """A plant on that database, with nothing deployed."""
    return Plant(store, clock)


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    """A copy of the template, the test's own file."""
    return f"sqlite:///{shutil.copy(sqlite_template, tmp_path / 'plant.db')}"


@pytest.fixture
def postgresql_url(postgres_server: PostgresServer, postgres_template: str) -> Iterator[str]:
    """A copy of the template, the test's own database."""
    name = f"test_{secrets.token_hex(8)}"
    yield postgres_server.create_database(name, postgres_template)
    postgres_server.drop_database(name)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file every SQLite test copies."""
    file = tmp_path_factory.mktemp("template") / "plant.db"
    _set_up(f"sqlite:///{file}")
    return file


@pytest.fixture(scope="session")
def postgres_template(postgres_server: PostgresServer) -> Iterator[str]:
    """The database every PostgreSQL test copies; each xdist worker has its own."""
    name = f"template_{secrets.token_hex(8)}"
    _set_up(postgres_server.create_database(name))
    yield name
    postgres_server.drop_database(name)


def _set_up(url: str) -> None:
    store = Store(url, durable=False)
    db.metadata.create_all(store.bind)
    with store.bind.begin() as connection:
        for statement in append_only_ddl(store.dialect):
            connection.exec_driver_sql(statement)
    store.run(site.create_site, code="main", name="Main works", time_zone="Europe/Berlin")
    store.close()
