"""What is known of one command, kept in the buffer's file: it outlives the gateway."""

import asyncio
import sqlite3
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Any

import orjson

from adapters.machines.buffer import Buffer
from adapters.machines.signals import Row


class Step(StrEnum):
    """How far a command is; it only goes forward."""

    CLAIMED = "claimed"
    SENT = "sent"
    ACCEPTED = "accepted"
    RUNNING = "running"
    ENDED = "ended"


class Outcome(StrEnum):
    """How it ended: done, or the BPMN error that the job raises."""

    DONE = "DONE"
    OFFLINE = "MACHINE_OFFLINE"
    REFUSED = "MACHINE_REFUSED"
    NO_ACK = "MACHINE_NO_ACK"
    TIMEOUT = "MACHINE_TIMEOUT"
    FAILED = "MACHINE_FAILED"
    UNKNOWN = "MACHINE_UNKNOWN"


class Ended(Exception):
    """A command has come to its end."""

    def __init__(self, outcome: Outcome, message: str) -> None:
        self.outcome, self.message = outcome, message
        super().__init__(message)


class Dropped(Exception):
    """The job is no longer ours, and nothing was sent."""


@dataclass(slots=True)
class Record:
    """One command.

    Args:
        job: as it was claimed; `fence` is renewed when it is claimed again.
        first: nobody can have sent it before us.
        doubt: it may be on its way, or may have been done: only the machine knows.
        cancelled: the process went on without it.
        stale: the lease is not ours any more.
    """

    job: dict[str, Any]
    step: Step = Step.CLAIMED
    first: bool = True
    doubt: bool = False
    sent_ms: int | None = None
    tries: int = 0
    outcome: Outcome | None = None
    message: str = ""
    variables: dict[str, Any] = field(default_factory=dict)
    cancelled: bool = False
    stale: bool = False

    @property
    def id(self) -> str:
        """The job's id."""
        return str(self.job["id"])

    @property
    def unit(self) -> str:
        """The code of the unit it is for."""
        return str(self.job["unit"])

    @property
    def number(self) -> int:
        """The number that the machine echoes; 32 bits, ascending per unit."""
        return int(self.job["command"])

    @property
    def action(self) -> str:
        """What the machine is to do: the job's action, else the end of its topic."""
        return str(self.job.get("action") or str(self.job["topic"]).rpartition(".")[2])


class Ledger:
    """The records in the buffer's file."""

    def __init__(self, buffer: Buffer) -> None:
        self._buffer = buffer

    async def save(self, record: Record) -> None:
        """Keep a record; it is durable when this returns.

        Raises:
            sqlite3.Error: if it is not, as on a full disk.
        """
        content = orjson.dumps(asdict(record), default=_plain)
        row = [record.id, record.unit, content]
        await self._do("INSERT OR REPLACE INTO command VALUES(?, ?, ?)", row)

    async def forget(self, record: Record) -> None:
        """Drop a record whose end the plant knows."""
        await self._do("DELETE FROM command WHERE job = ?", [record.id])

    def tell(self, row: Row) -> None:
        """Let the plant know of a write; in order with everything else."""
        self._buffer.put([row])

    async def all(self) -> list[Record]:
        """What was under way when the gateway ended."""

        def read(connection: sqlite3.Connection) -> list[bytes]:
            return [row[0] for row in connection.execute("SELECT record FROM command")]

        found = await asyncio.wrap_future(self._buffer.do(read))
        return [_record(orjson.loads(content)) for content in found]

    async def _do(self, statement: str, values: list[Any]) -> None:
        def work(connection: sqlite3.Connection) -> None:
            connection.execute(statement, values)

        await asyncio.wrap_future(self._buffer.do(work))


def _plain(value: object) -> object:
    """Parameters are Decimals; what is read back has to be a number again."""
    return float(value) if isinstance(value, Decimal) else str(value)


def _record(kept: dict[str, Any]) -> Record:
    kept["step"] = Step(kept["step"])
    kept["outcome"] = None if kept["outcome"] is None else Outcome(kept["outcome"])
    return Record(**kept)
