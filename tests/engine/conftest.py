"""Engine tests run on both databases, each on a copy of its own."""

import pytest

from engine.kernel.store import Store
from tests.support.clock import ManualClock
from tests.support.plant import Plant


@pytest.fixture
def plant(store: Store, clock: ManualClock) -> Plant:
    """A plant on that database, with nothing deployed."""
    return Plant(store, clock)
