"""Incidents: what waits for a person's decision."""

from collections.abc import Callable
from typing import Any

from flask import Response
from flask_smorest import Blueprint

from api.rest.route import Call, route
from api.rest.schemas.basics import page_of
from api.rest.schemas.incidents import IncidentOut, IncidentQuery, ResolveIn, RetryIn
from engine.access.permissions import Permission
from engine.kernel.ids import from_text
from engine.workflow.work import incidents, queries

blueprint = Blueprint("incidents", __name__, description="Tokens that cannot go on")
ONE = "/incidents/<string:incident>"


@route(
    blueprint,
    "GET",
    "/incidents",
    permission=Permission.READ,
    answer=page_of(IncidentOut),
    query=IncidentQuery,
)
def list_incidents(call: Call) -> Response:
    """Incidents, oldest first; open ones unless a state is asked for."""
    if call.args["instance"] is not None:
        call.args["instance"] = call.args["instance"].bytes
    return call.answer(call.read(queries.incidents, site=call.actor.site, **call.args))


@route(blueprint, "GET", ONE, permission=Permission.READ, answer=IncidentOut, etag=True)
def get_incident(call: Call, incident: str) -> Response:
    """One incident."""
    item = call.read(queries.incident_item, incident=_id(incident), site=call.actor.site)
    return call.answer(item, etag=_etag(item))


@route(
    blueprint,
    "POST",
    ONE + "/retry",
    permission=Permission.INCIDENT_RESOLVE,
    answer=IncidentOut,
    body=RetryIn,
    if_match=True,
    etag=True,
)
def retry(call: Call, incident: str) -> Response:
    """Let the token try again."""
    return _change(call, incidents.retry, incident)


@route(
    blueprint,
    "POST",
    ONE + "/resolve",
    permission=Permission.INCIDENT_RESOLVE,
    answer=IncidentOut,
    body=ResolveIn,
    if_match=True,
    etag=True,
)
def resolve(call: Call, incident: str) -> Response:
    """Decide what becomes of the token: retry, complete, throw or cancel."""
    return _change(call, incidents.resolve, incident)


def _change(call: Call, command: Callable[..., Any], incident: str) -> Response:
    return call.run(
        command, incident=_id(incident), expected=call.expected, etag=_etag, **call.body
    )


def _etag(item: dict[str, Any]) -> str:
    return incidents.etag(item["state"], item["attempts"])


def _id(text: str) -> bytes:
    return from_text(text, "incident")
