"""How a resource is offered: one decorator declares address, permission, bodies and answers.

A view gets a `Call` and the address's parts. The declaration is all there is: the OpenAPI document,
the permission check and the reading of bodies come from it.
"""

import hashlib
from collections.abc import Callable
from functools import wraps
from typing import Any

import marshmallow as ma
from flask import Flask, Response, current_app, g, request
from flask_smorest import Blueprint

from api.permissions import Callers
from api.rest.schemas.basics import Strict
from engine.access.permissions import Permission
from engine.kernel import json_text
from engine.kernel.actor import Actor
from engine.kernel.errors import FieldProblem, Invalid
from engine.kernel.store import Store
from engine.kernel.store.idempotency import Once, Replayed
from engine.workflow.work.versions import plans

BODY_BYTES = 1024 * 1024
KEY_LENGTH = 200
JSON = "application/json"
PROBLEM = "application/problem+json"


class Call:
    """One request: who calls, what they sent, and how it is carried out and answered."""

    __slots__ = ("actor", "args", "body", "status")

    def __init__(self, actor: Actor, body: Any, args: dict[str, Any], status: int) -> None:
        self.actor, self.body, self.args, self.status = actor, body, args, status

    @property
    def store(self) -> Store:
        """The plant's store."""
        store: Store = current_app.extensions["routecard_store"]
        return store

    @property
    def callers(self) -> Callers:
        """Who called in the last seconds."""
        callers: Callers = current_app.extensions["routecard_callers"]
        return callers

    @property
    def expected(self) -> str | None:
        """The state the caller saw: the one tag in If-Match, None without or with `*`."""
        given = request.headers.get("If-Match", "").strip()
        return None if given in ("", "*") else given.removeprefix("W/").strip('"')

    def run(
        self,
        command: Callable[..., Any],
        *,
        shown: Callable[[Any], Any] = lambda result: result,
        kept: Callable[[Any], Any] | None = None,
        status: Callable[[Any], int] | None = None,
        etag: Callable[[Any], str] | None = None,
        **args: Any,
    ) -> Response:
        """Run a command once and answer with what it returns.

        Args:
            shown: the JSON of the command's result.
            kept: the same for an idempotent replay, where it must differ.
            status, etag: of the answer, where they depend on the result.
        """
        once = self._once(kept or shown, status)
        result = plans.run(self.store, command, once=once, actor=self.actor, **args)
        if isinstance(result, Replayed):
            response = Response(result.body, result.status, mimetype=JSON)
            response.headers["Idempotency-Replayed"] = "true"
            return response
        return self.answer(shown(result), status and status(result), etag and etag(result))

    def read(self, query: Callable[..., Any], **args: Any) -> Any:
        """Run a query."""
        return plans.read(self.store, query, **args)

    def answer(self, data: Any, status: int | None = None, etag: str | None = None) -> Response:
        """A JSON response."""
        if data is None:
            return Response(status=204)
        response = Response(json_text.write(data), status or self.status, mimetype=JSON)
        if etag is not None:
            response.headers["ETag"] = f'"{etag}"'
        return response

    def _once(
        self, shown: Callable[[Any], Any], status: Callable[[Any], int] | None
    ) -> Once | None:
        key = request.headers.get("Idempotency-Key")
        if key is None or request.method != "POST":
            return None
        if not 0 < len(key) <= KEY_LENGTH:
            raise Invalid(f"An Idempotency-Key has 1 to {KEY_LENGTH} characters.")
        return Once(
            self.actor.name,
            request.method,
            request.path,
            key,
            hashlib.sha256(request.get_data()).digest(),
            lambda result: (
                self.status if status is None else status(result),
                json_text.write(shown(result)),
            ),
        )


def route(
    blueprint: Blueprint,
    method: str,
    rule: str,
    *,
    permission: Permission,
    answer: type[ma.Schema] | None,
    body: type[ma.Schema] | None = None,
    query: type[ma.Schema] | None = None,
    status: int = 200,
    max_bytes: int = BODY_BYTES,
    raw_body: bool = False,
    **doc: Any,
) -> Callable[[Callable[..., Response]], Callable[..., Response]]:
    """Offer a view under an address. With `raw_body` the view reads the body itself."""
    reads_body = body() if body is not None else _nothing
    reads_query = query() if query is not None else _nothing

    def register(view: Callable[..., Response]) -> Callable[..., Response]:
        @wraps(view)
        def called(**parts: Any) -> Response:
            request.max_content_length = max_bytes
            given = _load(reads_body, {} if raw_body else _json())
            args = _load(reads_query, request.args.to_dict())
            return view(Call(g.actor, given, args, status), **parts)

        called.permission = permission  # type: ignore[attr-defined]
        documented = blueprint.doc(**_documentation(permission, answer, body, query, status, doc))(
            called
        )
        blueprint.route(rule, methods=[method])(documented)
        return view

    return register


_nothing = Strict()


def _json() -> Any:
    data = request.get_data()
    return json_text.read_request(data) if data else {}


def _load(schema: ma.Schema, given: Any) -> Any:
    try:
        return schema.load(given)
    except ma.ValidationError as refused:
        problems = tuple(_problems(refused.messages, ""))
        raise Invalid("The request is not understood.", errors=problems) from None


def _problems(messages: Any, pointer: str) -> list[FieldProblem]:
    if isinstance(messages, dict):
        found: list[FieldProblem] = []
        for key, below in messages.items():
            step = "" if key == "_schema" else "/" + str(key).replace("~", "~0").replace("/", "~1")
            found += _problems(below, pointer + step)
        return found
    return [FieldProblem(pointer, str(m)) for m in messages]


def _documentation(
    permission: Permission,
    answer: type[ma.Schema] | None,
    body: type[ma.Schema] | None,
    query: type[ma.Schema] | None,
    status: int,
    doc: dict[str, Any],
) -> dict[str, Any]:
    good: dict[str, Any] = {"description": "Done"}
    if answer is not None:
        good["content"] = {JSON: {"schema": answer}}
    found: dict[str, Any] = {
        "responses": {
            str(status): good,
            "default": {
                "description": "A problem (RFC 9457)",
                "content": {PROBLEM: {"schema": "Problem"}},
            },
        },
        "x-permission": str(permission),
    }
    if body is not None:
        found["requestBody"] = {"required": True, "content": {JSON: {"schema": body}}}
    if query is not None:
        found["parameters"] = [{"in": "query", "schema": query}]
    return found | doc


def install_store(app: Flask, store: Store) -> None:
    """Give the app its store."""
    app.extensions["routecard_store"] = store
