"""The audit trail."""

from datetime import UTC, datetime

from flask import Response
from flask_smorest import Blueprint

from api.rest.route import Call, route
from api.rest.schemas.access import AuditOut, AuditQuery
from api.rest.schemas.basics import page_of
from engine.access.permissions import Permission
from engine.kernel.clock import to_ms
from engine.records import queries

blueprint = Blueprint("audit", __name__, description="Who did what, and when")


@route(
    blueprint,
    "GET",
    "/audit",
    permission=Permission.READ,
    answer=page_of(AuditOut),
    query=AuditQuery,
)
def list_entries(call: Call) -> Response:
    """Audit entries, newest first."""
    since: datetime | None = call.args.pop("since")
    if since is not None:
        since = since if since.tzinfo is not None else since.replace(tzinfo=UTC)
    return call.answer(
        call.read(
            queries.audit_entries,
            site=call.actor.site,
            since=None if since is None else to_ms(since),
            **call.args,
        )
    )
