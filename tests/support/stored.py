"""Plants as they were stored by an older program, in rows that any database takes.

    python -m tests.support.stored tests/data/stored/format_3

plays the shapes that `shapes.json` of a new folder tells on the diagrams beside it, as far as they
are to be stored, and writes `plant.json`: the version of the schema, the clock, the rows of every
table. What is there is never written again: it is what a plant may have, whatever we do later.
"""

import json
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa

import engine.registry  # noqa: F401  the tables
from engine.kernel import db, json_text, site
from engine.kernel.store import Store
from engine.migrations import revisions, schema
from engine.records.append_only import APPEND_ONLY
from tests.support.acts import newest, play, rests
from tests.support.clock import ManualClock
from tests.support.plant import Plant

Shape = dict[str, Any]
Rows = dict[str, list[dict[str, Any]]]


def read_shapes(folder: Path) -> list[Shape]:
    """What is told of each shape: how it came to be, and how it goes on."""
    found: list[Shape] = json_text.read((folder / "shapes.json").read_bytes())
    return found


# ---- writing: once for each format ----


def write(folder: Path) -> None:
    """Play the shapes and keep the plant."""
    kept = folder / "plant.json"
    assert not kept.exists(), f"{kept} is there and stays as it is"
    with tempfile.TemporaryDirectory() as home:
        url = f"sqlite:///{home}/plant.db"
        schema.upgrade(schema.open_bind(url))
        clock = ManualClock()
        store = Store(url, clock=clock, durable=False)
        store.run(site.create_site, code="main", name="Main works", time_zone="Europe/Berlin")
        told = {"instances": _make(Plant(store, clock), folder), "clock": clock.now().isoformat()}
        kept.write_text(json.dumps(told | _dump(store), indent=1) + "\n")
        store.close()


def _make(plant: Plant, folder: Path) -> dict[str, str]:
    instances: dict[str, str] = {}
    for shape in read_shapes(folder):
        name = shape["name"]
        files = {file: (folder / file).read_bytes() for file in shape["files"]}
        for file in [file for file in files if file.endswith(".bpmn")]:
            plant.release(files.pop(file))
        plant.release((folder / f"{name}.bpmn").read_bytes(), files)
        started = shape.get("started_by")
        instance = "" if started else _start(plant, shape)
        for act in shape["before"]:
            play(plant, instance, {"of": name, **act} if started else act)
        if started != "after":
            instances[name] = instance or newest(plant, name)
    return instances


def _start(plant: Plant, shape: Shape) -> str:
    instance = plant.start(shape["name"], shape["business_key"], **shape["variables"])
    assert rests(plant, instance) == sorted(shape["rests"]), (shape["name"], rests(plant, instance))
    return instance


def _dump(store: Store) -> dict[str, Any]:
    found = rows_of(store.bind)
    version = found.pop(schema.VERSION_TABLE)[0]["version_num"]
    rows = {
        name: [{k: _portable(v) for k, v in row.items() if v is not None} for row in kept]
        for name, kept in found.items()
        if kept
    }
    return {"schema": version, "rows": rows}


def _portable(value: object) -> object:
    """Bytes become text where they are one, else hexadecimal digits."""
    if not isinstance(value, bytes):
        return value
    try:
        text = value.decode()
    except UnicodeDecodeError:
        return {"hex": value.hex()}
    return {"text": text} if len(value) != 16 else {"hex": value.hex()}


# ---- reading: for as long as anybody has such a plant ----


def make_schema(bind: sa.Engine, version: str, folder: Path) -> None:
    """Bring an empty database to an older schema; `folder` is for the revisions up to it."""
    for file in schema.FOLDER.glob("*.*"):
        shutil.copy(file, folder)
    (folder / "versions").mkdir()
    for file in schema.FOLDER.glob("versions/[0-9]*_*.py"):
        if file.name.partition("_")[0] <= version:
            shutil.copy(file, folder / "versions")
    with _transaction(bind) as connection:
        revisions.run(folder, connection)


def fill(bind: sa.Engine, kept: dict[str, Any]) -> None:
    """Put the rows of a kept plant into the empty tables of its schema."""
    rows = {
        name: [{column: _bytes(value) for column, value in row.items()} for row in found]
        for name, found in kept["rows"].items()
    }
    tables = sa.MetaData()
    tables.reflect(bind)
    with _transaction(bind) as connection:
        _insert(connection, tables, rows)
        if bind.dialect.name == "postgresql":
            connection.exec_driver_sql(_LAST)


def rows_of(bind: sa.Engine) -> Rows:
    """Every row of every table."""
    tables = sa.MetaData()
    tables.reflect(bind)
    with bind.connect() as connection:
        return {
            table.name: [dict(row) for row in connection.execute(table.select()).mappings()]
            for table in tables.sorted_tables
        }


def put_back(bind: sa.Engine, rows: Rows) -> None:
    """Make the tables of our schema hold these rows again, but for those that only grow."""
    changing = {name: rows[name] for name in db.metadata.tables if name not in APPEND_ONLY}
    with _transaction(bind) as connection:
        for name in changing:
            connection.exec_driver_sql(f"DELETE FROM {name}")
        _insert(connection, db.metadata, changing)


def _insert(connection: sa.Connection, tables: sa.MetaData, rows: Rows) -> None:
    for name, found in rows.items():
        columns = [column.name for column in tables.tables[name].columns]
        if found:
            values = [{column: row.get(column) for column in columns} for row in found]
            connection.execute(tables.tables[name].insert(), values)


@contextmanager
def _transaction(bind: sa.Engine) -> Iterator[sa.Connection]:
    """One transaction; the driver of SQLite would make one of each statement."""
    with bind.begin() as connection:
        if bind.dialect.name == "sqlite":
            connection.exec_driver_sql("BEGIN")
        yield connection


_LAST = "SELECT setval(pg_get_serial_sequence('audit_entry', 'id'), max(id)) FROM audit_entry"


def _bytes(value: Any) -> object:
    if not isinstance(value, dict):
        return value
    return bytes.fromhex(value["hex"]) if "hex" in value else value["text"].encode()


def clock_of(kept: dict[str, Any]) -> ManualClock:
    """The time at which the plant was kept."""
    return ManualClock(datetime.fromisoformat(kept["clock"]))


if __name__ == "__main__":
    write(Path(sys.argv[1]))
