"""The long form of tests/engine/test_oracle.py: ten thousand diagrams nobody has seen before."""

import secrets
import sys

import pytest

from engine.kernel.store import Store
from tests.support.clock import ManualClock
from tests.support.plant import Plant
from tests.support.walk import check

pytestmark = pytest.mark.soak

DIAGRAMS, RUNS = 10_000, 20
CHUNK = 25
FIRST = 1_000 * secrets.randbelow(1_000_000)


@pytest.fixture
def plant(store: Store, clock: ManualClock) -> Plant:
    """A plant with nothing deployed."""
    return Plant(store, clock)


@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
@pytest.mark.parametrize("chunk", range(DIAGRAMS // CHUNK))
def test_the_engine_plays_the_token_game_for_long(plant: Plant, chunk: int) -> None:
    first = FIRST + chunk * CHUNK
    sys.stdout.write(f"seeds {first} to {first + CHUNK - 1}\n")
    check(plant, range(first, first + CHUNK), RUNS)
