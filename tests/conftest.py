"""What every test may ask for."""

import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from hypothesis import settings

import engine.registry  # noqa: F401  the tables
import tests.support.quick_hashes  # noqa: F401  before a test hashes anything
from engine.kernel import db, site
from engine.kernel.store import Store
from engine.records.append_only import append_only_ddl
from tests.support.clock import ManualClock
from tests.support.postgres import GIVEN, PostgresServer, postgres

# The same examples in every run: what fails here fails everywhere. `make soak` looks further.
settings.register_profile("fixed", derandomize=True, deadline=None)
settings.load_profile("fixed")

OURS = pytest.StashKey[ExitStack]()


def pytest_configure(config: pytest.Config) -> None:
    """With xdist, start PostgreSQL in the process that owns the run; workers inherit its URL."""
    if getattr(config.option, "numprocesses", None) and GIVEN not in os.environ:
        ending = config.stash[OURS] = ExitStack()
        server = ending.enter_context(postgres())
        os.environ[GIVEN] = server.url_for("postgres")


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop what `pytest_configure` started, whatever came of the run."""
    if ending := config.stash.get(OURS, None):
        del os.environ[GIVEN]
        ending.close()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """The PostgreSQL of this run, one for all its workers; every test names its own databases."""
    with postgres() as server:
        yield server


# ---- databases: each test has its own copy of a schema made once ----


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
