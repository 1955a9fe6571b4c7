"""Whom a token, a session or a device stands for, remembered for seconds.

Looking each up for every request would cost as much as many requests do. What is revoked through
this process is forgotten at once, and within five seconds in others.
"""

import hashlib
import hmac
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from api.attempts import Attempts
from engine.access import passwords, presence, queries, sessions
from engine.access.presence import SignedIn, Station
from engine.access.queries import Bearer
from engine.kernel.actor import Actor
from engine.kernel.clock import to_ms
from engine.kernel.errors import NotSignedIn, RoutecardError
from engine.kernel.store import Store

KNOWN_SECONDS = 5.0
MAX_KNOWN = 10_000
SEEN_MS = 60_000  # how often it is written down at most that somebody acted

Found = TypeVar("Found")


@dataclass(frozen=True, slots=True)
class Session:
    """The session of a request, as views and pages see it.

    Args:
        csrf: what the header `X-CSRF-Token` must say with an unsafe method.
        language, theme: the person's choice; on a station whose own is set, the station's theme.
    """

    id: str
    key: bytes
    actor: Actor
    full_name: str
    csrf: str
    method: str
    station: Station | None
    language: str | None
    theme: str | None
    idle_seconds: int
    expires: int


class Callers:
    """The callers of the last seconds."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.attempts = Attempts()
        self._bearers: _Known[Bearer] = _Known(self, queries.who)
        self._sessions: _Known[SignedIn] = _Known(self, presence.whose)
        self._stations: _Known[Station] = _Known(self, presence.station_of)
        self._trusted: list[tuple[bytes, Actor]] = []

    def trust(self, token: str, actor: Actor) -> None:
        """Let a token of this process stand for an actor; it is stored nowhere."""
        self._trusted.append((hashlib.sha256(token.encode()).digest(), actor))

    def of_token(self, token: str) -> Actor:
        """The actor of a bearer token.

        Raises:
            NotSignedIn: if the token is unknown, revoked or expired.
        """
        digest = passwords.digest_of(token)
        for trusted, actor in self._trusted:
            if hmac.compare_digest(digest, trusted):
                return actor
        bearer = self._bearers.of(digest)
        if bearer is None or (bearer.expires is not None and bearer.expires <= self._now()):
            raise NotSignedIn("The token is unknown, revoked or expired. Ask for a new one.")
        return bearer.actor

    def of_session(self, secret: str, *, acted: bool) -> Session:
        """The session whose secret a cookie holds.

        Args:
            acted: whether a person did something; a screen that only looks again did not.

        Raises:
            NotSignedIn: if the session is unknown or has ended.
        """
        digest = passwords.digest_of(secret)
        found = self._sessions.of(digest)
        if found is None or not found.open_at(self._now()):
            raise NotSignedIn("Your session has ended; sign in again.")
        if acted and found.last_seen + SEEN_MS <= self._now():
            self._sessions.renew(digest, found, replace(found, last_seen=self._now()))
            with suppress(RoutecardError):  # a full disk must not keep anybody from reading
                self.store.run(sessions.touch, key=found.key)
        return session_of(found, secret)

    def of_device(self, secret: str) -> Station | None:
        """The station whose secret a cookie holds, or None if it is none."""
        return self._stations.of(passwords.digest_of(secret))

    def forget(self) -> None:
        """Look everybody up again."""
        for known in (self._bearers, self._sessions, self._stations):
            known.forget()

    def _now(self) -> int:
        return to_ms(self.store.clock.now())


def session_of(found: SignedIn, secret: str) -> Session:
    """A session as views see it, with the token that only who has its secret can make."""
    at = found.station
    csrf = hmac.new(secret.encode("utf-8", "surrogatepass"), b"csrf", "sha256").hexdigest()
    return Session(
        id=found.id,
        key=found.key,
        actor=found.actor,
        full_name=found.full_name,
        csrf=csrf,
        method=found.method,
        station=at,
        language=found.language,
        theme=(at.theme if at else None) or found.theme,
        idle_seconds=found.idle // 1000,
        expires=found.expires,
    )


class _Known(Generic[Found]):
    """What digests stood for in the last seconds."""

    def __init__(self, callers: Callers, query: Callable[..., Found | None]) -> None:
        self._callers, self._query = callers, query
        self._known: dict[bytes, tuple[float, Found]] = {}
        self._forgotten = 0
        self._lock = threading.Lock()

    def of(self, digest: bytes) -> Found | None:
        """What a digest stands for; None if nothing."""
        until, found = self._known.get(digest, (0.0, None))
        if found is not None and until > time.monotonic():
            return found
        forgotten = self._forgotten
        found = self._callers.store.read(self._query, digest=digest)
        with self._lock:
            if len(self._known) >= MAX_KNOWN:
                self._known.clear()
            # What was forgotten since we looked may have been revoked.
            if found is not None and forgotten == self._forgotten:
                self._known[digest] = (time.monotonic() + KNOWN_SECONDS, found)
        return found

    def renew(self, digest: bytes, before: Found, after: Found) -> None:
        """Remember it changed, unless it was forgotten meanwhile."""
        with self._lock:
            until, found = self._known.get(digest, (0.0, None))
            if found is before:
                self._known[digest] = (until, after)

    def forget(self) -> None:
        """Look each up again."""
        with self._lock:
            self._known.clear()
            self._forgotten += 1
