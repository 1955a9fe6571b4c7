"""The gateway beside the server: a process of its own on loopback, started again when it ends.

It begins with the first machine file that is put into the home; until then there is none.

It is told its token on standard input, and ends when that is closed: it never outlives the server,
in whatever way that ends.
"""

import contextlib
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from engine.kernel.log import log

MACHINES = "machines"  # the folder of a home that makes a gateway start
LOOK_SECONDS = 1.0  # between two looks for a first machine
ITSELF = "gateway.yaml"  # the gateway's own file is no machine
FIRST_WAIT, LONGEST_WAIT = 1.0, 30.0
SETTLED_SECONDS = 60.0
END_SECONDS = 10.0


def has_machines(home: Path) -> bool:
    """Whether a home has files of machines."""
    files = (home / MACHINES).glob("*.y*ml")
    return any(file.name != ITSELF for file in files)


class Beside:
    """Keeps a gateway running as soon as there are machines.

    Args:
        home: in whose folder the machines are.
        url: where the server is, on loopback.
        token: whom the gateway acts for.
        level: what of it goes to the log.
    """

    def __init__(self, home: Path, url: str, token: str, level: str) -> None:
        self._home = home
        words = ["gateway", "--config", str(home / MACHINES), "--url", url, "--beside"]
        self._command = [sys.executable, "-m", "routecard", *words]
        self._token = token
        self._environment = {**os.environ, "ROUTECARD_LOG": level}
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self._process: subprocess.Popen[str] | None = None
        self._thread = threading.Thread(target=self._keep, name="gateway")

    def start(self) -> None:
        """Start it, and keep it."""
        self._thread.start()

    def stop(self) -> None:
        """End it, and wait for that."""
        with self._lock:
            self._stopping.set()
            if self._process is not None and self._process.stdin is not None:
                with contextlib.suppress(OSError):
                    self._process.stdin.close()
        self._thread.join()

    def _keep(self) -> None:
        wait = FIRST_WAIT
        while self._until_machines():
            began = time.monotonic()
            code = self._run()
            if self._stopping.is_set():
                return
            log.warning("gateway_ended", code=code, again_in=wait)
            if time.monotonic() - began > SETTLED_SECONDS:
                wait = FIRST_WAIT
            self._stopping.wait(wait)
            wait = min(LONGEST_WAIT, wait * 2)

    def _until_machines(self) -> bool:
        """Wait for a first machine; False if the server ends before there is one."""
        while not has_machines(self._home):
            if self._stopping.wait(LOOK_SECONDS):
                return False
        return not self._stopping.is_set()

    def _run(self) -> int:
        """One life of the gateway: its exit code."""
        with self._lock:
            if self._stopping.is_set():
                return 0
            process = self._process = subprocess.Popen(
                self._command,
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                env=self._environment,
                text=True,
                start_new_session=True,  # Ctrl-C is for the server, which then ends it
            )
        assert process.stdin is not None
        with contextlib.suppress(OSError):  # it ended at once: its exit code says so
            process.stdin.write(self._token + "\n")
            process.stdin.flush()
        while process.poll() is None:
            try:
                process.wait(END_SECONDS)
            except subprocess.TimeoutExpired:
                if self._stopping.is_set():
                    process.kill()
        with contextlib.suppress(OSError):
            process.stdin.close()
        return process.returncode


@contextmanager
def gateway_beside(home: Path, url: str, token: str, level: str) -> Iterator[None]:
    """A gateway for the machines of a home, present and future, for as long as the block lasts."""
    beside = Beside(home, url, token, level)
    beside.start()
    try:
        yield
    finally:
        beside.stop()
