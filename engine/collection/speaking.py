"""Which gateway speaks for a unit: one alone, until it gives the unit up or falls silent.

Another one that declares the unit too is told who has it, and asks again: it stands by.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy as sa

from engine.collection.tables import gateway, gateway_unit
from engine.equipment.queries import Unit
from engine.kernel import db
from engine.kernel.store.uow import Uow

SILENT_MS = 10_000


@dataclass(frozen=True, slots=True)
class Speaker:
    """Who speaks for a unit, since when (milliseconds UTC), and when it was heard last."""

    gateway: str
    since: int
    seen: int


@dataclass(frozen=True, slots=True)
class Claimed:
    """What came of a claim.

    `taken` are units, by their codes, that another gateway keeps; `over` are those that one which
    had fallen silent has lost by it.
    """

    taken: dict[str, str]
    over: tuple[Unit, ...]


def is_alive(seen: int, now: int) -> bool:
    """Whether a gateway was heard lately enough."""
    return now - seen <= SILENT_MS


def claim(uow: Uow, *, name: str, known: Mapping[str, Unit], site: int) -> Claimed:
    """Let a gateway speak for these units and no others, as far as no living one has them."""
    uow.alone(f"gateway-units:{site}")
    found = speakers(uow, site)
    taken, over = dict[str, str](), []
    for code, unit in known.items():
        has = found.get(unit.id)
        if has is not None and has.gateway == name:
            continue
        if has is not None and is_alive(has.seen, uow.now_ms):
            taken[code] = has.gateway
            continue
        if has is not None:
            over.append(unit)
        values = {"unit": unit.id, "site": site, "gateway": name, "since": uow.now_ms}
        uow.write(_CLAIM, values)
    kept = {unit.id for unit in known.values()}
    for key, has in found.items():
        if has.gateway == name and key not in kept:
            uow.write(_RELEASE, {"unit": key})
    return Claimed(taken, tuple(over))


def taken(uow: Uow, *, name: str, known: Mapping[str, Unit], site: int) -> dict[str, str]:
    """Which of these units another gateway speaks for."""
    found = speakers(uow, site)
    return {
        code: has.gateway
        for code, unit in known.items()
        if (has := found.get(unit.id)) is not None and has.gateway != name
    }


def speakers(uow: Uow, site: int) -> dict[bytes, Speaker]:
    """Who speaks for which unit, by its key."""
    rows = uow.all(_SPEAKERS, site=site)
    return {bytes(unit): Speaker(name, since or 0, seen or 0) for unit, name, since, seen in rows}


_g, _u = gateway.c, gateway_unit.c
_SPEAKERS = db.Statement(
    sa.select(_u.unit_id, _u.gateway, _u.since, _g.seen)
    .select_from(
        gateway_unit.outerjoin(gateway, sa.and_(_g.site_id == _u.site_id, _g.name == _u.gateway))
    )
    .where(_u.site_id == sa.bindparam("site", type_=sa.Integer))
)
_CLAIM = db.Statement(
    sa.text(
        "INSERT INTO gateway_unit (unit_id, site_id, gateway, since)"
        " VALUES (:unit, :site, :gateway, :since) ON CONFLICT (unit_id) DO UPDATE"
        " SET gateway = excluded.gateway, since = excluded.since"
    )
)
_RELEASE = db.Statement(sa.text("DELETE FROM gateway_unit WHERE unit_id = :unit"))
