"""What a finished instance leaves behind: bytes kept, compact, table by table with its indexes.

The walks carry no Idempotency-Keys: kept answers expire, everything else here stays.
"""

import sqlite3
from collections.abc import Callable
from pathlib import Path

import psycopg

from engine.kernel.store import Store
from tests.bench.databases import Database, plain
from tests.bench.readings import Around, Reading
from tests.bench.walking import OPERATIONS, Walk, first_tasks, made

INSTANCES = 200
Sizes = dict[str, int]


def kept(database: Database) -> list[Reading]:
    """kB per finished instance of 30 tasks: the growth over two hundred of them."""
    sizes: Callable[[str], Sizes] = _sqlite if database.name == "SQLite" else _postgresql
    url = database.fresh(durable=False)
    with Around() as around:
        with made(url, OPERATIONS, durable=False) as store:
            _finish(store, 1)  # so that every table and the catalogue have their first pages
        before = sizes(url)
        store = Store(url, durable=False)
        _finish(store, INSTANCES)
        store.close()
        after = sizes(url)
    grown = {name: (size - before[name]) / INSTANCES / 1000 for name, size in after.items()}
    detail = {name: kb for name, kb in grown.items() if kb > 0.001}
    return [Reading(sum(grown.values()), around.calibration, detail)]


def _finish(store: Store, number: int) -> None:
    for task in first_tasks(store, OPERATIONS, number):
        walk = Walk(task, kept=False)
        while walk.task is not None:
            walk.took(store.run(walk.step()))


def _sqlite(url: str) -> Sizes:
    """Bytes of each table and its indexes in a compact copy of the file."""
    file = Path(url.removeprefix("sqlite:///"))
    compact = file.with_suffix(".compact")
    compact.unlink(missing_ok=True)
    with sqlite3.connect(file) as connection:
        connection.execute("VACUUM INTO ?", (str(compact),))
    connection.close()
    copy = sqlite3.connect(compact)
    rows = copy.execute(
        "SELECT s.tbl_name, sum(d.pgsize) FROM dbstat d JOIN sqlite_schema s ON s.name = d.name "
        "GROUP BY s.tbl_name"
    ).fetchall()
    copy.close()
    return dict(rows)


def _postgresql(url: str) -> Sizes:
    """Bytes of each table with its indexes and TOAST, after VACUUM FULL."""
    with psycopg.connect(plain(url), autocommit=True) as connection:
        connection.execute("VACUUM FULL")
        return dict(
            connection.execute(
                "SELECT relname, pg_total_relation_size(oid) FROM pg_class "
                "WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
            ).fetchall()
        )
