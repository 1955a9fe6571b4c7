"""The API as a caller sees it: what is sent and what comes back.

Every answer is held against the OpenAPI document, so that the document cannot be wrong unnoticed.
"""

import http.client
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode, urlsplit

from flask import Flask

from engine.kernel import json_text
from tests.support.openapi import Document

PREFIX = "/api/v1"
PROBLEM = "application/problem+json"
NOTHING = object()


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back; the names of `headers` are in lower case."""

    status: int
    headers: Mapping[str, str]
    data: bytes
    cookies: tuple[str, ...] = ()

    @property
    def json(self) -> Any:
        """The body; whole numbers as int, fractions as Decimal with the digits they came with."""
        return json.loads(self.data, parse_float=Decimal)

    @property
    def etag(self) -> str:
        """What If-Match wants."""
        return self.headers["etag"]

    @property
    def replayed(self) -> bool:
        """Whether it is the kept answer of an earlier request."""
        return self.headers.get("idempotency-replayed") == "true"

    def ok(self, status: int | None = None) -> Any:
        """The body of a good answer."""
        good = self.status == status if status else self.status < 300
        assert good, f"answered {self.status}: {self.data.decode(errors='replace')[:2000]}"
        return self.json

    def refused(self, status: int, code: str) -> Any:
        """The problem, whose kind is as expected."""
        said = f"answered {self.status}: {self.data.decode(errors='replace')[:2000]}"
        assert self.status == status, said
        assert self.headers["content-type"] == PROBLEM, said
        assert self.json["type"] == f"/problems/{code}", said
        return self.json

    def pointers(self) -> list[str]:
        """The fields that a 422 complains about."""
        return sorted(error["pointer"] for error in self.refused_fields())

    def refused_fields(self) -> list[dict[str, str]]:
        """The `errors` of a 422."""
        assert self.status == 422, self.data
        found: list[dict[str, str]] = self.json["errors"]
        return found


Way = Callable[[str, str, Mapping[str, str], bytes | None], Answer]


def in_process(app: Flask) -> Way:
    """Through Flask's test client; safe to share between threads."""

    def ask(method: str, target: str, headers: Mapping[str, str], data: bytes | None) -> Answer:
        with app.test_client(use_cookies=False).open(
            target, method=method, headers=dict(headers), data=data
        ) as found:
            names = {k.lower(): v for k, v in found.headers.items()}
            cookies = tuple(found.headers.getlist("Set-Cookie"))
            return Answer(found.status_code, names, found.data, cookies)

    return ask


def over_socket(url: str) -> Way:
    """Through a socket, a connection for each request."""
    where = urlsplit(url)

    def ask(method: str, target: str, headers: Mapping[str, str], data: bytes | None) -> Answer:
        connection = http.client.HTTPConnection(where.hostname or "", where.port, timeout=30)
        try:
            connection.request(method, target, data, dict(headers))
            found = connection.getresponse()
            names = {k.lower(): v for k, v in found.getheaders()}
            cookies = tuple(found.headers.get_all("Set-Cookie", []))
            return Answer(found.status, names, found.read(), cookies)
        finally:
            connection.close()

    return ask


class Http:
    """One caller of the API."""

    def __init__(self, way: Way, document: Document, token: str | None, name: str = "") -> None:
        self.way, self.document, self.token, self.name = way, document, token, name

    def get(self, path: str, **query: object) -> Answer:
        """GET below /api/v1."""
        return self.ask("GET", PREFIX + path, query=query)

    def post(self, path: str, body: object = NOTHING, **headers: str) -> Answer:
        """POST JSON; `key` is the Idempotency-Key, `if_match` what was seen."""
        return self.ask("POST", PREFIX + path, body=body, headers=headers)

    def put(self, path: str, body: object, **headers: str) -> Answer:
        """PUT with JSON."""
        return self.ask("PUT", PREFIX + path, body=body, headers=headers)

    def patch(self, path: str, body: object, **headers: str) -> Answer:
        """PATCH with JSON."""
        return self.ask("PATCH", PREFIX + path, body=body, headers=headers)

    def delete(self, path: str) -> Answer:
        """DELETE."""
        return self.ask("DELETE", PREFIX + path)

    def send(
        self, path: str, data: bytes, kind: str = "application/json", **headers: str
    ) -> Answer:
        """POST these very bytes."""
        return self.ask("POST", PREFIX + path, data=data, kind=kind, headers=headers)

    def pages(self, path: str, **query: object) -> list[Any]:
        """Every item of a list, page by page."""
        found: list[Any] = []
        cursor: dict[str, object] = {}
        while True:
            page = self.get(path, **query, **cursor).ok()
            found += page["items"]
            if page["next"] is None:
                return found
            cursor = {"cursor": page["next"]}

    def ask(
        self,
        method: str,
        target: str,
        *,
        query: Mapping[str, object] | None = None,
        body: object = NOTHING,
        data: bytes | None = None,
        kind: str = "application/json",
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Ask whatever; the answer is held against the document."""
        sent = {_HEADERS.get(name, name): value for name, value in (headers or {}).items()}
        if self.token is not None:
            sent.setdefault("Authorization", f"Bearer {self.token}")
        if body is not NOTHING:
            data = json_text.write(body)
        if data is not None:
            sent["Content-Type"] = kind
        if query:
            target += "?" + urlencode(query, doseq=True)
        answer = self.way(method, target, sent, data)
        self.document.check(method, target, sent, data, answer)
        return answer


_HEADERS = {"key": "Idempotency-Key", "if_match": "If-Match", "request_id": "X-Request-Id"}


def multipart(parts: Mapping[str, tuple[str, bytes]]) -> tuple[bytes, str]:
    """The body of a form of files, and its media type. `parts`: name -> (file name, content)."""
    border = "part-of-a-bundle"
    body = b""
    for name, (file, content) in parts.items():
        head = f'Content-Disposition: form-data; name="{name}"; filename="{file}"'
        body += f"--{border}\r\n{head}\r\n\r\n".encode() + content + b"\r\n"
    return body + f"--{border}--\r\n".encode(), f"multipart/form-data; boundary={border}"
