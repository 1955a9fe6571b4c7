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
from datetime import datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa

import engine.registry  # noqa: F401  the tables
from engine.kernel import json_text, site
from engine.kernel.store import Store
from engine.migrations import revisions, schema
from tests.support.acts import play, rests
from tests.support.clock import ManualClock
from tests.support.plant import Plant

Shape = dict[str, Any]


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
        store = Store(url, clock=ManualClock(), durable=False)
        store.run(site.create_site, code="main", name="Main works", time_zone="Europe/Berlin")
        instances = _make(Plant(store, ManualClock()), folder)
        kept.write_text(json.dumps(_dump(store, instances), indent=1) + "\n")
        store.close()


def _make(plant: Plant, folder: Path) -> dict[str, str]:
    instances: dict[str, str] = {}
    for shape in read_shapes(folder):
        name = shape["name"]
        files = {file: (folder / file).read_bytes() for file in shape["files"]}
        for file in [file for file in files if file.endswith(".bpmn")]:
            plant.release(files.pop(file))
        plant.release((folder / f"{name}.bpmn").read_bytes(), files)
        if shape.get("started_by") == "after":
            continue
        instance = plant.start(name, shape["business_key"], **shape["variables"])
        assert rests(plant, instance) == sorted(shape["rests"]), (name, rests(plant, instance))
        for act in shape["before"]:
            play(plant, instance, act)
        instances[name] = instance
    return instances


def _dump(store: Store, instances: dict[str, str]) -> dict[str, Any]:
    tables = sa.MetaData()
    tables.reflect(store.bind)
    rows = {
        table.name: [
            {name: _portable(value) for name, value in row.items() if value is not None}
            for row in store.bind.connect().execute(table.select()).mappings()
        ]
        for table in tables.sorted_tables
    }
    return {
        "schema": rows.pop(schema.VERSION_TABLE)[0]["version_num"],
        "clock": ManualClock().now().isoformat(),
        "instances": instances,
        "rows": {name: found for name, found in rows.items() if found},
    }


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
    with bind.begin() as connection:
        revisions.run(folder, connection)


def fill(bind: sa.Engine, kept: dict[str, Any]) -> None:
    """Put the rows of a kept plant into the tables of its schema."""
    tables = sa.MetaData()
    tables.reflect(bind)
    with bind.begin() as connection:
        for name, rows in kept["rows"].items():
            for row in rows:
                values = {column: _bytes(value) for column, value in row.items()}
                connection.execute(tables.tables[name].insert().values(values))
        if bind.dialect.name == "postgresql":
            connection.exec_driver_sql(_LAST)


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
