"""Servers that nobody here wrote, as processes: node-opcua, modbus-serial and libmodbus.

`make peers` installs them; where they are absent tests are skipped, or fail if
ROUTECARD_TEST_REQUIRE_PEERS is set.
"""

import json
import os
import shutil
import signal
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.machines.opcua import free_port

ROOT = Path(__file__).resolve().parents[3]
SOURCES = ROOT / "tests" / "adapters" / "peers"
LIBMODBUS = ROOT / "build" / "peers" / "modbus_server"
URI = "urn:routecard:peers:press"
READY = b"READY\n"


class Peer:
    """A server in a process of its own, which can be killed, frozen and started again."""

    def __init__(self, command: list[str], url: str) -> None:
        self.url = url
        self.command = command
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self._process = subprocess.Popen(
            self.command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if line == READY:
                return
        raise AssertionError(f"{' '.join(self.command)} ended with {self._process.wait()}")

    @property
    def runs(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def signal(self, number: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(number)

    def freeze(self) -> None:
        self.signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self.signal(signal.SIGCONT)

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            if self._process.stdout is not None:
                self._process.stdout.close()
            self._process = None


class Nurse:
    """Starts peers again that have died, and counts how often."""

    def __init__(self, peers: list[Peer]) -> None:
        self.deaths = 0
        self._peers = peers
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="nurse")

    def _watch(self) -> None:
        while not self._end.wait(0.05):
            for peer in self._peers:
                if not peer.runs:
                    self.deaths += 1
                    peer.kill()
                    peer.start()

    def __enter__(self) -> "Nurse":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._thread.join()


def absent() -> str | None:
    """What is missing, None if all is there."""
    if shutil.which("node") is None or not (SOURCES / "node_modules").is_dir():
        return "node-opcua and modbus-serial are not installed; `make peers` does it"
    if not LIBMODBUS.exists():
        return "the libmodbus server is not built; `make peers` does it"
    return None


def require() -> None:
    """Skip a test where there are no peers, unless they are required."""
    told = absent()
    if told is not None:
        if os.environ.get("ROUTECARD_TEST_REQUIRE_PEERS"):
            pytest.fail(told)
        pytest.skip(told)


@contextmanager
def _running(command: list[str], url: str) -> Iterator[Peer]:
    require()
    peer = Peer(command, url)
    peer.start()
    try:
        yield peer
    finally:
        peer.kill()


@contextmanager
def node_opcua(pki: Path, **options: object) -> Iterator[Peer]:
    """node-opcua as a press; options: see tests/adapters/peers/opcua_server.js."""
    port = free_port()
    given = json.dumps({"pki": str(pki), **options})
    command = ["node", str(SOURCES / "opcua_server.js"), str(port), given]
    with _running(command, f"opc.tcp://127.0.0.1:{port}/press") as peer:
        yield peer


@contextmanager
def modbus_serial() -> Iterator[Peer]:
    """modbus-serial, which answers registers that do not exist."""
    port = free_port()
    command = ["node", str(SOURCES / "modbus_server.js"), str(port)]
    with _running(command, f"tcp://127.0.0.1:{port}") as peer:
        yield peer


@contextmanager
def libmodbus(log: Path | None = None, *, delay_ms: int = 0, die: int = 0) -> Iterator[Peer]:
    """libmodbus as a press that takes commands, and dies after `die` of a hundred."""
    port = free_port()
    command = [str(LIBMODBUS), str(port), str(log or ""), str(delay_ms), str(die)]
    with _running(command, f"tcp://127.0.0.1:{port}") as peer:
        yield peer


@contextmanager
def kept_pki() -> Iterator[Path]:
    """A folder for certificates of a server; making a key takes it a second."""
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)
