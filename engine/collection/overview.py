"""Every unit of a site at a glance: what it counted, which alarms stand, and since when that holds.

For boards that look every few seconds: a statement for all units, never one for each.
"""

import hashlib
from dataclasses import dataclass

import sqlalchemy as sa

from engine.collection import tables as t
from engine.kernel import db
from engine.kernel.store.uow import Uow
from engine.records.queries import change_mark


@dataclass(slots=True)
class Told:
    """What the machine of one unit has told; `worst` is the alarm of the highest severity."""

    good: int = 0
    scrap: int = 0
    alarms: int = 0
    worst: str | None = None


def floor_mark(uow: Uow, site: int) -> str:
    """A short text that is another one after every change, of what machines say too."""
    heard = uow.one(_HEARD, site=site)
    silent = uow.one(_SILENT, site=site)
    seen = f"{change_mark(uow, site)}:{heard}:{silent}"
    return hashlib.blake2b(seen.encode(), digest_size=9).hexdigest()


def told_since(uow: Uow, *, site: int, start: int) -> dict[bytes, Told]:
    """What each unit counted since an instant (ms UTC), and its alarms now, by its key."""
    found: dict[bytes, Told] = {}
    for unit, good, scrap in uow.all(_COUNTED, site=site, start=start):
        told = found.setdefault(bytes(unit), Told())
        told.good, told.scrap = int(good), int(scrap)
    for unit, text in uow.all(_STANDING, site=site):
        told = found.setdefault(bytes(unit), Told())
        told.alarms += 1
        told.worst = told.worst or text
    return found


_c, _a, _s, _g = t.production_count.c, t.alarm.c, t.signal_source.c, t.gateway.c
_SITE = sa.bindparam("site", type_=sa.Integer)
_HEARD = db.Statement(sa.select(sa.func.sum(_s.mark), sa.func.count()).where(_s.site_id == _SITE))
_SILENT = db.Statement(
    sa.select(sa.func.count()).where(_g.site_id == _SITE, _g.silent == sa.true())
)
_COUNTED = db.Statement(
    sa.select(_c.unit_id, sa.func.sum(_c.good), sa.func.sum(_c.scrap))
    .where(
        _c.site_id == _SITE,
        _c.at >= sa.bindparam("start", type_=sa.BigInteger),
        _c.counted == sa.true(),
    )
    .group_by(_c.unit_id)
)
_STANDING = db.Statement(
    sa.select(_a.unit_id, _a.text)
    .where(_a.site_id == _SITE, _a.cleared.is_(None))
    .order_by(_a.unit_id, _a.severity.desc(), _a.raised)
)
