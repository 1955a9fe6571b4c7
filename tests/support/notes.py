"""A table of notes, and commands on it: what a store does, without a plant around."""

import sqlalchemy as sa

from engine.kernel import db
from engine.kernel.errors import Conflict
from engine.kernel.store import Store
from engine.kernel.store.uow import Uow

ADD = db.Statement(sa.text("INSERT INTO note (id, body) VALUES (:id, :body)"))
NEXT = db.Statement(sa.text("UPDATE note SET n = n + 1 WHERE id = :id"))
GET = db.Statement(sa.text("SELECT n FROM note WHERE id = :id"))
ALL = db.Statement(sa.text("SELECT id FROM note ORDER BY id"))


def make_notes(store: Store) -> None:
    """Create the table."""
    with store.bind.begin() as connection:
        connection.exec_driver_sql(
            "CREATE TABLE note (id INTEGER PRIMARY KEY, n INTEGER DEFAULT 0 NOT NULL, body TEXT)"
        )


def add(uow: Uow, *, note: int, body: str = "", refuse: bool = False) -> int:
    """Write a note, and refuse only then if so asked."""
    uow.write(ADD, {"id": note, "body": body})
    if refuse:
        raise Conflict("no")
    return note


def notes(store: Store) -> list[int]:
    """The notes that are stored."""
    return [row[0] for row in store.read(lambda uow: uow.all(ALL))]


def count(uow: Uow, *, note: int = 1) -> None:
    """Count one more on a note."""
    uow.write(NEXT, {"id": note})


def count_of(uow: Uow, *, note: int = 1) -> int:
    """What is counted on a note."""
    row = uow.one(GET, id=note)
    assert row is not None
    return int(row[0])


def counted(store: Store, note: int = 1) -> int:
    """What is counted on a note, as it is stored."""
    return store.read(count_of, note=note)
