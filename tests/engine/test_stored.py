"""Plants that an older program stored go on in this one: every shape loads and finishes.

`tests/data/stored/format_N` holds a plant with instances in many shapes as the program that wrote
format N of the frontier left them. A folder is added when the stored state changes, or when
instances can stand in shapes that no folder has: `tests/support/stored.py` writes it. None is ever
changed.
"""

import json
import os
import shutil
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from engine.kernel import json_text
from engine.kernel.store import Store
from engine.migrations import schema
from engine.workflow.execution.frontier import FORMAT, OLDEST
from tests.support.acts import newest, play, rests
from tests.support.plant import Plant
from tests.support.postgres import PostgresServer
from tests.support.stored import (
    Rows,
    Shape,
    clock_of,
    fill,
    make_schema,
    put_back,
    read_shapes,
    rows_of,
)

STORED = Path(__file__).parents[1] / "data/stored"
FORMATS = sorted(folder.name for folder in STORED.iterdir())
SHAPES = [(name, shape) for name in FORMATS for shape in read_shapes(STORED / name)]
Copy = Callable[[str], str]


@cache
def kept(folder: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((STORED / folder / "plant.json").read_text())
    return found


def brought_up(url: str, folder: str, revisions: Path) -> None:
    """Make the old schema, fill it, upgrade."""
    bind = schema.open_bind(url)
    make_schema(bind, kept(folder)["schema"], revisions)
    fill(bind, kept(folder))
    schema.upgrade(bind)
    bind.dispose()


@pytest.fixture(scope="module")
def sqlite_copy(tmp_path_factory: pytest.TempPathFactory) -> Copy:
    """A database of a format, brought up once and copied for each test."""
    made: dict[str, Path] = {}

    def copy(folder: str) -> str:
        home = tmp_path_factory.mktemp(folder)
        if folder not in made:
            made[folder] = home / "made.db"
            brought_up(f"sqlite:///{made[folder]}", folder, home)
        return f"sqlite:///{shutil.copy(made[folder], home / 'plant.db')}"

    return copy


@pytest.fixture(scope="module")
def postgresql_copy(
    postgres_server: PostgresServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Copy]:
    """The same on PostgreSQL, where a new database takes longer than rows that are put back."""
    made: dict[str, tuple[str, Rows]] = {}

    def copy(folder: str) -> str:
        if folder not in made:
            url = postgres_server.create_database(f"stored_{folder}_{os.getpid()}")
            brought_up(url, folder, tmp_path_factory.mktemp(folder))
            made[folder] = url, rows_of(schema.open_bind(url))
        else:
            put_back(schema.open_bind(made[folder][0]), made[folder][1])
        return made[folder][0]

    yield copy
    for folder in made:
        postgres_server.drop_database(f"stored_{folder}_{os.getpid()}")


@pytest.fixture(params=["sqlite", "postgresql"])
def copy(request: pytest.FixtureRequest) -> Copy:
    """A way to have a database of a format."""
    found: Copy = request.getfixturevalue(f"{request.param}_copy")
    return found


@pytest.mark.parametrize(
    ("folder", "shape"), [pytest.param(f, s, id=f"{f}-{s['name']}") for f, s in SHAPES]
)
def test_an_instance_as_an_older_program_stored_it_finishes(
    copy: Copy, folder: str, shape: Shape
) -> None:
    clock = clock_of(kept(folder))
    store = Store(copy(folder), clock=clock, durable=False)
    finish(Plant(store, clock), kept(folder)["instances"].get(shape["name"]), shape)
    store.close()


def finish(plant: Plant, instance: str | None, shape: Shape) -> None:
    """Do what is told to follow, and look at how it ended, its path and its variables."""
    for act in shape["after"]:
        if "of" not in act and instance is None:
            act = {**act, "of": shape["name"]}
        play(plant, instance or "", act)
    instance = instance or newest(plant, shape["name"])
    assert plant.state(instance) == shape["ends"]
    assert rests(plant, instance) == []
    path = plant.path(instance)
    assert path == (shape["path"] or path)
    left = plant.variables(instance)
    assert {name: left[name] for name in shape["left"]} == shape["left"]


def test_there_is_a_plant_of_every_format() -> None:
    """A frontier begins with its format."""
    for folder in FORMATS:
        bodies = [row["frontier"]["text"] for row in kept(folder)["rows"]["instance"]]
        formats = {json_text.read(body.encode())[0] for body in bodies if body}
        assert formats == {int(folder.rpartition("_")[2])}
    assert [f"format_{n}" for n in range(OLDEST, FORMAT + 1)] == FORMATS


def test_every_stored_instance_is_looked_at() -> None:
    """Those that the shapes name, and no other: all that is stored goes on."""
    for folder in FORMATS:
        stored = {row["id"]["hex"] for row in kept(folder)["rows"]["instance"]}
        named = {key.replace("-", "") for key in kept(folder)["instances"].values()}
        parts = {row["id"]["hex"] for row in kept(folder)["rows"]["instance"] if "origin" in row}
        assert stored - parts == named
