"""The machine of the line protocol, a process of its own: takes commands four ways, has faults.

    python -m tests.support.machines.line_machine PORT FOLDER [OPTIONS AS JSON]

`FOLDER/cycles` has a line for each cycle that was started; `FOLDER/kept.json` is what a controller
keeps without power. Options: seed, late, die (shares of writes that are executed and then answered
late, or never, as the power goes), lose (answers that never come), cycle (seconds of one cycle),
refuse (items, refused for so many seconds after the start), stall (seconds before the next write is
carried out), password, no_ack, fails.
"""

import asyncio
import json
import os
import random
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

PUSH_SECONDS = 0.02
ALIVE_SECONDS = 0.2
START: dict[str, Any] = {
    "state": 0, "mode": 1, "good": 0, "scrap": 0, "cycle": 0, "boot": 1, "temperature": 20.0,
    "command_id": 0, "recipe": 0, "strobe": 0, "ack_id": 0, "ack_state": 0, "ack_code": 0,
    "request": False, "ack": False, "finished": False, "start": False,
    "job": "", "job_state": "", "alarm": 0, "beat": 0, "force": 0.0, "abort": 0,
}  # fmt: skip
KEPT = ("good", "scrap", "cycle", "ack_id", "ack_state", "job", "job_state", "boot")


class LineServer:
    """The machine's controller."""

    def __init__(self, folder: Path, options: dict[str, Any]) -> None:
        self.folder, self.options = folder, options
        self.random = random.Random(options.get("seed", 1))
        self.values = dict(START)
        self.began = time.monotonic()
        self.quality: dict[str, list[Any]] = {}
        self.watching: dict[asyncio.StreamWriter, dict[str, Any]] = {}
        with suppress(FileNotFoundError):
            self.values |= json.loads((folder / "kept.json").read_text())
        if self.values["ack_state"] in (1, 2):
            self.values["ack_state"] = 3  # the cycle came to its end before the power went
        if self.values["job_state"] == "Running":
            self.values["job_state"] = "Ended"

    # ---- the process ----

    def cycle(self, name: str) -> None:
        with (self.folder / "cycles").open("a") as log:
            log.write(f"{name}\n")
            log.flush()
            os.fsync(log.fileno())

    def keep(self) -> None:
        partial = self.folder / "kept.partial"
        partial.write_text(json.dumps({name: self.values[name] for name in KEPT}))
        partial.replace(self.folder / "kept.json")

    async def run_cycle(self, started: dict[str, Any], ended: dict[str, Any]) -> None:
        self.values |= {"state": 1} | started
        await asyncio.sleep(self.options.get("cycle", 0.02))
        self.values["cycle"] += 1
        self.values["good"] += 1
        self.values |= {"state": 0, "force": 100.5} | ended
        self.keep()

    def begin(self, name: str, started: dict[str, Any], ended: dict[str, Any]) -> None:
        """Start and remember: one scan of the controller."""
        self.cycle(name)
        self.values |= started
        self.keep()
        task = asyncio.create_task(self.run_cycle(started, ended))
        self.running = task

    def written(self, values: dict[str, Any]) -> None:
        self.values |= values
        number = self.values["command_id"]
        if "command_id" in values and number > self.values["ack_id"]:
            self.echo(number)
        if values.get("request") and not self.values["ack"]:
            self.begin("four", {"ack": True, "finished": False}, {"finished": True})
        if values.get("request") is False:
            self.values |= {"ack": False, "finished": False}
        if values.get("start"):
            self.begin("bit", {}, {"start": False})

    def echo(self, number: int) -> None:
        if self.options.get("no_ack"):
            return
        if self.values["recipe"] == 13:
            self.values |= {"ack_id": number, "ack_state": 4, "ack_code": 77}
            return
        last = 5 if self.options.get("fails") else 3
        self.begin(f"{number}", {"ack_id": number, "ack_state": 2}, {"ack_state": last})

    def called(self, method: str, arguments: list[Any]) -> dict[str, Any]:
        if method != "store_and_start":
            return {"refused": f"no method {method}", "code": "BadMethodInvalid"}
        if arguments[0] != self.values["job"]:
            begun = {"job": arguments[0], "job_state": "Running"}
            self.begin(arguments[0], begun, {"job_state": "Ended"})
        return {"result": [0]}

    # ---- the wire ----

    def row(self, name: str) -> list[Any]:
        return [self.values[name], *self.quality.get(name, ["good", None, None])]

    def refused(self, names: list[str]) -> dict[str, str]:
        told = {name: "BadNodeIdUnknown" for name in names if name not in self.values}
        for name, seconds in self.options.get("refuse", {}).items():
            if name in names and time.monotonic() - self.began < seconds:
                told[name] = "BadNodeIdUnknown"
        return told

    async def answer(self, message: dict[str, Any], writer: asyncio.StreamWriter) -> dict[str, Any]:
        op, names = message["op"], message.get("names", [])
        if op == "hello":
            wanted = self.options.get("password")
            return {"refused": "wrong password"} if message["password"] != wanted else {}
        if op in ("watch", "unwatch"):
            return self.watched(op, names, writer)
        if op == "read":
            return {"rows": [self.row(name) for name in names]}
        if op == "fault":
            self.options |= message.get("options", {})
            self.values |= message.get("values", {})
            self.quality |= message.get("quality", {})
        if op == "write":
            threading.Event().wait(self.options.pop("stall", 0))  # everything stands still
            self.written(message["values"])
            await self.spoil()
        if op == "call":
            result = self.called(message["method"], message["arguments"])
            await self.spoil()
            return result
        return {}

    def watched(self, op: str, names: list[str], writer: asyncio.StreamWriter) -> dict[str, Any]:
        told = self.watching.setdefault(writer, {})
        if op == "unwatch":
            for name in names:
                told.pop(name, None)
            return {}
        refused = self.refused(names)
        told.update({name: None for name in names if name not in refused})
        return {"refused_items": refused}

    async def spoil(self) -> None:
        """What was executed is answered late, never, or the power goes."""
        chance = self.random.random()
        late, die = self.options.get("late", 0.0), self.options.get("die", 0.0)
        if chance < late:
            await asyncio.sleep(self.random.choice([0.3, 0.6]))
        elif chance < late + die:
            os._exit(1)
        elif chance < late + die + self.options.get("lose", 0.0):
            raise ConnectionResetError

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while line := await reader.readline():
                message = json.loads(line)
                answer = await self.answer(message, writer) | {"n": message.get("n")}
                writer.write(json.dumps(answer).encode() + b"\n")
        self.watching.pop(writer, None)
        writer.transport.abort()

    async def push(self) -> None:
        last = 0.0
        while True:
            await asyncio.sleep(PUSH_SECONDS)
            beat = time.monotonic() - last > ALIVE_SECONDS
            last = time.monotonic() if beat else last
            for writer, told in list(self.watching.items()):
                changed = {name: self.row(name) for name in told if told[name] != self.row(name)}
                told |= changed
                if changed or beat:
                    writer.write(json.dumps({"push": changed}).encode() + b"\n")


async def main() -> None:
    port, folder = int(sys.argv[1]), Path(sys.argv[2])
    options = json.loads(sys.argv[3]) if len(sys.argv) > 3 else {}
    machine = LineServer(folder, options)
    await asyncio.start_server(machine.serve, "127.0.0.1", port)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    await machine.push()


if __name__ == "__main__":
    asyncio.run(main())
