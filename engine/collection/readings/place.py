"""Where readings are: a file and a door of their own on SQLite, the plant's on PostgreSQL."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from engine.collection.readings.tables import TABLES
from engine.kernel import db
from engine.kernel.errors import Unavailable
from engine.kernel.store import Store

NAME = "readings.db"
# The form of the tables in such a file; a newer one is refused, an older one is brought up.
VERSION = 1


class ReadingsTooNew(Unavailable):
    """A newer program wrote the file of readings."""

    code = "readings-new"
    title = "Readings too new"


@contextmanager
def opened(plant: Store, home: Path, *, durable: bool = True) -> Iterator[Store]:
    """The store of a plant's readings, for as long as the block lasts.

    Raises:
        ReadingsTooNew: if the file is of a newer program.
    """
    if not plant.sqlite:
        yield plant
        return
    store = Store(f"sqlite:///{home / NAME}", clock=plant.clock, durable=durable)
    try:
        prepare(store)
        yield store
    finally:
        store.close()


def prepare(store: Store) -> None:
    """Make the tables in a file that has none.

    Raises:
        ReadingsTooNew: if it is of a newer program.
    """
    with store.bind.connect() as connection:
        version = connection.exec_driver_sql("PRAGMA user_version").scalar() or 0
        if version > VERSION:
            raise ReadingsTooNew(
                f"{store.url.database} is of a newer Routecard. Install that one again, or put "
                "the file aside: the plant runs without its old readings."
            )
        if version < VERSION:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            db.metadata.create_all(connection, tables=TABLES)
            connection.exec_driver_sql(f"PRAGMA user_version = {VERSION}")
            connection.exec_driver_sql("COMMIT")
