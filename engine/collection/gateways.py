"""Gateways: what each of them has, how it is, and what its silence means.

Nobody trusts a dead gateway: after ten seconds without a word its units stand as unknown. When it
comes back, and had never lost its machine, that mark is taken back: what happened meanwhile is in
its buffer and comes with the time at which it happened.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from engine.collection import speaking, units
from engine.collection.signals import statements
from engine.collection.speaking import SILENT_MS
from engine.collection.states import MachineState
from engine.collection.tables import gateway, gateway_unit, loss, machine_state
from engine.equipment import queries as equipment
from engine.equipment.queries import Unit
from engine.kernel import db, json_text
from engine.kernel.actor import Actor
from engine.kernel.clock import iso
from engine.kernel.errors import Conflict, NotFound
from engine.kernel.ids import to_text
from engine.kernel.store.uow import Uow
from engine.records.audit import audit

SILENCE = "gateway-silent"
LOSSES_SHOWN = 20
NEVER = 2**62
Item = dict[str, Any]


# ---- what gateways say ----


class NameTaken(Conflict):
    """Another gateway has this name, and is alive."""

    code = "gateway-name-taken"
    title = "Name of a gateway taken"


def declare(
    uow: Uow,
    *,
    name: str,
    machines: Sequence[Mapping[str, Any]],
    actor: Actor,
    source: str | None = None,
) -> Item:
    """A gateway says which machines it has; it speaks for their units unless another one does.

    What it says again without a difference leaves no entry in the audit trail. `unknown_units` of
    the answer are codes that no equipment has: their signals would be refused. `taken_units` are
    codes with the gateway that has them, is alive, and keeps them.

    Raises:
        NameTaken: if another gateway of this name is alive.
    """
    uow.alone(f"gateway:{actor.site}:{name}")
    before = _row(uow, name, actor.site)
    _check_source(uow, before, source)
    declared = json_text.write(machines)
    if before is None or bytes(before["declared"] or b"") != declared:
        digests = {m["unit"]: m.get("digest") for m in machines}
        audit(uow, actor, "gateway.declared", f"gateway:{name}", {"machines": digests})
    codes = {machine["unit"] for machine in machines}
    known = units.units(uow, codes, actor.site)
    claimed = speaking.claim(uow, name=name, known=known, site=actor.site)
    for unit in claimed.over:
        _stand(uow, unit, str(MachineState.UNKNOWN), SILENCE)
    values = {"site": actor.site, "name": name, "declared": declared, "now": uow.now_ms}
    uow.write(_DECLARE, values | {"source": source})
    return gateway_item(uow, name=name, site=actor.site) | {
        "unknown_units": sorted(codes - known.keys()),
        "taken_units": claimed.taken,
    }


def report_health(
    uow: Uow, *, name: str, health: Mapping[str, Any], actor: Actor, source: str | None = None
) -> Item:
    """A gateway says how it is; after a silence its units are known again, if it has them still.

    `taken_units` of the answer are those that another gateway speaks for by now.

    Raises:
        NotFound: if it never said which machines it has.
        NameTaken: if another gateway of this name is alive.
    """
    uow.alone(f"gateway:{actor.site}:{name}")
    before = _row(uow, name, actor.site)
    _check_source(uow, before, source)
    if before is None or (source is not None and before["source"] not in (None, source)):
        raise _missing(name)
    values = {"site": actor.site, "name": name, "now": uow.now_ms}
    uow.write(_HEALTH, values | {"health": json_text.write(health)})
    machines = health.get("machines", ())
    if before["silent"]:
        _hear_again(uow, name, machines, actor.site)
    known = units.units(uow, [machine["unit"] for machine in machines], actor.site)
    taken = speaking.taken(uow, name=name, known=known, site=actor.site)
    return {"name": name, "at": iso(uow.now_ms), "taken_units": taken}


def _check_source(uow: Uow, before: Item | None, source: str | None) -> None:
    """Two gateways of one name would push each other out for ever: the first one keeps it."""
    if before is None or source is None or before["source"] in (None, source):
        return
    if speaking.is_alive(before["seen"], uow.now_ms):
        raise NameTaken(
            f"Another gateway is called {before['name']!r} and is alive. Stop it, or give this one "
            "a `name` of its own in gateway.yaml and start it again."
        )


# ---- silence ----


def any_silent(uow: Uow) -> bool:
    """Whether a gateway has fallen silent and nobody has noticed yet."""
    return uow.one(_SILENT, before=uow.now_ms - SILENT_MS) is not None


def notice_silence(uow: Uow) -> int:
    """Let the units of silent gateways stand as unknown; the number of gateways met."""
    before, met = uow.now_ms - SILENT_MS, 0
    for site, name in uow.all(_SILENT, before=before):
        uow.alone(f"gateway:{site}:{name}")
        if not uow.write(_MARK_SILENT, {"site": site, "name": name, "before": before}):
            continue  # it has spoken meanwhile
        met += 1
        for unit in _units_of(uow, name, site):
            _stand(uow, unit, str(MachineState.UNKNOWN), SILENCE)
    return met


def _stand(uow: Uow, unit: Unit, state: str, reason: str | None) -> None:
    """The plant's own mark; it says nothing of a unit that stands so already."""
    newest = uow.one(_NEWEST, unit=unit.id)
    if newest is not None and (newest[1] == state or newest[0] > uow.now_ms):
        return
    mark = {"unit_id": unit.id, "site_id": unit.site, "at": uow.now_ms, "seq": 0, "origin": ""}
    uow.write(statements.PUT_STATE, mark | {"state": state, "reason": reason})
    units.stands(uow, unit, uow.now_ms)


def _hear_again(uow: Uow, name: str, machines: Iterable[Mapping[str, Any]], site: int) -> None:
    """Take back the marks of a silence in which the gateway never lost its machine."""
    heard = {machine["unit"]: machine for machine in machines}
    for unit in _units_of(uow, name, site):
        newest = uow.one(_NEWEST, unit=unit.id)
        if newest is None or newest[3:] != ("", SILENCE):
            continue
        machine = heard.get(unit.code)
        kept = machine is not None and machine["state"] in ("connected", "degraded")
        if machine is not None and kept and _since(machine) <= newest[0]:
            uow.write(_TAKE_BACK, {"unit": unit.id, "at": newest[0]})
            units.heard_again(uow, unit, newest[0])


def _since(machine: Mapping[str, Any]) -> int:
    """Since when a machine is connected; who does not say so was connected just now."""
    since = machine.get("since")
    return since if isinstance(since, int) else NEVER


# ---- what others may read ----


def gateways(uow: Uow, *, site: int) -> dict[str, Any]:
    """All gateways by name, with how they are."""
    rows = uow.all(_ALL, site=site)
    return {
        "items": [_view(uow, dict(zip(_NAMES, row, strict=True))) for row in rows],
        "next": None,
    }


def gateway_item(uow: Uow, *, name: str, site: int) -> Item:
    """One gateway, with what it has, how it is, and what it had to throw away lately.

    Raises:
        NotFound: if there is none of that name.
    """
    row = _row(uow, name, site)
    if row is None:
        raise _missing(name)
    losses = [
        {
            "id": to_text(key),
            "unit": equipment.unit_by_key(uow, key=bytes(unit)).code,
            "lost": lost,
            "what": what,
            "since": iso(since),
            "until": iso(until),
        }
        for key, unit, lost, what, since, until in uow.all(
            _LOSSES, site=site, gateway=name, limit=LOSSES_SHOWN
        )
    ]
    return _view(uow, row) | {"declared": _read(row["declared"]), "losses": losses}


def _view(uow: Uow, row: Item) -> Item:
    silent_for = uow.now_ms - row["seen"]
    return {
        "name": row["name"],
        "state": "alive" if speaking.is_alive(row["seen"], uow.now_ms) else "silent",
        "seen": iso(row["seen"]),
        "silence_seconds": max(silent_for, 0) // 1000,
        "declared_at": iso(row["declared_at"]),
        "health": _read(row["health"]),
    }


def _read(stored: bytes | None) -> Any:
    return None if stored is None else json_text.read(stored)


def _row(uow: Uow, name: str, site: int) -> Item | None:
    row = uow.one(_ONE_OF, site=site, name=name)
    return None if row is None else dict(zip(_NAMES, row, strict=True))


def _units_of(uow: Uow, name: str, site: int) -> list[Unit]:
    mine = {bytes(key) for (key,) in uow.all(_MINE, site=site, gateway=name)}
    return [unit for unit in equipment.units(uow, site=site) if unit.id in mine]


def _missing(name: str) -> NotFound:
    return NotFound(
        f"There is no gateway {name[:80]!r}; it has to say first which machines it has, with "
        f"PUT /gateways/{name[:80]}."
    )


_g, _u, _s, _l = gateway.c, gateway_unit.c, machine_state.c, loss.c
_NAMES = ("name", "declared", "declared_at", "health", "seen", "silent", "source")
_SITE = sa.bindparam("site", type_=sa.Integer)
_COLUMNS = sa.select(*(_g[name] for name in _NAMES))
_ALL = db.Statement(_COLUMNS.where(_g.site_id == _SITE).order_by(_g.name))
_ONE_OF = db.Statement(_COLUMNS.where(_g.site_id == _SITE, _g.name == sa.bindparam("name")))
_SILENT = db.Statement(
    sa.select(_g.site_id, _g.name).where(
        _g.silent == sa.false(), _g.seen < sa.bindparam("before", type_=sa.BigInteger)
    )
)
_MINE = db.Statement(
    sa.select(_u.unit_id).where(_u.site_id == _SITE, _u.gateway == sa.bindparam("gateway"))
)
_NEWEST = db.Statement(
    sa.select(_s.at, _s.state, _s.seq, _s.origin, _s.reason)
    .where(_s.unit_id == sa.bindparam("unit"))
    .order_by(_s.at.desc())
    .limit(sa.literal_column("1"))
)
_LOSSES = db.Statement(
    sa.select(_l.id, _l.unit_id, _l.lost, _l.what, _l.since, _l.until)
    .where(_l.site_id == _SITE, _l.gateway == sa.bindparam("gateway"))
    .order_by(_l.id.desc())
    .limit(sa.bindparam("limit", type_=sa.Integer))
)
_DECLARE = db.Statement(
    sa.text(
        "INSERT INTO gateway (site_id, name, declared, declared_at, seen, silent, source)"
        " VALUES (:site, :name, :declared, :now, :now, false, :source)"
        " ON CONFLICT (site_id, name) DO UPDATE SET declared = excluded.declared,"
        " declared_at = excluded.declared_at, seen = excluded.seen, source = excluded.source"
    )
)
_HEALTH = db.Statement(
    sa.text(
        "UPDATE gateway SET health = :health, seen = :now, silent = false"
        " WHERE site_id = :site AND name = :name"
    )
)
_MARK_SILENT = db.Statement(
    sa.text(
        "UPDATE gateway SET silent = true"
        " WHERE site_id = :site AND name = :name AND NOT silent AND seen < :before"
    )
)
_TAKE_BACK = db.Statement(
    sa.text("DELETE FROM machine_state WHERE unit_id = :unit AND at = :at AND origin = ''")
)
