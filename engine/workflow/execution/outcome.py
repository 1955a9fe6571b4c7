"""What an advance did: steps taken, tokens that opened work or left it, incidents."""

from dataclasses import dataclass, field

from engine.workflow.definition.model import Node
from engine.workflow.execution.frontier import Variables
from engine.workflow.execution.openings import Opening


@dataclass(slots=True)
class Step:
    """One finished step, as the history keeps it."""

    element: str
    process: str
    wall: int
    started: int
    state: str
    changed: Variables
    answers: Variables | None = None
    actor: str | None = None
    deviation: str | None = None


@dataclass(slots=True)
class Trouble:
    """A token that cannot go on."""

    token: int
    element: str
    kind: str
    message: str


@dataclass(slots=True)
class Left:
    """A token that was at rest and is not any more."""

    token: int
    node: Node
    incident: bool
    completed: bool


@dataclass(slots=True)
class Outcome:
    """What an advance did, in order."""

    steps: list[Step] = field(default_factory=list)
    opened: dict[int, Opening] = field(default_factory=dict)
    left: list[Left] = field(default_factory=list)
    troubles: dict[int, Trouble] = field(default_factory=dict)
    recovered: list[int] = field(default_factory=list)

    def leave(self, left: Left) -> None:
        """A token left its rest; if it came to it in this very advance, neither counts."""
        self.troubles.pop(left.token, None)
        if self.opened.pop(left.token, None) is None:
            self.left.append(left)
