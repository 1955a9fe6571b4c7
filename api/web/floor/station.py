"""The door of a station, and the test of its scanner: open to all, as nobody is signed in yet."""

from typing import Any

from flask import Blueprint, Response, g, render_template, request

from api.permissions import at_station, opened
from api.web.entrance import inside
from api.web.floor.words import floor_words
from api.web.language import language, preferred

blueprint = Blueprint("floor_station", __name__)


@blueprint.app_context_processor
def known() -> dict[str, Any]:
    """What the templates of the floor know besides."""
    return {"floor_words": floor_words}


@blueprint.get("/station")
@opened
def station() -> Response:
    """Who works at this station now; or which station this device becomes."""
    onward = inside(request.args.get("next", "")) or "/my-work"
    return _shown("floor/station.html", onward=onward, locked="locked" in request.args)


@blueprint.get("/station/scanner")
@opened
def scanner() -> Response:
    """What a scanner types, and what it would mean."""
    return _shown("floor/scanner.html")


def _shown(template: str, **values: Any) -> Response:
    """A page in the language of the device, as it has no reader yet."""
    here = at_station()
    if here is not None and g.session is None and "routecard_language" not in request.cookies:
        accepted = request.accept_languages.values()
        g.language = language(preferred((here.language,), accepted))
    g.theme = g.theme or (here.theme if here else None)
    me = g.actor if g.session else None
    return Response(render_template(template, station=here, me=me, **values), mimetype="text/html")
