"""Alarms of machines: from when to when each of them stood."""

import sqlalchemy as sa

from engine.collection.signals.rows import Alarm
from engine.collection.tables import alarm
from engine.kernel import db
from engine.kernel.ids import new_id
from engine.kernel.store.uow import Uow


def tell(uow: Uow, unit: bytes, site: int, at: int, said: Alarm) -> None:
    """An alarm is raised, or no longer stands.

    One that stands already is not raised again; what comes late of one that is over, neither.
    """
    standing = uow.one(_STANDING, unit=unit, code=said.code)
    if not said.active:
        if standing is not None and standing[1] <= at:
            uow.write(_CLEAR, {"id": standing[0], "cleared": at})
        return
    values = {"text": said.text, "severity": said.severity}
    if standing is not None:
        values |= {"id": standing[0], "raised": min(at, standing[1])}
        uow.write(_AGAIN, values)
    elif uow.one(_OVER, unit=unit, code=said.code, at=at) is None:
        values |= {"id": new_id(), "site_id": site, "unit_id": unit, "code": said.code}
        uow.write(_INSERT, values | {"raised": at, "cleared": None})


_a = alarm.c
_MINE = (_a.unit_id == sa.bindparam("unit"), _a.code == sa.bindparam("code"))
_INSERT = db.insert(alarm)
_STANDING = db.Statement(sa.select(_a.id, _a.raised).where(*_MINE, _a.cleared.is_(None)))
_OVER = db.Statement(
    sa.select(_a.id).where(
        *_MINE, _a.raised <= sa.bindparam("at"), _a.cleared >= sa.bindparam("at")
    )
)
_CLEAR = db.Statement(sa.text("UPDATE alarm SET cleared = :cleared WHERE id = :id"))
_AGAIN = db.Statement(
    sa.text("UPDATE alarm SET text = :text, severity = :severity, raised = :raised WHERE id = :id")
)
