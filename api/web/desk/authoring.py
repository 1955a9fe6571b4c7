"""The routing editor: its page; the script draws, and what it changes it sends to the API."""

from typing import Any

from flask import Blueprint, redirect
from marshmallow import fields

from api.rest.schemas.basics import Strict
from api.web.island_words import island_words
from api.web.page import Shown, View, page
from api.web.words import script_words
from engine.access.permissions import Permission
from engine.workflow.work.versions import queries

blueprint = Blueprint("authoring_screens", __name__)
EDITOR = "desk/routing_editor.html"


class EditorQuery(Strict):
    """Which file of the bundle is opened first; the drawing without."""

    file = fields.String(load_default=None)


@page(blueprint, "/routings/new", EDITOR, permission=Permission.PROCESS_DEPLOY)
def new_routing(view: View) -> Shown:
    """An empty canvas with a start."""
    return _editor(view, None, None, None)


@page(blueprint, "/routings/<string:key>/edit", EDITOR, permission=Permission.PROCESS_DEPLOY)
def edit_newest(view: View, key: str) -> Shown:
    """The newest version, which is the draft if there is one."""
    item = view.read(queries.process_item, key=key, site=view.site)
    newest = item["versions"][0]["version"]
    return redirect(f"/routings/{key}/versions/{newest}/edit", 303)  # type: ignore[return-value]


@page(
    blueprint,
    "/routings/<string:key>/versions/<int:version>/edit",
    EDITOR,
    permission=Permission.PROCESS_DEPLOY,
    query=EditorQuery,
)
def edit(view: View, key: str, version: int) -> Shown:
    """A version to draw on: a draft is replaced by what is saved, any other is where one begins."""
    item = view.read(queries.version_item, key=key, version=version, site=view.site)
    return _editor(view, key, item, view.args["file"])


def _editor(view: View, key: str | None, item: dict[str, Any] | None, file: str | None) -> Shown:
    return {
        "item": item,
        "script_words": script_words() | island_words(),
        "editor": {
            "key": key,
            "version": item["version"] if item else None,
            "user": view.actor.name,
            "file": file,
            "may": {
                "deploy": view.may(Permission.PROCESS_DEPLOY),
                "release": view.may(Permission.PROCESS_RELEASE),
            },
        },
    }
