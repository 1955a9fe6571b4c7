"""What others may read of process versions: lists, one version, its diagram, what it offers."""

from typing import Any

import sqlalchemy as sa

from engine.kernel import calendars, db, functions, json_text
from engine.kernel.clock import iso
from engine.kernel.errors import NotFound
from engine.kernel.store.uow import Uow
from engine.workflow import tables as t
from engine.workflow.definition.bundles import Bundle
from engine.workflow.definition.lint import Known, missing_items
from engine.workflow.work.versions import names
from engine.workflow.work.versions.reviews import reviews

RELEASED = "released"


class VersionNotFound(NotFound):
    """No such process, or no such version of it."""

    code = "process-not-found"
    title = "Process not found"


def known(uow: Uow, *, bundle: Bundle, site: int) -> Known:
    """What the bundle names and released bundles offer."""
    found = {item for item in missing_items(bundle) if offer(uow, *item, site) is not None}
    return Known(
        frozenset(found),
        frozenset(functions.names()),
        frozenset(calendars.names()),
        names.known(uow, names.EQUIPMENT, site),
    )


def version_item(uow: Uow, *, key: str, version: int, site: int) -> dict[str, Any]:
    """One version as the API shows it."""
    return version_view(uow, version_row(uow, key, version, site), site)


def version_id(uow: Uow, *, key: str, version: int, site: int) -> bytes:
    """The id of a version."""
    return bytes(version_row(uow, key, version, site)[0])


def main_file(uow: Uow, *, key: str, version: int, site: int) -> bytes:
    """The XML of a version's main diagram, byte for byte as it was deployed."""
    row = uow.one(_MAIN, id=version_row(uow, key, version, site)[0])
    assert row is not None, "every version has a main file"
    return bytes(row[0])


def process_item(uow: Uow, *, key: str, site: int) -> dict[str, Any]:
    """A process with its versions, newest first, and what starts the released one."""
    rows = uow.all(VERSIONS, key=key, site=site)
    if not rows:
        raise VersionNotFound(f"There is no process {key[:100]!r}.")
    triggers = [
        {"element": element, "kind": kind, "name": name}
        for row in rows
        if row[3] == RELEASED
        for element, kind, name in uow.all(_TRIGGERS, id=row[0])
    ]
    items = [version_view(uow, row, site) for row in rows]
    return {
        "key": key,
        "name": items[0]["name"],
        "versions": items,
        "triggers": triggers,
    }


def processes(
    uow: Uow, *, site: int, limit: int, cursor: str | None = None, state: str | None = None
) -> dict[str, Any]:
    """Every process by its key, with its newest and its released version."""
    rows = uow.all(_PROCESSES, site=site, after=cursor or "", limit=limit + 1)
    items = []
    for key, newest, released in rows[:limit]:
        row = version_row(uow, key, newest, site)
        items.append(
            {
                "key": key,
                "name": row[4],
                "newest": newest,
                "state": row[3],
                "released": released,
            }
        )
    return {"items": items, "next": items[-1]["key"] if len(rows) > limit else None}


def offer(uow: Uow, kind: str, key: str, site: int) -> bytes | None:
    """The released version that offers a process, decision or form; the latest, if several do."""
    row = uow.one(_OFFER, kind=kind, key=key, site=site)
    return None if row is None else bytes(row[0])


def version_row(uow: Uow, key: str, version: int, site: int) -> tuple[Any, ...]:
    """The row of a version.

    Raises:
        VersionNotFound: if there is none on this site.
    """
    row = uow.one(_VERSION, key=key, version=version, site=site)
    if row is None:
        raise VersionNotFound(f"There is no version {version} of a process {key[:100]!r}.")
    return row


def etag(digest: str, state: str) -> str:
    """What changes whenever the content or the state of a version changes."""
    return f"{digest[:32]}-{state}"


def version_view(uow: Uow, row: tuple[Any, ...], site: int) -> dict[str, Any]:
    """A version as the API shows it, from a row of this module's statements."""
    return {
        "key": row[1],
        "version": row[2],
        "state": row[3],
        "name": row[4],
        "digest": row[5],
        "author": row[6],
        "created": iso(row[7]),
        "released": iso(row[8]),
        "released_by": row[9],
        "note": row[10],
        "findings": json_text.read(row[11]),
        **reviews(uow, key=row[1], version=row[2], site=site),
    }


_v, _b, _p = t.process_version.c, t.bundle_item.c, t.process_trigger.c
_COLUMNS = (
    _v.id,
    _v.key,
    _v.version,
    _v.state,
    _v.name,
    _v.digest,
    _v.author,
    _v.created,
    _v.released,
    _v.released_by,
    _v.note,
    _v.findings,
)
_KEY = (_v.key == sa.bindparam("key"), _v.site_id == sa.bindparam("site"))
_VERSION = db.Statement(sa.select(*_COLUMNS).where(*_KEY, _v.version == sa.bindparam("version")))
VERSIONS = db.Statement(sa.select(*_COLUMNS).where(*_KEY).order_by(_v.version.desc()))
_PROCESSES = db.Statement(
    sa.select(
        _v.key,
        sa.func.max(_v.version),
        sa.func.max(sa.case((_v.state == sa.literal_column("'released'"), _v.version))),
    )
    .where(_v.site_id == sa.bindparam("site"), _v.key > sa.bindparam("after"))
    .group_by(_v.key)
    .order_by(_v.key)
    .limit(sa.bindparam("limit", type_=sa.Integer))
)
_MAIN = db.Statement(
    sa.select(t.bundle_file.c.content).where(
        t.bundle_file.c.version_id == sa.bindparam("id"),
        t.bundle_file.c.kind == sa.literal_column("'main'"),
    )
)
_OFFER = db.Statement(
    sa.select(_v.id)
    .join_from(t.bundle_item, t.process_version, _b.version_id == _v.id)
    .where(
        _b.kind == sa.bindparam("kind"),
        _b.key == sa.bindparam("key"),
        _v.state == sa.literal_column("'released'"),
        _v.site_id == sa.bindparam("site"),
    )
    .order_by(_v.released.desc(), _v.id.desc())
    .limit(sa.literal_column("1"))
)
_TRIGGERS = db.Statement(
    sa.select(_p.element, _p.kind, _p.name)
    .where(_p.version_id == sa.bindparam("id"))
    .order_by(_p.element)
)
