"""A tape of what the engine tells the driver, to be played again without the engine."""

from collections.abc import Mapping, Sequence
from typing import Any

Told = tuple[str, Any, bool]
SAVEPOINT, RELEASE = "SAVEPOINT command", "RELEASE SAVEPOINT command"


class Tape:
    """The statements of commands, in order: (SQL, parameters, whether for several rows)."""

    def __init__(self) -> None:
        self.commands: list[list[Told]] = []

    def next_command(self) -> None:
        """What follows belongs to another command."""
        self.commands.append([])

    def cursor(self, base: type) -> type:
        """A driver's cursor class that records what it is told."""
        tape = self

        class Recorded(base):  # type: ignore[misc]
            def execute(self, sql: str, parameters: Any = None) -> Any:
                tape.commands[-1].append((sql, _copy(parameters), False))
                return super().execute(sql, parameters or ())

            def executemany(self, sql: str, parameters: Sequence[Mapping[str, Any]]) -> Any:
                tape.commands[-1].append((sql, [dict(p) for p in parameters], True))
                return super().executemany(sql, parameters)

        return Recorded


def play(cursor: Any, command: list[Told]) -> None:
    """Tell the driver the same again, and fetch what it answers."""
    for sql, parameters, several in command:
        if several:
            cursor.executemany(sql, parameters)
        else:
            cursor.execute(sql, parameters)
            if cursor.description is not None:
                cursor.fetchall()


def _copy(parameters: Mapping[str, Any] | None) -> Any:
    return dict(parameters) if parameters else ()
