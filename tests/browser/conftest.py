"""One Chromium for the run, one plant for each module, and a window for each person.

`desk` is signed in as nobody yet: `desk.sign_in("eva")`. A test whose page complains on its
console, of a script's error or of something the policy forbids, fails.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from tests.support.browser import (
    MILLISECONDS,
    NoBrowser,
    Served,
    Window,
    executable,
    is_required,
    launched,
    served,
    window,
)
from tests.support.station import order, station, works

__all__ = ["order", "station", "works"]

Opens = Callable[..., Window]
expect.set_options(timeout=MILLISECONDS)  # on a busy machine five seconds are no sign of a fault


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Debian's Chromium; without one the test is skipped, unless the run requires it."""
    try:
        executable()
    except NoBrowser as reason:
        if is_required():
            raise
        pytest.skip(str(reason))
    with sync_playwright() as playwright:
        browser = launched(playwright)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def plant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A new plant, served on a port of its own."""
    home: Path = tmp_path_factory.mktemp("plant")
    with served(home) as plant:
        yield plant


@pytest.fixture
def opens(chromium: Browser, plant: Served) -> Iterator[Opens]:
    """Opens windows: `opens("eva")`, `opens("ana", size=TABLET)`, `opens()` for nobody yet."""
    with ExitStack() as opened:
        windows: list[Window] = []

        def open_one(name: str | None = None, **options: Any) -> Window:
            one = opened.enter_context(window(chromium, plant.url, **options))
            windows.append(one)
            if name is not None:
                one.sign_in(name)
            return one

        yield open_one
        complaints = [words for one in windows for words in one.complaints]
    assert complaints == []


@pytest.fixture
def desk(opens: Opens) -> Window:
    """A window of desk size in which nobody has signed in."""
    return opens()
