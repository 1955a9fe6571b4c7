"""My work: what somebody does next, and what else waits and why they cannot do it."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from flask import Blueprint
from marshmallow import fields, validate

from api.rest.schemas.basics import Strict
from api.web.desk.people import role_words
from api.web.language import gettext as _
from api.web.language import here, instant
from api.web.page import Shown, View, page
from engine.access.permissions import Permission
from engine.access.settings import site_settings
from engine.kernel.actor import Actor
from engine.workflow.work import queries
from engine.workflow.work.recording import sheets

blueprint = Blueprint("floor_work", __name__)
PER_PAGE = 20
MINE, ALL = "mine", "all"

Item = dict[str, Any]


class WorkQuery(Strict):
    """Whose work, and from where on."""

    show = fields.String(load_default=MINE, validate=validate.OneOf((MINE, ALL)))
    cursor = fields.String(load_default=None)


@page(
    blueprint,
    "/my-work",
    "floor/work.html",
    query=WorkQuery,
    live=True,
    parts=("queue",),
)
def my_work(view: View) -> Shown:
    """The tasks somebody may work on, the next one first; or all, with what is in the way."""
    mine = view.args["show"] == MINE
    found = view.read(
        queries.tasks,
        actor=view.actor,
        limit=PER_PAGE,
        cursor=view.args["cursor"],
        mine=mine,
    )
    items = ordered(found["items"], view.actor)
    names = view.read(sheets.routings, instances=[item["instance"] for item in items])
    may = view.may(Permission.TASK_COMPLETE)
    return {
        "items": items,
        "next": found["next"],
        "show": view.args["show"],
        "first_page": view.args["cursor"] is None,
        "names": names,
        "kinds": {item["id"]: kind_of(item) for item in items},
        "undo_minutes": view.read(site_settings, site=view.site).undo_minutes,
        "why": {item["id"]: why_not(item, view.actor, may) for item in items},
        "late": {item["id"]: late_seconds(item, view) for item in items},
    }


def ordered(items: list[Item], actor: Actor) -> list[Item]:
    """What one works on already comes first, then what one paused, then the rest as it is."""

    def place(item: Item) -> int:
        if item["instance_state"] == "suspended":
            return 3
        if item["assignee"] == actor.name:
            return 1 if item["paused"] else 0
        return 2

    return sorted(items, key=place)


def kind_of(item: Mapping[str, Any]) -> str:
    """What a task's chip hangs on: tasks of one kind have the same."""
    return f"{item['instance_state']} {item['state']} {item['paused'] is not None}"


def why_not(item: Mapping[str, Any], actor: Actor, may: bool) -> str:
    """Why somebody cannot start a task of a list, in words; empty when they can."""
    if item["instance_state"] == "suspended":
        return _("On hold. A team lead resumes it.")
    if not may:
        return _("Your role completes no tasks.")
    if item["role"] and item["role"] not in actor.roles:
        return _needs(item["role"], here().code)
    if item["assignee"] not in (None, actor.name):
        return _("%(name)s works on it.") % {"name": item["assignee"]}
    return ""


@lru_cache
def _needs(role: str, _language: str) -> str:
    """A list says the same of many tasks."""
    return _("Needs %(role)s.") % {"role": role_words().get(role, role)}


def late_seconds(item: Mapping[str, Any], view: View) -> int:
    """By how much a task is late; 0 when it is not."""
    if item["due"] is None:
        return 0
    from_due = view.store.clock.now() - instant(item["due"])
    return max(int(from_due.total_seconds()), 0)
