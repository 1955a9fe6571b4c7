"""Stations: devices of the shop floor, at which people sign in by badge and PIN."""

from flask import Response, request
from flask_smorest import Blueprint

from api.permissions import OPEN, STATION_COOKIE, check_origin
from api.rest.access.schemas import (
    EnrolIn,
    StationChangeIn,
    StationIn,
    StationMadeOut,
    StationOut,
)
from api.rest.access.sessions import STATION_SECONDS, set_cookie
from api.rest.route import Call, by_revision, route
from api.rest.schemas.basics import PageQuery, page_of
from engine.access import passwords, stations
from engine.access.permissions import Permission
from engine.access.stations import StationChanges
from engine.kernel.ids import from_text

blueprint = Blueprint("stations", __name__, description="Devices of the shop floor")
ONE = "/stations/<string:station>"
MANAGE = Permission.STATION_MANAGE


@route(
    blueprint,
    "POST",
    "/stations",
    permission=MANAGE,
    answer=StationMadeOut,
    body=StationIn,
    status=201,
    etag=True,
)
def create(call: Call) -> Response:
    """Make a station; the code that enrols a device is in this answer and nowhere else."""
    code, digest = stations.new_code()
    return call.run(
        stations.create_station,
        station=StationChanges(call.body),
        code=digest,
        shown=lambda item: item | {"code": code},
        kept=lambda item: item | {"code": None},
        etag=by_revision,
    )


@route(
    blueprint,
    "POST",
    "/stations/enrol",
    permission=OPEN,
    answer=StationOut,
    body=EnrolIn,
    replays=False,
    sets_cookie=True,
)
def enrol(call: Call) -> Response:
    """Make this device the station of a code; the code works once, for fifteen minutes."""
    check_origin()
    secret, device = passwords.new_secret(stations.DEVICE_PREFIX)
    code = stations.code_digest(call.body["code"])
    with call.callers.attempts.by(request.remote_addr):
        item = call.store.run(stations.enrol, code=code, device=device)
    call.callers.forget()
    response = call.answer(item)
    set_cookie(response, STATION_COOKIE, secret, STATION_SECONDS)
    return response


@route(
    blueprint,
    "GET",
    "/stations",
    permission=Permission.READ,
    answer=page_of(StationOut),
    query=PageQuery,
)
def list_stations(call: Call) -> Response:
    """Stations, newest first, the revoked ones too."""
    return call.answer(call.read(stations.stations, site=call.actor.site, **call.args))


@route(blueprint, "GET", ONE, permission=Permission.READ, answer=StationOut, etag=True)
def get_station(call: Call, station: str) -> Response:
    """One station."""
    key = from_text(station, "station")
    item = call.read(stations.one_station, key=key, site=call.actor.site)
    return call.answer(item, etag=by_revision(item))


@route(
    blueprint,
    "PATCH",
    ONE,
    permission=MANAGE,
    answer=StationOut,
    body=StationChangeIn,
    if_match=True,
    etag=True,
)
def change(call: Call, station: str) -> Response:
    """Change what a station is; null takes a setting away."""
    response = call.run(
        stations.change_station,
        key=from_text(station, "station"),
        changes=StationChanges(call.body),
        expected=call.expected,
        etag=by_revision,
    )
    call.callers.forget()
    return response


@route(
    blueprint,
    "POST",
    f"{ONE}/code",
    permission=MANAGE,
    answer=StationMadeOut,
    status=201,
)
def renew(call: Call, station: str) -> Response:
    """Make another code, for a new device or after the first one ran out."""
    code, digest = stations.new_code()
    return call.run(
        stations.renew_code,
        key=from_text(station, "station"),
        code=digest,
        shown=lambda item: item | {"code": code},
        kept=lambda item: item | {"code": None},
    )


@route(blueprint, "DELETE", ONE, permission=MANAGE, answer=StationOut)
def revoke(call: Call, station: str) -> Response:
    """Revoke a station, at once; whoever is signed in there is signed out."""
    response = call.run(stations.revoke_station, key=from_text(station, "station"))
    call.callers.forget()
    return response
