"""`routecard serve`: one server per plant, reachable by its own shell, and clean at its end."""

import json
import signal
import socket
import sqlite3
import ssl
import stat
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from adapters.client import ApiProblem, Client
from cli.serving.server import Server, listen, reachable
from cli.serving.tls import Terminator, context_of
from tests.support.postgres import PostgresServer
from tests.support.shell import ROOT, Shell

TLS = Path(__file__).parents[1] / "data" / "tls"
CERTIFICATE, KEY = TLS / "server.pem", TLS / "server-key.pem"


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    """A shell on an empty home."""
    return Shell(tmp_path / "home")


def trusting() -> ssl.SSLContext:
    return ssl.create_default_context(cafile=CERTIFICATE)


def site_of(home: Path) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(home / "plant.db")) as connection:
        return connection.execute("SELECT id, code, name FROM site").fetchall()


def set_version(home: Path, version: str) -> None:
    with closing(sqlite3.connect(home / "plant.db")) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = ?", [version])


# ---- the command ----


def test_an_empty_home_becomes_a_plant_that_its_shell_reaches(shell: Shell) -> None:
    with shell.serving() as server:
        assert server.said == f"Routecard on {server.url}"
        assert httpx.get(f"{server.url}/readyz").json() == {"status": "ready"}
        assert site_of(shell.home) == [(1, "plant", "Plant")]
        assert stat.S_IMODE((shell.home / "serve.json").stat().st_mode) == 0o600
        token = shell.done("token", "create", "--role", "admin", "quality").strip()
        with Client(server.url, token) as client:
            assert list(client.pages("/users")) == []
            assert list(client.pages("/processes")) == []
            shell.done("user", "add", "ana", "--role", "operator")
            assert [user["name"] for user in client.pages("/users")] == ["ana"]
            actors = {entry["actor"] for entry in client.pages("/audit")}
            assert {actor.partition(":")[0] for actor in actors} == {"shell"}
        code, said, log = server.end()
    assert (code, said, log) == (0, "", "")
    assert sorted(path.name for path in shell.home.iterdir()) == [
        "plant.db",
        "plant.lock",
        "readings.db",
    ]


def test_a_second_server_is_refused(shell: Shell) -> None:
    with shell.serving() as server:
        assert "Another Routecard is using" in shell.refused("serve", "--port", 0)
        assert httpx.get(f"{server.url}/livez").status_code == 200


def test_a_taken_port_is_named(shell: Shell) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert f"port {port}" in shell.refused("serve", "--port", port)
    assert not shell.home.exists()


def test_a_killed_server_leaves_nothing_in_the_way(shell: Shell) -> None:
    with shell.serving() as server:
        server.kill()
    assert (shell.home / "serve.json").exists()
    shell.done("user", "add", "ana", "--role", "operator")
    assert not (shell.home / "serve.json").exists()
    with shell.serving() as server:
        code, _, _ = server.end(signal.SIGINT)
    assert code == 0


@pytest.mark.parametrize(
    ("version", "said"), [("0000", "routecard db upgrade"), ("9999", "newer Routecard")]
)
def test_another_schema_is_refused(shell: Shell, version: str, said: str) -> None:
    shell.done("db", "upgrade")
    set_version(shell.home, version)
    assert said in shell.refused("serve", "--port", 0)


def test_a_file_that_is_no_database_is_refused(shell: Shell) -> None:
    shell.home.mkdir()
    (shell.home / "plant.db").write_bytes(b"shopping list " * 1000)
    assert "not a database" in shell.refused("serve", "--port", 0)


def test_the_server_needs_little(shell: Shell) -> None:
    """A roof, not the measure: `make bench` has the figure."""
    shell.done("db", "upgrade")
    with shell.serving() as server:
        process = psutil.Process(server.process.pid)
        assert process.memory_info().rss < 120_000_000
        loaded = " ".join(mapped.path for mapped in process.memory_maps())
    assert "psycopg" not in loaded


def test_starting_imports_nothing_that_it_does_not_use() -> None:
    code = (
        "import sys, cli.serve\n"
        "unwanted = {'alembic', 'asyncua', 'httpx', 'psycopg', 'pymodbus'}\n"
        "print(*sorted(unwanted & sys.modules.keys()))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("\n", "")


# ---- PostgreSQL ----


@pytest.fixture
def postgres_shell(postgres_server: PostgresServer, tmp_path: Path) -> Iterator[Shell]:
    """A shell on an empty PostgreSQL database."""
    name = f"cli_{tmp_path.name.replace('-', '_')}"[:60].lower()
    url = postgres_server.create_database(name)
    yield Shell(tmp_path / "home", ROUTECARD_DATABASE_URL=url)
    postgres_server.drop_database(name)


def test_postgresql_serves_many_and_works_beside_them(postgres_shell: Shell) -> None:
    with postgres_shell.serving() as one, postgres_shell.serving() as other:
        background = postgres_shell.start("background")
        token = postgres_shell.done("token", "create", "--role", "admin").strip()
        for server in (one, other):
            with Client(server.url, token) as client:
                assert list(client.pages("/users")) == []
        assert background.end()[0] == 0
        assert one.end()[0] == 0
        assert other.end()[0] == 0


# ---- TLS ----


def test_tls_is_served_with_the_plants_own_certificate(shell: Shell) -> None:
    with shell.serving("--tls-cert", CERTIFICATE, "--tls-key", KEY) as server:
        assert server.url.startswith("https://127.0.0.1:")
        token = shell.done("token", "create", "--role", "admin").strip()
        with Client(server.url, token, verify=trusting()) as client:
            assert list(client.pages("/users")) == []
        with pytest.raises(httpx.TransportError):
            httpx.get(server.url.replace("https", "http") + "/livez", verify=False)
        assert server.end()[0] == 0


def test_a_certificate_that_does_not_fit_is_named(shell: Shell) -> None:
    other = TLS / "other-key.pem"
    said = shell.refused("serve", "--port", 0, "--tls-cert", CERTIFICATE, "--tls-key", other)
    assert "other-key.pem cannot be used" in said
    assert shell.run("serve", "--tls-cert", CERTIFICATE).returncode == 2


# ---- the server by itself ----


class Serving:
    """A server in a thread of the test."""

    def __init__(self, app: Callable[..., Any], *, tls: bool = False) -> None:
        self.sock = listen("127.0.0.1", 0)
        host, port = self.sock.getsockname()
        self.address = (host, port)
        self.terminator: Terminator | None = None
        if tls:
            inner = listen("127.0.0.1", 0)
            self.terminator = Terminator(context_of(CERTIFICATE, KEY), self.sock, reachable(inner))
            app = self.terminator.told(app)
            self.server = Server(app, inner, before_end=self.terminator.stop_accepting)
            self.terminator.start()
        else:
            self.server = Server(app, self.sock)
        self.url = f"{'https' if tls else 'http'}://{host}:{port}"
        self.thread = threading.Thread(target=self.server.run)
        self.thread.start()

    def __enter__(self) -> "Serving":
        return self

    def __exit__(self, *_: object) -> None:
        self.server.stop()
        self.thread.join()
        if self.terminator is not None:
            self.terminator.close()


def telling(environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
    """Answers how it was called, and the body."""
    body = environ["wsgi.input"].read()
    start_response("200 OK", [("Content-Type", "text/plain")])
    head = json.dumps([environ["wsgi.url_scheme"], environ["REMOTE_ADDR"], len(body)])
    return [head.encode(), body]


@pytest.mark.parametrize("tls", [False, True])
def test_a_request_that_was_begun_is_finished(tls: bool) -> None:
    entered, go_on = threading.Event(), threading.Event()

    def slow(environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
        entered.set()
        assert go_on.wait(30)
        return telling(environ, start_response)

    answers: list[int] = []

    def ask() -> None:
        answers.append(httpx.get(serving.url, verify=trusting(), timeout=30).status_code)

    with Serving(slow, tls=tls) as serving:
        asking = threading.Thread(target=ask)
        asking.start()
        assert entered.wait(30)
        serving.server.stop()
        while not refuses(serving.address):
            threading.Event().wait(0.01)
        go_on.set()
        asking.join()
    assert answers == [200]


def refuses(address: tuple[str, int]) -> bool:
    try:
        socket.create_connection(address, timeout=1).close()
    except OSError:
        return True
    return False


def test_an_idle_connection_does_not_delay_the_end() -> None:
    with Serving(telling) as serving, httpx.Client() as client:
        assert client.get(serving.url).status_code == 200
        serving.server.stop()
        serving.thread.join(5)
        assert not serving.thread.is_alive()


def test_tls_tells_the_application_who_calls() -> None:
    large = b"x" * 3_000_000
    with Serving(telling, tls=True) as serving, httpx.Client(verify=trusting()) as client:
        for body in (b"a", large, b"b"):
            answer = client.post(serving.url, content=body).content
            assert answer == json.dumps(["https", "127.0.0.1", len(body)]).encode() + body


def test_silent_connections_do_not_stop_tls_for_others() -> None:
    with Serving(telling, tls=True) as serving:
        silent = [socket.create_connection(serving.address) for _ in range(20)]
        assert httpx.get(serving.url, verify=trusting(), timeout=5).status_code == 200
        for connection in silent:
            connection.close()


def test_a_client_says_what_was_refused(shell: Shell) -> None:
    with shell.serving() as server, Client(server.url, "wrong") as client:
        with pytest.raises(ApiProblem, match="token") as refused:
            client.get("/users")
        assert (refused.value.status, refused.value.type) == (401, "/problems/not-signed-in")
