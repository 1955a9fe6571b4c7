"""From rows to chunks, and out of the file in the end: a slice at a time.

An hour is packed when it has been over for an hour; what comes later is packed into it again.
"""

from dataclasses import dataclass

import sqlalchemy as sa

from engine.collection.readings.chunks import (
    HOUR_MS,
    NOTHING,
    Summary,
    Value,
    pack,
    summary,
    unpack,
)
from engine.collection.readings.tables import reading_chunk, reading_recent, reading_tag
from engine.kernel import db
from engine.kernel.store.uow import Uow

LATENESS_MS = HOUR_MS
DAY_MS = 24 * HOUR_MS
# So many rows are packed in one transaction, which new readings wait for.
SLICE_ROWS = 8_000
SLICE_TAGS = 50
SLICE_CHUNKS = 500


@dataclass(frozen=True, slots=True)
class Retention:
    """How many days each value is kept, and how many the least, most and mean of each hour."""

    value_days: int
    hour_days: int


def any_to_pack(uow: Uow) -> bool:
    """Whether an hour is over whose values are rows still."""
    return uow.one(_OLD_ROWS, cut=_cut(uow), limit=1) is not None


def pack_hours(uow: Uow) -> int:
    """Pack some hours of some tags; how many."""
    packed = rows = 0
    for tag, site, oldest in uow.all(_OLD_ROWS, cut=_cut(uow), limit=SLICE_TAGS):
        rows += _pack_hour(uow, tag, site, oldest - oldest % HOUR_MS)
        packed += 1
        if rows >= SLICE_ROWS:
            break
    return packed


def sites(uow: Uow) -> list[int]:
    """The sites that have readings."""
    return [site for (site,) in uow.all(_SITES)]


def oldest_values(uow: Uow) -> list[tuple[int, int]]:
    """Each site with the oldest hour (ms UTC) of which it keeps each value."""
    return [(site, began) for site, began in uow.all(_OLDEST)]


def forget(uow: Uow, *, site: int, retention: Retention) -> int:
    """Drop what is too old, some of it; how many chunks were met."""
    values = uow.now_ms - retention.value_days * DAY_MS
    hours = uow.now_ms - max(retention.hour_days, retention.value_days) * DAY_MS
    dropped = uow.write(_DROP, {"site": site, "cut": hours, "limit": SLICE_CHUNKS})
    return dropped + uow.write(_STRIP, {"site": site, "cut": values, "limit": SLICE_CHUNKS})


def _cut(uow: Uow) -> int:
    """Where the first hour begins that is not packed yet."""
    now = uow.now_ms - LATENESS_MS
    return now - now % HOUR_MS


def _pack_hour(uow: Uow, tag: int, site: int, began: int) -> int:
    period = {"tag": tag, "start": began, "end": began + HOUR_MS}
    rows = [Value(*row) for row in uow.all(_ROWS, **period)]
    known, values = _stored(uow, tag, began)
    data = None
    if known is NOTHING or values is not None:
        rows = sorted([*(values or ()), *rows], key=lambda value: value.at)
        found, data = summary(rows), pack(rows, began)
    else:
        found = known.plus(summary(rows))  # its values are too old to be kept singly
    uow.write(
        _PUT_CHUNK,
        {
            "tag": tag,
            "began": began,
            "site": site,
            "n": found.n,
            "numbers": found.numbers,
            "bad": found.bad,
            "low": found.low,
            "high": found.high,
            "total": found.total,
            "data": data,
        },
    )
    uow.write(_DELETE_ROWS, period)
    return len(rows)


def _stored(uow: Uow, tag: int, began: int) -> tuple[Summary, list[Value] | None]:
    """What is packed of an hour already, and its single values if they are there."""
    row = uow.one(_CHUNK, tag=tag, began=began)
    if row is None:
        return NOTHING, None
    n, numbers, bad, low, high, total, data = row
    values = None if data is None else unpack(bytes(data), began)
    return Summary(n, numbers, bad, low, high, total), values


_t, _r, _c = reading_tag.c, reading_recent.c, reading_chunk.c
_BIG = sa.BigInteger
_oldest = (
    sa.select(
        _t.id,
        _t.site_id,
        sa.select(sa.func.min(_r.at)).where(_r.tag_id == _t.id).scalar_subquery().label("oldest"),
    )
    .subquery()
    .c
)
_OLD_ROWS = db.Statement(
    sa.select(_oldest.id, _oldest.site_id, _oldest.oldest)
    .where(_oldest.oldest < sa.bindparam("cut", type_=_BIG))
    .order_by(_oldest.oldest)
    .limit(sa.bindparam("limit", type_=sa.Integer))
)
_HOUR = (
    _r.tag_id == sa.bindparam("tag", type_=_BIG),
    _r.at >= sa.bindparam("start", type_=_BIG),
    _r.at < sa.bindparam("end", type_=_BIG),
)
_ROWS = db.Statement(
    sa.select(_r.at, _r.value, _r.text, _r.quality, _r.reason)
    .where(*_HOUR)
    .order_by(_r.at, _r.source_id, _r.seq)
)
_DELETE_ROWS = db.Statement(sa.delete(reading_recent).where(*_HOUR))
_CHUNK = db.Statement(
    sa.select(_c.n, _c.numbers, _c.bad, _c.low, _c.high, _c.total, _c.data).where(
        _c.tag_id == sa.bindparam("tag", type_=_BIG), _c.began == sa.bindparam("began", type_=_BIG)
    )
)
_OLDEST = db.Statement(
    sa.select(reading_chunk.c.site_id, sa.func.min(reading_chunk.c.began))
    .where(reading_chunk.c.data.is_not(None))
    .group_by(reading_chunk.c.site_id)
)
_SITES = db.Statement(sa.select(_t.site_id).distinct().order_by(_t.site_id))
_PUT_CHUNK = db.Statement(
    sa.text(
        "INSERT INTO reading_chunk"
        " (tag_id, began, site_id, n, numbers, bad, low, high, total, data)"
        " VALUES (:tag, :began, :site, :n, :numbers, :bad, :low, :high, :total, :data)"
        " ON CONFLICT (tag_id, began) DO UPDATE SET n = excluded.n, numbers = excluded.numbers,"
        " bad = excluded.bad, low = excluded.low, high = excluded.high, total = excluded.total,"
        " data = excluded.data"
    )
)
_SOME = (
    " (tag_id, began) IN (SELECT tag_id, began FROM reading_chunk"
    " WHERE site_id = :site AND began < :cut{} ORDER BY began LIMIT :limit)"
)
_DROP = db.Statement(sa.text("DELETE FROM reading_chunk WHERE" + _SOME.format("")))
_STRIP = db.Statement(
    sa.text("UPDATE reading_chunk SET data = NULL WHERE" + _SOME.format(" AND data IS NOT NULL"))
)
