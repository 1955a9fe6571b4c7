"""Screens as their readers get them: the HTML, found by what a person sees."""

from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from lxml import html as lxml_html
from werkzeug.test import TestResponse

from engine.kernel.actor import Role
from engine.kernel.store import Store
from tests.support.founding import new_token


@dataclass(frozen=True, slots=True)
class Screen:
    """A page that came back."""

    response: TestResponse

    @property
    def status(self) -> int:
        """Its HTTP status."""
        return self.response.status_code

    @property
    def tree(self) -> Any:
        """Its elements."""
        return lxml_html.fromstring(self.response.text)

    @property
    def text(self) -> str:
        """What stands in its main part, spaces joined."""
        main = self.tree.xpath("//main")
        return " ".join((main[0] if main else self.tree).text_content().split())

    def links(self) -> list[str]:
        """Where its menus lead."""
        return [str(href) for href in self.tree.xpath("//header//a/@href")]


class Screens:
    """The screens of a plant, looked at by people with roles."""

    def __init__(self, app: Flask, store: Store) -> None:
        self._client: FlaskClient = app.test_client(use_cookies=False)
        self._store = store
        self._tokens: dict[str, str] = {}

    def look(
        self, path: str, *roles: Role, name: str = "", headers: dict[str, str] | None = None
    ) -> Screen:
        """A page as somebody with these roles sees it; without roles nobody is signed in."""
        given = {"Accept": "text/html", **(headers or {})}
        if roles:
            given["Authorization"] = (
                f"Bearer {self._token(name or '-'.join(sorted(roles))[:60], roles)}"
            )
        return Screen(self._client.get(path, headers=given))

    def _token(self, name: str, roles: tuple[Role, ...]) -> str:
        if name not in self._tokens:
            self._tokens[name] = new_token(self._store, name, *roles)
        return self._tokens[name]


@pytest.fixture
def screens(app: Flask, store: Store) -> Screens:
    """The screens of that plant."""
    return Screens(app, store)
