"""The files of a version, as they were deployed."""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from engine.kernel import db
from engine.kernel.errors import NotFound
from engine.kernel.store.uow import Uow
from engine.workflow import tables as t
from engine.workflow.definition.bundles import kind_of
from engine.workflow.work.versions.queries import version_row

MAIN = "main"
MEDIA_TYPES: Mapping[str, str] = {
    "process": "application/xml",
    "decision": "application/xml",
    "form": "application/json",
}


class FileNotFound(NotFound):
    """The version has no such file."""

    code = "file-not-found"
    title = "File not found"


def version_files(uow: Uow, *, key: str, version: int, site: int) -> list[dict[str, Any]]:
    """The files of a version by name; `main` is the routing."""
    identity = version_row(uow, key, version, site)[0]
    return [
        {
            "name": name,
            "kind": _kind(name, kind),
            "main": kind == MAIN,
            "size": size,
            "media_type": MEDIA_TYPES[_kind(name, kind)],
        }
        for name, kind, size in uow.all(_FILES, id=identity)
    ]


def version_file(uow: Uow, *, key: str, version: int, name: str, site: int) -> bytes:
    """The bytes of one file of a version.

    Raises:
        FileNotFound: if the version has no file of this name.
    """
    identity = version_row(uow, key, version, site)[0]
    row = uow.one(_FILE, id=identity, name=name)
    if row is None:
        raise FileNotFound(f"Version {version} of {key} has no file {name[:100]!r}.")
    return bytes(row[0])


def _kind(name: str, stored: str) -> str:
    return "process" if stored == MAIN else kind_of(name) or stored


_f = t.bundle_file.c
_FILES = db.Statement(
    sa.select(_f.name, _f.kind, sa.func.length(_f.content))
    .where(_f.version_id == sa.bindparam("id"))
    .order_by(_f.name)
)
_FILE = db.Statement(
    sa.select(_f.content).where(
        _f.version_id == sa.bindparam("id"), _f.name == sa.bindparam("name")
    )
)
