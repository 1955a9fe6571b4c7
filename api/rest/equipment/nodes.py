"""Equipment: enterprise, sites, areas, work centers and work units."""

from flask import Response
from flask_smorest import Blueprint

from api.rest.equipment.schemas import (
    EquipmentChangeIn,
    EquipmentIn,
    EquipmentOut,
    EquipmentQuery,
)
from api.rest.route import Call, by_revision, route
from api.rest.schemas.basics import page_of
from engine.access.permissions import Permission
from engine.equipment import commands, queries
from engine.equipment.commands import Changes

blueprint = Blueprint("equipment", __name__, description="The equipment hierarchy")
ONE = "/equipment/<string:code>"


@route(
    blueprint,
    "POST",
    "/equipment",
    permission=Permission.EQUIPMENT_MANAGE,
    answer=EquipmentOut,
    body=EquipmentIn,
    status=201,
    etag=True,
)
def create(call: Call) -> Response:
    """Add equipment; what is above it comes first."""
    told = dict(call.body)
    code, level = told.pop("code"), told.pop("level")
    return call.run(commands.create, code=code, level=level, about=Changes(told), etag=by_revision)


@route(
    blueprint,
    "GET",
    "/equipment",
    permission=Permission.READ,
    answer=page_of(EquipmentOut),
    query=EquipmentQuery,
)
def list_equipment(call: Call) -> Response:
    """Equipment, ordered by code."""
    return call.answer(call.read(queries.equipment_list, site=call.actor.site, **call.args))


@route(blueprint, "GET", ONE, permission=Permission.READ, answer=EquipmentOut, etag=True)
def get_equipment(call: Call, code: str) -> Response:
    """One piece of equipment, with the state of a work unit."""
    item = call.read(queries.equipment_item, code=code, site=call.actor.site)
    return call.answer(item, etag=by_revision(item))


@route(
    blueprint,
    "PATCH",
    ONE,
    permission=Permission.EQUIPMENT_MANAGE,
    answer=EquipmentOut,
    body=EquipmentChangeIn,
    if_match=True,
    etag=True,
)
def change(call: Call, code: str) -> Response:
    """Change equipment; its code and its level stay."""
    changes = Changes(call.body)
    return call.run(
        commands.change, code=code, changes=changes, expected=call.expected, etag=by_revision
    )
