"""A browser as the API sees it: it keeps cookies, says where it is, and reads its CSRF token."""

from collections.abc import Callable
from http.cookies import SimpleCookie
from typing import Any

import pytest

from engine.access import commands
from engine.access.credentials import badge_digest
from engine.access.passwords import hash_password
from engine.access.people import UserChanges
from engine.kernel.actor import SYSTEM
from tests.support.http import NOTHING, Answer, Http
from tests.support.works import Works

ORIGIN = "http://localhost"
PASSWORD, PIN = "correct horse", "7391"
HASH, PIN_HASH = hash_password(PASSWORD), hash_password(PIN)


class Visitor:
    """Somebody at a browser on this plant's pages."""

    def __init__(self, nobody: Http) -> None:
        self._http = nobody
        self.cookies: dict[str, str] = {}
        self.csrf = ""

    def sign_in(self, **told: str) -> Answer:
        """Sign in by `name` and `password`, or `badge` and `pin`."""
        answer = self.post("/sessions", told)
        if answer.status == 201:
            self.csrf = answer.json["csrf"]
        return answer

    def get(self, path: str, **query: object) -> Answer:
        """GET below /api/v1."""
        return self.ask("GET", path, query=query)

    def post(self, path: str, body: object = NOTHING, **headers: str) -> Answer:
        """POST as a page's script does."""
        return self.ask("POST", path, body=body, headers=headers)

    def ask(self, method: str, path: str, **how: Any) -> Answer:
        """Ask as a page's script does; a header that is `None` is left out."""
        sent: dict[str, Any] = {"Cookie": self._cookie(), "Origin": ORIGIN}
        sent |= {"X-CSRF-Token": self.csrf} | (how.pop("headers", None) or {})
        given = {name: value for name, value in sent.items() if value}
        answer = self._http.ask(method, f"/api/v1{path}", headers=given, **how)
        self._keep(answer)
        return answer

    def _cookie(self) -> str:
        return "; ".join(f"{name}={value}" for name, value in self.cookies.items())

    def _keep(self, answer: Answer) -> None:
        for cookie in answer.cookies:
            for name, found in SimpleCookie(cookie).items():
                if found.value:
                    self.cookies[name] = found.value
                else:
                    self.cookies.pop(name, None)


Hire = Callable[..., Visitor]


@pytest.fixture
def hire(works: Works) -> Hire:
    """Makes a user with password, badge and PIN, who sits at a browser and is not signed in yet."""

    def made(name: str, *roles: str) -> Visitor:
        about = UserChanges(
            full_name=name.capitalize(), badge=badge_digest(f"B-{name}", 1), pin_hash=PIN_HASH
        )
        works.store.run(
            commands.create_user,
            name=name,
            roles=roles,
            password_hash=HASH,
            about=about,
            actor=SYSTEM,
        )
        return Visitor(works.nobody)

    return made


def signed_in(hire: Hire, name: str = "ana", *roles: str) -> Visitor:
    """Somebody new who has signed in by password; an operator, unless told otherwise."""
    visitor = hire(name, *(roles or ("operator",)))
    visitor.sign_in(name=name, password=PASSWORD).ok(201)
    return visitor
