"""What is uploaded: one document, or the files of a bundle; read and bounded, nothing stored."""

from collections.abc import Callable
from typing import Any

from flask import request
from werkzeug.datastructures import FileStorage
from werkzeug.exceptions import UnsupportedMediaType

from engine.kernel.actor import ROLES
from engine.kernel.errors import FieldProblem, Invalid
from engine.workflow.definition.bundles import MAX_BYTES, MAX_FILES, Bundle, kind_of, read_bundle

MAIN, MAIN_FILE = "main", "main.bpmn"
DEPLOYED = ".bpmn, .dmn or .form.json"
XML = "application/xml"
FORM = "multipart/form-data"
UPLOAD_BYTES = MAX_BYTES + 1024 * 1024
UPLOAD: dict[str, Any] = {
    XML: {"schema": {"type": "string", "description": "One BPMN 2.0 document"}},
    FORM: {
        "schema": {
            "type": "object",
            "description": "A bundle: the part `main` is the routing, the others are files named "
            "*.bpmn, *.dmn or *.form.json",
            "properties": {MAIN: {"type": "string", "format": "binary"}},
            "required": [MAIN],
            "additionalProperties": {"type": "string", "format": "binary"},
        }
    },
}
CONVERT: dict[str, Any] = {
    XML: UPLOAD[XML],
    FORM: {
        "schema": {
            "type": "object",
            "description": "The part `main` is the routing; the others are the called processes, "
            "decisions and forms of the same tool",
            "properties": {MAIN: {"type": "string", "format": "binary"}},
            "required": [MAIN],
            "additionalProperties": {"type": "string", "format": "binary"},
        }
    },
}


def uploaded() -> Bundle:
    """The bundle of the request, before anything is stored."""
    main, files = uploaded_files(lambda name: kind_of(name) is not None, DEPLOYED)
    return read_bundle(main, files, ROLES)


def uploaded_files(accepts: Callable[[str], bool], told: str) -> tuple[str, dict[str, bytes]]:
    """The name of the routing, and every file's content by its name.

    Args:
        accepts: whether a file of this name may come along.
        told: which names those are, for the one who sent another.
    """
    if request.mimetype != FORM:
        if request.mimetype not in (XML, "text/xml"):
            raise UnsupportedMediaType(f"Send one diagram as {XML}, or a bundle as {FORM}.")
        data = request.get_data()
        if not data:
            raise Invalid("The request has no body; send a BPMN document.")
        _check_size(MAIN_FILE, data)
        return MAIN_FILE, {MAIN_FILE: data}
    if request.form:
        problems = [FieldProblem(f"/{name}", "Send this as a file.") for name in request.form]
        raise Invalid("Every part of a bundle is a file, with a file name.", errors=problems)
    return _parts(accepts, told)


def _parts(accepts: Callable[[str], bool], told: str) -> tuple[str, dict[str, bytes]]:
    parts = [(name, part) for name, given in request.files.lists() for part in given]
    if [name for name, _ in parts].count(MAIN) != 1 or len(parts) > MAX_FILES:
        raise Invalid(f"A bundle has 1 to {MAX_FILES} files; exactly one part is named {MAIN!r}.")
    files: dict[str, bytes] = {}
    main = ""
    for name, part in parts:
        label = _file_name(name, part)
        if name != MAIN and not accepts(label):
            problem = FieldProblem(f"/{name}", f"{label[:100]} is no {told} file.")
            raise Invalid("The bundle holds a file of an unknown kind.", errors=[problem])
        if label in files:
            raise Invalid(f"The bundle has two files named {label}; give each its own name.")
        main = label if name == MAIN else main
        files[label] = part.read()
        _check_size(label, files[label])
    return main, files


def _file_name(name: str, part: FileStorage) -> str:
    label = (part.filename or name).replace("\\", "/").rpartition("/")[2]
    if not label.isprintable():
        raise Invalid(f"{label!r} is no name for a file.")
    return MAIN_FILE if name == MAIN and kind_of(label) != "process" else label


def _check_size(name: str, data: bytes) -> None:
    if len(data) > MAX_BYTES:
        raise Invalid(
            f"{name} has {len(data) / 1024 / 1024:.1f} MB; at most "
            f"{MAX_BYTES // 1024 // 1024} MB are accepted."
        )
