"""What passed where within each hour: counted from the history, outside of anybody's way.

The background follows every instance from its first step and counts what came since it looked last.
An hour's row counts how often an element or a flow was passed, and how often it waited and took how
long; a day's row is the sum of its hours, under the negative of its instant.
"""

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa

from engine.kernel import db, json_text
from engine.kernel.store.uow import Uow
from engine.workflow import tables as t
from engine.workflow.definition.model import WAITING_TASKS
from engine.workflow.work import history
from engine.workflow.work.overview.ways import Passed, Ways
from engine.workflow.work.versions.plans import plan_of

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
MANY = 500
# Lengths of time are kept to an eighth of a power of two: within a twentieth of what they were.
STEPS_PER_OCTAVE = 8
Lengths = Counter[int]


class Tally:
    """How often something was passed, and how long that lasted."""

    __slots__ = ("times", "took", "waited")

    def __init__(self) -> None:
        self.times = 0
        self.waited: Lengths = Counter()
        self.took: Lengths = Counter()

    def add(self, times: int, waited: bytes, took: bytes) -> None:
        """Count what a row holds."""
        self.times += times
        self.waited.update(_read(waited))
        self.took.update(_read(took))


def bucket(milliseconds: int) -> int:
    """The number that stands for a length of time."""
    return round(STEPS_PER_OCTAVE * math.log2(1 + max(milliseconds, 0) / 1000))


def median(lengths: Lengths) -> float | None:
    """The middle length in seconds; None without any."""
    total, seen = lengths.total(), 0
    for number in sorted(lengths):
        seen += lengths[number]
        if 2 * seen >= total:
            seconds: float = 2 ** (number / STEPS_PER_OCTAVE) - 1
            return round(seconds, 1)
    return None


def behind(uow: Uow, *, since: int, limit: int = MANY) -> list[bytes]:
    """Instances with steps that are not counted yet: those that run, or ended `since` (ms)."""
    return [bytes(row[0]) for row in uow.all(_BEHIND, since=since, limit=limit)]


def count(uow: Uow, *, instances: Sequence[bytes]) -> int:
    """Count what passed in some instances since they were looked at; how many they were."""
    uow.alone("passages")
    rows = [row for key in instances for row in uow.all(_STEPS, id=key)]
    tallies: dict[tuple[bytes, int, str], Tally] = {}
    sites: dict[bytes, int] = {}
    for instance, version, site, steps, before in rows:
        sites[bytes(version)] = site
        ways = Ways(plan_of(bytes(version)).model)
        for passed in ways.follow(history.steps_of(uow, bytes(instance))):
            if passed.number > before:
                _tally(tallies, bytes(version), passed)
        uow.write(_MARK, {"instance": instance, "site": site, "step": steps})
    for (version, hour, element), tally in sorted(tallies.items(), key=lambda each: each[0]):
        _store(uow, version, hour, element, tally, sites[version])
    return len(rows)


def totals(uow: Uow, version: bytes, start: int, end: int) -> dict[str, Tally]:
    """What passed elements and flows of a version in the hours that a period touches."""
    found: dict[str, Tally] = {}
    for first, last in _spans(start, end):
        for element, *counted in uow.all(_BETWEEN, version=version, first=first, last=last):
            found.setdefault(element, Tally()).add(*counted)
    return found


def _spans(start: int, end: int) -> Iterator[tuple[int, int]]:
    """Whole days as such, and the hours before and after them; both ends are meant."""
    first, last = start // HOUR_MS * HOUR_MS, (end - 1) // HOUR_MS * HOUR_MS
    day, over = -(-first // DAY_MS) * DAY_MS, (last + HOUR_MS) // DAY_MS * DAY_MS
    if day >= over:
        yield first, last
        return
    yield -(over - DAY_MS), -day
    yield first, day - HOUR_MS
    yield over, last


def _tally(tallies: dict[tuple[bytes, int, str], Tally], version: bytes, passed: Passed) -> None:
    waited, took = _lengths(passed)
    for at in (passed.at // HOUR_MS * HOUR_MS, -(passed.at // DAY_MS * DAY_MS)):
        tally = tallies.setdefault((version, at, passed.node.id), Tally())
        tally.times += 1
        if waited is not None:
            tally.waited[bucket(waited)] += 1
        if took is not None:
            tally.took[bucket(took)] += 1
        for flow in passed.flows:
            tallies.setdefault((version, at, flow), Tally()).times += 1


def _lengths(passed: Passed) -> tuple[int | None, int | None]:
    """How long a step waited for somebody, and how long it then took.

    A task waits until somebody has begun; of a job nobody knows when, so all of it is its work.
    """
    node, stayed = passed.node, passed.stayed
    if node.type in WAITING_TASKS:
        if passed.begun is None:
            return stayed, None
        return max(stayed - passed.begun, 0), passed.begun
    if node.work.topic is not None:
        return None, stayed
    return (stayed, None) if stayed else (None, None)


def _store(uow: Uow, version: bytes, hour: int, element: str, tally: Tally, site: int) -> None:
    place = {"version": version, "hour": hour, "element": element}
    row = uow.one(_ONE, **place)
    if row is not None:
        tally.add(*row)
    counted = {"waited": _text(tally.waited), "took": _text(tally.took)}
    uow.write(_PUT, place | counted | {"site": site, "times": tally.times})


def _text(lengths: Lengths) -> bytes:
    return json_text.write({str(number): n for number, n in sorted(lengths.items())})


def _read(text: bytes) -> dict[int, int]:
    found: dict[str, Any] = json_text.read(text)
    return {int(number): int(n) for number, n in found.items()}


_p = t.passage.c
_i, _m = t.instance.c, t.passage_mark.c
_COUNTED = sa.func.coalesce(_m.step, sa.literal_column("0"))
_JOINED = sa.join(t.instance, t.passage_mark, _m.instance_id == _i.id, isouter=True)
_MORE = (_i.dry_run == sa.false(), _i.steps > _COUNTED)


def _some(*which: sa.ColumnElement[bool]) -> sa.Select[Any]:
    limit = sa.bindparam("limit", type_=sa.Integer)
    chosen = sa.select(_i.id).select_from(_JOINED).where(*which, *_MORE).limit(limit).subquery()
    return sa.select(chosen.c.id)


# Two walks on indexes of their own: what ended long ago is not looked at again.
_BEHIND = db.Statement(
    sa.union_all(
        _some(_i.ended.is_(None)),
        _some(_i.ended.is_not(None), _i.ended >= sa.bindparam("since", type_=sa.BigInteger)),
    )
)
_STEPS = db.Statement(
    sa.select(_i.id, _i.version_id, _i.site_id, _i.steps, _COUNTED)
    .select_from(_JOINED)
    .where(_i.id == sa.bindparam("id"), *_MORE)
)
_ONE = db.Statement(
    sa.select(_p.times, _p.waited, _p.took).where(
        _p.version_id == sa.bindparam("version"),
        _p.hour == sa.bindparam("hour", type_=sa.BigInteger),
        _p.element == sa.bindparam("element"),
    )
)
_BETWEEN = db.Statement(
    sa.select(_p.element, _p.times, _p.waited, _p.took).where(
        _p.version_id == sa.bindparam("version"),
        _p.hour.between(
            sa.bindparam("first", type_=sa.BigInteger), sa.bindparam("last", type_=sa.BigInteger)
        ),
    )
)
_PUT = db.Statement(
    sa.text(
        "INSERT INTO passage (version_id, hour, element, site_id, times, waited, took) "
        "VALUES (:version, :hour, :element, :site, :times, :waited, :took) "
        "ON CONFLICT (version_id, hour, element) DO UPDATE SET times = excluded.times, "
        "waited = excluded.waited, took = excluded.took"
    )
)
_MARK = db.Statement(
    sa.text(
        "INSERT INTO passage_mark (instance_id, site_id, step) VALUES (:instance, :site, :step) "
        "ON CONFLICT (instance_id) DO UPDATE SET step = excluded.step"
    )
)
