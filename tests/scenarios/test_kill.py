"""The server is killed, ten times, with requests on their way: nothing told is lost or done twice.

The long form, which kills the database's server as well, is tests/soak/test_kill.py.
"""

import secrets
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.ledger import Entry, Instance, faults
from tests.support.postgres import PostgresServer
from tests.support.siege import IN_FLIGHT, PATH, Siege

SEED = 20_261_123
KILLS = 10


@pytest.fixture
def empty_sqlite(tmp_path: Path) -> str:
    """A file that is not there yet."""
    return f"sqlite:///{tmp_path / 'plant.db'}"


@pytest.fixture
def empty_postgresql(postgres_server: PostgresServer) -> Iterator[str]:
    """A database without a table."""
    name = f"test_{secrets.token_hex(8)}"
    yield postgres_server.create_database(name)
    postgres_server.drop_database(name)


@pytest.mark.parametrize("database", ["empty_sqlite", "empty_postgresql"])
def test_nothing_acknowledged_is_lost_or_done_twice(
    database: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    with Siege(request.getfixturevalue(database), tmp_path, SEED) as siege:
        siege.start()
        for _ in range(KILLS):
            siege.kill()
            siege.restart()
        siege.finish()
        print(siege)  # noqa: T201  the seed, for whoever has to look into a failure
        assert faults(siege.ledger.entries(), siege.plant(), PATH) == []
        assert len(siege.kills) == KILLS
        assert min(siege.kills) >= IN_FLIGHT
    if database == "empty_sqlite":
        assert integrity(tmp_path / "plant.db") == ["ok"]


def integrity(file: Path) -> list[str]:
    """What SQLite says about the file."""
    connection = sqlite3.connect(file)
    found = [row[0] for row in connection.execute("PRAGMA integrity_check")]
    connection.close()
    return found


# ---- the check can fail ----


def test_the_check_sees_what_a_key_prevents(empty_sqlite: str, tmp_path: Path) -> None:
    """An answer that was lost, and the request sent again: with its key, and without."""
    with Siege(empty_sqlite, tmp_path, SEED) as siege:
        for order, key in (("with", "key-1"), ("without", None)):
            body = {"process": "part_0", "business_key": order, "variables": {"begin": order}}
            lost = siege.caller()
            lost.send("/instances", body, key)
            while order not in siege.plant():
                pass
            lost.close()
            again = siege.caller()
            assert again.post("/instances", body, key).status == 201
            again.close()
        ledger = [Entry(order, "begin", order) for order in ("with", "without")]
        started = [f for f in faults(ledger, siege.plant(), PATH) if "started" in f]
    assert started == ["without: acknowledged once, started 2 times"]


STEPS = tuple((element, None if element == "done" else element.upper()) for element in PATH)
GOOD = {"WO-1": [Instance("completed", STEPS)]}
TOLD = [Entry("WO-1", element, value) for element, value in STEPS if value]


def test_a_good_plant_has_no_faults() -> None:
    assert faults(TOLD, GOOD, PATH) == []


@pytest.mark.parametrize(
    ("ledger", "plant"),
    [
        ([*TOLD, Entry("WO-2", "begin", "B")], GOOD),
        ([*TOLD, Entry("WO-1", "rework", "R")], GOOD),
        ([replace(TOLD[1], value="another"), *TOLD], GOOD),
        (TOLD, {}),
        (TOLD, GOOD | {"WO-3": GOOD["WO-1"]}),
        (TOLD, {"WO-1": GOOD["WO-1"] * 2}),
        (TOLD, {"WO-1": [Instance("completed", STEPS[:2] + STEPS[1:])]}),
        (TOLD, {"WO-1": [Instance("completed", STEPS[:2] + STEPS[3:])]}),
        (TOLD, {"WO-1": [Instance("completed", (("begin", "other"), *STEPS[1:]))]}),
        (TOLD, {"WO-1": [Instance("active", STEPS[:-1])]}),
    ],
    ids=[
        "a start that was not done",
        "a step that was not done",
        "a value that is not there",
        "everything lost",
        "an instance nobody asked for",
        "an order started twice",
        "a step done twice",
        "a step lost",
        "a value changed",
        "not at its end",
    ],
)
def test_the_check_finds(ledger: list[Entry], plant: dict[str, list[Instance]]) -> None:
    assert faults(ledger, plant, PATH)
