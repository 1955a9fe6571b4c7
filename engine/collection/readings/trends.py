"""How a tag went: the newest value of each, and periods drawn together to a few points."""

import math
from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa

from engine.collection.readings.chunks import HOUR_MS, Summary, Value, summary, unpack
from engine.collection.readings.tables import reading_chunk, reading_recent, reading_tag
from engine.kernel import db
from engine.kernel.clock import iso
from engine.kernel.errors import NotFound
from engine.kernel.store.uow import Row, Uow

QUALITIES = ("good", "uncertain", "bad")
Item = dict[str, Any]


def current(uow: Uow, *, unit: bytes) -> list[Item]:
    """The present value of every tag of a unit, by its name."""
    return [
        {
            "tag": tag,
            "at": iso(at),
            "value": text if value is None else value,
            "unit_of_measure": measure,
            "quality": None if quality is None else QUALITIES[quality],
            "reason": reason,
        }
        for tag, at, value, text, measure, quality, reason in uow.all(_CURRENT, unit=unit)
    ]


def trend(uow: Uow, *, unit: bytes, tag: str, start: int, end: int, points: int) -> Item:
    """A tag between two instants, in at most about so many points of the same length.

    A point longer than an hour is of whole hours, so that what is packed need not be unpacked.
    Where nothing came there is no point; where only bad values came it has no numbers: a gap.

    Raises:
        NotFound: if the unit never had a reading of this tag.
    """
    row = uow.one(_TAG, unit=unit, tag=tag)
    if row is None:
        raise NotFound(
            f"There is no reading of {tag[:80]!r} here; GET /equipment/{{code}}/signals names them."
        )
    width = max(1, math.ceil((end - start) / points))
    if width > HOUR_MS:
        width = math.ceil(width / HOUR_MS) * HOUR_MS
        start -= start % HOUR_MS
    found: dict[int, Summary] = {}
    for place, part in _parts(uow, row[0], start, end, width):
        found[place] = found[place].plus(part) if place in found else part
    return {
        "tag": tag,
        "unit_of_measure": row[1],
        "from": iso(start),
        "milliseconds": width,
        "points": [_point(start + place * width, found[place]) for place in sorted(found)],
    }


def _parts(uow: Uow, tag: int, start: int, end: int, width: int) -> Iterable[tuple[int, Summary]]:
    """(number of the point, what comes to it), from the rows and from the chunks."""
    period = {"tag": tag, "start": start, "end": end}
    for place, n, numbers, bad, low, high, total in uow.all(_RECENT, **period, width=width):
        yield place, Summary(n, numbers, bad or 0, low, high, total)
    first = start - start % HOUR_MS
    for row in uow.all(_CHUNKS, tag=tag, start=first, end=end):
        yield from _of_chunk(row, start, end, width)


def _of_chunk(row: Row, start: int, end: int, width: int) -> Iterable[tuple[int, Summary]]:
    """A chunk as a whole where its point holds whole hours, or where its values are gone."""
    began, n, numbers, bad, low, high, total, data = row
    if data is None or (width % HOUR_MS == 0 and end >= began + HOUR_MS):
        place = max(0, began - start) // width
        yield place, Summary(n, numbers, bad, low, high, total)
        return
    gathered: dict[int, list[Value]] = {}
    for value in unpack(bytes(data), began):
        if start <= value.at < end:
            gathered.setdefault((value.at - start) // width, []).append(value)
    for place, values in gathered.items():
        yield place, summary(values)


def _point(at: int, found: Summary) -> Item:
    mean = None if found.total is None or not found.numbers else found.total / found.numbers
    return {
        "at": iso(at),
        "min": found.low,
        "max": found.high,
        "mean": mean,
        "n": found.n,
        "bad": found.bad,
    }


_t, _c = reading_tag.c, reading_chunk.c
_TAG_ID = sa.bindparam("tag", type_=sa.BigInteger)
_CURRENT = db.Statement(
    sa.select(_t.tag, _t.at, _t.value, _t.text, _t.unit_of_measure, _t.quality, _t.reason)
    .where(_t.unit_id == sa.bindparam("unit"))
    .order_by(_t.tag)
)
_TAG = db.Statement(
    sa.select(_t.id, _t.unit_of_measure).where(
        _t.unit_id == sa.bindparam("unit"), _t.tag == sa.bindparam("tag")
    )
)
_RECENT = db.Statement(
    sa.text(
        "SELECT (at - :start) / :width AS place, count(*),"
        " sum(CASE WHEN quality <> 2 AND value IS NOT NULL THEN 1 ELSE 0 END),"
        " sum(CASE WHEN quality = 2 THEN 1 ELSE 0 END),"
        " min(CASE WHEN quality <> 2 THEN value END), max(CASE WHEN quality <> 2 THEN value END),"
        " sum(CASE WHEN quality <> 2 THEN value END)"
        f" FROM {reading_recent.name}"
        " WHERE tag_id = :tag AND at >= :start AND at < :end GROUP BY place"
    ).bindparams(
        sa.bindparam("start", type_=sa.BigInteger),
        sa.bindparam("end", type_=sa.BigInteger),
        sa.bindparam("width", type_=sa.BigInteger),
        sa.bindparam("tag", type_=sa.BigInteger),
    )
)
_CHUNKS = db.Statement(
    sa.select(*(_c.began, _c.n, _c.numbers, _c.bad, _c.low, _c.high, _c.total, _c.data))
    .where(
        _c.tag_id == _TAG_ID,
        _c.began >= sa.bindparam("start", type_=sa.BigInteger),
        _c.began < sa.bindparam("end", type_=sa.BigInteger),
    )
    .order_by(_c.began)
)
