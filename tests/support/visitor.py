"""A browser as the API sees it: it keeps cookies, says where it is, and reads its CSRF token."""

from http.cookies import SimpleCookie
from typing import Any

from tests.support.http import NOTHING, Answer, Http

ORIGIN = "http://localhost"


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
