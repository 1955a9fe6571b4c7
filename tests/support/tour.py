"""Every screen of the plant of the demonstration, as a person who may see it comes to it.

`python -m tests.support.tour [FOLDER]` makes pictures of all of them, light and dark, at desk,
tablet and phone width: `make screenshots`.
"""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx
from playwright.sync_api import Browser, Page, sync_playwright

from tests.support.browser import DESK, PHONE, TABLET, launched
from tests.support.shell import ROOT, Shell
from tests.support.spoken import speak

FOLDER = Path("build/screenshots")
SIZES = {"desk": DESK, "tablet": TABLET, "phone": PHONE}
THEMES = ("light", "dark")
PLANT = json.loads((ROOT / "processes/demo/plant.json").read_text("utf-8"))
PASSWORD: str = PLANT["password"]


@dataclass(frozen=True, slots=True)
class Demonstration:
    """A plant with twenty orders, served; `api` calls as a team lead."""

    url: str
    api: httpx.Client

    def first(self, path: str, **filters: str) -> dict[str, Any]:
        """The first item of a list of the API."""
        answer = self.api.get(path, params=filters)
        answer.raise_for_status()
        item: dict[str, Any] = answer.json()["items"][0]
        return item

    def order(self, number: str) -> str:
        """The id of the order with a number."""
        return str(self.first("/instances", business_key=number)["id"])


@dataclass(frozen=True, slots=True)
class Stop:
    """One screen: who looks, and where it is in this plant."""

    name: str
    person: str
    path: Callable[[Demonstration], str]


def _at(path: str) -> Callable[[Demonstration], str]:
    return lambda plant: path


def _of(number: str, rest: str = "") -> Callable[[Demonstration], str]:
    return lambda plant: f"/instances/{plant.order(number)}{rest}"


def _task(number: str) -> Callable[[Demonstration], str]:
    return lambda plant: f"/tasks/{plant.first('/tasks', business_key=number)['id']}"


STOPS = (
    Stop("sign-in", "", _at("/sign-in")),
    Stop("station", "", _at("/station")),
    Stop("my-work", "ana", _at("/my-work")),
    Stop("task", "carla", _task("WO-1017")),
    Stop("task-of-another", "ben", _task("WO-1018")),
    Stop("problem", "ana", _at("/problem")),
    Stop("work", "tom", _at("/work")),
    Stop("record", "tom", _of("WO-1002")),
    Stop("record-diagram", "tom", _of("WO-1002", "/diagram")),
    Stop("record-values", "tom", _of("WO-1011", "/values")),
    Stop("record-waiting", "tom", _of("WO-1015", "/waiting")),
    Stop("record-files", "tom", _of("WO-1002", "/files")),
    Stop("record-signatures", "tom", _of("WO-1002", "/signatures")),
    Stop("incidents", "tom", _at("/incidents")),
    Stop("incident", "tom", lambda plant: f"/incidents/{plant.first('/incidents')['id']}"),
    Stop("search", "tom", _at("/search?q=WO-10")),
    Stop("search-nothing", "tom", _at("/search?q=nothing-at-all")),
    Stop("traveller", "tom", _of("WO-1017", "/traveller")),
    Stop("label", "tom", _of("WO-1017", "/label")),
    Stop("record-print", "tom", _of("WO-1002", "/print")),
    Stop("flow", "tom", _at("/flow/turned_shaft")),
    Stop("floor", "tom", _at("/floor")),
    Stop("wall", "tom", _at("/floor?wall=1")),
    Stop("machine", "max", _at("/machines/LATHE-1?tag=spindle_load")),
    Stop("machine-down", "max", _at("/machines/PRESS-1")),
    Stop("gateways", "max", _at("/gateways")),
    Stop("routings", "emil", _at("/routings")),
    Stop("routing", "emil", _at("/routings/turned_shaft")),
    Stop("routing-version", "emil", _at("/routings/turned_shaft/versions/1")),
    Stop("compare", "emil", _at("/routings/turned_shaft/compare?old=1&new=1")),
    Stop("editor", "emil", _at("/routings/turned_shaft/versions/1/edit")),
    Stop("editor-empty", "emil", _at("/routings/new")),
    Stop("people", "ada", _at("/people")),
    Stop("person", "ada", _at("/people/ana")),
    Stop("tokens", "ada", _at("/tokens")),
    Stop("stations", "ada", _at("/stations")),
    Stop("settings", "ada", _at("/settings")),
    Stop("audit", "ada", _at("/audit")),
    Stop("me", "ana", _at("/me")),
    Stop("refused", "ana", _at("/people")),
    Stop("not-found", "ana", _at("/nothing-here")),
    Stop("styleguide", "emil", _at("/styleguide")),
)


@contextmanager
def demonstration(home: Path) -> Iterator[Demonstration]:
    """The plant of `routecard demo`, as long as the block lasts."""
    shell = Shell(home)
    shell.done("demo", "--home", home, "--port", 0, "--speed", 0, "--exit-when-ready")
    roles = [word for role in ("team_lead", "planner", "integration") for word in ("--role", role)]
    token = shell.done("token", "create", *roles).strip()
    with shell.serving() as running:
        headers = {"Authorization": f"Bearer {token}"}
        with httpx.Client(base_url=f"{running.url}/api/v1", headers=headers, timeout=30) as api:
            speak(api)
            yield Demonstration(running.url, api)


class Tourist:
    """A browser whose visitor is, from stop to stop, the person who may look."""

    def __init__(self, browser: Browser, plant: Demonstration) -> None:
        self._browser, self.plant = browser, plant
        self._pages: dict[str, Page] = {}

    def visit(self, stop: Stop, theme: str, size: tuple[int, int]) -> Page:
        """The page of a stop, come to rest."""
        page = self._pages.get(stop.person) or self._enter(stop.person)
        page.context.add_cookies(
            [{"name": "routecard_theme", "value": theme, "url": self.plant.url}]
        )
        page.set_viewport_size({"width": size[0], "height": size[1]})
        page.goto(self.plant.url + stop.path(self.plant), wait_until="load")
        for diagram in page.locator(".djs-container").all():
            diagram.locator("svg .viewport").first.wait_for(state="attached")
        page.evaluate("document.fonts.ready")
        return page

    def _enter(self, person: str) -> Page:
        context = self._browser.new_context(reduced_motion="reduce")  # looks come at once
        if person:
            answer = context.request.post(
                f"{self.plant.url}/api/v1/sessions", data={"name": person, "password": PASSWORD}
            )
            assert answer.ok, f"{person} cannot sign in: {answer.text()}"
        self._pages[person] = context.new_page()
        return self._pages[person]


def main() -> None:
    """Make a picture of every stop in every theme and size."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER
    with (
        TemporaryDirectory() as home,
        demonstration(Path(home) / "demo") as plant,
        sync_playwright() as playwright,
    ):
        tourist = Tourist(launched(playwright), plant)
        for theme in THEMES:
            for size, pixels in SIZES.items():
                place = folder / f"{size}-{theme}"
                place.mkdir(parents=True, exist_ok=True)
                for stop in STOPS:
                    page = tourist.visit(stop, theme, pixels)
                    page.screenshot(path=place / f"{stop.name}.png", full_page=True)
    sys.stdout.write(f"{len(STOPS)} screens, each {len(THEMES) * len(SIZES)} times, in {folder}\n")


if __name__ == "__main__":
    main()
