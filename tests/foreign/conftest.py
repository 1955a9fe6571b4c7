"""One plant on SQLite, where a test wants one."""

import pytest

from engine.kernel.store import Store
from tests.support.clock import ManualClock
from tests.support.fixtures import database, store
from tests.support.plant import Plant

__all__ = ["database", "store"]


@pytest.fixture
def plant(store: Store, clock: ManualClock) -> Plant:
    """A plant with nothing deployed."""
    return Plant(store, clock)
