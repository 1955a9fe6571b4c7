"""Work: every order by its number, where it stands, since when, and how late."""

import csv
import io
from collections.abc import Iterator
from typing import Any

import marshmallow as ma
from flask import Blueprint, Response, g, request
from marshmallow import fields, validate

from api.rest.route import arguments
from api.rest.schemas.basics import PageQuery, text
from api.web.desk.record.values import Editable, editable
from api.web.desk.record.waiting import ICONS, waits_for
from api.web.formats import value as as_text
from api.web.page import PART, Shown, View, page
from engine.access.permissions import Permission
from engine.kernel.actor import ROLES
from engine.kernel.ids import from_text
from engine.workflow.work import queries
from engine.workflow.work.overview import standing
from engine.workflow.work.versions import queries as versions

blueprint = Blueprint("work", __name__)
STATES = ("running", "active", "suspended", "completed", "cancelled", "all")
MANY, MOST = 200, 10_000
COLUMNS = (
    "order",
    "process",
    "version",
    "state",
    "stands_at",
    "since",
    "assignee",
    "role",
    "due",
    "late_seconds",
    "incidents",
    "started",
    "ended",
    "id",
)
# What spreadsheets take for a formula.
FORMULA = ("=", "+", "-", "@", "\t", "\r")


class Given(ma.Schema):
    """A filter form's question mark: a field that was left open counts as not given."""

    @ma.pre_load
    def _only_given(self, data: dict[str, str], **_options: Any) -> dict[str, str]:
        return {name: given for name, given in data.items() if given.strip()}


class WorkQuery(Given, PageQuery):
    """Which orders."""

    q = text(load_default=None)
    process = text(load_default=None)
    state = fields.String(load_default="running", validate=validate.OneOf(STATES))
    late = fields.Boolean(load_default=False)
    blocked = fields.Boolean(load_default=False)
    role = text(load_default=None)


@page(blueprint, "/work", "desk/work.html", query=WorkQuery, live=True, parts=("rows", "start"))
def work(view: View) -> Shown:
    """The orders that fit, newest first; the part `start` asks for the values of a new one."""
    if request.args.get(PART) == "start":
        process = view.args["process"]
        return {"asked": _asked(view, process) if process else [], "process": process}
    found = _found(view, view.args["limit"], view.args["cursor"])
    return {
        "items": found["items"],
        "next": found["next"],
        "given": view.args,
        "filtered": any(view.args[name] for name in ("q", "process", "late", "blocked", "role"))
        or view.args["state"] != "running",
        "processes": [] if PART in request.args else _processes(view),
        "roles": sorted(ROLES),
        "icons": ICONS,
        "waits_for": waits_for,
    }


def export() -> Response:
    """The same orders for a spreadsheet, every page of them."""
    view = View(g.actor, arguments(WorkQuery(), request.args.to_dict()))
    text_of = io.StringIO()
    write = csv.writer(text_of)
    write.writerow(COLUMNS)
    write.writerows(_lines(view))
    headers = {"Content-Disposition": 'attachment; filename="work.csv"'}
    # The mark tells spreadsheets that it is UTF-8.
    return Response("\ufeff" + text_of.getvalue(), mimetype="text/csv", headers=headers)


export.permission = Permission.READ  # type: ignore[attr-defined]
blueprint.add_url_rule("/work.csv", view_func=export)


def _found(view: View, limit: int, cursor: str | None) -> dict[str, Any]:
    args = view.args
    return view.read(
        standing.standing,
        site=view.site,
        limit=limit,
        cursor=cursor,
        q=args["q"],
        process=args["process"],
        state=args["state"],
        late=args["late"],
        blocked=args["blocked"],
        role=args["role"],
    )


def _lines(view: View) -> Iterator[list[str]]:
    cursor, number = None, 0
    while number < MOST:
        found = _found(view, MANY, cursor)
        for item in found["items"]:
            places = item["standing"]
            yield [
                _plain(each)
                for each in (
                    item["business_key"],
                    item["process"],
                    item["version"],
                    item["state"],
                    "; ".join(place["name"] or place["element"] for place in places),
                    min((place["since"] for place in places), default=""),
                    "; ".join(place["assignee"] for place in places if place.get("assignee")),
                    "; ".join(place["role"] for place in places if place.get("role")),
                    item["due"],
                    item["late_seconds"],
                    item["incidents"],
                    item["started"],
                    item["ended"],
                    item["id"],
                )
            ]
        number += len(found["items"])
        cursor = found["next"]
        if cursor is None:
            return


def _plain(given: Any) -> str:
    """A cell that no spreadsheet computes."""
    text_of = "" if given is None else str(given)
    return f"'{text_of}" if text_of.startswith(FORMULA) else text_of


def _processes(view: View) -> list[dict[str, Any]]:
    return [
        item
        for item in view.read(versions.processes, site=view.site, limit=MANY)["items"]
        if item["released"] or item["state"] in ("superseded", "retired")
    ]


def _asked(view: View, process: str) -> list[tuple[Editable, str]]:
    """What the newest order of the process was started with: fields, and what stood in them."""
    newest = view.read(queries.instances, site=view.site, limit=1, process=process)["items"]
    if not newest:
        return []
    first = view.read(
        queries.instance_history,
        instance=from_text(newest[0]["id"], "instance"),
        site=view.site,
        limit=1,
    )["items"]
    begun = first[0]["variables"] if first else newest[0]["variables"]
    return [
        (Editable(name, editable(name, begun[name]).kind), as_text(begun[name]))
        for name in sorted(begun)
    ]
