"""Readings taken in exactly once: the mark of the source is stored in the same transaction."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from engine.collection.marks import Taken
from engine.collection.readings.rows import Batch, Named, Row
from engine.collection.readings.tables import reading_recent, reading_source, reading_tag
from engine.collection.states import FUTURE_MS
from engine.kernel import db
from engine.kernel.actor import Actor
from engine.kernel.store.uow import Uow

COLUMNS = ("tag_id", "at", "source_id", "seq", "site_id", "value", "text", "quality", "reason")


def take(uow: Uow, *, batch: Batch, actor: Actor) -> Taken:
    """Store a batch; what is up to the source's mark has been stored before."""
    site = actor.site
    uow.alone(f"readings:{site}")  # two gateways may have a tag in common
    source, mark = _source(uow, batch, site)
    fresh = [row for row in batch.rows if row[0] > mark]
    refused = tuple(found for found in batch.refused if found[0] > mark)
    if batch.last <= mark:
        return Taken(mark)
    ids = _tags(uow, [batch.tags[place] for place in sorted({row[1] for row in fresh})], site)
    places = {place: ids[tag] for place, tag in enumerate(batch.tags) if tag in ids and tag}
    uow.pour(
        reading_recent,
        COLUMNS,
        [
            (places[place].id, at, source, seq, site, number, text, quality, reason)
            for seq, place, at, number, text, quality, reason in fresh
        ],
    )
    uow.write(_SET_CURRENT, _newest(fresh, places, uow.now_ms + FUTURE_MS))
    uow.write(_SET_MARK, {"id": source, "mark": batch.last, "now": uow.now_ms})
    return Taken(batch.last, refused)


@dataclass(frozen=True, slots=True)
class _Tag:
    id: int
    at: int | None
    unit_of_measure: str | None


def _source(uow: Uow, batch: Batch, site: int) -> tuple[int, int]:
    """The number and the mark of a source; a new one has the mark 0."""
    row = uow.one(_SOURCE, site=site, source=batch.source)
    if row is None:
        values = {"source": batch.source, "gateway": batch.gateway, "at": uow.now_ms}
        uow.write(_NEW_SOURCE, values | {"site": site})
        row = uow.one(_SOURCE, site=site, source=batch.source)
        assert row is not None, "it was written just now"
    return row[0], row[1]


def _tags(uow: Uow, named: Iterable[Named | None], site: int) -> Mapping[Named | None, _Tag]:
    """The numbers of tags; new ones get one, and a new unit of measure is noted."""
    wanted = [tag for tag in named if tag is not None]
    known: dict[tuple[bytes, str], _Tag] = {}
    for unit in {tag.unit for tag in wanted}:
        for key, name, at, measure in uow.all(_TAGS, unit=unit):
            known[unit, name] = _Tag(key, at, measure)
    found: dict[Named | None, _Tag] = {}
    for tag in wanted:
        stored = known.get((tag.unit, tag.tag))
        if stored is None:
            values = {"unit": tag.unit, "tag": tag.tag, "measure": tag.unit_of_measure}
            row = uow.one(_NEW_TAG, site=site, **values)
            assert row is not None, "it returns its number"
            stored = known[tag.unit, tag.tag] = _Tag(row[0], None, tag.unit_of_measure)
        elif stored.unit_of_measure != tag.unit_of_measure:
            uow.write(_SET_MEASURE, {"id": stored.id, "measure": tag.unit_of_measure})
        found[tag] = stored
    return found


def _newest(rows: Sequence[Row], places: Mapping[int, _Tag], latest: int) -> list[dict[str, Any]]:
    """The present values that change: of each tag the newest that is neither late nor ahead."""
    newest: dict[int, Row] = {}
    for row in rows:
        at = row[2]
        last = newest.get(row[1])
        if at <= latest and (last is None or at >= last[2]):
            newest[row[1]] = row
    found: dict[int, dict[str, Any]] = {}
    for place, (_seq, _place, at, number, text, quality, reason) in newest.items():
        tag = places[place]
        other = found.get(tag.id)
        if (tag.at is None or at >= tag.at) and (other is None or at >= other["at"]):
            found[tag.id] = {
                "id": tag.id,
                "at": at,
                "value": number,
                "text": text,
                "quality": quality,
                "reason": reason,
            }
    return list(found.values())


_s, _t = reading_source.c, reading_tag.c
_SOURCE = db.Statement(
    sa.select(_s.id, _s.mark).where(
        _s.site_id == sa.bindparam("site", type_=sa.Integer), _s.source == sa.bindparam("source")
    )
)
_NEW_SOURCE = db.Statement(
    sa.text(
        "INSERT INTO reading_source (site_id, source, mark, gateway, at)"
        " VALUES (:site, :source, 0, :gateway, :at)"
    )
)
_SET_MARK = db.Statement(
    sa.text("UPDATE reading_source SET mark = :mark, at = :now WHERE id = :id")
)
_TAGS = db.Statement(
    sa.select(_t.id, _t.tag, _t.at, _t.unit_of_measure).where(_t.unit_id == sa.bindparam("unit"))
)
_NEW_TAG = db.Statement(
    sa.text(
        "INSERT INTO reading_tag (site_id, unit_id, tag, unit_of_measure)"
        " VALUES (:site, :unit, :tag, :measure) RETURNING id"
    )
)
_SET_MEASURE = db.Statement(
    sa.text("UPDATE reading_tag SET unit_of_measure = :measure WHERE id = :id")
)
_SET_CURRENT = db.Statement(
    sa.text(
        "UPDATE reading_tag SET at = :at, value = :value, text = :text, quality = :quality,"
        " reason = :reason WHERE id = :id"
    )
)
