"""A task as its row has it and as the API shows it, and the time that was worked on it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from engine.kernel.clock import iso
from engine.kernel.ids import to_text
from engine.workflow import tables as t

_t = t.task.c
# What a task is read with: its own columns, then those that belong to its time.
CLOCK_COLUMNS = (_t.started, _t.working_since, _t.worked, _t.paused, _t.pause_reason)
OWN_COLUMNS = (
    _t.token,
    _t.element,
    _t.name,
    _t.form,
    _t.role,
    _t.equipment,
    _t.qualification,
    _t.state,
    _t.assignee,
    _t.priority,
    _t.created,
    _t.due,
    _t.follow_up,
    _t.closed,
    _t.closed_by,
    _t.operation,
    _t.signature,
    *CLOCK_COLUMNS,
)
# A row of these, with the state of the task's instance behind it, is what `item` shows.
TASK_COLUMNS = (_t.id, _t.instance_id, _t.business_key, *OWN_COLUMNS[1:])
TASK_NAMES = tuple(column.name for column in TASK_COLUMNS)


@dataclass(slots=True)
class WorkTime:
    """How long somebody worked on a task, in milliseconds; `since` while the time runs."""

    started: int | None = None
    since: int | None = None
    worked: int = 0
    paused: int | None = None
    reason: str | None = None

    def at(self, now: int) -> int:
        """What was worked until now."""
        return self.worked + (0 if self.since is None else max(now - self.since, 0))

    def run(self, now: int) -> None:
        """Work begins, or goes on."""
        self.started = now if self.started is None else self.started
        self.since = now if self.since is None else self.since
        self.paused = self.reason = None

    def stand(self, now: int) -> None:
        """Nobody works on it any more."""
        self.worked, self.since = self.at(now), None
        self.paused = self.reason = None

    def pause(self, now: int, reason: str | None) -> None:
        """Its holder does something else for a while."""
        self.stand(now)
        self.paused, self.reason = now, reason

    def as_columns(self) -> dict[str, object]:
        """The values of its columns."""
        return {
            "started": self.started,
            "working_since": self.since,
            "worked": self.worked,
            "paused": self.paused,
            "pause_reason": self.reason,
        }


def etag(state: str, assignee: str | None) -> str:
    """What changes whenever a task changes hands or ends."""
    return f"{state}-{assignee or ''}" if state in ("open", "claimed") else state


def item(row: Sequence[Any], now: int) -> dict[str, Any]:
    """A task as the API shows it, from a row of `TASK_COLUMNS` and its instance's state."""
    started, since, worked, paused, reason = row[19:24]
    return {
        "id": to_text(row[0]),
        "instance": to_text(row[1]),
        "business_key": row[2],
        "element": row[3],
        "name": row[4],
        "form": row[5],
        "role": row[6] or None,
        "equipment": row[7],
        "qualification": row[8],
        "state": row[9],
        "assignee": row[16] if row[9] == "completed" else row[10],
        "priority": row[11],
        "created": iso(row[12]),
        "due": iso(row[13]),
        "follow_up": iso(row[14]),
        "closed": iso(row[15]),
        "closed_by": row[16],
        "operation": row[17],
        "signature": row[18],
        "started": iso(started),
        "paused": None if paused is None else {"since": iso(paused), "reason": reason},
        "worked_seconds": (worked + (0 if since is None else max(now - since, 0))) // 1000,
        "instance_state": row[24],
    }
