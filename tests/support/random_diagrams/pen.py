"""What every block needs: names, chances, conditions, and the level that is being drawn."""

import random
from collections import Counter
from dataclasses import dataclass, field, replace

from tests.support import diagrams as d

VARIABLES = ("v0", "v1", "v2")
CODES = ("E1", "E2")
CHANCES = ("X1", "X2")
MESSAGES = ("M0", "M1", "M2")
SIGNALS = ("S0", "S1")
# Those of event subprocesses: who waits first for the same name is then never in doubt.
INNER_MESSAGES = ("M3", "M4")
INNER_SIGNALS = ("S2",)
TABLE = d.table("grade", "v0", "v1", {"0": "2", "1": "3", "-": "0"})


@dataclass
class Level:
    """The place that is drawn on: a process or subprocess, or a branch of one.

    `tasks` may be jumped to from here; `reads` are the variables that conditions may read.
    """

    parts: list[str] = field(default_factory=list)
    tasks: list[str] = field(default_factory=list)
    reads: tuple[str, ...] = VARIABLES
    depth: int = 0
    within: frozenset[str] = frozenset()

    def branch(self, kind: str, *, shut: bool = False) -> "Level":
        """A branch of a block; of one that is shut no jump leads out."""
        tasks: list[str] = [] if shut else list(self.tasks)
        return replace(self, tasks=tasks, depth=self.depth + 1, within=self.within | {kind})

    def inner(self, kind: str, *reads: str) -> "Level":
        """The inside of an activity."""
        return Level([], [], self.reads + reads, self.depth + 1, self.within | {kind})


class Pen:
    """Draws one process by one sequence of random choices."""

    def __init__(self, choose: random.Random, key: str, called: str | None = None) -> None:
        self.choose, self.key, self.called = choose, key, called
        self.left = choose.randint(3, 9) if called else choose.randint(2, 5)
        self.count = 0
        self.minutes: set[int] = set()
        self.both: set[str] = set()  # gateways that join and split
        self.features: Counter[str] = Counter()

    def name(self, kind: str) -> str:
        """A new name."""
        self.count += 1
        return f"{self.key}_{kind}{self.count}"

    def chance(self, share: float) -> bool:
        """Whether something is drawn that is drawn so often."""
        return self.choose.random() < share

    def tag(self, *features: str) -> None:
        """Note what is drawn."""
        self.features.update(features)

    def condition(self, level: Level) -> str:
        """What a flow asks."""
        test = self.choose.choice(["== 2", "> 1", "< 2", "== 0", "!= 1", ">= 1"])
        asked = f"{self.choose.choice(level.reads)} {test}"
        if self.chance(0.15):
            asked += f" {self.choose.choice(['and', 'or'])} {self.choose.choice(VARIABLES)} < 3"
        return asked

    def minute(self) -> int:
        """A duration that no other timer of the diagram has."""
        free = [m for m in range(3, 400) if m not in self.minutes]
        self.minutes.add(found := self.choose.choice(free))
        return found

    def timer(self, *, rounds: bool = False) -> dict[str, object]:
        """A time to wait for; with `rounds` sometimes a cycle."""
        if rounds and self.chance(0.5):
            self.tag("timer cycle")
            return {"cycle": f"R{self.choose.randint(2, 3)}/PT{self.minute()}M"}
        if self.chance(0.15):
            self.tag("timer date")
            minute = self.minute()
            told = f"2026-03-02T{6 + minute // 60:02}:{minute % 60:02}:00Z"
            return {"date": told}
        self.tag("timer duration")
        return {"duration": f"PT{self.minute()}M"}

    def message(self, names: tuple[str, ...] = MESSAGES) -> dict[str, object]:
        """A message to wait for, now and then with a key of its own."""
        found: dict[str, object] = {"message": self.choose.choice(names)}
        if self.chance(0.15):
            self.tag("correlation")
            found["correlation"] = "= k"
        return found

    def carried(self) -> dict[str, object]:
        """What a thrown message or signal carries."""
        values: dict[str, object] = {}
        if self.chance(0.6):
            values[self.choose.choice(VARIABLES)] = f"= {self.choose.choice(VARIABLES)}"
        return {"parameters": values} if values else {}

    def sent(self) -> dict[str, object]:
        """A message to throw."""
        names = (*MESSAGES, *INNER_MESSAGES)
        found = {"message": self.choose.choice(names)} | self.carried()
        if self.chance(0.6):
            self.tag("optional message")
            found["optional"] = "true"
        if self.chance(0.1):
            self.tag("correlation")
            found["correlation"] = "= k"
        return found

    def broadcast(self) -> dict[str, object]:
        """A signal to throw."""
        return {"signal": self.choose.choice((*SIGNALS, *INNER_SIGNALS))} | self.carried()
