"""Who is calling, and may they: tokens in, an actor out; a permission declared on every route."""

import hashlib
import hmac
import threading
import time
from collections.abc import Callable
from functools import wraps
from typing import Any

from flask import Flask, current_app, g, request

from engine.access import queries
from engine.access.permissions import Permission, require
from engine.access.queries import Bearer
from engine.kernel.actor import Actor
from engine.kernel.clock import to_ms
from engine.kernel.errors import NotSignedIn
from engine.kernel.store import Store

KNOWN_SECONDS = 5.0
MAX_KNOWN = 10_000
OPEN = "open"  # an address that needs no sign-in: says nothing about the plant


def opened(view: Callable[..., Any]) -> Callable[..., Any]:
    """A view that everybody may use without signing in."""

    @wraps(view)
    def called(**parts: Any) -> Any:
        return view(**parts)

    called.permission = OPEN  # type: ignore[attr-defined]
    return called


class Callers:
    """The callers of the last seconds, so that a token is not looked up for each request.

    A revoked token is forgotten at once in this process, and within five seconds in others.
    """

    def __init__(self, store: Store) -> None:
        self.store = store
        self._known: dict[bytes, tuple[float, Bearer]] = {}
        self._forgotten = 0
        self._lock = threading.Lock()
        self._trusted: tuple[bytes, Actor] | None = None

    def trust(self, token: str, actor: Actor) -> None:
        """Let one token of this process stand for an actor; it is stored nowhere."""
        self._trusted = (hashlib.sha256(token.encode()).digest(), actor)

    def of_token(self, token: str) -> Actor:
        """The actor of a bearer token.

        Raises:
            NotSignedIn: if the token is unknown, revoked or expired.
        """
        digest = hashlib.sha256(token.encode()).digest()
        if self._trusted is not None and hmac.compare_digest(digest, self._trusted[0]):
            return self._trusted[1]
        until, bearer = self._known.get(digest, (0.0, None))
        if bearer is None or until <= time.monotonic():
            bearer = self._look_up(digest)
        if bearer.expires is not None and bearer.expires <= to_ms(self.store.clock.now()):
            raise _unknown()
        return bearer.actor

    def forget(self) -> None:
        """Look every token up again."""
        with self._lock:
            self._known.clear()
            self._forgotten += 1

    def _look_up(self, digest: bytes) -> Bearer:
        forgotten = self._forgotten
        bearer = self.store.read(queries.who, digest=digest)
        if bearer is None:
            raise _unknown()
        with self._lock:
            if len(self._known) >= MAX_KNOWN:
                self._known.clear()
            if forgotten == self._forgotten:  # else it may have been revoked since we looked
                self._known[digest] = (time.monotonic() + KNOWN_SECONDS, bearer)
        return bearer


def _unknown() -> NotSignedIn:
    return NotSignedIn("The token is unknown, revoked or expired. Ask for a new one.")


def register_permissions(app: Flask, callers: Callers) -> None:
    """Let a request through only to a route that declares who may use it."""

    @app.before_request
    def authorise() -> None:
        view = current_app.view_functions.get(request.endpoint or "")
        if view is None:
            return  # no such address; the framework answers 404 or 405
        declared = getattr(view, "permission", None)
        if declared == OPEN:
            return
        kind, _, token = request.headers.get("Authorization", "").partition(" ")
        if kind.lower() != "bearer" or not token:
            raise NotSignedIn("Send a token in the header Authorization: Bearer TOKEN.")
        g.actor = callers.of_token(token.strip())
        assert isinstance(declared, Permission), f"{request.endpoint} declares no permission"
        require(g.actor, declared)
