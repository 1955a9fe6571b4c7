"""Search: anything by its number; a code that was scanned goes straight to what it stands for."""

from typing import Any

from flask import Blueprint, redirect

from api.rest.schemas.basics import Query, text
from api.web.desk.work import Given
from api.web.language import gettext as _
from api.web.page import Shown, View, page
from engine.access.permissions import Permission
from engine.workflow.work.overview import search as finding

blueprint = Blueprint("search", __name__)
CODE = "RC:"


class SearchQuery(Given, Query):
    """What is looked for; it may be a code off a label."""

    q = text(load_default=None)


@page(blueprint, "/search", "desk/search.html", query=SearchQuery)
def search(view: View) -> Shown:
    """Everything that is found; the only thing found is opened at once."""
    asked = (view.args["q"] or "").strip()
    items: list[dict[str, Any]] = (
        view.read(finding.search, q=asked, actor=view.actor) if asked else []
    )
    if not view.may(Permission.USER_MANAGE):
        items = [item for item in items if item["kind"] != "user"]
    if len(items) == 1:
        return redirect(items[0]["url"], 303)  # type: ignore[return-value]
    return {
        "items": items,
        "q": asked,
        "is_code": asked.upper().startswith(CODE),
        "words": _words(),
    }


def _words() -> dict[str, tuple[str, str]]:
    """Word and icon of each kind of thing."""
    return {
        "instance": (_("Orders"), "list"),
        "task": (_("Tasks"), "user"),
        "process": (_("Routings"), "flow"),
        "user": (_("People"), "people"),
        "file": (_("Files"), "file"),
        "incident": (_("Incidents"), "warn"),
    }
