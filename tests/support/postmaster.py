"""The server process of a PostgreSQL of our own, to be killed and started again on its data."""

import subprocess
import threading
import time
from pathlib import Path
from typing import Any

import psutil
import psycopg

from tests.support.postgres import PostgresServer

LOOK_SECONDS = 0.05
READY_SECONDS = 60.0


class Postmaster:
    """Kills a server with all its processes, and starts it as it was started before."""

    def __init__(self, server: PostgresServer) -> None:
        self.server = server
        self._url = server.url_for("postgres").replace("+psycopg", "")
        with psycopg.connect(self._url) as connection:
            found = psutil.Process(connection.info.backend_pid).parent()
        assert found is not None
        self._process = found
        self._command, self._folder = found.cmdline(), found.cwd()
        self._account: dict[str, Any] = {}
        if found.uids().real != psutil.Process().uids().real:
            uid, gid = found.uids().real, found.gids().real
            self._account = {"user": uid, "group": gid, "extra_groups": []}
        self._started: subprocess.Popen[bytes] | None = None

    def kill(self) -> None:
        """End it and every backend at once: SIGKILL."""
        everybody = [self._process, *self._process.children(recursive=True)]
        for process in everybody:
            process.kill()
        if self._started is not None:
            self._started.wait()
        while any(_lives(process) for process in everybody):
            threading.Event().wait(LOOK_SECONDS)
        # Its parent may not have noticed yet, and PostgreSQL takes a zombie for a living server.
        Path(self._folder, "postmaster.pid").unlink()

    def restart(self) -> None:
        """Start it again; returns when it has recovered and answers."""
        until = time.monotonic() + READY_SECONDS
        while time.monotonic() < until:
            self._started = subprocess.Popen(
                self._command,
                cwd=self._folder,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
                **self._account,
            )
            self._process = psutil.Process(self._started.pid)
            if self._answers(until):
                return
        raise RuntimeError("PostgreSQL did not come back")

    def end(self) -> None:
        """Stop what `restart` started; the first server is its owner's affair."""
        if self._started is not None and self._started.poll() is None:
            self._started.terminate()
            self._started.wait()

    def _answers(self, until: float) -> bool:
        """Whether it came up; a lock left by the dead one ends it, then it is started again."""
        assert self._started is not None
        while time.monotonic() < until:
            try:
                psycopg.connect(self._url, connect_timeout=5).close()
                return True
            except psycopg.OperationalError:
                pass
            try:
                self._started.wait(LOOK_SECONDS)
                return False
            except subprocess.TimeoutExpired:
                continue
        return False


def _lives(process: psutil.Process) -> bool:
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
