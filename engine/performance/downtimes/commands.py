"""What people do with downtimes: say why, split, merge; what was before is kept."""

from typing import Any

import sqlalchemy as sa

from engine.kernel import db
from engine.kernel.actor import Actor
from engine.kernel.clock import iso
from engine.kernel.errors import Conflict, FieldProblem, Invalid, Stale
from engine.kernel.ids import new_id
from engine.kernel.store.uow import Uow
from engine.performance.downtimes import reasons, rows
from engine.performance.downtimes.queries import downtime_item
from engine.performance.downtimes.rows import Row
from engine.performance.downtimes.tables import downtime
from engine.records.audit import audit

Item = dict[str, Any]


class DowntimeWithdrawn(Conflict):
    """It turned out not to be a downtime, or went into another one."""

    code = "downtime-withdrawn"
    title = "Downtime withdrawn"


class NotNeighbours(Conflict):
    """Something lies between two downtimes that are to become one."""

    code = "downtimes-not-neighbours"
    title = "Not neighbours"


def explain(
    uow: Uow,
    *,
    key: bytes,
    reason: str | None,
    note: str | None,
    actor: Actor,
    expected: str | None = None,
) -> Item:
    """Say why a unit stood, or say it anew; None takes the reason back.

    Raises:
        DowntimeNotFound: if there is none on this site.
        DowntimeWithdrawn: if it was none.
        Stale: if `expected` is not the present revision.
        Invalid: for what is no reason, or only a group of reasons.
    """
    row = _lock(uow, key, actor, expected)
    if reason is not None:
        reasons.check(uow, reason, actor.site)
    said = {"reason": reason, "note": note}
    if said != {"reason": row["reason"], "note": row["note"]}:
        by = (None, None) if reason is None else (uow.now_ms, actor.name)
        values = said | {"explained": by[0], "explained_by": by[1]}
        rows.change(uow, key, values, "downtime.explained", actor)
    return downtime_item(uow, key=key, site=actor.site)


def split(
    uow: Uow, *, key: bytes, at: int, actor: Actor, expected: str | None = None
) -> list[Item]:
    """Make two of one; the second begins at an instant within the first, and has no reason yet.

    Raises:
        DowntimeNotFound: if there is none on this site.
        DowntimeWithdrawn: if it was none.
        Stale: if `expected` is not the present revision.
        Invalid: for an instant that is not within it.
    """
    row = _lock(uow, key, actor, expected)
    end = uow.now_ms if row["ended"] is None else row["ended"]
    if not row["started"] < at < end:
        problem = f"Choose an instant after {iso(row['started'])} and before {iso(end)}."
        raise Invalid(problem, errors=[FieldProblem("/at", problem)])
    rows.change(uow, key, {"ended": at, "by_hand": True}, "downtime.split", actor)
    second = rows.EMPTY | {
        "id": new_id(),
        "site_id": row["site_id"],
        "unit_id": row["unit_id"],
        "started": at,
        "ended": row["ended"],
        "state": row["state"],
        "by_hand": True,
        "created": uow.now_ms,
    }
    rows.add(uow, second)
    audit(uow, actor, "downtime.opened", rows.subject(second["id"]), {"of": rows.subject(key)})
    return [downtime_item(uow, key=each, site=actor.site) for each in (key, second["id"])]


def merge(uow: Uow, *, key: bytes, other: bytes, actor: Actor, expected: str | None = None) -> Item:
    """Make one of two neighbours: it lasts from the beginning of one to the end of the other.

    The reason is that of the first named, or of the other if that has none.

    Raises:
        DowntimeNotFound: if one of them is not on this site.
        DowntimeWithdrawn: if one of them was none.
        Stale: if `expected` is not the present revision of the first named.
        NotNeighbours: if they are of two units, one and the same, or another lies between.
    """
    row = _lock(uow, key, actor, expected)
    second = rows.read(uow, other, actor.site)
    _check_stands(second)
    _check_neighbours(uow, row, second)
    said = row if row["reason"] is not None else second
    ends = [row["ended"], second["ended"]]
    values = {name: said[name] for name in ("reason", "note", "explained", "explained_by")} | {
        "started": min(row["started"], second["started"]),
        "ended": None if None in ends else max(ends),
        "by_hand": True,
    }
    rows.withdraw(uow, other, actor, into=key)
    rows.change(uow, key, values, "downtime.merged", actor)
    return downtime_item(uow, key=key, site=actor.site)


# ---- rules ----


def _lock(uow: Uow, key: bytes, actor: Actor, expected: str | None) -> Row:
    rows.alone(uow, bytes(rows.read(uow, key, actor.site)["unit_id"]))
    row = rows.read(uow, key, actor.site)
    _check_stands(row)
    if expected is not None and expected != str(row["revision"]):
        raise Stale("The downtime changed since you read it; read it again.")
    return row


def _check_stands(row: Row) -> None:
    if row["withdrawn"] is not None:
        what = "was merged into another" if row["merged_into"] else "turned out to be none"
        raise DowntimeWithdrawn(f"This downtime {what}; read the list again.")


def _check_neighbours(uow: Uow, row: Row, other: Row) -> None:
    problem = None
    if row["id"] == other["id"]:
        problem = "A downtime cannot be merged with itself; name its neighbour."
    elif row["unit_id"] != other["unit_id"]:
        problem = "They are of two units; merge downtimes of one unit."
    else:
        first, last = sorted((row, other), key=lambda each: int(each["started"]))
        between = {"unit": row["unit_id"], "first": first["started"], "last": last["started"]}
        if uow.one(_BETWEEN, **between) is not None:
            problem = "Another downtime lies between them; merge with that one first."
    if problem:
        raise NotNeighbours(problem)


_d = downtime.c
_BETWEEN = db.Statement(
    sa.select(_d.id).where(
        _d.unit_id == sa.bindparam("unit"),
        _d.withdrawn.is_(None),
        _d.started > sa.bindparam("first", type_=sa.BigInteger),
        _d.started < sa.bindparam("last", type_=sa.BigInteger),
    )
)
