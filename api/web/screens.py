"""All screens in the application: their addresses, what templates know, their headers, errors."""

from pathlib import Path
from typing import Any

from flask import Flask, Response, current_app, g, render_template, request
from werkzeug.exceptions import HTTPException

from api.problems import status_of
from api.web import assets, entrance
from api.web.desk import authoring, flow, incidents, people, routings, search
from api.web.desk import work as desk_work
from api.web.desk.printing import pages as printing
from api.web.desk.record import pages as record
from api.web.floor import preview, problem, station, task, work
from api.web.formats import register_formats
from api.web.language import NAMES, gettext, here, language, ngettext, preferred
from api.web.machines import board, gateways, machine
from api.web.navigation import admin_entries, desk_entries, floor_entries
from api.web.packing import pack
from api.web.page import zone_of
from api.web.words import script_words
from engine.access.permissions import permissions_of
from engine.kernel.actor import SIGN_IN
from engine.kernel.db import DEFAULT_SITE
from engine.kernel.errors import NotSignedIn, RoutecardError
from engine.kernel.store import Store

TEMPLATES = Path(__file__).parent / "templates"
BLUEPRINTS = (
    entrance.blueprint,
    routings.blueprint,
    flow.blueprint,
    authoring.blueprint,
    people.blueprint,
    desk_work.blueprint,
    record.blueprint,
    incidents.blueprint,
    search.blueprint,
    printing.blueprint,
    board.blueprint,
    machine.blueprint,
    gateways.blueprint,
)
FLOOR = (
    work.blueprint,
    task.blueprint,
    problem.blueprint,
    station.blueprint,
    preview.blueprint,
)
THEMES = ("light", "dark")
# Nothing from elsewhere, nothing inline; `blob:` and `data:` are pictures a page makes itself.
POLICY = (
    "default-src 'self'; img-src 'self' data: blob:; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'"
)


def register_screens(app: Flask) -> None:
    """Serve the screens beside the API."""
    app.jinja_env.add_extension("jinja2.ext.i18n")
    app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined]
        gettext, ngettext, newstyle=True
    )
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    register_formats(app)
    assets.register(app)
    app.before_request(_begin)
    app.after_request(_finish)
    app.context_processor(_known)
    for blueprint in BLUEPRINTS + FLOOR:
        app.register_blueprint(blueprint)


def is_page() -> bool:
    """Whether the request asks for a screen and not for the API."""
    return not request.path.startswith("/api/") and request.accept_mimetypes.accept_html


def error_screen(error: RoutecardError | HTTPException) -> Response:
    """What went wrong, and where to go on; who is not signed in goes to sign in, and back."""
    if isinstance(error, NotSignedIn):
        return entrance.to_sign_in()
    if "now" not in g:
        _begin()  # refused before it was this request's turn
    if isinstance(error, RoutecardError):
        status, title, detail = status_of(error), error.title, error.detail
    else:
        status, title = error.code or 500, error.name
        detail = error.description or error.name
    html = render_template(
        "error.html", status=status, title=gettext(title), detail=gettext(detail)
    )
    return Response(html, status, mimetype="text/html")


def _begin() -> None:
    """Language, zone and looks of this request."""
    if request.endpoint == "static" or not is_page():
        return
    store: Store = current_app.extensions["routecard_store"]
    session = g.get("session")
    station = session.station if session else None
    wishes = (
        session.language if session else None,
        request.cookies.get("routecard_language"),
        station.language if station else None,
    )
    g.language = language(preferred(wishes, request.accept_languages.values()))
    themes = (
        session.theme if session else None,
        request.cookies.get("routecard_theme"),
        station.theme if station else None,
    )
    g.theme = next((theme for theme in themes if theme in THEMES), None)
    g.zone = zone_of(store, g.actor.site if "actor" in g else DEFAULT_SITE)
    g.now = store.clock.now()


def _finish(response: Response) -> Response:
    if response.mimetype == "text/html":
        response.headers.setdefault("Content-Security-Policy", POLICY)
        response.headers["Referrer-Policy"] = "same-origin"
        response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
        pack(response)
    return response


def _known() -> dict[str, Any]:
    """What every template knows."""
    session, actor = g.get("session"), g.get("actor")
    actor = None if actor == SIGN_IN else actor
    return {
        "me": actor,
        "session": session,
        "station": session.station if session else None,
        "held": permissions_of(actor.roles) if actor else frozenset(),
        "lang": here().code,
        "languages": NAMES,
        "theme": g.get("theme"),
        "csrf": session.csrf if session else "",
        "script_words": script_words(),
        "floor_entries": floor_entries(),
        "desk_entries": desk_entries(actor) if actor else [],
        "admin_entries": admin_entries(actor) if actor else [],
    }
