"""Why units stand: the tree of reasons of the site."""

from flask import Response
from flask_smorest import Blueprint

from api.rest.downtimes.schemas import (
    DowntimeReasonChangeIn,
    DowntimeReasonIn,
    DowntimeReasonOut,
    DowntimeReasonsOut,
)
from api.rest.route import Call, by_revision, route
from engine.access.permissions import Permission
from engine.performance.downtimes import reasons
from engine.performance.downtimes.reasons import Reason

blueprint = Blueprint("downtime_reasons", __name__, description="Why units stand")


@route(
    blueprint,
    "GET",
    "/downtime-reasons",
    permission=Permission.READ,
    answer=DowntimeReasonsOut,
)
def get_reasons(call: Call) -> Response:
    """The tree of reasons, in the order in which they are offered, those out of use too."""
    return call.answer(call.read(reasons.tree, site=call.actor.site))


@route(
    blueprint,
    "POST",
    "/downtime-reasons",
    permission=Permission.DOWNTIME_MANAGE,
    answer=DowntimeReasonOut,
    body=DowntimeReasonIn,
    status=201,
    etag=True,
)
def create(call: Call) -> Response:
    """Add a reason to a group, or a group."""
    return call.run(reasons.create_reason, reason=Reason(**call.body), etag=by_revision)


@route(
    blueprint,
    "PATCH",
    "/downtime-reasons/<string:code>",
    permission=Permission.DOWNTIME_MANAGE,
    answer=DowntimeReasonOut,
    body=DowntimeReasonChangeIn,
    if_match=True,
    etag=True,
)
def change(call: Call, code: str) -> Response:
    """Change a reason; its code stays, and so does what was explained with it."""
    return call.run(
        reasons.change_reason, code=code, values=call.body, expected=call.expected, etag=by_revision
    )
