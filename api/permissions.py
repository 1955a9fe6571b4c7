"""Who is calling, and may they: a token or a session in, an actor out; a permission on every route.

A browser sends its cookies to us whoever made it send the request. So what changes something under
a session must come from a page of ours, and must carry what only such a page can read.
"""

import hmac
from collections.abc import Callable
from contextlib import suppress
from functools import wraps
from typing import Any, Final
from urllib.parse import urlsplit

from flask import Flask, current_app, g, request

from api.callers import Callers, Session
from engine.access.permissions import Permission, permissions_of, require
from engine.access.presence import Station
from engine.kernel.actor import SIGN_IN
from engine.kernel.errors import NotPermitted, NotSignedIn, RoutecardError

OPEN: Final = "open"  # an address that needs no sign-in: says nothing about the plant
SESSION_COOKIE = "routecard_session"
STATION_COOKIE = "routecard_station"
CSRF_HEADER = "X-CSRF-Token"
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


class CsrfRefused(NotPermitted):
    """The request did not come from a page of this plant, as far as we can tell."""

    code = "csrf-refused"
    title = "Not sent by a page of this plant"


def opened(view: Callable[..., Any]) -> Callable[..., Any]:
    """A view that everybody may use without signing in."""

    @wraps(view)
    def called(**parts: Any) -> Any:
        return view(**parts)

    called.permission = OPEN  # type: ignore[attr-defined]
    return called


def signed_in() -> Session | None:
    """The session of this request's cookie; None if there is none, or it has ended."""
    with suppress(NotSignedIn):
        return _session(acted=False)
    return None


def at_station() -> Station | None:
    """The station that this device is by its cookie, signed in or not; None if it is none."""
    secret = request.cookies.get(STATION_COOKIE)
    return _callers().of_device(secret) if secret else None


def check_origin() -> None:
    """Refuse a request that a browser says another site's page made.

    Raises:
        CsrfRefused: naming the origin.

    Source: Fetch standard, Origin and Sec-Fetch-Site; neither can be set by a page's script.
    """
    site = request.headers.get("Sec-Fetch-Site", "same-origin")
    origin = request.headers.get("Origin")
    if site != "same-origin" or (origin is not None and not _is_ours(origin)):
        raise CsrfRefused(
            f"This request comes from {origin or 'another site'!r}, but only pages of this plant "
            "may send it. Open the plant's own address and try again there."
        )


def install_callers(app: Flask, callers: Callers) -> None:
    """Give the app those who called in the last seconds."""
    app.extensions["routecard_callers"] = callers


def register_permissions(app: Flask) -> None:
    """Let a request through only to a route that declares who may use it."""

    @app.before_request
    def authorise() -> None:
        view = current_app.view_functions.get(request.endpoint or "")
        if view is None:
            return  # no such address; the framework answers 404 or 405
        declared = getattr(view, "permission", None)
        if declared == OPEN:
            _look(request.path)
            return
        g.session = None
        kind, _, token = request.headers.get("Authorization", "").partition(" ")
        if kind.lower() == "bearer" and token:
            g.actor = _callers().of_token(token.strip())
        else:
            g.session = _known_session()
            g.actor = g.session.actor
        assert isinstance(declared, Permission), f"{request.endpoint} declares no permission"
        if getattr(view, "also", None) not in permissions_of(g.actor.roles):
            require(g.actor, declared)


def _look(path: str) -> None:
    """Who is signed in where nobody needs to be; a plant that is not well still says so."""
    g.actor, g.session = SIGN_IN, None
    if path.startswith(("/livez", "/readyz", "/metrics", "/static/")):
        return
    with suppress(RoutecardError):
        g.session = signed_in()


def _known_session() -> Session:
    """The session of the cookie, for a request that it may be used for.

    A screen that looks again by itself asks whether anything changed: nobody acted.
    """
    session = _session(acted="If-None-Match" not in request.headers)
    if session is None:
        raise NotSignedIn("Sign in, or send a token in the header Authorization: Bearer TOKEN.")
    if request.method not in SAFE:
        _check_csrf(session)
    return session


def _session(*, acted: bool) -> Session | None:
    secret = request.cookies.get(SESSION_COOKIE)
    return _callers().of_session(secret, acted=acted) if secret else None


def _check_csrf(session: Session) -> None:
    check_origin()
    if not {"Origin", "Sec-Fetch-Site"} & set(request.headers.keys()):
        raise CsrfRefused("A request under a session says where it comes from: send Origin.")
    given = request.headers.get(CSRF_HEADER, "")
    if not hmac.compare_digest(given.encode(), session.csrf.encode()):
        raise CsrfRefused(
            f"The header {CSRF_HEADER} is missing or of another session. Load the page again."
        )


def _is_ours(origin: str) -> bool:
    """Whether an origin is this server's, as the browser sees it.

    A proxy that ends TLS before us leaves us with http: what came encrypted to it may come in.
    """
    try:
        parts = urlsplit(origin)
    except ValueError:
        return False
    return parts.netloc == request.host and parts.scheme in ("https", request.scheme)


def _callers() -> Callers:
    callers: Callers = current_app.extensions["routecard_callers"]
    return callers
