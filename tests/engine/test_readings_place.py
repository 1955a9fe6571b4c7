"""Where readings are: a file of their own on SQLite, the plant's database on PostgreSQL."""

import sqlite3
from pathlib import Path

import pytest

from engine.collection.readings import place, trends
from engine.kernel.store import Store
from tests.support.clock import ManualClock


def test_a_file_of_their_own_is_made_once(sqlite_url: str, tmp_path: Path) -> None:
    plant = Store(sqlite_url, clock=ManualClock(), durable=False)
    for _ in range(2):
        with place.opened(plant, tmp_path, durable=False) as readings:
            assert readings is not plant
            assert readings.clock is plant.clock
            assert readings.read(trends.current, unit=b"0" * 16) == []
    plant.close()
    with sqlite3.connect(tmp_path / place.NAME) as file:
        names = {name for (name,) in file.execute("SELECT name FROM sqlite_master")}
        assert names >= {"reading_recent", "reading_chunk", "reading_tag", "reading_source"}
        assert "task" not in names
    file.close()


def test_a_file_of_a_newer_program_is_refused(sqlite_url: str, tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / place.NAME) as file:
        file.execute(f"PRAGMA user_version = {place.VERSION + 1}")
    file.close()
    plant = Store(sqlite_url, durable=False)
    with pytest.raises(place.ReadingsTooNew, match=r"readings\.db"):
        place.opened(plant, tmp_path, durable=False).__enter__()
    plant.close()


def test_postgresql_needs_no_file(postgresql_url: str, tmp_path: Path) -> None:
    plant = Store(postgresql_url)
    with place.opened(plant, tmp_path) as readings:
        assert readings is plant
    plant.close()
    assert list(tmp_path.iterdir()) == []
