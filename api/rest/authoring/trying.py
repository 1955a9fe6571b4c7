"""Drawings tried out: checked, laid out, converted; nothing is stored."""

from flask import Response
from flask_smorest import Blueprint

from api.rest.authoring.upload import UPLOAD, UPLOAD_BYTES, uploaded
from api.rest.route import Call, route
from api.rest.schemas.authoring import CheckedOut
from engine.access.permissions import Permission
from engine.workflow.definition.lint import lint
from engine.workflow.work.versions.occupied import changes_for_running
from engine.workflow.work.versions.queries import known

blueprint = Blueprint("trying", __name__, description="Drawings tried out before they are stored")


@route(
    blueprint,
    "POST",
    "/processes/check",
    permission=Permission.PROCESS_DEPLOY,
    answer=CheckedOut,
    max_bytes=UPLOAD_BYTES,
    consumes=UPLOAD,
)
def check(call: Call) -> Response:
    """What a deployment would find; errors are answered, not refused, and nothing is stored."""
    bundle = uploaded()
    site = call.actor.site
    findings = lint(bundle, call.read(known, bundle=bundle, site=site))
    findings += call.read(changes_for_running, bundle=bundle, site=site)
    return call.answer(
        {
            "key": bundle.key,
            "digest": bundle.digest,
            "findings": [finding.as_item() for finding in findings],
        }
    )
