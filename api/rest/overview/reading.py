"""Where instances stand, how work flows, which way one took, and the search for anything."""

from datetime import timedelta

from flask import Response
from flask_smorest import Blueprint

from api.rest.route import Call, route
from api.rest.schemas.basics import page_of
from api.rest.schemas.overview import (
    FlowOut,
    FlowQuery,
    FoundOut,
    PathOut,
    SearchQuery,
    StandingOut,
    StandingQuery,
)
from engine.access.permissions import Permission
from engine.kernel.clock import to_ms
from engine.kernel.ids import from_text
from engine.workflow.work.overview import flow as flows
from engine.workflow.work.overview import path, search, standing
from engine.workflow.work.versions import queries as versions

blueprint = Blueprint("overview", __name__, description="The plant at a glance")
DAY = timedelta(days=1)


@route(
    blueprint,
    "GET",
    "/standing",
    permission=Permission.READ,
    answer=page_of(StandingOut),
    query=StandingQuery,
)
def list_standing(call: Call) -> Response:
    """Instances, newest first, with everything that each waits for."""
    return call.answer(call.read(standing.standing, site=call.actor.site, **call.args))


@route(
    blueprint,
    "GET",
    "/processes/<string:key>/flow",
    permission=Permission.READ,
    answer=FlowOut,
    query=FlowQuery,
)
def get_flow(call: Call, key: str) -> Response:
    """Where work is in a version now, and what passed it in a period, by whole hours."""
    end = call.args["end"] or call.store.clock.now()
    start = call.args["start"] or end - DAY
    version = call.args["version"]
    if version is None:
        version = _in_force(call, key)
    found = call.read(
        flows.flow,
        key=key,
        version=version,
        site=call.actor.site,
        start=to_ms(start),
        end=to_ms(end),
    )
    return call.answer(found)


@route(
    blueprint,
    "GET",
    "/instances/<string:instance>/path",
    permission=Permission.READ,
    answer=PathOut,
)
def get_path(call: Call, instance: str) -> Response:
    """How often an instance passed the elements and flows of its diagram, and where it waits."""
    key = from_text(instance, "instance")
    return call.answer(call.read(path.path, instance=key, site=call.actor.site))


@route(
    blueprint,
    "GET",
    "/search",
    permission=Permission.READ,
    answer=page_of(FoundOut),
    query=SearchQuery,
)
def find(call: Call) -> Response:
    """Anything by its number, its name, its id, or a code that was scanned."""
    items = call.read(search.search, q=call.args["q"], actor=call.actor)
    return call.answer({"items": items, "next": None})


def _in_force(call: Call, key: str) -> int:
    item = call.read(versions.process_item, key=key, site=call.actor.site)
    released = (v for v in item["versions"] if v["state"] == versions.RELEASED)
    return int(next(released, item["versions"][0])["version"])
