"""Where people come in: the sign-in, the first page for each, and the guide to the looks."""

from urllib.parse import quote, urlsplit

from flask import Blueprint, Response, g, redirect, render_template, request

from api.permissions import at_station, opened
from api.web.navigation import home_of
from api.web.page import Shown, View, page

blueprint = Blueprint("entrance", __name__)


@page(blueprint, "/", "entrance/sign_in.html")
def home(view: View) -> Shown:
    """Send everybody to where they begin."""
    return _redirect(home_of(view.actor))


@page(blueprint, "/styleguide", "styleguide.html")
def styleguide(_view: View) -> Shown:
    """Every component in every state."""
    return {}


@blueprint.get("/sign-in")
@opened
def sign_in() -> Response:
    """Ask who is there; whoever is signed in already goes on."""
    onward = inside(request.args.get("next", ""))
    if g.get("session"):
        return _redirect(onward or "/")
    html = render_template("entrance/sign_in.html", onward=onward or "/")
    return Response(html, mimetype="text/html")


def to_sign_in() -> Response:
    """To the door, that of a station at one, and from there back to what was asked for."""
    asked = request.full_path.rstrip("?") if request.method == "GET" else "/"
    door = "/station" if at_station() is not None else "/sign-in"
    return _redirect(door if asked == "/" else f"{door}?next={quote(asked, safe='/')}")


def inside(address: str) -> str | None:
    """An address of this plant's own pages, or None: nobody is led elsewhere by a link."""
    parts = urlsplit(address)
    own = address.startswith("/") and not address.startswith(("//", "/\\"))
    return address if own and not parts.scheme and not parts.netloc else None


def _redirect(url: str) -> Response:
    response = redirect(url, 303)
    assert isinstance(response, Response)
    return response
