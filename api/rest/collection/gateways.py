"""Gateways: what they have, and how they are."""

from flask import Response
from flask_smorest import Blueprint

from api.rest.collection.gateway_schemas import (
    DeclaredOut,
    GatewayIn,
    GatewayOut,
    HealthIn,
    HealthTakenOut,
    OneGatewayOut,
)
from api.rest.route import Call, route
from api.rest.schemas.basics import page_of
from engine.access.permissions import Permission
from engine.collection import gateways

blueprint = Blueprint("gateways", __name__, description="The processes on the machines' side")
ONE = "/gateways/<string:name>"
MOST_BYTES = 8 * 1024 * 1024


@route(
    blueprint,
    "PUT",
    ONE,
    permission=Permission.SIGNAL_SEND,
    answer=DeclaredOut,
    body=GatewayIn,
    max_bytes=MOST_BYTES,
)
def declare(call: Call, name: str) -> Response:
    """Say which machines a gateway has; it speaks for their units, unless another one does."""
    return call.run(gateways.declare, name=name, **call.body)


@route(
    blueprint,
    "PUT",
    ONE + "/health",
    permission=Permission.SIGNAL_SEND,
    answer=HealthTakenOut,
    body=HealthIn,
)
def report_health(call: Call, name: str) -> Response:
    """Say how a gateway and its connections are; the answer says which units are not its own."""
    health = {part: said for part, said in call.body.items() if part != "source"}
    source = call.body["source"]
    return call.run(gateways.report_health, name=name, health=health, source=source)


@route(blueprint, "GET", "/gateways", permission=Permission.READ, answer=page_of(GatewayOut))
def list_gateways(call: Call) -> Response:
    """All gateways by name."""
    return call.answer(call.read(gateways.gateways, site=call.actor.site))


@route(blueprint, "GET", ONE, permission=Permission.READ, answer=OneGatewayOut)
def get_gateway(call: Call, name: str) -> Response:
    """One gateway: its machines, its health, its latest losses."""
    return call.answer(call.read(gateways.gateway_item, name=name, site=call.actor.site))
