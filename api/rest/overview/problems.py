"""Problems that people report."""

from flask import Response
from flask_smorest import Blueprint

from api.rest.route import Call, route
from api.rest.schemas.overview import ProblemIn, ReportedOut
from engine.access.permissions import Permission
from engine.workflow.work.recording import problems

blueprint = Blueprint("problems", __name__, description="Problems that people report")


@route(
    blueprint,
    "POST",
    "/problems",
    permission=Permission.TASK_COMPLETE,
    answer=ReportedOut,
    body=ProblemIn,
    status=201,
)
def report(call: Call) -> Response:
    """Start the process that takes reports, else leave an incident at what the report is about."""
    for name in ("task", "instance", "file"):
        if call.body[name] is not None:
            call.body[name] = call.body[name].bytes
    return call.run(problems.report, **call.body)
