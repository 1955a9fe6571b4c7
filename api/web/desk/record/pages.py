"""The tabs of a record."""

from typing import Any

from flask import Blueprint, request
from marshmallow import fields

from api.rest.schemas.basics import Query, text
from api.web.desk.record.picture import picture
from api.web.desk.record.story import a_page, signatures_of
from api.web.desk.record.subject import Item, Subject, places, subject_of
from api.web.desk.record.values import editables, inner_scopes
from api.web.desk.record.waiting import assignable, what_waits
from api.web.language import gettext as _
from api.web.page import PART, Shown, View, page
from engine.access.permissions import Permission
from engine.records import files
from engine.workflow.work import queries

blueprint = Blueprint("record", __name__)
ONE = "/instances/<string:instance>"
MANY = 200


class TimelineQuery(Query):
    """From which step on, and whether what the diagram does by itself is shown, too."""

    cursor = text(load_default=None)
    every = fields.Boolean(load_default=False)


@page(
    blueprint,
    ONE,
    "desk/record_timeline.html",
    query=TimelineQuery,
    live=True,
    parts=("now", "siblings"),
)
def show_timeline(view: View, instance: str) -> Shown:
    """What happened, step by step; the part `siblings` belongs to the dialog that merges."""
    subject = subject_of(view, instance)
    if request.args.get(PART) == "siblings":
        return {"siblings": _siblings(view, subject)}
    entries, following = a_page(view, subject, view.args["cursor"])
    quiet = sum(entry.quiet for entry in entries)
    return _known(view, subject, "timeline") | {
        "entries": [e for e in entries if view.args["every"] or not e.quiet],
        "quiet": quiet,
        "every": view.args["every"],
        "next": following,
        "first": view.args["cursor"] is None,
    }


@page(blueprint, ONE + "/waiting", "desk/record_waiting.html", live=True, parts=("now",))
def show_waiting(view: View, instance: str) -> Shown:
    """What it waits for, and what can be done about it."""
    subject = subject_of(view, instance)
    people = assignable(view) if view.may(Permission.TASK_ASSIGN) else []
    return _known(view, subject, "waiting") | {"people": people}


@page(blueprint, ONE + "/values", "desk/record_values.html")
def show_values(view: View, instance: str) -> Shown:
    """The variables as they are now."""
    subject = subject_of(view, instance)
    return _known(view, subject, "values") | {
        "variables": editables(subject.item["variables"]),
        "scopes": inner_scopes(view, subject),
    }


@page(blueprint, ONE + "/diagram", "desk/record_diagram.html", live=True, parts=("path",))
def show_diagram(view: View, instance: str) -> Shown:
    """The way it took, over its diagram and as a table."""
    subject = subject_of(view, instance)
    return _known(view, subject, "diagram") | picture(view, subject)


@page(blueprint, ONE + "/files", "desk/record_files.html")
def show_files(view: View, instance: str) -> Shown:
    """The photos and files that its answers hold."""
    subject = subject_of(view, instance)
    given = view.read(
        files.files, site=view.site, limit=MANY, subject=f"instance:{subject.item['id']}"
    )
    return _known(view, subject, "files") | {"files": given["items"]}


@page(blueprint, ONE + "/signatures", "desk/record_signatures.html")
def show_signatures(view: View, instance: str) -> Shown:
    """Who signed what, with what meaning."""
    subject = subject_of(view, instance)
    return _known(view, subject, "signatures") | {"signatures": signatures_of(view, subject)}


def _siblings(view: View, subject: Subject) -> list[Item]:
    """Those that stand where this one stands, so that they can be merged."""
    item = subject.item
    here = sorted(token["element"] for token in item["tokens"])
    others = view.read(
        queries.instances, site=view.site, limit=MANY, process=item["process"], state="active"
    )
    return [
        other
        for other in others["items"]
        if other["id"] != item["id"]
        and other["version"] == item["version"]
        and sorted(token["element"] for token in other["tokens"]) == here
    ]


def _known(view: View, subject: Subject, tab: str) -> dict[str, Any]:
    """What the frame of every tab shows: the head, the tabs, the acts."""
    item = subject.item
    waits = what_waits(view, subject) if subject.running else []
    may_intervene = view.may(Permission.INSTANCE_INTERVENE) and subject.running
    return {
        "item": item,
        "subject": subject,
        "tab": tab,
        "tabs": _tabs(item["id"], len(waits)),
        "waits": waits,
        "incidents": [each for each in waits if each["kind"] == "incident"],
        "places": places(subject) if may_intervene else [],
        "act": f"/api/v1/instances/{item['id']}",
        "here": f"/instances/{item['id']}",
    }


def _tabs(instance: str, waiting: int) -> list[tuple[str, str, str, int]]:
    """Key, words, address and number of each tab."""
    base = f"/instances/{instance}"
    return [
        ("timeline", _("Timeline"), base, 0),
        ("waiting", _("Work waiting"), f"{base}/waiting", waiting),
        ("diagram", _("Diagram"), f"{base}/diagram", 0),
        ("values", _("Values"), f"{base}/values", 0),
        ("files", _("Files"), f"{base}/files", 0),
        ("signatures", _("Signatures"), f"{base}/signatures", 0),
    ]
