"""What a page may weigh, the font among it; how long it takes is measured by the benchmarks."""

import pytest
from playwright.sync_api import Browser

from tests.support.browser import DESK, TABLET, Served
from tests.support.weight import fill, load

FLOOR_BYTES, DESK_BYTES = 90_000, 150_000
FLOOR = ("/my-work", "a task", "/problem")
DESKS = (
    ("tara", "/work"),
    ("tara", "an order"),
    ("tara", "/incidents"),
    ("eva", "/routings"),
    ("ada", "/people"),
    ("ada", "/audit"),
)


@pytest.fixture(scope="module")
def task(works: Served) -> str:
    """The address of a task whose form asks for everything a form can ask for."""
    return fill(works)


@pytest.mark.parametrize("path", FLOOR)
def test_a_page_of_the_floor_is_small(
    chromium: Browser, works: Served, task: str, path: str
) -> None:
    found = load(chromium, works, "ana", task if path == "a task" else path, TABLET)
    assert any(name.endswith(".woff2") for name in found.weights), "the font belongs to it"
    assert found.weight <= FLOOR_BYTES, found.heaviest


@pytest.mark.parametrize(("name", "path"), DESKS)
def test_a_page_of_the_desk_is_small(
    chromium: Browser, works: Served, task: str, name: str, path: str
) -> None:
    assert task
    order = works.get("/instances?business_key=WO-0")["items"][0]["id"]
    found = load(chromium, works, name, f"/instances/{order}" if path == "an order" else path, DESK)
    assert found.weight <= DESK_BYTES, found.heaviest
