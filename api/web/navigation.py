"""What stands in the menus, and for whom."""

from dataclasses import dataclass

from api.web.language import gettext as _
from engine.access.permissions import Permission, permissions_of
from engine.kernel.actor import Actor, Role


@dataclass(frozen=True, slots=True)
class Entry:
    """A place in a menu."""

    url: str
    label: str
    icon: str


def floor_entries() -> list[Entry]:
    """The menu at a station: two places, no more."""
    return [Entry("/my-work", _("My work"), "list"), Entry("/problem", _("Report problem"), "flag")]


def desk_entries(actor: Actor) -> list[Entry]:
    """The places of daily work at a desk."""
    entries = [
        Entry("/work", _("Work"), "list"),
        Entry("/flow", _("Flow"), "flow"),
        Entry("/floor", _("Floor"), "station"),
        Entry("/routings", _("Routings"), "file"),
        Entry("/incidents", _("Incidents"), "warn"),
    ]
    if Permission.TASK_COMPLETE in permissions_of(actor.roles):
        entries.insert(0, Entry("/my-work", _("My work"), "user"))
    return entries


def admin_entries(actor: Actor) -> list[Entry]:
    """What only some may set up or inspect."""
    held = permissions_of(actor.roles)
    entries = []
    if Permission.USER_MANAGE in held:
        entries.append(Entry("/people", _("People & roles"), "people"))
    if Permission.TOKEN_MANAGE in held:
        entries.append(Entry("/tokens", _("Tokens"), "key"))
    if Permission.STATION_MANAGE in held:
        entries.append(Entry("/stations", _("Stations"), "station"))
    if actor.roles & {Role.ADMIN, Role.MAINTENANCE, Role.PROCESS_ENGINEER, Role.TEAM_LEAD}:
        entries.append(Entry("/gateways", _("Gateways"), "link"))
    if actor.roles & {Role.ADMIN, Role.AUDITOR, Role.QUALITY, Role.PROCESS_ENGINEER}:
        entries.append(Entry("/audit", _("Audit trail"), "history"))
    if Permission.SETTINGS_MANAGE in held:
        entries.append(Entry("/settings", _("Settings"), "gear"))
    return entries


def is_floor_person(actor: Actor) -> bool:
    """Whether somebody works at machines only, and so begins with their work list."""
    return actor.roles == {Role.OPERATOR}


def home_of(actor: Actor) -> str:
    """Where somebody begins."""
    return "/my-work" if is_floor_person(actor) else "/work"
