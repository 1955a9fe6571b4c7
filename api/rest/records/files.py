"""Files: upload, read, list."""

from typing import Any

from flask import Flask, Response, current_app, request, send_file
from flask_smorest import Blueprint

from api.rest.route import Call, route
from api.rest.schemas.basics import page_of
from api.rest.schemas.records import FileQuery, StoredFileOut
from engine.access.permissions import Permission
from engine.kernel.errors import FieldProblem, Invalid, Unavailable
from engine.kernel.ids import from_text
from engine.records import files
from engine.records.content import CSV, IMAGES, PDF, TEXT
from engine.records.folder import MAX_BYTES, Folder

blueprint = Blueprint("files", __name__, description="Photos, certificates, measurements")
PART = "file"
ONE = "/files/<string:file>"
FORM = "multipart/form-data"
BINARY: dict[str, Any] = {"type": "string", "format": "binary"}
UPLOAD: dict[str, Any] = {
    FORM: {
        "schema": {
            "type": "object",
            "properties": {PART: BINARY},
            "required": [PART],
            "additionalProperties": False,
        }
    }
}
KINDS = (*IMAGES, PDF, TEXT, CSV)
BORDERS_BYTES = 64 * 1024  # what the parts of a form take beside the file
# Whatever it is, and whoever made it: opened in a window of its own it may load and run nothing.
POLICY = "sandbox; default-src 'none'"


@route(
    blueprint,
    "POST",
    "/files",
    permission=Permission.FILE_ADD,
    answer=StoredFileOut,
    status=201,
    max_bytes=MAX_BYTES + BORDERS_BYTES,
    consumes=UPLOAD,
)
def upload(call: Call) -> Response:
    """Keep a file of at most 20 MB: a picture, a PDF, plain text; told by its content."""
    part = request.files.get(PART)
    if part is None or len(request.files) != 1 or request.form:
        problem = FieldProblem(f"/{PART}", f"Send {FORM} with one part, a file called {PART}.")
        raise Invalid("The request is not understood.", errors=[problem])
    kept = _folder().keep(part.stream, part.filename or "")
    sent = kept.digest + kept.content.name.encode()  # a form comes in other bytes each time
    return call.run(files.add, upload=kept, sent=sent)


@route(
    blueprint,
    "GET",
    "/files",
    permission=Permission.READ,
    answer=page_of(StoredFileOut),
    query=FileQuery,
)
def list_files(call: Call) -> Response:
    """Files, newest first; those of one instance or task with `subject=instance:…`."""
    return call.answer(call.read(files.files, site=call.actor.site, **call.args))


@route(blueprint, "GET", ONE + "/info", permission=Permission.READ, answer=StoredFileOut)
def get_info(call: Call, file: str) -> Response:
    """What is known of a file."""
    return call.answer(call.read(files.file_item, file=_id(file), site=call.actor.site))


@route(
    blueprint,
    "GET",
    ONE,
    permission=Permission.READ,
    answer=BINARY,
    produces=KINDS,
    etag=True,
)
def download(call: Call, file: str) -> Response:
    """The content of a file; a picture may be shown in place, anything else is saved."""
    found = call.read(files.get, file=_id(file), site=call.actor.site)
    response = send_file(
        _folder().found(found.digest, found.size).absolute(),
        mimetype=found.media_type,
        as_attachment=not found.is_image,
        download_name=found.name,
        etag=found.digest.hex(),
    )
    # Without a charset: nobody knows which one the text of a machine is in.
    response.headers["Content-Type"] = found.media_type
    response.headers["Content-Security-Policy"] = POLICY
    response.headers["Cache-Control"] = "private, no-cache"
    return response


def install_folder(app: Flask, folder: Folder | None) -> None:
    """Give the app the folder of its files."""
    app.extensions["routecard_files"] = folder


def _folder() -> Folder:
    folder: Folder | None = current_app.extensions["routecard_files"]
    if folder is None:
        raise Unavailable("This server has no folder for files; start it with a home.")
    return folder


def _id(text: str) -> bytes:
    return from_text(text, "file")
