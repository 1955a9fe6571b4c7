"""Downtimes: what stood longer than it may, and what people make of it."""

from flask import Response
from flask_smorest import Blueprint

from api.rest.downtimes.schemas import (
    DowntimeDetailOut,
    DowntimeOut,
    DowntimePartsOut,
    DowntimeQuery,
    ExplainIn,
    MergeDowntimeIn,
    SplitDowntimeIn,
)
from api.rest.route import Call, by_revision, route
from api.rest.schemas.basics import page_of
from engine.access.permissions import Permission
from engine.kernel.clock import to_ms
from engine.kernel.ids import from_text
from engine.performance.downtimes import commands, queries

blueprint = Blueprint("downtimes", __name__, description="What stood, and why")
ONE = "/downtimes/<string:downtime>"
EXPLAIN = Permission.DOWNTIME_EXPLAIN


@route(
    blueprint,
    "GET",
    "/downtimes",
    permission=Permission.READ,
    answer=page_of(DowntimeOut),
    query=DowntimeQuery,
)
def list_downtimes(call: Call) -> Response:
    """Downtimes, the latest first."""
    for name in ("start", "end"):
        if call.args[name] is not None:
            call.args[name] = to_ms(call.args[name])
    return call.answer(call.read(queries.downtime_list, site=call.actor.site, **call.args))


@route(blueprint, "GET", ONE, permission=Permission.READ, answer=DowntimeDetailOut, etag=True)
def get_downtime(call: Call, downtime: str) -> Response:
    """One downtime, and what it was before each change."""
    item = call.read(queries.downtime_detail, key=_id(downtime), site=call.actor.site)
    return call.answer(item, etag=by_revision(item))


@route(
    blueprint,
    "POST",
    ONE + "/reason",
    permission=EXPLAIN,
    answer=DowntimeOut,
    body=ExplainIn,
    if_match=True,
    etag=True,
)
def explain(call: Call, downtime: str) -> Response:
    """Say why a unit stood, or say it anew; null takes the reason back."""
    args = {"key": _id(downtime), "expected": call.expected, **call.body}
    return call.run(commands.explain, etag=by_revision, **args)


@route(
    blueprint,
    "POST",
    ONE + "/split",
    permission=EXPLAIN,
    answer=DowntimePartsOut,
    body=SplitDowntimeIn,
    if_match=True,
    etag=True,
)
def split(call: Call, downtime: str) -> Response:
    """Make two of one, because it stood for two reasons; the second has none yet."""
    return call.run(
        commands.split,
        key=_id(downtime),
        at=to_ms(call.body["at"]),
        expected=call.expected,
        shown=lambda items: {"items": items},
        etag=lambda answer: by_revision(answer["items"][0]),
    )


@route(
    blueprint,
    "POST",
    ONE + "/merge",
    permission=EXPLAIN,
    answer=DowntimeOut,
    body=MergeDowntimeIn,
    if_match=True,
    etag=True,
)
def merge(call: Call, downtime: str) -> Response:
    """Make one of two neighbours; the one named in the body is withdrawn."""
    args = {"key": _id(downtime), "other": call.body["other"].bytes, "expected": call.expected}
    return call.run(commands.merge, etag=by_revision, **args)


def _id(text: str) -> bytes:
    return from_text(text, "downtime")
