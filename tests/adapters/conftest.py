"""What takes long to make is made once for all tests of adapters."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.machines.opcua import Floor


@pytest.fixture(scope="session")
def _floor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Floor]:
    made = Floor(tmp_path_factory.mktemp("opcua"))
    yield made
    made.close()


@pytest.fixture
def floor(_floor: Floor) -> Floor:
    """An OPC UA press as it was in the beginning; everything about it runs on `floor.run`."""
    _floor.run(_floor.press.reset())
    return _floor


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where certificates of ours go."""
    return tmp_path / "certificates"
