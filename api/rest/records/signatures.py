"""Signatures: who signed what, when, and with what meaning."""

from flask import Response
from flask_smorest import Blueprint

from api.rest.route import Call, route
from api.rest.schemas.basics import page_of
from api.rest.schemas.records import SignatureOut, SignatureQuery
from engine.access.permissions import Permission
from engine.records import signatures

blueprint = Blueprint("signatures", __name__, description="Who signed what, with what meaning")


@route(
    blueprint,
    "GET",
    "/signatures",
    permission=Permission.READ,
    answer=page_of(SignatureOut),
    query=SignatureQuery,
)
def list_signatures(call: Call) -> Response:
    """Signatures, newest first."""
    if call.args["instance"] is not None:
        call.args["instance"] = call.args["instance"].bytes
    return call.answer(call.read(signatures.signatures, site=call.actor.site, **call.args))
