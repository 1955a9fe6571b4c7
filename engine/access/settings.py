"""What a site decides for itself: one typed value, its defaults and its bounds."""

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

import sqlalchemy as sa

from engine.access.tables import site_setting
from engine.kernel import db, json_text
from engine.kernel.actor import Actor
from engine.kernel.errors import FieldProblem, Invalid, Stale
from engine.kernel.store.uow import Uow
from engine.records.audit import audit

MINUTE_MS = 60_000


@dataclass(frozen=True, slots=True)
class SiteSettings:
    """The settings of one site; what it never decided has the default that stands here.

    Args:
        reviewer_is_not_author: nobody releases a version that they deployed themselves.
        session_idle_minutes: how long nobody may act before a session ends.
        session_hours: how long a session lasts at most.
        station_idle_minutes: like `session_idle_minutes`, on an enrolled station.
        lockout_attempts: so many wrong passwords or PINs in a row lock an account …
        lockout_minutes: … for so long.
        undo_minutes: how long one's last entry may be taken back.
        reading_value_days: how long each value that a machine told is kept …
        reading_hour_days: … and how long the least, most and mean of each of its hours.
    """

    reviewer_is_not_author: bool = False
    session_idle_minutes: int = 60
    session_hours: int = 12
    station_idle_minutes: int = 10
    lockout_attempts: int = 5
    lockout_minutes: int = 15
    undo_minutes: int = 10
    reading_value_days: int = 30
    reading_hour_days: int = 730

    def idle_ms(self, on_station: bool) -> int:
        """Milliseconds without an act after which a session ends."""
        minutes = self.station_idle_minutes if on_station else self.session_idle_minutes
        return minutes * MINUTE_MS

    @property
    def tag(self) -> str:
        """Stands for these values: the same values have the same tag."""
        return hashlib.sha256(json_text.write(asdict(self))).hexdigest()[:16]


# The least and the most of each number. Fewer than three attempts would lock out gloves, more than
# twenty would let four digits be guessed.
BOUNDS: Mapping[str, tuple[int, int]] = {
    "session_idle_minutes": (1, 24 * 60),
    "session_hours": (1, 24 * 7),
    "station_idle_minutes": (1, 24 * 60),
    "lockout_attempts": (3, 20),
    "lockout_minutes": (1, 24 * 60),
    "undo_minutes": (0, 24 * 60),
    "reading_value_days": (1, 3650),
    "reading_hour_days": (1, 3650),
}


def site_settings(uow: Uow, *, site: int) -> SiteSettings:
    """The settings of a site as they stand."""
    kinds = {field.name: field.type for field in fields(SiteSettings)}
    stored: dict[str, Any] = {
        name: json_text.read(value) for name, value in uow.all(_SELECT, site=site)
    }
    for name in stored.keys() & BOUNDS.keys():
        stored[name] = int(stored[name])  # numbers are read as Decimal
    return SiteSettings(**{name: stored[name] for name in stored.keys() & kinds.keys()})


def change_settings(
    uow: Uow, *, changes: Mapping[str, object], actor: Actor, expected: str | None = None
) -> SiteSettings:
    """Change settings of the actor's site; what is not named stays. They hold from now on.

    Raises:
        Invalid: for a name that is none, or a value of another kind or outside of its bounds.
        Stale: if `expected` is not the tag of the present values.
    """
    checked = _check(changes)
    uow.alone(f"settings:{actor.site}")
    before = site_settings(uow, site=actor.site)
    if expected is not None and expected != before.tag:
        raise Stale("The settings changed since you read them; read them again.")
    after = replace(before, **checked)
    was, now = asdict(before), asdict(after)
    changed = [name for name in now if now[name] != was[name]]
    for name in changed:
        uow.write(_PUT, {"site": actor.site, "name": name, "value": json_text.write(now[name])})
    if changed:
        detail = {name: {"from": was[name], "to": now[name]} for name in changed}
        audit(uow, actor, "settings.changed", f"site:{actor.site}", detail)
    return after


def _check(changes: Mapping[str, object]) -> dict[str, Any]:
    kinds = {field.name: field.type for field in fields(SiteSettings)}
    problems = []
    for name, value in changes.items():
        problem = _problem(name, value, kinds.get(name))
        if problem:
            problems.append(FieldProblem(f"/{name}", problem))
    if problems:
        raise Invalid("The settings cannot be changed so.", errors=problems)
    return dict(changes)


def _problem(name: str, value: object, kind: object) -> str | None:
    if kind is None:
        return "There is no such setting."
    if kind is bool:
        return None if isinstance(value, bool) else "Write true or false."
    least, most = BOUNDS[name]
    whole = isinstance(value, int) and not isinstance(value, bool)
    if whole and isinstance(value, int) and least <= value <= most:
        return None
    return f"Write a whole number from {least} to {most}."


_c = site_setting.c
_SELECT = db.Statement(
    sa.select(_c.name, _c.value).where(_c.site_id == sa.bindparam("site", type_=sa.Integer))
)
_PUT = db.Statement(
    sa.text(
        "INSERT INTO site_setting (site_id, name, value) VALUES (:site, :name, :value)"
        " ON CONFLICT (site_id, name) DO UPDATE SET value = excluded.value"
    )
)
