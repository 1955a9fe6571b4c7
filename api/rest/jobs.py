"""Jobs: what workers claim, complete, fail and keep."""

from flask import Response
from flask_smorest import Blueprint

from api.rest.route import Call, route
from api.rest.schemas.jobs import (
    ClaimedJobsOut,
    ClaimJobsIn,
    CompleteJobIn,
    ExtendJobIn,
    FailJobIn,
    JobOut,
)
from engine.access.permissions import Permission
from engine.kernel.ids import from_text
from engine.workflow.work import jobs

blueprint = Blueprint("jobs", __name__, description="Work for machines and other systems")
ONE = "/jobs/<string:job>"


@route(
    blueprint,
    "POST",
    "/jobs/claim",
    permission=Permission.JOB_WORK,
    answer=ClaimedJobsOut,
    body=ClaimJobsIn,
)
def claim(call: Call) -> Response:
    """Lease open jobs of some topics; what there is, at once."""
    return call.run(jobs.claim, **call.body, shown=lambda items: {"items": items})


@route(
    blueprint,
    "POST",
    ONE + "/complete",
    permission=Permission.JOB_WORK,
    answer=JobOut,
    body=CompleteJobIn,
)
def complete(call: Call, job: str) -> Response:
    """Hand in the result of a job."""
    return call.run(jobs.complete, job=_id(job), **call.body)


@route(
    blueprint,
    "POST",
    ONE + "/fail",
    permission=Permission.JOB_WORK,
    answer=JobOut,
    body=FailJobIn,
)
def fail(call: Call, job: str) -> Response:
    """Say that a job could not be done; `code` raises the BPMN error of that name."""
    return call.run(jobs.fail, job=_id(job), **call.body)


@route(
    blueprint,
    "POST",
    ONE + "/extend",
    permission=Permission.JOB_WORK,
    answer=JobOut,
    body=ExtendJobIn,
)
def extend(call: Call, job: str) -> Response:
    """Keep a job's lease for longer."""
    return call.run(jobs.extend, job=_id(job), **call.body)


def _id(text: str) -> bytes:
    return from_text(text, "job")
