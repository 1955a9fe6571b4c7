"""The long form of tests/scenarios/test_kill.py: two hundred kills, some of PostgreSQL itself."""

import secrets
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.scenarios.test_kill import integrity
from tests.support.ledger import faults
from tests.support.postgres import postgres
from tests.support.postmaster import Postmaster
from tests.support.siege import IN_FLIGHT, PATH, Siege

pytestmark = pytest.mark.soak

KILLS = 200
SEED = secrets.randbits(32)
DATABASE = "siege"


def test_sqlite(tmp_path: Path) -> None:
    file = tmp_path / "plant.db"
    with Siege(f"sqlite:///{file}", tmp_path, SEED) as siege:
        siege.start()
        for _ in range(KILLS):
            siege.kill()
            siege.restart()
        check(siege)
    assert integrity(file) == ["ok"]


def test_postgresql(postmaster: Postmaster, tmp_path: Path) -> None:
    """Every fifth time it is the database's server that is killed."""
    url = postmaster.server.create_database(DATABASE)
    with Siege(url, tmp_path, SEED) as siege:
        siege.start()
        for number in range(1, KILLS + 1):
            if number % 5:
                siege.kill()
                siege.restart()
            else:
                siege.kill(postmaster.kill)
                postmaster.restart()
        check(siege)
    assert broken_indexes(url) == []


@pytest.fixture
def postmaster() -> Iterator[Postmaster]:
    """A PostgreSQL that waits for the disk, and may be killed."""
    with postgres(durable=True) as server:
        found = Postmaster(server)
        yield found
        found.end()


def check(siege: Siege) -> None:
    """Let the clients finish, then compare."""
    siege.finish()
    print(siege)  # noqa: T201  the seed, for whoever has to look into a failure
    assert faults(siege.ledger.entries(), siege.plant(), PATH) == []
    assert len(siege.kills) == KILLS
    assert min(siege.kills) >= IN_FLIGHT


def broken_indexes(url: str) -> list[str]:
    """What PostgreSQL's own check says against the tables and their indexes."""
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute("CREATE EXTENSION amcheck")
        tables = "relnamespace = 'public'::regnamespace AND relkind = 'r'"
        rows = connection.execute(
            f"SELECT relname, v.msg FROM pg_class, verify_heapam(pg_class.oid) v WHERE {tables}"
        ).fetchall()
        connection.execute(
            "SELECT bt_index_check(indexrelid, true) FROM pg_index JOIN pg_class ON "
            f"indrelid = pg_class.oid WHERE {tables}"
        )
    return [f"{table}: {said}" for table, said in rows]
