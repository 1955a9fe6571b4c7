"""What a checked configuration says: the values that the gateway works with."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from adapters.machines.core import Tag, Value


class Signal(StrEnum):
    """What a tag means."""

    STATE = "state"
    GOOD_COUNT = "good_count"
    SCRAP_COUNT = "scrap_count"
    CYCLE_COMPLETE = "cycle_complete"
    MEASUREMENT = "measurement"
    ALARM = "alarm"
    JOB_ACK = "job_ack"
    JOB_STATE = "job_state"
    RECIPE_ACTIVE = "recipe_active"
    HEARTBEAT = "heartbeat"
    RAW = "raw"


COUNTERS = (Signal.GOOD_COUNT, Signal.SCRAP_COUNT)
EXACT = (*COUNTERS, Signal.STATE, Signal.CYCLE_COMPLETE, Signal.ALARM, Signal.JOB_ACK)
STATES = (
    "running",
    "idle",
    "setup",
    "blocked",
    "starved",
    "down",
    "maintenance",
    "off",
    "unknown",
)


class Kind(StrEnum):
    """How a machine takes a command, and with that what can be promised."""

    ECHO_HANDSHAKE = "echo_handshake"
    JOB_CONTROL = "job_control"
    FOUR_PHASE = "four_phase"
    START_BIT = "start_bit"


class Progress(StrEnum):
    """What a machine says about a command, in the words of an action's `states`."""

    ACCEPTED = "accepted"
    RUNNING = "running"
    DONE = "done"
    REFUSED = "refused"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Deadband:
    """How far a value has to move before it is told: absolute, or in percent of the range."""

    abs: float | None = None
    pct: float | None = None
    heartbeat_s: float = 60.0


@dataclass(frozen=True, slots=True)
class CycleParts:
    """The tags that tell more about a cycle, read with its number."""

    boot: str | None = None
    serial: str | None = None
    good: str | None = None
    scrap: str | None = None
    values: Sequence[str] = ()

    @property
    def names(self) -> list[str]:
        """All of them."""
        single = (self.boot, self.serial, self.good, self.scrap)
        return [name for name in (*single, *self.values) if name is not None]


@dataclass(frozen=True, slots=True)
class TagPlan:
    """One tag: what it means, how its raw value becomes ours, and what the protocol needs."""

    name: str
    signal: Signal
    wire: Tag
    scale: float = 1.0
    offset: float = 0.0
    unit: str | None = None
    range: tuple[float, float] | None = None
    map: Mapping[str, str] | None = None
    deadband: Deadband | None = None
    rollover: int | None = None
    max_step: int = 1000
    write_limits: tuple[float, float] | None = None
    stale_s: float | None = None
    serial: str | None = None
    limits: tuple[float, float] | None = None
    severity: int = 500
    cycle: CycleParts | None = None


@dataclass(frozen=True, slots=True)
class ParameterPlan:
    """One parameter of an action: the tag it is written to and what may be written."""

    name: str
    tag: str | None = None
    limits: tuple[float, float] | None = None
    unit: str | None = None
    choices: Sequence[str] = ()
    default: Value = None
    required: bool = True


@dataclass(frozen=True, slots=True)
class ActionPlan:
    """What a machine can be told to do, and how it shows that it did.

    Args:
        command: tags by part: `id`, `strobe`, `request`, `start`.
        method: in the protocol's own syntax, for `job_control`.
        echo: tags by part: `id`, `state`, `code`, `ack`, `done`, `failed`.
        states: the machine's own number or word for each `Progress`.
        running, done: for a start bit: the tags' values while it works, and when it is through.
        require: tags whose value has to be this before anything is sent.
        results: tags whose values complete the job, by variable.
    """

    name: str
    kind: Kind
    command: Mapping[str, str] = field(default_factory=dict)
    method: str | None = None
    arguments: Sequence[str] = ()
    echo: Mapping[str, str] = field(default_factory=dict)
    states: Mapping[str, Progress] = field(default_factory=dict)
    running: Mapping[str, str] = field(default_factory=dict)
    done: Mapping[str, str] = field(default_factory=dict)
    parameters: Mapping[str, ParameterPlan] = field(default_factory=dict)
    results: Mapping[str, str] = field(default_factory=dict)
    require: Mapping[str, str] = field(default_factory=dict)
    ready_timeout_s: float = 10.0
    accept_timeout_s: float = 5.0
    done_timeout_s: float = 900.0
    offline_timeout_s: float = 10.0
    unknown_timeout_s: float = 60.0
    grace_s: float = 2.0
    rate_s: float = 1.0
    cancel: str | None = None


@dataclass(frozen=True, slots=True)
class MachinePlan:
    """One machine: one file, one unit, one connection."""

    unit: str
    protocol: str
    url: str
    options: Mapping[str, object]
    security: Mapping[str, object]
    writes_enabled: bool
    tags: Mapping[str, TagPlan]
    actions: Mapping[str, ActionPlan]
    stale_s: float
    digest: str
    file: Path

    @property
    def connection(self) -> tuple[object, ...]:
        """What cannot change without a new connection."""
        return (self.protocol, self.url, repr(self.options), repr(self.security))


@dataclass(frozen=True, slots=True)
class GatewayPlan:
    """The gateway itself: who it is, where the plant is, where its buffer lies."""

    name: str
    url: str | None = None
    token_file: Path | None = None
    buffer: Path = Path("buffer")
    quota_bytes: int = 2_000_000_000
    topics: Sequence[str] = ("machine",)


def text_of(value: Value) -> str:
    """A raw value as the key of a `map`: `1`, `true`, `AUTO`; 1.0 is 1."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)
