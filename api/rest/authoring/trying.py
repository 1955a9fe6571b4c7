"""Drawings tried out: checked, laid out, converted; nothing is stored."""

from typing import Any

from flask import Response
from flask_smorest import Blueprint

from api.rest.authoring.upload import (
    CONVERT,
    UPLOAD,
    UPLOAD_BYTES,
    XML,
    uploaded,
    uploaded_files,
)
from api.rest.route import Call, route
from api.rest.schemas.authoring import CheckedOut, ConvertedOut
from engine.access.permissions import Permission
from engine.kernel.actor import ROLES
from engine.kernel.errors import Invalid
from engine.workflow.definition.converting import Conversion, convert, is_convertible
from engine.workflow.definition.drawing import DrawingRefused, lay_out
from engine.workflow.definition.lint import lint
from engine.workflow.definition.reading.xml import DocumentRefused
from engine.workflow.work.versions.occupied import changes_for_running
from engine.workflow.work.versions.queries import known
from engine.workflow.work.versions.vocabulary import released_forms

blueprint = Blueprint("trying", __name__, description="Drawings tried out before they are stored")
CONVERTED = ".bpmn, .xml, .dmn, .form, .form.json or .json"


class NotLaidOut(Invalid):
    """A diagram that cannot be laid out."""

    code = "not-laid-out"
    title = "The diagram cannot be laid out"


class NotConverted(Invalid):
    """A file that cannot be converted at all."""

    code = "not-converted"
    title = "The file cannot be converted"


@route(
    blueprint,
    "POST",
    "/processes/check",
    permission=Permission.PROCESS_DEPLOY,
    answer=CheckedOut,
    max_bytes=UPLOAD_BYTES,
    replays=False,
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


@route(
    blueprint,
    "POST",
    "/processes/layout",
    permission=Permission.PROCESS_DEPLOY,
    answer={"type": "string"},
    max_bytes=UPLOAD_BYTES,
    replays=False,
    consumes={XML: UPLOAD[XML]},
    produces=XML,
)
def layout(call: Call) -> Response:
    """The diagram with its elements laid out anew; everything but the drawing stays as it is."""
    _, files = uploaded_files(lambda name: False, "other")
    try:
        return Response(lay_out(next(iter(files.values()))), mimetype=XML)
    except (DocumentRefused, DrawingRefused) as refused:
        raise NotLaidOut(str(refused)) from None


@route(
    blueprint,
    "POST",
    "/processes/convert",
    permission=Permission.PROCESS_DEPLOY,
    answer=ConvertedOut,
    max_bytes=UPLOAD_BYTES,
    replays=False,
    consumes=CONVERT,
)
def convert_files(call: Call) -> Response:
    """A diagram of another tool as one of ours; what could not be carried over is listed."""
    main, files = uploaded_files(is_convertible, CONVERTED)
    site = call.actor.site
    forms = call.read(released_forms, site=site)
    try:
        made = convert(main, files, ROLES, forms)
    except DocumentRefused as refused:
        raise NotConverted(str(refused)) from None
    bundle = made.bundle(ROLES)
    findings = lint(bundle, call.read(known, bundle=bundle, site=site))
    return call.answer(_shown(made) | {"findings": [f.as_item() for f in findings]})


def _shown(made: Conversion) -> dict[str, Any]:
    return {
        "main": made.main,
        "xml": made.files[made.main].decode(),
        "files": [
            {"name": name, "content": content.decode()} for name, content in made.files.items()
        ],
        "forms": made.forms,
        "carried": [
            {"file": row.file, "element": row.element, "name": row.name, "what": row.what}
            for row in made.carried
        ],
        "lost": [
            {
                "file": row.file,
                "element": row.element,
                "name": row.name,
                "what": row.what,
                "cure": row.cure,
            }
            for row in made.lost
        ],
    }
