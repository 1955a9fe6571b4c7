"""What gateways send: signals and readings, by the thousand, exactly once."""

from typing import Any

from flask import Flask, Response, current_app
from flask_smorest import Blueprint

from api.rest.collection.schemas import ReadingsIn, SignalsIn, TakenOut
from api.rest.route import Call, route
from engine.access.permissions import Permission
from engine.collection.marks import Taken
from engine.collection.readings import ingest as readings
from engine.collection.readings.rows import read_batch
from engine.collection.signals import ingest as signals
from engine.equipment import queries as equipment
from engine.kernel.store import Store

blueprint = Blueprint("signals", __name__, description="What machines say unasked")
MOST_BYTES = 8 * 1024 * 1024


@route(
    blueprint,
    "POST",
    "/signals",
    permission=Permission.SIGNAL_SEND,
    answer=TakenOut,
    body=SignalsIn,
    max_bytes=MOST_BYTES,
    replays=False,
)
def send_signals(call: Call) -> Response:
    """Take in rows of a gateway; those that are known by their number are not taken again."""
    return call.answer(_told(signals.take(call.store, **call.body, actor=call.actor)))


@route(
    blueprint,
    "POST",
    "/readings",
    permission=Permission.SIGNAL_SEND,
    answer=TakenOut,
    body=ReadingsIn,
    max_bytes=MOST_BYTES,
    replays=False,
)
def send_readings(call: Call) -> Response:
    """Take in readings of a gateway; those that are known by their number are not taken again."""
    units = call.read(equipment.units, site=call.actor.site)
    batch = read_batch(**call.body, units={unit.code: unit.id for unit in units})
    return call.answer(_told(readings_store().run(readings.take, batch=batch, actor=call.actor)))


def install_readings(app: Flask, readings: Store) -> None:
    """Give the app the store of its readings."""
    app.extensions["routecard_readings"] = readings


def readings_store() -> Store:
    """Where readings are; on PostgreSQL the plant's own store."""
    store: Store = current_app.extensions["routecard_readings"]
    return store


def _told(taken: Taken) -> dict[str, Any]:
    refused = [{"seq": seq, "detail": detail} for seq, detail in taken.refused]
    return {"ack": taken.ack, "refused": refused}
