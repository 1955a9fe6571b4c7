"""What every test may ask for."""

import os
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.support.postgres import GIVEN, PostgresServer, postgres

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
