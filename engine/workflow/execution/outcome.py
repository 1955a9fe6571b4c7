"""What an advance did: steps taken, tokens that opened work or left it, waits, incidents."""

from dataclasses import dataclass, field

from engine.workflow.definition.model import Node
from engine.workflow.execution.frontier import Variables

DEFAULT_PRIORITY = 50
DEFAULT_ATTEMPTS = 3


@dataclass(slots=True)
class Step:
    """One finished step, as the history keeps it.

    `changed` went into the variables of the process with the scope number `wall`; `inner` into
    variables of the token's own, which are `seen` beside those of the process. `deviation` says why
    the step departs from the released routing, and `kind` how: `move`, `skip`, `insert` …
    `undoes` is the number of the first step that it takes back; `begun` is when somebody began;
    `automatic` tells of answers that a machine gave, which measurement each of them is.
    """

    element: str
    process: str
    wall: int
    started: int
    state: str
    changed: Variables
    answers: Variables | None = None
    actor: str | None = None
    deviation: str | None = None
    kind: str | None = None
    inner: Variables = field(default_factory=dict)
    seen: Variables | None = None
    name: str = ""
    undoes: int | None = None
    begun: int | None = None
    automatic: Variables | None = None


@dataclass(slots=True)
class Trouble:
    """A token that cannot go on."""

    token: int
    element: str
    kind: str
    message: str


@dataclass(slots=True)
class Left:
    """A token that was at rest and is not any more; `armed` if rows of waits may be stored."""

    token: int
    node: Node
    incident: bool
    completed: bool
    armed: bool


@dataclass(slots=True)
class Wait:
    """An event of `owner`, a token's or scope's number, that comes from outside.

    `kind` is `message` or `signal`; `correlation` replaces the instance's business key as the key
    that a message must bring.
    """

    owner: int
    element: str
    kind: str
    name: str
    correlation: str | None = None


@dataclass(slots=True)
class Alarm:
    """A timer of `owner`: due `at` (ms); a cycle is due `remaining` times (None: without end) in
    all, and `repeat` is its text."""

    owner: int
    element: str
    at: int
    remaining: int | None = 1
    repeat: str | None = None


@dataclass(slots=True)
class Armed:
    """What one token or scope waits for beside its own work."""

    waits: list[Wait] = field(default_factory=list)
    alarms: list[Alarm] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.waits or self.alarms)


@dataclass(slots=True)
class Thrown:
    """A message or signal on its way out; a message's `token` rests until it is delivered.

    `correlation` replaces the instance's business key as the key that it brings.
    """

    kind: str
    name: str
    element: str
    variables: Variables
    correlation: str | None = None
    optional: bool = False
    token: int | None = None


@dataclass(slots=True)
class Opening:
    """A token that came to rest; times are in ms.

    `thrown` is the message whose delivery the token waits for.
    """

    token: int
    node: Node
    process: str
    priority: int = DEFAULT_PRIORITY
    due: int | None = None
    follow_up: int | None = None
    attempts: int = DEFAULT_ATTEMPTS
    parameters: Variables = field(default_factory=dict)
    thrown: Thrown | None = None
    is_task: bool = False
    is_job: bool = False


@dataclass(slots=True)
class Outcome:
    """What an advance did, in order.

    `opened` and `armed` are by the number of the token (a scope has its activity's, the process 0,
    a called process that of its activity below zero);
    `disarmed` are (owner, element) whose waits end though the owner stays; `signals` go to all who
    wait when the instance is at rest.
    """

    steps: list[Step] = field(default_factory=list)
    opened: dict[int, Opening] = field(default_factory=dict)
    armed: dict[int, Armed] = field(default_factory=dict)
    disarmed: list[tuple[int, str]] = field(default_factory=list)
    left: list[Left] = field(default_factory=list)
    troubles: dict[int, Trouble] = field(default_factory=dict)
    recovered: list[int] = field(default_factory=list)
    signals: list[Thrown] = field(default_factory=list)

    def arm(self, owner: int, armed: Armed) -> None:
        """More that an owner waits for."""
        if not armed:
            return
        known = self.armed.setdefault(owner, Armed())
        known.waits += armed.waits
        known.alarms += armed.alarms

    def disarm(self, owner: int, elements: frozenset[str]) -> None:
        """These events of an owner are over, stored already or not."""
        fresh = self.armed.get(owner)
        if fresh is not None:
            fresh.waits = [w for w in fresh.waits if w.element not in elements]
            fresh.alarms = [a for a in fresh.alarms if a.element not in elements]
        self.disarmed += [(owner, element) for element in sorted(elements)]

    def leave(self, left: Left) -> None:
        """A token left its rest; if it came to it in this very advance, neither counts."""
        self.troubles.pop(left.token, None)
        if self.armed:
            self.armed.pop(left.token, None)
            self.armed.pop(-left.token, None)
        if self.opened.pop(left.token, None) is None:
            self.left.append(left)
