"""The long form of tests/scenarios/test_kill_events.py: a hundred kills for each database."""

import secrets
from pathlib import Path

import pytest

from tests.scenarios.test_kill import empty_postgresql, empty_sqlite
from tests.scenarios.test_kill_events import besiege
from tests.support.siege_events import EventSiege

__all__ = ["empty_postgresql", "empty_sqlite"]
pytestmark = pytest.mark.soak

KILLS = 100
SEED = secrets.randbits(32)


@pytest.mark.parametrize("database", ["empty_sqlite", "empty_postgresql"])
def test_a_hundred_kills(database: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    with EventSiege(request.getfixturevalue(database), tmp_path, SEED) as siege:
        besiege(siege, KILLS)
