"""How signals are written: one statement for each kind of row."""

import sqlalchemy as sa

from engine.collection import tables as t
from engine.kernel import db

counter_state = t.counter_state

NO_COUNT = {
    name: None
    for name in (
        *("change", "counter", "tag", "raw", "asked", "reading_start", "reading_end"),
        *("actor", "note", "confirmed_by", "confirmed"),
    )
}

PUT_COUNT = db.insert(t.production_count)
PUT_MEASUREMENT = db.insert(t.measurement)
PUT_LOSS = db.insert(t.loss)
PUT_STATE = db.Statement(
    sa.text(
        "INSERT INTO machine_state (unit_id, at, site_id, state, reason, seq, origin)"
        " VALUES (:unit_id, :at, :site_id, :state, :reason, :seq, :origin)"
        " ON CONFLICT (unit_id, at) DO UPDATE SET state = excluded.state,"
        " reason = excluded.reason, seq = excluded.seq, origin = excluded.origin"
        " WHERE excluded.seq > machine_state.seq"
        " OR (excluded.seq = machine_state.seq AND excluded.origin > machine_state.origin)"
    )
)
PUT_COUNTER = db.Statement(
    sa.text(
        "INSERT INTO counter_state (unit_id, tag, site_id, counter, raw, at, source)"
        " VALUES (:unit_id, :tag, :site_id, :counter, :raw, :at, :source)"
        " ON CONFLICT (unit_id, tag) DO UPDATE SET counter = excluded.counter,"
        " raw = excluded.raw, at = excluded.at, source = excluded.source"
    )
)
PUT_CURRENT = db.Statement(
    sa.text(
        "INSERT INTO measurement_current"
        " (unit_id, name, site_id, at, value, unit_of_measure, quality, reason)"
        " VALUES (:unit_id, :name, :site_id, :at, :value, :unit_of_measure, :quality, :reason)"
        " ON CONFLICT (unit_id, name) DO UPDATE SET at = excluded.at, value = excluded.value,"
        " unit_of_measure = excluded.unit_of_measure, quality = excluded.quality,"
        " reason = excluded.reason WHERE excluded.at >= measurement_current.at"
    )
)
PUT_CYCLE = db.Statement(
    sa.text(
        "INSERT INTO cycle (unit_id, boot, number, site_id, at, good, scrap, serial)"
        " VALUES (:unit_id, :boot, :number, :site_id, :at, :good, :scrap, :serial)"
        " ON CONFLICT (unit_id, boot, number) DO NOTHING"
    )
)
PUT_SKEW = db.Statement(
    sa.text(
        "INSERT INTO gateway_unit (unit_id, site_id, gateway, skew)"
        " VALUES (:unit_id, :site_id, :gateway, :skew)"
        " ON CONFLICT (unit_id) DO UPDATE SET skew = excluded.skew"
    )
)
