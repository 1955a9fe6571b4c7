"""A plant that is served, the people who work in it, and Chromium windows in which they sign in."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Playwright

from tests.support.shell import Running, Shell

REQUIRED = "ROUTECARD_TEST_REQUIRE_BROWSER"
NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
# Debian's build, as root and in a container, and silent towards the world.
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
PASSWORD = "quiet harbour 41 lanterns"
PEOPLE = {
    "ana": ("operator",),
    "quinn": ("quality",),
    "tara": ("team_lead",),
    "piet": ("planner",),
    "eva": ("process_engineer",),
    "rolf": ("process_engineer",),
    "ada": ("admin",),
}
DESK, TABLET, PHONE = (1440, 900), (1024, 768), (414, 896)
MILLISECONDS = 15_000


class NoBrowser(Exception):
    """Why the browser tests cannot run here."""


def executable() -> str:
    """Where Chromium is.

    Raises:
        NoBrowser: if there is none.
    """
    for name in NAMES:
        if found := shutil.which(name):
            return found
    raise NoBrowser(
        "There is no Chromium here, so the screens are not tried in a browser. "
        "On Debian: apt-get install chromium"
    )


def is_required() -> bool:
    """Whether the run must not do without a browser."""
    return bool(os.environ.get(REQUIRED))


def launched(playwright: Playwright) -> Browser:
    """Chromium without a window."""
    return playwright.chromium.launch(executable_path=executable(), args=list(ARGUMENTS))


@dataclass
class Served:
    """A plant with a real home behind a real server.

    Attributes:
        url: where it is served.
        api: a client of its REST API with every role.
        shell: for `routecard` commands on its home.
    """

    shell: Shell
    running: Running
    url: str
    api: httpx.Client

    def post(self, path: str, **body: Any) -> Any:
        """What a POST to the API answers; it has to work."""
        return self._done(self.api.post(path, json=body))

    def get(self, path: str) -> Any:
        """What a GET of the API answers; it has to work."""
        return self._done(self.api.get(path))

    def deploy(self, *files: Path, release: bool = True) -> dict[str, Any]:
        """Deploy a bundle, its routing first; the version."""
        parts = [
            ("main" if number == 0 else file.name, (file.name, file.read_bytes()))
            for number, file in enumerate(files)
        ]
        version: dict[str, Any] = self._done(self.api.post("/processes", files=parts))
        if release:
            self.post(f"/processes/{version['key']}/versions/{version['version']}/release")
        return version

    def deploy_text(self, xml: str, release: bool = True) -> dict[str, Any]:
        """Deploy one diagram given as text; the version."""
        headers = {"Content-Type": "application/xml"}
        version: dict[str, Any] = self._done(
            self.api.post("/processes", content=xml.encode(), headers=headers)
        )
        if release:
            self.post(f"/processes/{version['key']}/versions/{version['version']}/release")
        return version

    @staticmethod
    def _done(answer: httpx.Response) -> Any:
        assert answer.is_success, f"{answer.request.url}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None


@contextmanager
def served(home: Path) -> Iterator[Served]:
    """A new plant, founded with `PEOPLE`, for as long as the block lasts."""
    shell = Shell(home)
    with shell.serving() as running:
        roles = [
            part
            for each in sorted({r for rs in PEOPLE.values() for r in rs} | {"integration"})
            for part in ("--role", each)
        ]
        token = shell.done("token", "create", *roles).strip()
        headers = {"Authorization": f"Bearer {token}"}
        with httpx.Client(base_url=f"{running.url}/api/v1", headers=headers, timeout=30) as api:
            plant = Served(shell, running, running.url, api)
            for name, held in PEOPLE.items():
                plant.post("/users", name=name, roles=list(held), password=PASSWORD)
            yield plant


@dataclass
class Window:
    """One person's browser: a context of its own, and everything its pages complained about."""

    context: BrowserContext
    page: Page
    url: str
    complaints: list[str] = field(default_factory=list)

    def sign_in(self, name: str, password: str = PASSWORD) -> None:
        """Sign in by name and password, through the API as the page does."""
        answer = self.context.request.post(
            f"{self.url}/api/v1/sessions", data={"name": name, "password": password}
        )
        assert answer.ok, f"{name} cannot sign in: {answer.status} {answer.text()}"

    def open(self, path: str) -> Page:
        """Go to a page of the plant."""
        self.page.goto(f"{self.url}{path}")
        return self.page

    def heard(self, message: ConsoleMessage) -> None:
        """Note what a page complains about: errors of scripts, and what the policy forbade."""
        if message.type == "error":
            self.complaints.append(f"{message.text} ({message.location.get('url', '')})")


@contextmanager
def window(
    browser: Browser, url: str, size: tuple[int, int] = DESK, **options: Any
) -> Iterator[Window]:
    """A browser window of a person's own; `options` are those of a Playwright context."""
    width, height = size
    context = browser.new_context(viewport={"width": width, "height": height}, **options)
    context.set_default_timeout(MILLISECONDS)
    try:
        opened = Window(context, context.new_page(), url)
        opened.page.on("console", opened.heard)
        opened.page.on("pageerror", lambda error: opened.complaints.append(str(error)))
        yield opened
    finally:
        context.close()
