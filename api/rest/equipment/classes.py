"""Equipment classes: what a diagram may name in place of one machine."""

from flask import Response
from flask_smorest import Blueprint

from api.rest.equipment.schemas import (
    EquipmentClassChangeIn,
    EquipmentClassIn,
    EquipmentClassOut,
)
from api.rest.route import Call, by_revision, route
from api.rest.schemas.basics import PageQuery, page_of
from engine.access.permissions import Permission
from engine.equipment import classes

blueprint = Blueprint("equipment_classes", __name__, description="What equipment can do")
ONE = "/equipment-classes/<string:code>"


@route(
    blueprint,
    "POST",
    "/equipment-classes",
    permission=Permission.EQUIPMENT_MANAGE,
    answer=EquipmentClassOut,
    body=EquipmentClassIn,
    status=201,
    etag=True,
)
def create(call: Call) -> Response:
    """Add a class; equipment names the classes it belongs to."""
    return call.run(classes.create_class, **call.body, etag=by_revision)


@route(
    blueprint,
    "GET",
    "/equipment-classes",
    permission=Permission.READ,
    answer=page_of(EquipmentClassOut),
    query=PageQuery,
)
def list_classes(call: Call) -> Response:
    """Classes, ordered by code."""
    return call.answer(call.read(classes.class_list, site=call.actor.site, **call.args))


@route(blueprint, "GET", ONE, permission=Permission.READ, answer=EquipmentClassOut, etag=True)
def get_class(call: Call, code: str) -> Response:
    """One class."""
    item = call.read(classes.class_item, code=code, site=call.actor.site)
    return call.answer(item, etag=by_revision(item))


@route(
    blueprint,
    "PATCH",
    ONE,
    permission=Permission.EQUIPMENT_MANAGE,
    answer=EquipmentClassOut,
    body=EquipmentClassChangeIn,
    if_match=True,
    etag=True,
)
def change(call: Call, code: str) -> Response:
    """Give a class another name; its code stays."""
    return call.run(
        classes.change_class, code=code, **call.body, expected=call.expected, etag=by_revision
    )
