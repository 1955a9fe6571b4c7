"""`routecard` as a person at a shell runs it: real processes, real exit codes."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[2]
SECONDS = 60.0


class Shell:
    """Runs commands on one home.

    Args:
        home: the plant's folder.
        settings: further `ROUTECARD_*` variables.
    """

    def __init__(self, home: Path, **settings: str) -> None:
        self.home = home
        kept = {k: v for k, v in os.environ.items() if not k.startswith("ROUTECARD_")}
        self.env = kept | {"ROUTECARD_HOME": str(home), "ROUTECARD_LOG": "warning"} | settings

    def run(self, *args: object, given: str = "") -> subprocess.CompletedProcess[str]:
        """Run a command to its end."""
        return subprocess.run(
            _command(args),
            cwd=ROOT,
            env=self.env,
            input=given,
            capture_output=True,
            text=True,
            timeout=SECONDS,
        )

    def done(self, *args: object, given: str = "") -> str:
        """What a command that works prints."""
        done = self.run(*args, given=given)
        assert done.returncode == 0, f"{args}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def refused(self, *args: object, given: str = "") -> str:
        """The one line with which a command is refused."""
        done = self.run(*args, given=given)
        assert done.returncode == 1, f"{args}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        lines = done.stderr.splitlines()
        assert len(lines) == 1, f"{args} says more than one line:\n{done.stderr}"
        return lines[0].removeprefix("Error: ")

    @contextmanager
    def serving(self, *args: object) -> Iterator["Running"]:
        """`serve` on a free port, for as long as the block lasts."""
        running = self.start("serve", "--port", 0, *args)
        try:
            yield running
        finally:
            if running.process.returncode is None:
                running.end()

    def start(self, *args: object) -> "Running":
        """Start a command that runs on, and wait for its first line."""
        process = subprocess.Popen(
            _command(args),
            cwd=ROOT,
            env=self.env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,  # Ctrl-C is for the tests, which then end it
        )
        return Running(process)


class Running:
    """A command that runs on; `said` is the first line it printed."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self.process = process
        self.said = self.until("")[0]

    def until(self, beginning: str) -> list[str]:
        """What it prints up to a line that begins so."""
        assert self.process.stdout is not None
        late = threading.Timer(SECONDS, self.process.kill)
        late.start()
        lines: list[str] = []
        try:
            for line in self.process.stdout:
                lines.append(line.rstrip("\n"))
                if line.startswith(beginning):
                    return lines
        finally:
            late.cancel()
        raise AssertionError(f"It ended:\n{lines}\n{self.process.communicate()[1]}")

    @property
    def url(self) -> str:
        """The address it printed."""
        return next(word for word in self.said.split() if "://" in word).rstrip(",")

    def end(self, number: signal.Signals = signal.SIGTERM) -> tuple[int, str, str]:
        """Send a signal, and wait: exit code, the rest of what it printed, and its log."""
        self.process.send_signal(number)
        said, log = self.process.communicate(timeout=SECONDS)
        return self.process.returncode, said, log

    def kill(self) -> None:
        """End it as a power cut would."""
        self.process.kill()
        self.process.communicate()


def _command(args: tuple[object, ...]) -> list[str]:
    return [sys.executable, "-m", "routecard", *(str(arg) for arg in args)]
