"""A station of the floor in a browser: an enrolled tablet, badges, scans, and orders to work on."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol

import pytest
from playwright.sync_api import Page, expect

from tests.support.browser import PEOPLE, TABLET, Served, Window
from tests.support.floor import PIN, bundle
from tests.support.http import multipart

BADGES = {"ana": "B-1001", "tara": "B-1002", "quinn": "B-1003"}
SLOW = 400  # ms: on a machine that is busy, what is typed at once comes in drops


class Opens(Protocol):
    """Opens windows, as the fixture `opens` does."""

    def __call__(self, name: str | None = None, **options: Any) -> Window:
        """One more window."""
        ...


@pytest.fixture(scope="module")
def works(plant: Served) -> Served:
    """The plant with a routing of three operations, and badges for its people."""
    equip(plant)
    return plant


def equip(plant: Served) -> None:
    """Release a routing of three operations, and give people badges."""
    diagram, files = bundle()
    parts = {"main": ("main.bpmn", diagram)} | {n: (n, text) for n, text in files.items()}
    body, kind = multipart(parts)
    answer = plant.api.post("/processes", content=body, headers={"Content-Type": kind})
    assert answer.is_success, answer.text
    plant.post("/processes/shaft/versions/1/release")
    for name, badge in BADGES.items():
        roles = ["operator", "team_lead"] if name == "tara" else [PEOPLE[name][0]]
        known = {"badge": badge, "pin": PIN, "roles": roles}
        changed = plant.api.patch(f"/users/{name}", json=known)
        assert changed.is_success, changed.text


@pytest.fixture
def order(works: Served, request: pytest.FixtureRequest) -> str:
    """A new order, called like the test."""
    key = f"WO-{request.node.name}"[:60]
    works.post("/instances", process="shaft", business_key=key, variables={"quantity": 50})
    return key


@pytest.fixture
def station(opens: Opens, works: Served) -> Window:
    """A tablet that is an enrolled station, nobody signed in."""
    return enrolled(opens, works)


def enrolled(opens: Opens, works: Served) -> Window:
    """A tablet that was made a station with a code."""
    name = f"CNC-{len(works.get('/stations')['items'])}"
    made = works.post("/stations", name=name, scanner_gap_ms=SLOW)
    one = opens(size=TABLET, timezone_id="Europe/Berlin")
    answer = one.context.request.post(
        f"{works.url}/api/v1/stations/enrol", data={"code": made["code"]}
    )
    assert answer.ok, answer.text()
    return one


def scan(page: Page, code: str) -> None:
    """What a scanner in keyboard mode does."""
    page.keyboard.type(code)
    page.keyboard.press("Enter")


def sign_in(one: Window, name: str) -> Page:
    """Sign in by badge and a card with the PIN."""
    page = one.open("/station")
    scan(page, f"RC:USER:{BADGES[name]}")
    expect(page.locator("#pin")).to_be_focused()
    scan(page, f"RC:PIN:{PIN}")
    page.wait_for_url("**/my-work")
    return page


def task_of(works: Served, order: str) -> dict[str, Any]:
    """The open task of an order."""
    task: dict[str, Any] = works.get(f"/tasks?business_key={order}")["items"][0]
    return task


def at(works: Served, order: str, element: str) -> dict[str, Any]:
    """The open task of an order, brought to an operation through the API."""
    answers = {"identify": {"bar": "BAR-0001"}, "measure": {"diameter": "25", "gauge": "MIC-07"}}
    while (task := task_of(works, order))["element"] != element:
        works.post(f"/tasks/{task['id']}/complete", variables=answers[task["element"]])
    return task


def done(works: Served, instance: str, element: str) -> list[dict[str, Any]]:
    """The completed steps of an element."""
    history = works.get(f"/instances/{instance}/history?limit=200")["items"]
    return [x for x in history if x["element"] == element and x["state"] == "completed"]


@contextmanager
def complaining(one: Window, *about: str) -> Iterator[None]:
    """What the console says of these is expected: a browser reports each failed request."""
    yield
    one.complaints[:] = [c for c in one.complaints if not any(text in c for text in about)]
