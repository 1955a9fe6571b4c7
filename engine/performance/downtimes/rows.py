"""Rows of downtimes: written in one place, with what they were before."""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from engine.kernel import db, json_text
from engine.kernel.actor import Actor
from engine.kernel.clock import iso
from engine.kernel.errors import NotFound
from engine.kernel.ids import new_id, to_text
from engine.kernel.store.uow import Uow
from engine.performance.downtimes.tables import downtime, downtime_change
from engine.records.audit import audit

Row = dict[str, Any]
EMPTY: Row = dict.fromkeys(downtime.c.keys()) | {"by_hand": False, "revision": 1}
# What of a downtime may change, and is kept as it was before.
CHANGING = (
    *("started", "ended", "reason", "note", "explained", "explained_by"),
    *("by_hand", "withdrawn", "merged_into"),
)
_INSTANTS = ("started", "ended", "explained", "withdrawn")


class DowntimeNotFound(NotFound):
    """There is no such downtime on this site."""

    code = "downtime-not-found"
    title = "Downtime not found"


def alone(uow: Uow, unit: bytes) -> None:
    """Let one change of a unit's downtimes be made after the other: so none overlap."""
    uow.alone(f"downtimes:{unit.hex()}")


def subject(key: bytes) -> str:
    """What the audit trail calls a downtime."""
    return f"downtime:{to_text(key)}"


def read(uow: Uow, key: bytes, site: int) -> Row:
    """The row of a downtime.

    Raises:
        DowntimeNotFound: if there is none on this site.
    """
    row = uow.one(_ONE, id=key)
    if row is None or row[_NAMES.index("site_id")] != site:
        raise DowntimeNotFound(f"There is no downtime {to_text(key)}.")
    return dict(zip(_NAMES, row, strict=True))


def add(uow: Uow, row: Row) -> None:
    """Record a new one."""
    uow.write(_ADD, row)


def change(
    uow: Uow,
    key: bytes,
    values: Mapping[str, Any],
    action: str,
    actor: Actor,
    *,
    kept: bool = True,
) -> None:
    """Change what is named, and keep what was before.

    Args:
        kept: False for what every downtime goes through, which needs no keeping.
    """
    found = uow.one(_ONE, id=key)
    assert found is not None, "downtimes are never deleted"
    before = dict(zip(_NAMES, found, strict=True))
    if kept:
        row = {
            "id": new_id(),
            "site_id": before["site_id"],
            "downtime_id": key,
            "at": uow.now_ms,
            "actor": actor.name,
            "action": action.rpartition(".")[2],
            "before": json_text.write(shown(before)),
        }
        uow.write(_KEEP, row)
    after = before | dict(values)
    uow.write(_CHANGE, {name: after[name] for name in CHANGING} | {"id": key})
    was, now = shown(before), shown(after)
    detail = {name: {"from": was[name], "to": now[name]} for name in now if now[name] != was[name]}
    audit(uow, actor, action, subject(key), detail)


def withdraw(uow: Uow, key: bytes, actor: Actor, into: bytes | None = None) -> None:
    """Take back what was none, or what is now part of another."""
    change(uow, key, {"withdrawn": uow.now_ms, "merged_into": into}, "downtime.withdrawn", actor)


def changes(uow: Uow, key: bytes) -> list[Row]:
    """What a downtime was before each change, the newest first."""
    return [
        {"at": iso(at), "actor": actor, "action": action, "before": json_text.read(bytes(before))}
        for at, actor, action, before in uow.all(_CHANGES, id=key)
    ]


def shown(row: Row) -> Row:
    """What may change of a downtime, as the API shows it."""
    found: Row = {name: row[name] for name in CHANGING} | {"by_hand": bool(row["by_hand"])}
    found |= {name: iso(row[name]) for name in _INSTANTS}
    into = row["merged_into"]
    return found | {"merged_into": None if into is None else to_text(into)}


# ---- statements ----

_d, _c = downtime.c, downtime_change.c
_NAMES = tuple(downtime.c.keys())
_ID = sa.bindparam("id", type_=sa.LargeBinary)
_ONE = db.Statement(sa.select(*downtime.columns).where(_d.id == _ID))
_ADD = db.insert(downtime)
_KEEP = db.insert(downtime_change)
_CHANGE = db.Statement(
    sa.text(
        f"UPDATE downtime SET {', '.join(f'{name} = :{name}' for name in CHANGING)},"
        " revision = revision + 1 WHERE id = :id"
    )
)
_CHANGES = db.Statement(
    sa.select(_c.at, _c.actor, _c.action, _c.before)
    .where(_c.downtime_id == _ID)
    .order_by(_c.id.desc())
)
