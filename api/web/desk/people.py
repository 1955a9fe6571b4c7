"""People, tokens, stations, settings, the audit trail: who may what, and who did what."""

from dataclasses import asdict
from typing import Any

from flask import Blueprint, g
from marshmallow import fields

from api.rest.schemas.basics import PageQuery
from api.web.language import gettext as _
from api.web.language import instant
from api.web.page import Shown, View, page
from engine.access import presence, queries
from engine.access import stations as station_queries
from engine.access.permissions import Permission
from engine.access.settings import BOUNDS, site_settings
from engine.kernel.actor import Role
from engine.kernel.clock import to_ms
from engine.kernel.ids import from_text
from engine.records.queries import audit_entries

blueprint = Blueprint("people", __name__)
PER_PAGE = 100
MANAGE_STATIONS = Permission.STATION_MANAGE


class AuditQuery(PageQuery):
    """Which entries."""

    actor = fields.String(load_default=None)
    action = fields.String(load_default=None)
    subject = fields.String(load_default=None)
    since = fields.Date(load_default=None, allow_none=True)

    def load(self, data: Any, **options: Any) -> Any:
        """Fields that were left open count as not given."""
        return super().load({name: given for name, given in data.items() if given}, **options)


@page(blueprint, "/people", "desk/people.html", permission=Permission.USER_MANAGE, query=PageQuery)
def people(view: View) -> Shown:
    """Who may sign in, and as what."""
    found = view.read(queries.users, site=view.site, limit=PER_PAGE, cursor=view.args["cursor"])
    return {**found, "roles": role_words()}


@page(blueprint, "/people/<string:name>", "desk/person.html", permission=Permission.USER_MANAGE)
def person(view: View, name: str) -> Shown:
    """One person: what they may, how they prove who they are, where they are signed in."""
    user = view.read(queries.user, name=name, site=view.site)
    return {
        "user": user,
        "roles": role_words(),
        "sessions": _sessions(view, user["name"]),
        "did": view.read(audit_entries, site=view.site, limit=10, actor=user["name"])["items"],
    }


@page(blueprint, "/me", "desk/me.html")
def me(view: View) -> Shown:
    """What somebody sets for themselves."""
    named = g.session is not None
    return {
        "user": view.read(queries.user, name=view.actor.name, site=view.site) if named else None,
        "roles": role_words(),
        "sessions": _sessions(view, view.actor.name) if named else [],
    }


@page(blueprint, "/tokens", "desk/tokens.html", permission=Permission.TOKEN_MANAGE, query=PageQuery)
def tokens(view: View) -> Shown:
    """Which systems may call, and until when."""
    found = view.read(queries.tokens, site=view.site, limit=PER_PAGE, cursor=view.args["cursor"])
    return {**found, "roles": role_words()}


@page(blueprint, "/stations", "desk/stations.html", permission=MANAGE_STATIONS, query=PageQuery)
def stations(view: View) -> Shown:
    """Which devices of the floor let people in by badge and PIN."""
    found = view.read(
        station_queries.stations, site=view.site, limit=PER_PAGE, cursor=view.args["cursor"]
    )
    return {**found, "roles": role_words()}


@page(blueprint, "/stations/<string:station>", "desk/station.html", permission=MANAGE_STATIONS)
def station(view: View, station: str) -> Shown:
    """One station: how it looks, how its scanner types."""
    item = view.read(station_queries.one_station, key=from_text(station, "station"), site=view.site)
    return {"item": item, "roles": role_words()}


@page(blueprint, "/settings", "desk/settings.html", permission=Permission.SETTINGS_MANAGE)
def settings(view: View) -> Shown:
    """What the site decides for itself."""
    found = view.read(site_settings, site=view.site)
    return {"values": asdict(found), "tag": found.tag, "bounds": BOUNDS, "words": _setting_words()}


@page(blueprint, "/audit", "desk/audit.html", query=AuditQuery)
def audit(view: View) -> Shown:
    """Who did what to which thing."""
    args = dict(view.args)
    since = args.pop("since")
    begin = None if since is None else to_ms(instant(since.isoformat() + "T00:00"))
    found = view.read(audit_entries, site=view.site, **args | {"limit": PER_PAGE, "since": begin})
    return {**found, "given": view.args, "link_of": link_of}


def role_words() -> dict[str, str]:
    """Each role in the reader's language."""
    return {
        Role.OPERATOR: _("Operator"),
        Role.TEAM_LEAD: _("Team lead"),
        Role.QUALITY: _("Quality"),
        Role.PROCESS_ENGINEER: _("Process engineer"),
        Role.PLANNER: _("Planner"),
        Role.MAINTENANCE: _("Maintenance"),
        Role.INTEGRATION: _("Integration"),
        Role.AUDITOR: _("Auditor"),
        Role.ADMIN: _("Administrator"),
    }


def link_of(subject: str) -> str | None:
    """The screen of what an audit entry is about, if it has one: `kind:key` or `process:key:2`."""
    kind, _colon, key = subject.partition(":")
    if kind == "process" and ":" in key:
        name, _colon, version = key.rpartition(":")
        return f"/routings/{name}/versions/{version}"
    places = {"instance": "/instances", "task": "/tasks", "user": "/people", "station": "/stations"}
    return f"{places[kind]}/{key}" if kind in places else None


def _sessions(view: View, name: str) -> list[dict[str, Any]]:
    found = view.read(presence.open_sessions, site=view.site, user=name, limit=PER_PAGE)
    items: list[dict[str, Any]] = found["items"]
    return items


def _setting_words() -> dict[str, tuple[str, str]]:
    """Each setting: what it is called, and what it does."""
    return {
        "reviewer_is_not_author": (
            _("Two people release a routing"),
            _("Nobody releases a version that they deployed themselves."),
        ),
        "session_idle_minutes": (
            _("A desk signs out after (minutes)"),
            _("Without any act, so that nobody works under another's name."),
        ),
        "session_hours": (
            _("A session lasts at most (hours)"),
            _("Then everybody signs in again."),
        ),
        "station_idle_minutes": (
            _("A station locks after (minutes)"),
            _("What was entered stays as a draft of whoever entered it."),
        ),
        "lockout_attempts": (
            _("Wrong passwords or PINs in a row"),
            _("So many lock an account for a while."),
        ),
        "lockout_minutes": (
            _("An account stays locked (minutes)"),
            _("An administrator can free it."),
        ),
        "undo_minutes": (
            _("An entry can be undone for (minutes)"),
            _("By whoever made it, while nothing after it was done. 0 forbids it."),
        ),
    } | _reading_words()


def _reading_words() -> dict[str, tuple[str, str]]:
    return {
        "reading_value_days": (
            _("Readings of machines are kept (days)"),
            _("Each single value; afterwards only what each hour came to."),
        ),
        "reading_hour_days": (
            _("Their hours are kept (days)"),
            _("The least, the most and the mean of each hour. Process measurements stay for good."),
        ),
    }
