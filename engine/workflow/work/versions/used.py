"""Where a process is used: which others call it, or take a form or a decision from it."""

from typing import Any

import sqlalchemy as sa

from engine.kernel import db, json_text
from engine.kernel.store.uow import Uow
from engine.workflow import tables as t
from engine.workflow.definition.bundles import Pins

IN_USE = ("released", "superseded")
WHAT = {"processes": "process", "decisions": "decision", "forms": "form"}


def where_used(uow: Uow, *, key: str, site: int) -> list[dict[str, Any]]:
    """The versions of other processes that pin something of this one, by key and version.

    Superseded ones count: instances may still run on them.
    """
    own = {bytes(row[0]) for row in uow.all(_OWN, key=key, site=site)}
    found = []
    for other, version, name, state, stored in uow.all(_OTHERS, key=key, site=site):
        pins = Pins.of(json_text.read(stored))
        taken = [
            {"kind": shown, "key": item}
            for kind, shown in WHAT.items()
            for item, identity in sorted(getattr(pins, kind).items())
            if identity in own
        ]
        if taken:
            found.append(
                {"key": other, "version": version, "name": name, "state": state, "takes": taken}
            )
    return found


def running_counts(uow: Uow, *, site: int) -> dict[str, int]:
    """How many instances of each process are not over."""
    return {key: count for key, count in uow.all(_RUNNING, site=site)}


_v, _i = t.process_version.c, t.instance.c
_SITE = _v.site_id == sa.bindparam("site")
_OWN = db.Statement(sa.select(_v.id).where(_v.key == sa.bindparam("key"), _SITE))
_OTHERS = db.Statement(
    sa.select(_v.key, _v.version, _v.name, _v.state, _v.pins)
    .where(
        _SITE,
        _v.key != sa.bindparam("key"),
        _v.state.in_(sa.literal_column(f"'{s}'") for s in IN_USE),
    )
    .order_by(_v.key, _v.version)
)
_RUNNING = db.Statement(
    sa.select(_v.key, sa.func.count())
    .join_from(t.instance, t.process_version, _i.version_id == _v.id)
    .where(_SITE, _i.state.in_([sa.literal_column("'active'"), sa.literal_column("'suspended'")]))
    .group_by(_v.key)
)
