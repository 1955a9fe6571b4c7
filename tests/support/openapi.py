"""The OpenAPI document as a judge: does an answer look as it says?"""

import json
import re
from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from typing import Any, Protocol
from urllib.parse import urlsplit

from jsonschema import Draft202012Validator, FormatChecker
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
PROBLEM = "application/problem+json"
PARTS = {"integer": r"[0-9]+", "string": r"[^/]+"}
formats = FormatChecker(["uuid"])


@formats.checks("date-time")
def _is_instant(value: object) -> bool:
    """Instants are answered in one form only: UTC, with milliseconds."""
    return not isinstance(value, str) or INSTANT.fullmatch(value) is not None


class Seen(Protocol):
    """An answer as it came."""

    @property
    def status(self) -> int: ...
    @property
    def headers(self) -> Mapping[str, str]: ...
    @property
    def data(self) -> bytes: ...


class Document:
    """The document of one application."""

    def __init__(self, text: bytes) -> None:
        self.content: dict[str, Any] = json.loads(text)
        resource = Resource(contents=self.content, specification=DRAFT202012)
        self._registry = Registry().with_resource("urn:document", resource)
        self._addresses = [(self._pattern(path), path) for path in self.content["paths"]]
        # An address without parameters comes before one that would match it, too.
        self._addresses.sort(key=lambda found: (found[1].count("{"), -len(found[1])))
        self.validator = cache(self._validator)

    def address(self, target: str) -> str | None:
        """The address in the document that a request goes to."""
        path = urlsplit(target).path
        return next((known for found, known in self._addresses if found.fullmatch(path)), None)

    def operation(self, method: str, target: str) -> dict[str, Any] | None:
        """What the document says about a request, or None."""
        address = self.address(target)
        found = self.content["paths"].get(address, {}).get(method.lower())
        return None if found is None else found

    def check(
        self,
        method: str,
        target: str,
        sent: Mapping[str, str],
        data: bytes | None,
        answer: Seen,
    ) -> None:
        """Fail if the answer, or a request that was accepted, is not as the document says."""
        if method in ("HEAD", "OPTIONS") or answer.status in (301, 308):
            return
        assert answer.headers.get("x-request-id"), "every answer has a request id"
        operation = self.operation(method, target)
        if operation is None:
            assert answer.status in (404, 405), f"{method} {target} is not in the document"
            self._valid("#/components/schemas/Problem", answer.data)
            return
        status = str(answer.status)
        place = f"#/paths/{_step(self.address(target) or '')}/{method.lower()}"
        if status in operation["responses"]:
            self._check_good(f"{place}/responses/{status}", operation["responses"][status], answer)
            if data and sent.get("Content-Type") == "application/json":
                self._check_sent(place, operation, data)
        else:
            assert answer.status >= 400, f"{method} {target} answered {status}, which is undeclared"
            assert answer.headers["content-type"] == PROBLEM
            self._valid("#/components/schemas/Problem", answer.data)

    def _check_sent(self, place: str, operation: dict[str, Any], data: bytes) -> None:
        if "requestBody" in operation:
            self._valid(f"{place}/requestBody/content/application~1json/schema", data)
        else:
            assert json.loads(data) == {}, f"{place} declares no body, but one was accepted"

    def _check_good(self, place: str, declared: dict[str, Any], answer: Seen) -> None:
        kind = answer.headers["content-type"].partition(";")[0]
        assert kind in declared["content"], f"{kind} is not declared at {place}"
        names = {name.lower() for name in declared["headers"]}
        for name in ("etag", "idempotency-replayed"):
            assert name not in answer.headers or name in names, f"{name} is not declared at {place}"
        assert "etag" not in names or answer.headers.get("etag"), f"no ETag at {place}"
        if kind == "application/json":
            self._valid(f"{place}/content/application~1json/schema", answer.data)

    def _valid(self, place: str, data: bytes) -> None:
        value = json.loads(data, parse_float=Decimal)
        problems = [
            f"/{'/'.join(map(str, error.absolute_path))}: {error.message}"
            for error in self.validator(place).iter_errors(value)
        ]
        assert not problems, f"not as {place} says: " + "; ".join(problems)

    def _validator(self, place: str) -> Draft202012Validator:
        return Draft202012Validator(
            {"$ref": f"urn:document{place}"}, registry=self._registry, format_checker=formats
        )

    def _pattern(self, path: str) -> re.Pattern[str]:
        parts = self.content["paths"][path].get("parameters", [])
        kinds = {p["name"]: p["schema"]["type"] for p in parts}
        pieces = re.split(r"\{(\w+)\}", path)
        written = [
            PARTS[kinds[piece]] if n % 2 else re.escape(piece) for n, piece in enumerate(pieces)
        ]
        return re.compile("".join(written))


def _step(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1").replace("{", "%7B").replace("}", "%7D")
