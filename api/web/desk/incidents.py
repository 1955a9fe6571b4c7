"""Incidents: what stopped, in groups that one decision can clear."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from flask import Blueprint
from marshmallow import fields, validate

from api.rest.schemas.basics import PageQuery
from api.rest.schemas.incidents import KINDS, STATES
from api.web.desk.record.subject import Item, subject_of
from api.web.desk.record.waiting import incident as with_acts
from api.web.desk.work import Given
from api.web.language import gettext as _
from api.web.page import Shown, View, page
from engine.kernel.ids import from_text
from engine.workflow.work import queries

blueprint = Blueprint("incidents_desk", __name__)
GROUPS = ("element", "kind", "process", "order")


class IncidentsQuery(Given, PageQuery):
    """Which incidents, and by what they are grouped."""

    kind = fields.String(load_default=None, validate=validate.OneOf(KINDS))
    state = fields.String(load_default="open", validate=validate.OneOf(STATES))
    by = fields.String(load_default="element", validate=validate.OneOf(GROUPS))


@dataclass(slots=True)
class Group:
    """Incidents that are alike."""

    key: str
    title: str
    cause: str = ""
    items: list[Item] = field(default_factory=list)


@page(
    blueprint, "/incidents", "desk/incidents.html", query=IncidentsQuery, live=True, parts=("list",)
)
def incidents(view: View) -> Shown:
    """What stopped, the oldest first."""
    args = view.args
    found = view.read(
        queries.incidents,
        site=view.site,
        limit=args["limit"],
        cursor=args["cursor"],
        kind=args["kind"],
        state=args["state"],
    )
    items = [_told(view, each) for each in found["items"]]
    return {
        "groups": list(_grouped(items, args["by"])),
        "number": len(items),
        "next": found["next"],
        "kinds": [(kind, words_for(kind)) for kind in KINDS],
        "by_words": _by_words(),
        "given": args,
    }


@page(blueprint, "/incidents/<string:incident>", "desk/incident.html", live=True)
def incident(view: View, incident: str) -> Shown:
    """One incident and what can be decided."""
    item = view.read(
        queries.incident_item, incident=from_text(incident, "incident"), site=view.site
    )
    subject = subject_of(view, item["instance"])
    return {"each": with_acts(subject, item), "subject": subject, "item": subject.item}


def words_for(kind: str) -> str:
    """What people call a kind of incident."""
    words = {
        "expression": _("value or condition"),
        "job": _("machine or system"),
        "message": _("message"),
        "limit": _("limit reached"),
        "timer": _("timer"),
        "problem": _("reported problem"),
    }
    return words.get(kind, kind)


def _by_words() -> list[tuple[str, str]]:
    return [
        ("element", _("step")),
        ("kind", _("kind")),
        ("process", _("routing")),
        ("order", _("order")),
    ]


def _told(view: View, item: Item) -> Item:
    """An incident with the words for where it is."""
    subject = subject_of(view, item["instance"])
    return item | {
        "name": subject.place(item["element"]),
        "process": subject.item["process"],
        "process_name": subject.plan.model.name or subject.item["process"],
        "title": subject.title,
        "cause": item["kind"],
    }


def _grouped(items: Iterable[Item], by: str) -> Iterable[Group]:
    groups: dict[Any, Group] = {}
    for item in items:
        key, title = _place(item, by)
        group = groups.setdefault(key, Group(key, title))
        group.items.append(item)
        causes = {each["cause"] for each in group.items}
        group.cause = item["cause"] if len(causes) == 1 else ""
    return sorted(groups.values(), key=lambda group: -len(group.items))


def _place(item: Item, by: str) -> tuple[str, str]:
    if by == "kind":
        return item["kind"], words_for(item["kind"])
    if by == "process":
        return item["process"], item["process_name"]
    if by == "order":
        return item["instance"], item["title"]
    return f"{item['process']}:{item['element']}:{item['kind']}", item["name"]
