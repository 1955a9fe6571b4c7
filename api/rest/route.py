"""How a resource is offered: one decorator declares address, permission, bodies and answers.

A view gets a `Call` and the address's parts. The declaration is all there is: the OpenAPI document,
the permission check and the reading of bodies come from it.
"""

import hmac
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, Literal

import marshmallow as ma
from flask import Flask, Response, current_app, g, request
from flask_smorest import Blueprint
from werkzeug.exceptions import UnsupportedMediaType

from api.callers import Callers
from api.rest.document import JSON, Offer, operation, parts_of
from api.rest.schemas.basics import Strict
from engine.access.permissions import Permission
from engine.kernel import json_text
from engine.kernel.actor import Actor
from engine.kernel.errors import FieldProblem, Invalid, NotFound
from engine.kernel.store import Store
from engine.kernel.store.idempotency import Once, Replayed
from engine.workflow.work.events import relay
from engine.workflow.work.versions import plans

BODY_BYTES = 1024 * 1024
KEY_LENGTH = 200
MAX_NUMBER = 2**31 - 1


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
        sent: bytes | None = None,
        **args: Any,
    ) -> Response:
        """Run a command once and answer with what it returns.

        Args:
            shown: the JSON of the command's result.
            kept: the same for an idempotent replay, where it must differ.
            status: of the answer, where it depends on the result.
            etag: of what is shown.
            sent: what stands for the request's body, where the same may be sent in other bytes.
        """
        once = self._once(kept or shown, status, sent)
        result = relay.run(self.store, command, once=once, actor=self.actor, **args)
        if isinstance(result, Replayed):
            again = json_text.read(result.body)
            response = self.answer(again, result.status, etag and etag(again))
            response.headers["Idempotency-Replayed"] = "true"
            return response
        item = shown(result)
        return self.answer(item, status and status(result), etag and etag(item))

    def read(self, query: Callable[..., Any], **args: Any) -> Any:
        """Run a query."""
        return plans.read(self.store, query, **args)

    def answer(self, data: Any, status: int | None = None, etag: str | None = None) -> Response:
        """A JSON response."""
        response = Response(json_text.write(data), status or self.status, mimetype=JSON)
        if etag is not None:
            response.headers["ETag"] = f'"{etag}"'
        return response

    def _once(
        self,
        shown: Callable[[Any], Any],
        status: Callable[[Any], int] | None,
        sent: bytes | None,
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
            # The key, which is stored nowhere, keeps a password in a body from being guessed at.
            hmac.digest(key.encode(), request.get_data() if sent is None else sent, "sha256"),
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
    permission: Permission | Literal["open"],
    also: Permission | None = None,
    answer: type[ma.Schema] | dict[str, Any],
    status: int | tuple[int, ...] = 200,
    max_bytes: int = BODY_BYTES,
    **declared: Any,
) -> Callable[[Callable[..., Response]], Callable[..., Response]]:
    """Offer a view under an address; what else is declared are the parts of an `Offer`.

    A view whose offer `consumes` something else than JSON reads the body itself; one that lets
    callers in with `also`, another permission, asks which of the two it needs.
    """
    statuses = status if isinstance(status, tuple) else (status,)
    offer = Offer(method, permission, answer, statuses=statuses, **declared)
    reads_body = offer.body() if offer.body is not None else _nothing
    reads_query = offer.query() if offer.query is not None else _nothing

    def register(view: Callable[..., Response]) -> Callable[..., Response]:
        @wraps(view)
        def called(**parts: Any) -> Response:
            request.max_content_length = max_bytes
            _check(parts)
            given = _load(reads_body, {} if offer.consumes else _json())
            args = _load(reads_query, _given())
            return view(Call(g.actor, given, args, statuses[0]), **parts)

        called.permission, called.also = permission, also  # type: ignore[attr-defined]
        name = f"{blueprint.name}_{view.__name__}"
        documented = blueprint.doc(**operation(offer, name))(called)
        blueprint.route(rule, methods=[method], parameters=parts_of(rule))(documented)
        return view

    return register


_nothing = Strict()


def _check(parts: dict[str, Any]) -> None:
    """Nothing has an address that no table can hold."""
    for part in parts.values():
        if part > MAX_NUMBER if isinstance(part, int) else not part.isprintable():
            raise NotFound("There is nothing at this address.")


def _json() -> Any:
    data = request.get_data()
    if not data:
        return {}
    if not request.is_json:
        raise UnsupportedMediaType(
            f"The body is {request.mimetype or 'of no stated type'}. Send JSON, "
            f"with the header Content-Type: {JSON}."
        )
    return json_text.read_request(data)


def arguments(schema: ma.Schema, given: dict[str, str]) -> dict[str, Any]:
    """What stands behind the question mark, as its schema reads it.

    Raises:
        Invalid: naming each filter that is unknown, repeated or of the wrong form.
    """
    _given()
    read: dict[str, Any] = _load(schema, given)
    return read


def _given() -> dict[str, str]:
    """What stands behind the question mark, each name once."""
    repeated = [name for name, values in request.args.lists() if len(values) > 1]
    if repeated:
        problems = [FieldProblem(_step(name), "Give this once.") for name in repeated]
        raise Invalid("The request is not understood.", errors=problems)
    return request.args.to_dict()


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
            found += _problems(below, pointer + ("" if key == "_schema" else _step(str(key))))
        return found
    return [FieldProblem(pointer, str(m)) for m in messages]


def _step(name: str) -> str:
    """A name as a step of a JSON pointer. Source: RFC 6901."""
    return "/" + name.replace("~", "~0").replace("/", "~1")


def by_revision(item: Mapping[str, Any]) -> str:
    """The tag of what counts its changes."""
    return str(item["revision"])


def install_store(app: Flask, store: Store) -> None:
    """Give the app its store."""
    app.extensions["routecard_store"] = store
