"""What an instance waits for: people, machines, time, messages, decisions."""

from datetime import datetime
from typing import Any

from flask import g

from api.web.desk.record.subject import Item, Subject
from api.web.desk.record.values import to_repair
from api.web.language import gettext as _
from api.web.language import instant
from api.web.page import View
from engine.access import queries as access
from engine.access.permissions import Permission, permissions_of
from engine.workflow.work import queries
from engine.workflow.work.incidents import etag as incident_etag
from engine.workflow.work.overview import standing
from engine.workflow.work.recording.rows import etag as task_etag

MANY = 200
ICONS = {
    "task": "user",
    "job": "job",
    "timer": "clock",
    "message": "message",
    "signal": "message",
    "event": "clock",
    "condition": "compare",
    "incident": "bad",
}


def what_waits(view: View, subject: Subject) -> list[Item]:
    """Everything that waits, what needs a decision first."""
    incidents = view.read(queries.incidents, site=view.site, limit=MANY, instance=subject.id)
    tasks = view.read(queries.tasks, actor=view.actor, limit=MANY, instance=subject.id)
    places = view.read(standing.places, instance=subject.id, site=view.site)
    found = [incident(subject, each) for each in incidents["items"]]
    found += [_task(subject, each) for each in tasks["items"]]
    found += [_other(subject, each) for each in places if each["kind"] not in ("task", "incident")]
    return found


def incident(subject: Subject, item: Item) -> Item:
    """An incident, with what whoever clears it may want to change."""
    return item | {
        "kind": "incident",
        "cause": item["kind"],
        "name": subject.place(item["element"]),
        "etag": incident_etag(item["state"], item["attempts"]),
        "repair": to_repair(subject, item),
        "process": subject.item["process"],
        "title": subject.title,
    }


def waits_for(place: Item) -> str:
    """Who or what has to come, in words."""
    role = (place.get("role") or "").replace("_", " ")
    if place.get("assignee"):
        return str(place["assignee"])
    words = {
        "task": role or _("anybody"),
        "job": _("a machine or system"),
        "timer": _("its time"),
        "message": _("a message"),
        "signal": _("a broadcast"),
        "incident": _("a decision"),
        "condition": _("its condition"),
        "event": _("one of its events"),
    }
    return words.get(place["kind"], _("what follows"))


def _task(subject: Subject, item: Item) -> Item:
    role = (item["role"] or "").replace("_", " ")
    return item | {
        "kind": "task",
        "icon": ICONS["task"],
        "since": item["created"],
        "etag": task_etag(item["state"], item["assignee"]),
        "name": item["name"] or subject.label(item["element"]),
        "what": _("task"),
        "who": item["assignee"] or role or _("anybody"),
        "words": item["assignee"] or role,
        "late": _late(item["due"]),
    }


def _other(subject: Subject, place: Item) -> Item:
    return place | {
        "icon": ICONS.get(place["kind"], "right"),
        "name": place["name"] or subject.label(place["element"]),
        "what": waits_for(place),
        "words": waits_for(place),
        "who": place.get("assignee") or place.get("worker") or "",
        "state_word": _("waits"),
        "tone": "plan",
        "glyph": "ready",
        "due": place.get("due"),
        "late": None,
    }


def _late(due: str | None) -> float | None:
    """How many seconds after it was due, None in time."""
    if due is None:
        return None
    now: datetime = g.now
    seconds = (now - instant(due)).total_seconds()
    return seconds if seconds > 0 else None


def assignable(view: View) -> list[dict[str, Any]]:
    """Who can be given tasks, with the roles that a task may ask for."""
    people = view.read(access.users, site=view.site, limit=MANY)["items"]
    return [
        {"name": each["name"], "full_name": each.get("full_name") or "", "roles": each["roles"]}
        for each in people
        if each["active"] and Permission.TASK_COMPLETE in permissions_of(each["roles"])
    ]
