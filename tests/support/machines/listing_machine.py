"""A machine on Modbus TCP whose controller runs the published structured text, as a process.

    python -m tests.support.machines.listing_machine PORT FOLDER [OPTIONS AS JSON]

Options: lose (share of commands whose answer never comes), die (share of commands after which the
power fails, within the scan that takes it or in its cycle), refuse (share that finds it not ready).
`FOLDER/started` and `FOLDER/ended` have a line for each cycle; `FOLDER/retained.json` is what the
controller keeps.
"""

import asyncio
import json
import os
import sys
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from pymodbus.constants import ExcCodes

from adapters.simulate.registers import RegisterMachine, number, u32
from tests.support.machines.structured_text import block

HEARTBEAT, COMMAND, RECIPE, STROBE, ECHO = 1, 100, 102, 103, 110
RECIPES = range(1, 4)
NOT_READY, BAD_PARAMETER = 10, 11
CYCLE_SCANS = 4
LATEST_DEATH = 20  # assignments after the command


class ListingMachine(RegisterMachine):
    """Process and registers around the function block of the page."""

    def __init__(self, folder: Path, lose: float = 0, die: float = 0, refuse: float = 0) -> None:
        super().__init__(memory=folder / "memory.json")
        self.folder, self.lose, self.die, self.refuse = folder, lose, die, refuse
        self.random.seed(self.memory.data.boot)
        self.block = block("iecst")
        self.retained = [name for name, v in self.block.variables.items() if v.retained]
        with suppress(FileNotFoundError):
            self.block.values |= json.loads((folder / "retained.json").read_text())
        self.scans_left = 0
        self.ready = True
        self.life: int | None = None  # assignments until the power fails

    def step(self, seconds: float) -> None:
        """See `Simulator`: one scan, and what the process makes of its outputs."""
        moving, finished = self.scans_left > 1, self.scans_left == 1
        if finished:
            self.note("ended", self.block.values["EchoId"])
        self.scans_left = max(0, self.scans_left - 1)
        self.scan(moving, finished)
        self.registers[STROBE] = self.block.values["Strobe"]
        if self.block.values["Start"]:
            self.note("started", self.block.values["EchoId"])
            self.scans_left = CYCLE_SCANS

    def scan(self, moving: bool, finished: bool) -> None:
        """Run the block; what is retentive is kept with each assignment, and the power may fail."""
        known = self.registers[RECIPE] in RECIPES
        inputs: dict[str, int] = {
            "CommandId": number(self.registers, COMMAND), "Strobe": self.registers[STROBE],
            "Ready": self.ready and known and not moving,
            "RefuseCode": NOT_READY if known else BAD_PARAMETER,
            "Moving": moving, "Finished": finished, "Fault": False, "FaultCode": 0,
        }  # fmt: skip
        for name in self.block.steps(**inputs):
            if name in self.retained:
                self.keep()
            if self.life is not None:
                self.life -= 1
                if self.life < 0:
                    os._exit(1)

    def keep(self) -> None:
        partial = self.folder / "retained.partial"
        partial.write_text(json.dumps({name: self.block.values[name] for name in self.retained}))
        partial.replace(self.folder / "retained.json")

    def note(self, what: str, command: int) -> None:
        with (self.folder / what).open("a") as log:
            log.write(f"{command}\n")

    def image(self) -> Iterable[tuple[int, list[int]]]:
        """See `RegisterMachine`."""
        values = self.block.values
        yield HEARTBEAT, [int(self.clock * 10) % 65536]
        yield ECHO, [*u32(values["EchoId"]), values["EchoState"], values["EchoCode"]]

    def written(self, address: int, values: list[int]) -> ExcCodes | None:
        """See `RegisterMachine`; a command that is complete may have its fate in it."""
        if not COMMAND <= address <= address + len(values) - 1 <= STROBE:
            return ExcCodes.ILLEGAL_ADDRESS
        if address + len(values) - 1 == STROBE and values[-1] == 1:
            self.ready = self.random.random() >= self.refuse
            fate = self.random.random()
            if fate < self.lose:
                self.note("lost", 1)
                self.wire.cut()
            elif fate < self.lose + self.die:
                self.life = self.random.randrange(LATEST_DEATH)
        return None


async def main(port: int, folder: Path, options: dict[str, float]) -> None:
    machine = ListingMachine(folder, **options)
    await machine.start(port)
    print("READY", flush=True)  # noqa: T201  for the test that waits
    await asyncio.Event().wait()


if __name__ == "__main__":
    given = json.loads(sys.argv[3]) if len(sys.argv) > 3 else {}
    asyncio.run(main(int(sys.argv[1]), Path(sys.argv[2]), given))
