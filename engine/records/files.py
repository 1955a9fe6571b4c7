"""Files: rows that name what is in the folder, and what each of them was given for."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import sqlalchemy as sa

from engine.kernel import db
from engine.kernel.actor import Actor
from engine.kernel.clock import iso
from engine.kernel.errors import NotFound
from engine.kernel.ids import from_cursor, new_id, to_text
from engine.kernel.store.uow import Row, Uow
from engine.records.audit import audit, packed
from engine.records.content import IMAGES
from engine.records.folder import Kept
from engine.records.tables import file_use, stored_file

Item = dict[str, Any]
LAST = b"\xff" * 16
PAGE = 500


class FileNotFound(NotFound):
    """There is no such file on this site."""

    code = "file-not-found"
    title = "File not found"


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file as whoever serves it needs it."""

    id: bytes
    name: str
    media_type: str
    size: int
    digest: bytes

    @property
    def is_image(self) -> bool:
        """Whether a browser may show it in place."""
        return self.media_type in IMAGES


def add(uow: Uow, *, upload: Kept, actor: Actor) -> Item:
    """Name content that is on the disk already."""
    content, key = upload.content, new_id()
    row = {
        "id": key,
        "site_id": actor.site,
        "name": content.name,
        "media_type": content.media_type,
        "size": upload.size,
        "width": content.width,
        "height": content.height,
        "digest": upload.digest,
        "created": uow.now_ms,
        "created_by": actor.name,
    }
    uow.write(_INSERT, row)
    said = {"name": content.name, "sha256": upload.digest.hex()}
    audit(uow, actor, "file.added", f"file:{to_text(key)}", said)
    return _item(tuple(row[column.name] for column in _COLUMNS))


def attach(
    uow: Uow, *, file: bytes, subjects: Sequence[str], place: str = "", actor: Actor
) -> None:
    """Note what a file was given for.

    Args:
        subjects: `kind:id`, as in the audit trail: `instance:…`, `task:…`.
        place: the key of the field that it answers.
    """
    row = {"file_id": file, "place": place, "site_id": actor.site, "at": uow.now_ms}
    uow.write(_USE, [row | {"actor": actor.name, "subject": packed(each)} for each in subjects])


def find(uow: Uow, *, file: bytes, site: int) -> StoredFile | None:
    """A file of this site, or None."""
    row = uow.one(_ONE, file=file, site=site)
    return None if row is None else StoredFile(bytes(row[0]), row[1], row[2], row[3], bytes(row[6]))


def get(uow: Uow, *, file: bytes, site: int) -> StoredFile:
    """A file of this site.

    Raises:
        FileNotFound: if it has none of that id.
    """
    found = find(uow, file=file, site=site)
    if found is None:
        raise FileNotFound("There is no such file.")
    return found


def file_item(uow: Uow, *, file: bytes, site: int) -> Item:
    """A file as the API shows it.

    Raises:
        FileNotFound: if the site has none of that id.
    """
    row = uow.one(_ONE, file=file, site=site)
    if row is None:
        raise FileNotFound("There is no such file.")
    return _item(row)


def files(
    uow: Uow, *, site: int, limit: int, cursor: str | None = None, subject: str | None = None
) -> dict[str, Any]:
    """Files, newest first, of one subject (`instance:…`) or all; the cursor is the last id seen."""
    before = LAST if cursor is None else from_cursor(cursor)
    filters = {} if subject is None else {"subject": packed(subject)}
    statement = _page(subject is not None)
    rows = uow.all(statement, site=site, before=before, limit=limit + 1, **filters)
    items = [_item(row) for row in rows[:limit]]
    return {"items": items, "next": items[-1]["id"] if len(rows) > limit else None}


def is_named(uow: Uow, *, digest: bytes) -> bool:
    """Whether a file of any site has this content."""
    return uow.one(_NAMED, digest=digest) is not None


def all_files(uow: Uow) -> Iterator[StoredFile]:
    """Every file of every site, by id; for those who compare them with the disk."""
    after = b""
    while rows := uow.all(_ALL, after=after, limit=PAGE):
        yield from (StoredFile(bytes(r[0]), r[1], r[2], r[3], bytes(r[4])) for r in rows)
        after = bytes(rows[-1][0])


def _item(row: Row) -> Item:
    return {
        "id": to_text(row[0]),
        "name": row[1],
        "media_type": row[2],
        "size": row[3],
        "width": row[4],
        "height": row[5],
        "sha256": bytes(row[6]).hex(),
        "created": iso(row[7]),
        "created_by": row[8],
    }


_f, _u = stored_file.c, file_use.c
_INSERT = db.insert(stored_file)
_USE = db.insert(file_use)
_COLUMNS = (
    _f.id,
    _f.name,
    _f.media_type,
    _f.size,
    _f.width,
    _f.height,
    _f.digest,
    _f.created,
    _f.created_by,
)
_SITE = sa.bindparam("site", type_=sa.Integer)
_LIMIT = sa.bindparam("limit", type_=sa.Integer)
_ONE = db.Statement(sa.select(*_COLUMNS).where(_f.id == sa.bindparam("file"), _f.site_id == _SITE))
_NAMED = db.Statement(
    sa.select(_f.id).where(_f.digest == sa.bindparam("digest")).limit(sa.literal_column("1"))
)
_ALL = db.Statement(
    sa.select(_f.id, _f.name, _f.media_type, _f.size, _f.digest)
    .where(_f.id > sa.bindparam("after"))
    .order_by(_f.id)
    .limit(_LIMIT)
)


@lru_cache
def _page(of_subject: bool) -> db.Statement:
    rows = sa.select(*_COLUMNS).where(_f.site_id == _SITE, _f.id < sa.bindparam("before"))
    if of_subject:
        used = sa.select(_u.file_id).where(_u.subject == sa.bindparam("subject"))
        rows = rows.where(_f.id.in_(used))
    return db.Statement(rows.order_by(_f.id.desc()).limit(_LIMIT))
