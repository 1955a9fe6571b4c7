"""Reading for the editor: the vocabulary, the files of a version, two versions compared."""

from flask import Response
from flask_smorest import Blueprint

from api.rest.authoring.upload import UPLOAD, UPLOAD_BYTES, uploaded
from api.rest.route import Call, route
from api.rest.schemas.authoring import ComparedOut, FilesOut, VocabularyOut
from engine.access.permissions import Permission
from engine.kernel.errors import Invalid
from engine.workflow.definition.bundles import Bundle
from engine.workflow.work.versions import comparison, files
from engine.workflow.work.versions.vocabulary import vocabulary

blueprint = Blueprint("authoring", __name__, description="What the editor reads")
BYTES = "application/octet-stream"
VERSION = "/processes/<string:key>/versions/<int:version>"


@route(blueprint, "GET", "/vocabulary", permission=Permission.READ, answer=VocabularyOut)
def get_vocabulary(call: Call) -> Response:
    """Every name that a diagram may use: forms, decisions, processes, roles, functions, topics."""
    return call.answer(call.read(vocabulary, site=call.actor.site))


@route(blueprint, "GET", VERSION + "/files", permission=Permission.READ, answer=FilesOut)
def list_files(call: Call, key: str, version: int) -> Response:
    """The files of a version, by name."""
    site = call.actor.site
    return call.answer(
        {"items": call.read(files.version_files, key=key, version=version, site=site)}
    )


@route(
    blueprint,
    "GET",
    VERSION + "/files/<string:filename>",
    permission=Permission.READ,
    answer={"type": "string", "format": "binary"},
    produces=BYTES,
)
def get_file(call: Call, key: str, version: int, filename: str) -> Response:
    """One file of a version, byte for byte as it was deployed."""
    content = call.read(
        files.version_file, key=key, version=version, name=filename, site=call.actor.site
    )
    return Response(content, mimetype=BYTES, headers={"Content-Disposition": "attachment"})


@route(
    blueprint,
    "GET",
    VERSION + "/compare/<int:other>",
    permission=Permission.READ,
    answer=ComparedOut,
)
def compare_versions(call: Call, key: str, version: int, other: int) -> Response:
    """What the other version changes against this one, element by element."""
    changes = call.read(
        comparison.compare_versions, key=key, old=version, new=other, site=call.actor.site
    )
    return call.answer({"changes": changes})


@route(
    blueprint,
    "POST",
    VERSION + "/compare",
    permission=Permission.READ,
    answer=ComparedOut,
    max_bytes=UPLOAD_BYTES,
    replays=False,
    consumes=UPLOAD,
)
def compare_draft(call: Call, key: str, version: int) -> Response:
    """What a bundle changes against a version; the bundle is stored nowhere."""
    bundle = uploaded()
    _check_read(bundle)
    changes = call.read(
        comparison.compare_draft, key=key, old=version, bundle=bundle, site=call.actor.site
    )
    return call.answer({"changes": changes})


def _check_read(bundle: Bundle) -> None:
    """Refuse what could not be read at all; other findings do not keep it from being compared."""
    unread = [f for f in bundle.findings if f.rule == "document"]
    if unread or bundle.key == "":
        told = unread or [f for f in bundle.findings if f.severity == "error"]
        reason = told[0].message if told else "It holds no executable process."
        raise Invalid(
            f"The bundle cannot be compared. {reason}", findings=[f.as_item() for f in told]
        )
