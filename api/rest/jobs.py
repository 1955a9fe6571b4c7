"""Jobs: what workers claim, complete, fail and keep."""

from flask import Response
from flask_smorest import Blueprint

from api.rest.route import Call, route
from api.rest.schemas.basics import page_of
from api.rest.schemas.jobs import (
    ClaimedJobsOut,
    ClaimJobsIn,
    CompleteJobIn,
    ExtendJobIn,
    FailJobIn,
    JobDetailOut,
    JobOut,
    JobQuery,
    JobShownOut,
)
from engine.access.permissions import Permission
from engine.equipment import dispatch, waiting
from engine.kernel.ids import from_text
from engine.workflow.work import jobs
from engine.workflow.work.dispatch import queries

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
    """Lease open jobs of some topics; what there is, at once.

    With `units` only jobs whose diagram names one of them, a class of it or equipment above it, at
    most one for each unit that is up, in use, takes commands and holds no other.
    """
    command = jobs.claim if "units" not in call.body else dispatch.claim
    return call.run(command, **call.body, shown=lambda items: {"items": items})


@route(
    blueprint,
    "GET",
    "/jobs",
    permission=Permission.READ,
    answer=page_of(JobShownOut),
    query=JobQuery,
)
def list_jobs(call: Call) -> Response:
    """Jobs, newest first."""
    if call.args["instance"] is not None:
        call.args["instance"] = call.args["instance"].bytes
    return call.answer(call.read(queries.job_list, site=call.actor.site, **call.args))


@route(blueprint, "GET", ONE, permission=Permission.READ, answer=JobDetailOut)
def get_job(call: Call, job: str) -> Response:
    """One job, and what it waits for as long as it is open."""
    return call.answer(call.read(waiting.job_item, job=_id(job), site=call.actor.site))


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
