"""Processes: deploy, review, release, retire, read."""

from collections.abc import Callable
from typing import Any

from flask import Response, request
from flask_smorest import Blueprint

from api.rest.authoring.upload import UPLOAD, UPLOAD_BYTES, XML, uploaded
from api.rest.route import Call, route
from api.rest.schemas.basics import PageQuery, Reason, page_of
from api.rest.schemas.processes import ProcessOut, ProcessRowOut, VersionOut
from engine.access.permissions import Permission
from engine.workflow.work.versions import commands as versions
from engine.workflow.work.versions import plans
from engine.workflow.work.versions import queries as version_queries
from engine.workflow.work.versions.occupied import changes_for_running

blueprint = Blueprint("processes", __name__, description="Diagrams and their versions")


@route(
    blueprint,
    "POST",
    "/processes",
    permission=Permission.PROCESS_DEPLOY,
    answer=VersionOut,
    status=(201, 200),
    max_bytes=UPLOAD_BYTES,
    consumes=UPLOAD,
    if_match=True,
    etag=True,
)
def deploy(call: Call) -> Response:
    """Deploy a BPMN document or a bundle as a draft; the same digest again answers 200.

    An open draft is replaced with its ETag in If-Match; `If-None-Match: *` makes a further one.
    """
    bundle = uploaded()
    known = call.read(version_queries.known, bundle=bundle, site=call.actor.site)
    findings = versions.check(bundle, known)
    findings += call.read(changes_for_running, bundle=bundle, site=call.actor.site)
    return call.run(
        versions.deploy,
        bundle=bundle,
        findings=findings,
        expected=call.expected,
        beside=request.headers.get("If-None-Match", "").strip() == "*",
        shown=lambda result: result[1],
        status=lambda result: 201 if result[0] else 200,
        etag=_etag,
        sent=bundle.digest.encode(),  # the parts of a form come in other bytes each time
    )


@route(
    blueprint,
    "GET",
    "/processes",
    permission=Permission.READ,
    answer=page_of(ProcessRowOut),
    query=PageQuery,
)
def list_processes(call: Call) -> Response:
    """Every process, ordered by key."""
    return call.answer(call.read(version_queries.processes, site=call.actor.site, **call.args))


@route(blueprint, "GET", "/processes/<string:key>", permission=Permission.READ, answer=ProcessOut)
def get_process(call: Call, key: str) -> Response:
    """A process with its versions and triggers."""
    return call.answer(call.read(version_queries.process_item, key=key, site=call.actor.site))


VERSION = "/processes/<string:key>/versions/<int:version>"


@route(blueprint, "GET", VERSION, permission=Permission.READ, answer=VersionOut, etag=True)
def get_version(call: Call, key: str, version: int) -> Response:
    """One version, with the findings of its deployment."""
    item = call.read(version_queries.version_item, key=key, version=version, site=call.actor.site)
    return call.answer(item, etag=_etag(item))


@route(
    blueprint,
    "GET",
    VERSION + ".bpmn",
    permission=Permission.READ,
    answer={"type": "string"},
    produces=XML,
)
def get_xml(call: Call, key: str, version: int) -> Response:
    """The diagram, byte for byte as it was deployed."""
    xml = call.read(version_queries.main_file, key=key, version=version, site=call.actor.site)
    return Response(xml, mimetype=XML, headers={"Content-Disposition": "attachment"})


@route(
    blueprint,
    "POST",
    VERSION + "/submit",
    permission=Permission.PROCESS_DEPLOY,
    answer=VersionOut,
    if_match=True,
    etag=True,
)
def submit(call: Call, key: str, version: int) -> Response:
    """Hand a draft to review."""
    return _turn(call, versions.submit, key, version)


@route(
    blueprint,
    "POST",
    VERSION + "/reject",
    permission=Permission.PROCESS_RELEASE,
    answer=VersionOut,
    body=Reason,
    if_match=True,
    etag=True,
)
def reject(call: Call, key: str, version: int) -> Response:
    """Send a version back from review."""
    return _turn(call, versions.reject, key, version)


@route(
    blueprint,
    "POST",
    VERSION + "/release",
    permission=Permission.PROCESS_RELEASE,
    answer=VersionOut,
    if_match=True,
    etag=True,
)
def release(call: Call, key: str, version: int) -> Response:
    """Release a version: it becomes immutable, what it names is pinned."""
    site = call.actor.site
    identity = call.read(version_queries.version_id, key=key, version=version, site=site)
    bundle, _pins = call.read(plans.bundle_of, version_id=identity)
    return _turn(call, versions.release, key, version, bundle=bundle)


@route(
    blueprint,
    "POST",
    VERSION + "/retire",
    permission=Permission.PROCESS_RELEASE,
    answer=VersionOut,
    if_match=True,
    etag=True,
)
def retire(call: Call, key: str, version: int) -> Response:
    """Take a version out of use; what runs on it goes on."""
    return _turn(call, versions.retire, key, version)


def _turn(call: Call, command: Callable[..., Any], key: str, version: int, **args: Any) -> Response:
    return call.run(
        command,
        key=key,
        version=version,
        expected=call.expected,
        etag=_etag,
        **args,
        **call.body,
    )


def _etag(item: dict[str, Any]) -> str:
    return version_queries.etag(item["digest"], item["state"])
