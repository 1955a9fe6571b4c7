"""A gateway with line machines around it: a process each; the gateway may be a thread too."""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from adapters.machines import protocol
from adapters.machines.config.reading import read_folder
from adapters.machines.gateway import Gateway
from adapters.machines.plant import Plant
from tests.support.machines.line_protocol import LineMachine
from tests.support.server import ROOT, free_port

PLAN = """\
unit: {unit}
protocol: line
url: line://127.0.0.1:{port}
writes_enabled: true
options: {{timeout_s: 0.3}}
stale_s: 1
groups: {{fast: 0.05}}
tags:
  - {{name: state, signal: state, address: state, map: {{0: idle, 1: running, 2: down}}}}
  - {{name: mode, signal: raw, address: mode, map: {{0: manual, 1: auto}}}}
  - {{name: good, signal: good_count, address: good, type: uint32}}
  - {{name: cycle, signal: cycle_complete, address: cycle, cycle: {{boot: boot, values: [force]}}}}
  - {{name: boot, signal: raw, address: boot}}
  - {{name: temperature, signal: raw, address: temperature, unit: Cel, deadband: {{abs: 0.5}}}}
  - {{name: force, signal: measurement, address: force, unit: kN}}
  - {{name: alarm, signal: alarm, address: alarm, map: {{3: Door open}}}}
  - {{name: number, signal: raw, address: command_id, type: uint32, writable: true,
     write_limits: [0, 4294967295]}}
  - {{name: recipe, signal: raw, address: recipe, type: uint16, writable: true,
     write_limits: [0, 99]}}
  - {{name: ack, signal: job_ack, address: ack_id, type: uint32}}
  - {{name: ack_state, signal: job_state, address: ack_state}}
  - {{name: ack_code, signal: raw, address: ack_code}}
  - {{name: request, signal: raw, address: request, type: bool, writable: true}}
  - {{name: acked, signal: raw, address: ack}}
  - {{name: finished, signal: raw, address: finished}}
  - {{name: start, signal: raw, address: start, type: bool, writable: true}}
  - {{name: abort, signal: raw, address: abort, type: bool, writable: true}}
  - {{name: job, signal: raw, address: job}}
  - {{name: job_state, signal: job_state, address: job_state}}
actions:
  run_cycle:
    kind: echo_handshake
    command: {{id: number}}
    echo: {{id: ack, state: ack_state, code: ack_code}}
    states: {{1: accepted, 2: running, 3: done, 4: refused, 5: failed}}
    parameters: {{recipe: {{tag: recipe, limits: [1, 50], default: 1}}}}
    results: {{peak_force: force}}
    require: {{state: idle, mode: auto}}
    ready_timeout_s: 2
    accept_timeout_s: 1
    done_timeout_s: 5
    offline_timeout_s: 1
    grace_s: 0.2
    cancel: stop
  run_job:
    kind: job_control
    method: store_and_start
    arguments: [job]
    echo: {{id: job, state: job_state}}
    states: {{Running: running, Ended: done, Aborted: failed}}
    grace_s: 0.2
  handshake:
    kind: four_phase
    command: {{request: request}}
    echo: {{ack: acked, done: finished}}
    accept_timeout_s: 1
    grace_s: 0.2
  kick:
    kind: start_bit
    command: {{start: start}}
    running: {{state: running}}
    done: {{state: idle}}
    accept_timeout_s: 1
    grace_s: 0.2
  stop:
    kind: start_bit
    command: {{start: abort}}
"""


class MachineProcess:
    """A line machine; it comes up again on the same port, with what its controller keeps."""

    def __init__(self, folder: Path, **options: Any) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self.options, self.port = folder, options, free_port()
        self.starts = 0
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> "MachineProcess":
        self.kill()
        self.starts += 1
        options = self.options | {"seed": self.options.get("seed", 0) * 1000 + self.starts}
        module = "tests.support.machines.line_machine"
        self._process = subprocess.Popen(
            [sys.executable, "-m", module, str(self.port), str(self.folder), json.dumps(options)],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == "ready\n"
        return self

    @property
    def dead(self) -> bool:
        return self._process is None or self._process.poll() is not None

    def freeze(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None

    def cycles(self) -> list[str]:
        """Every cycle it has started, in order."""
        with suppress(FileNotFoundError):
            return (self.folder / "cycles").read_text().split()
        return []

    def plan(self, unit: str) -> str:
        return PLAN.format(unit=unit, port=self.port)

    def set(self, **fault: Any) -> None:
        """Change values, options or quality of the running machine, over its own wire."""
        self._ask({"op": "fault"} | fault)

    def read(self, name: str) -> Any:
        """The present value of an address."""
        return self._ask({"op": "read", "names": [name]})["rows"][0][0]

    def _ask(self, request: dict[str, Any]) -> dict[str, Any]:
        with socket.create_connection(("127.0.0.1", self.port), 5) as wire:
            wire.sendall(json.dumps({"n": 1} | request).encode() + b"\n")
            answer: dict[str, Any] = json.loads(wire.makefile().readline())
        return answer


class GatewayThread:
    """A gateway in this process, on a loop of its own."""

    def __init__(self, folder: Path, url: str) -> None:
        protocol.add("line", LineMachine)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None
        self._ready = threading.Event()
        self.error: BaseException | None = None
        self.gateway: Gateway | None = None
        self._thread = threading.Thread(target=self._run, args=(folder, url), name="gateway")
        self._thread.start()
        assert self._ready.wait(10)
        if self.error is not None:
            self._thread.join()
            raise self.error

    def _run(self, folder: Path, url: str) -> None:
        with asyncio.Runner() as runner:
            try:
                runner.run(self._main(folder, url))
            except BaseException as error:
                self.error = error
                self._ready.set()

    async def _main(self, folder: Path, url: str) -> None:
        plant = Plant.at(url, "token")
        try:
            self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
            self.gateway = Gateway(folder, read_folder(folder), plant)
            self._ready.set()
            await self.gateway.run(self._stop)
        finally:
            plant.close()

    def stop(self) -> None:
        if self._thread.is_alive():
            assert self._loop is not None
            assert self._stop is not None
            self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(20)
        assert not self._thread.is_alive()
        if self.error is not None:
            raise self.error


LINES = """
from adapters.machines import protocol
from tests.support.machines.line_protocol import LineMachine
protocol.add("line", LineMachine)
import routecard
routecard.main(prog_name="routecard")
"""


class GatewayProcess:
    """`routecard gateway` in a process of its own, which may be killed or frozen.

    Args:
        first: Python that runs before it.
        env: what is set beside.
    """

    def __init__(
        self,
        folder: Path,
        url: str,
        secret: str = "token",
        *,
        first: str = "",
        env: Mapping[str, str] | None = None,
    ) -> None:
        token = folder.parent / "token"
        token.write_text(secret)
        self._log = (folder.parent / "gateway.log").open("ab")
        kept = {k: v for k, v in os.environ.items() if not k.startswith("ROUTECARD_")}
        arguments = ["--config", str(folder), "--url", url, "--token-file", str(token)]
        self._process = subprocess.Popen(
            [sys.executable, "-c", first + LINES, "gateway", *arguments],
            cwd=ROOT,
            env=kept | {"ROUTECARD_LOG": "info"} | dict(env or {}),
            stdout=self._log,
            stderr=self._log,
        )

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def dead(self) -> bool:
        return self._process.poll() is not None

    def freeze(self) -> None:
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._process.send_signal(signal.SIGCONT)

    def kill(self) -> None:
        self._process.kill()
        self._process.wait(20)
        self._log.close()

    def stop(self) -> int:
        self._process.send_signal(signal.SIGTERM)
        code = self._process.wait(20)
        self._log.close()
        return code
