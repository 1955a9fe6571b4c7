"""The sites of this installation, and the zone each keeps its time in."""

from zoneinfo import ZoneInfo

import sqlalchemy as sa

from engine.kernel import db
from engine.kernel.store.uow import Uow

site = sa.Table(
    "site",
    db.metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    db.text("code"),
    db.text("name"),
    db.text("time_zone"),
)

_ZONE = db.Statement(sa.select(site.c.time_zone).where(site.c.id == sa.bindparam("id")))
_INSERT = db.insert(site)


def zone(uow: Uow, site_id: int) -> ZoneInfo:
    """The zone of a site (IANA); times without an offset are meant in it."""
    row = uow.one(_ZONE, id=site_id)
    return ZoneInfo(row[0] if row else "UTC")


def create_site(uow: Uow, *, code: str, name: str, time_zone: str, number: int = 1) -> None:
    """Create a site, once, when the plant is set up."""
    uow.write(_INSERT, {"id": number, "code": code, "name": name, "time_zone": time_zone})
