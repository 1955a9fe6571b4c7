"""What the gateway and every protocol agree on: tags, samples, writes, and how they fail.

A new protocol is one module of `adapters.machines.protocols` with one class that is an `Adapter`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol, Self

Value = bool | int | float | str | None
Sink = Callable[[Sequence["Sample"]], None]


class Quality(StrEnum):
    """How far a value can be trusted (OPC UA part 8, 6.3, in three words)."""

    GOOD = "good"
    UNCERTAIN = "uncertain"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Sample:
    """One value of one tag at one time; instants are milliseconds UTC.

    `reason` says why the quality is not good: `nan`, `not_connected`, `BadSensorFailure` …
    `source_ms` is the machine's own time, None if it tells none.
    """

    tag: str
    value: Value
    quality: Quality
    reason: str | None
    source_ms: int | None
    received_ms: int


@dataclass(frozen=True, slots=True)
class Tag:
    """One value of a machine, as a protocol needs to know it.

    Args:
        address: in the protocol's own syntax, checked when the configuration is read.
        type: `bool`, `int16` … `float64`, `string`, or `auto` where the protocol tells.
        order: of the bytes of one number on the wire, ABCD being big-endian.
        length: of a text, in registers or characters.
        interval: seconds between two looks at it.
    """

    name: str
    address: str
    type: str = "auto"
    order: str = "ABCD"
    length: int | None = None
    interval: float = 1.0
    writable: bool = False


@dataclass(frozen=True, slots=True)
class Write:
    """A raw value for a tag; scales and limits are applied before."""

    tag: Tag
    value: Value


@dataclass(frozen=True, slots=True)
class Notice:
    """What will hinder a machine though it is connected, and what to do about it.

    `text` is the whole sentence; `kind` and `facts` let a screen say it in another language.
    """

    kind: str
    text: str
    facts: Mapping[str, str | int]


class NotSent(Exception):
    """Nothing went on the wire; to try again is safe."""


class Refused(Exception):
    """The machine said no; `code` is its own word for it."""

    def __init__(self, detail: str, code: str = "") -> None:
        self.code = code
        super().__init__(detail)


class Unknown(Exception):
    """It went on the wire and no answer came: the machine may have done it, or may yet do it."""


class Lost(Exception):
    """The connection is of no use any more; the message says why, in words for people."""


class SecurityRefused(Lost):
    """Certificate, user or password was refused; to try again at once could lock an account."""


class AddressInvalid(ValueError):
    """An address, option or type that a protocol cannot use; the message names the cure."""


class Adapter(Protocol):
    """One connection to one machine; thrown away when it is lost, never mended.

    The supervisor makes a new one for each attempt, so nothing here has to survive a fault. Every
    method raises `Lost` (or any exception of the library, which counts as lost).
    """

    @classmethod
    def check(cls, options: Mapping[str, object], tags: Sequence[Tag]) -> None:
        """Check everything that can be known without the machine.

        Raises:
            AddressInvalid: naming the tag or option, and the cure.
        """
        ...

    @classmethod
    def make(cls, url: str, options: Mapping[str, object]) -> Self:
        """An adapter that is not connected yet."""
        ...

    async def connect(self) -> None:
        """Connect, with the security that is configured and no less.

        Raises:
            SecurityRefused: see there.
            Lost: for everything else.
        """
        ...

    async def subscribe(self, tags: Sequence[Tag], sink: Sink) -> Mapping[str, str]:
        """Let values of these tags come to `sink`; calls add up, a name again replaces its tag.

        Returns:
            the names that the machine refuses, each with its reason; they are offered again.
        """
        ...

    async def unsubscribe(self, names: Sequence[str]) -> None:
        """Let no more values of these tags come."""
        ...

    async def read(self, tags: Sequence[Tag]) -> list[Sample]:
        """The present values, one sample for each tag in this order, bad ones too."""
        ...

    async def write(self, writes: Sequence[Write], *, timeout: float) -> None:
        """Write all in one request, once.

        Raises:
            NotSent, Refused, Unknown: and nothing else.
        """
        ...

    async def call(self, method: str, arguments: Sequence[Value], *, timeout: float) -> list[Value]:
        """Call a method of the machine, once.

        Raises:
            NotSent, Refused, Unknown: and nothing else; `Refused` where the protocol has none.
        """
        ...

    @property
    def drops(self) -> int:
        """How many values the machine's side threw away since this connection was made."""
        ...

    @property
    def late(self) -> int:
        """How many looks at the machine were skipped because the one before took too long."""
        ...

    @property
    def warnings(self) -> Sequence[Notice]:
        """What of this connection somebody should see to soon; asked every half second."""
        ...

    def alive(self) -> float:
        """When the machine last proved that it is there, in seconds of `time.monotonic`."""
        ...

    async def close(self) -> None:
        """Let go of the connection within a second, whether the machine answers or not."""
        ...
