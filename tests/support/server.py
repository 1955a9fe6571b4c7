"""A real server in a process of its own, which a test may measure, stop or kill."""

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import IO

ROOT = Path(__file__).parents[2]
READY_SECONDS = 60.0
LOOK_SECONDS = 0.01
STOP_SECONDS = 30.0


class Server:
    """`routecard serve` on a database, listening on a free port of loopback.

    Args:
        url: the database.
        home: the folder for settings, secret key and log.
        functions: a module that registers in-house functions for the diagrams of the test.
        port: where to listen; one that is free now without.
    """

    def __init__(
        self, url: str, home: Path, *, functions: str | None = None, port: int | None = None
    ) -> None:
        home.mkdir(parents=True, exist_ok=True)
        self.port = port or free_port()
        self.log = home / "server.log"
        self._began = time.perf_counter()
        with self.log.open("ab") as log:
            self._process = _start(url, home, self.port, functions, log)
        self.ready_after = self._wait()

    @property
    def pid(self) -> int:
        """The server's process."""
        return self._process.pid

    def kill(self) -> None:
        """End it as a power cut would, for the process at least: SIGKILL; `bury` waits for it."""
        self._process.kill()

    def bury(self) -> None:
        """Wait until it is gone."""
        self._process.wait(STOP_SECONDS)

    def stop(self) -> None:
        """Ask it to end, and wait for that."""
        self._process.send_signal(signal.SIGTERM)
        self.bury()

    def end(self) -> None:
        """Make sure that it is gone, whatever state it was in."""
        if self._process.poll() is None:
            self.kill()
        self.bury()

    def _wait(self) -> float:
        """Seconds until /readyz said yes; the child's end is what is waited for in between."""
        while time.perf_counter() - self._began < READY_SECONDS:
            if is_ready(self.port):
                return time.perf_counter() - self._began
            try:
                self._process.wait(LOOK_SECONDS)
            except subprocess.TimeoutExpired:
                continue
            raise RuntimeError("The server ended:\n" + self.log.read_text()[-4000:])
        self.end()
        raise RuntimeError("The server is not ready:\n" + self.log.read_text()[-4000:])


def is_ready(port: int) -> bool:
    """Whether the server there answers /readyz with 200."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def free_port() -> int:
    """A port of loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _start(
    url: str, home: Path, port: int, functions: str | None, log: IO[bytes]
) -> "subprocess.Popen[bytes]":
    routecard = ["-m", "routecard"]
    if functions is not None:
        lines = f"import {functions}, routecard; routecard.main(prog_name='routecard')"
        routecard = ["-c", lines]
    return subprocess.Popen(
        [sys.executable, *routecard, "serve", "--port", str(port)],
        cwd=ROOT,
        env={k: v for k, v in os.environ.items() if not k.startswith("ROUTECARD_")}
        | {"ROUTECARD_HOME": str(home), "ROUTECARD_DATABASE_URL": url, "ROUTECARD_LOG": "warning"},
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=log,
        start_new_session=True,  # Ctrl-C is for the test, which then ends it
    )
