"""The machine's side of the id-echo handshake (docs/reference/plc-handshake.md)."""

import json
from dataclasses import asdict, dataclass
from enum import IntEnum
from pathlib import Path


class Echo(IntEnum):
    """What became of the command whose number is shown."""

    NONE = 0
    ACCEPTED = 1
    RUNNING = 2
    DONE = 3
    REFUSED = 4
    FAILED = 5


class Code(IntEnum):
    """Why a command was refused or failed."""

    NONE = 0
    NOT_READY = 10
    BAD_PARAMETER = 11
    RECIPE_NOT_ACTIVE = 12
    ON_REQUEST = 13
    BREAKDOWN = 20
    ABORTED = 21
    POWER_LOST = 90


@dataclass
class Retained:
    """What the controller keeps without power."""

    last: int = 0
    echo: int = Echo.NONE
    code: int = Code.NONE
    good: int = 0
    scrap: int = 0
    cycle: int = 0
    boot: int = 0
    jobs: str = "{}"


class Memory:
    """Retentive memory; without a file it lasts as long as the process."""

    def __init__(self, file: Path | None) -> None:
        self._file = file
        self.data = Retained()
        if file is not None and file.exists():
            self.data = Retained(**json.loads(file.read_text("utf-8")))

    def keep(self) -> None:
        """Write it down."""
        if self._file is not None:
            partial = self._file.with_suffix(".partial")
            partial.write_text(json.dumps(asdict(self.data)), "utf-8")
            partial.replace(self._file)

    def boot(self) -> None:
        """The power is back: what ran then has failed."""
        self.data.boot += 1
        if self.data.echo in (Echo.ACCEPTED, Echo.RUNNING):
            self.data.echo, self.data.code = Echo.FAILED, Code.POWER_LOST
        self.keep()


class Handshake:
    """Takes each number once: one that is not greater than the last is no command, and one that
    comes while a command is under way is not taken."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory

    @property
    def busy(self) -> bool:
        """Whether a command is being carried out."""
        return self._memory.data.echo in (Echo.ACCEPTED, Echo.RUNNING)

    def take(self, number: int, refusal: Code) -> bool:
        """A strobe came with this number: whether the machine starts now.

        The number is kept before anything moves, so that no power failure makes it come twice.
        """
        data = self._memory.data
        if number <= data.last or self.busy:
            return False
        data.last = number
        data.echo = Echo.ACCEPTED if refusal is Code.NONE else Echo.REFUSED
        data.code = refusal
        self._memory.keep()
        return refusal is Code.NONE

    def tell(self, echo: Echo, code: Code = Code.NONE) -> None:
        """How far the command is."""
        self._memory.data.echo, self._memory.data.code = echo, code
        self._memory.keep()
