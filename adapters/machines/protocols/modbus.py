"""Modbus over TCP, TLS, RTU over TCP and serial lines.

One task polls each group of tags with absolute deadlines. Writes of a TCP device have a connection
of their own, so that no poll stands before a command. Addresses: `codec.place`.
"""

import asyncio
import ssl
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Self

from adapters.clock import now_ms
from adapters.machines.core import (
    AddressInvalid,
    Lost,
    Notice,
    NotSent,
    Quality,
    Refused,
    Sample,
    Sink,
    Tag,
    Unknown,
    Value,
    Write,
)
from adapters.machines.protocols.blocks import GAP, MAX_WORDS, Block, plan
from adapters.machines.protocols.codec import Area, encode, place
from adapters.machines.protocols.link import Link, Way, tls_context, way

SILENT_POLLS = 3  # one answer may be lost on a bus; three in a row are a device that is gone
PROOF_SECONDS = 1.0  # a machine that is looked at seldom is asked for one block so often
AGAIN_SECONDS = 0.25  # after no answer: one may be lost on a bus, and silence is told soon
TLS_OPTIONS = ("ca", "certificate", "key")


def _number(low: float, high: float) -> Callable[[object], bool]:
    def within(value: object) -> bool:
        return (
            isinstance(value, int | float) and not isinstance(value, bool) and low <= value <= high
        )

    return within


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value)


OPTIONS: dict[str, tuple[Callable[[object], bool], str]] = {
    "device_id": (_number(0, 255), "the device's number on its bus, 0 to 255"),
    "timeout": (_number(0.01, 60), "seconds to wait for an answer, 0.01 to 60"),
    "max_words": (_number(4, MAX_WORDS), f"registers in one request, 4 to {MAX_WORDS}"),
    "gap": (_number(0, MAX_WORDS), f"unasked registers to read along, 0 to {MAX_WORDS}"),
    **dict.fromkeys(TLS_OPTIONS, (_is_text, "the path of a PEM file")),
}


class Machine:
    """A Modbus device.

    Args:
        way: how it is reached.
        device: its number on the bus.
        timeout: seconds to wait for one answer.
        max_words: registers in one request.
        gap: unasked registers that are read along to save a request.

    `late` counts polls that were skipped because the one before took too long.
    """

    def __init__(
        self,
        way: Way,
        *,
        device: int = 1,
        timeout: float = 1.0,
        max_words: int = MAX_WORDS,
        gap: int = GAP,
        context: ssl.SSLContext | None = None,
    ) -> None:
        self.late = 0
        self.drops = 0  # nothing lies in a queue between its registers and us
        self.warnings: tuple[Notice, ...] = ()
        self._new_link = partial(Link, way, device, timeout, context)
        self._shared = way.shared
        self._max_words = max_words
        self._gap = gap
        self._reader = self._new_link()
        self._writer: Link | None = None
        self._groups: dict[float, _Group] = {}
        self._proving: asyncio.Task[None] | None = None
        self._alive = time.monotonic()
        self._silent = 0
        self._lost: str | None = None

    @classmethod
    def check(cls, options: Mapping[str, object], tags: Sequence[Tag]) -> None:
        """Check options and tags; see `Adapter.check`."""
        for name, value in options.items():
            if name not in OPTIONS:
                raise AddressInvalid(f"Option {name} is not known; expected {', '.join(OPTIONS)}")
            fits, expected = OPTIONS[name]
            if not fits(value):
                raise AddressInvalid(f"Option {name}: expected {expected}, got {value!r}")
        limit = options.get("max_words", MAX_WORDS)
        for tag in tags:
            spot = place(tag)
            if isinstance(limit, int) and spot.words > limit:
                raise AddressInvalid(
                    f"Tag {tag.name} has {spot.words} registers, but one request has {limit}"
                )

    @classmethod
    def make(cls, url: str, options: Mapping[str, object]) -> Self:
        """A device that is not connected yet.

        Raises:
            AddressInvalid: if the URL leads nowhere, or TLS has no certificates.
        """
        cls.check(options, ())
        where = way(url)
        given = dict(options)
        files = [str(given.pop(name, "")) for name in TLS_OPTIONS]
        context = None
        if where.scheme == "tls":
            if not all(files):
                raise AddressInvalid("tls:// needs the options ca, certificate and key")
            context = tls_context(*files)
        return cls(
            where,
            device=int(str(given.get("device_id", 1))),
            timeout=float(str(given.get("timeout", 1.0))),
            max_words=int(str(given.get("max_words", MAX_WORDS))),
            gap=int(str(given.get("gap", GAP))),
            context=context,
        )

    async def connect(self) -> None:
        """See `Adapter.connect`; no answer is asked for, for we know no register yet."""
        await self._reader.connect()
        self._answered()

    def _answered(self) -> None:
        self._alive = time.monotonic()
        self._silent = 0

    def _unanswered(self, error: Exception) -> None:
        self._silent += 1
        if self._silent >= SILENT_POLLS or not self._reader.connected:
            self._lost = str(error)

    def alive(self) -> float:
        """See `Adapter.alive`.

        Raises:
            Lost: if the connection is gone, or three requests in a row got no answer.
        """
        if self._lost is not None:
            raise Lost(self._lost)
        if not self._reader.connected:
            raise Lost("the device closed the connection")
        return self._alive

    async def subscribe(self, tags: Sequence[Tag], sink: Sink) -> Mapping[str, str]:
        """Poll these tags too; what the device refuses now is not polled."""
        refused: dict[str, str] = {}
        first: list[Sample] = []
        for block in self._plan(tags):
            first += await self._try(block, refused)
        names = {tag.name for tag in tags}
        self._forget(names)
        for tag in tags:
            if tag.name not in refused:
                self._group(tag.interval, sink).tags[tag.name] = tag
        self._replan()
        if self._proving is None:
            self._proving = asyncio.create_task(self._prove(), name="modbus proof of life")
        if first:
            sink(first)
        return refused

    async def _prove(self) -> None:
        """Ask for something now and then: polls may be further apart than silence may last."""
        while True:
            due = self._alive + PROOF_SECONDS
            await asyncio.sleep(max(AGAIN_SECONDS, due - time.monotonic()))
            blocks = [block for group in self._groups.values() for block in group.blocks]
            if blocks and time.monotonic() - self._alive >= PROOF_SECONDS:
                await self._poll_block(blocks[0])

    def _plan(self, tags: Sequence[Tag]) -> list[Block]:
        return plan(tags, max_words=self._max_words, gap=self._gap)

    async def _try(self, block: Block, refused: dict[str, str]) -> list[Sample]:
        """The first values; a refused block is taken apart until the refused tag is alone."""
        try:
            return await self._ask(block)
        except Refused as error:
            if len(block.slots) == 1:
                refused[block.slots[0].tag.name] = error.code
                return []
        self._gap = 0  # there are holes that must not be read
        samples: list[Sample] = []
        for tag in block.tags():
            samples += await self._try(plan([tag])[0], refused)
        return samples

    async def _ask(self, block: Block) -> list[Sample]:
        """Read one block.

        Raises:
            Refused: by the device, which proves that it is there.
            Lost: if no answer came.
        """
        try:
            answer = await self._reader.read(block.area, block.start, block.count)
        except Refused:
            self._answered()
            raise
        except (NotSent, Unknown) as error:
            self._unanswered(error)
            raise Lost(str(error)) from error
        self._answered()
        return block.samples(answer, now_ms())

    def _group(self, interval: float, sink: Sink) -> "_Group":
        group = self._groups.get(interval)
        if group is None:
            group = self._groups[interval] = _Group(interval, sink)
            group.task = asyncio.create_task(self._poll(group), name=f"modbus poll {interval} s")
        group.sink = sink
        return group

    def _forget(self, names: set[str]) -> None:
        for group in self._groups.values():
            for name in names & group.tags.keys():
                del group.tags[name]

    def _replan(self) -> None:
        for interval, group in list(self._groups.items()):
            group.blocks = self._plan(list(group.tags.values()))
            if not group.tags:
                group.stop()
                del self._groups[interval]

    async def _poll(self, group: "_Group") -> None:
        clock = asyncio.get_running_loop().time
        due = clock()
        while True:
            due += group.interval
            behind = clock() - due
            if behind > 0:
                skipped = int(behind // group.interval) + 1
                self.late += skipped
                due += skipped * group.interval
            await asyncio.sleep(due - clock())
            samples: list[Sample] = []
            for block in group.blocks:
                samples += await self._poll_block(block)
            if samples:
                group.sink(samples)

    async def _poll_block(self, block: Block) -> list[Sample]:
        try:
            return await self._ask(block)
        except Refused as error:
            return block.bad(error.code, now_ms())
        except Lost:
            return []  # `alive` tells

    async def unsubscribe(self, names: Sequence[str]) -> None:
        """See `Adapter.unsubscribe`."""
        self._forget(set(names))
        self._replan()

    async def read(self, tags: Sequence[Tag]) -> list[Sample]:
        """See `Adapter.read`; a refused tag is a bad sample."""
        found: dict[str, Sample] = {}
        for block in self._plan(tags):
            refused: dict[str, str] = {}
            found |= {sample.tag: sample for sample in await self._try(block, refused)}
            now = now_ms()
            for name, reason in refused.items():
                found[name] = Sample(name, None, Quality.BAD, reason, None, now)
        return [found[tag.name] for tag in tags]

    async def write(self, writes: Sequence[Write], *, timeout: float) -> None:
        """See `Adapter.write`; all values lie side by side, for one request writes one stretch."""
        area, start, values = _stretch(writes)
        link = await self._open_writer()
        try:
            await link.write(area, start, values, timeout)
        except Unknown:
            if link is not self._reader:
                self._drop_writer()  # its late answer is nobody's
            raise

    async def _open_writer(self) -> Link:
        if self._shared:
            return self._reader
        if self._writer is None or not self._writer.connected:
            self._drop_writer()
            writer = self._new_link()
            try:
                await writer.connect()
            except Lost as error:
                writer.close()
                raise NotSent(str(error)) from error
            self._writer = writer
        return self._writer

    def _drop_writer(self) -> None:
        if self._writer is not None:
            self._writer.close()
            self._writer = None

    async def call(self, method: str, arguments: Sequence[Value], *, timeout: float) -> list[Value]:
        """Modbus has no methods.

        Raises:
            Refused: always.
        """
        raise Refused(f"Modbus has no methods, so {method} cannot be called; write registers")

    async def close(self) -> None:
        """See `Adapter.close`."""
        groups, self._groups = list(self._groups.values()), {}
        tasks = [task for task in (self._proving, *(g.task for g in groups)) if task]
        for task in tasks:
            task.cancel()
        self._drop_writer()
        self._reader.close()
        await asyncio.gather(*tasks, return_exceptions=True)


class _Group:
    """Tags with the same interval, and the task that polls them."""

    def __init__(self, interval: float, sink: Sink) -> None:
        self.interval = interval
        self.sink = sink
        self.tags: dict[str, Tag] = {}
        self.blocks: list[Block] = []
        self.task: asyncio.Task[None] | None = None

    def stop(self) -> None:
        if self.task is not None:
            self.task.cancel()


def _stretch(writes: Sequence[Write]) -> tuple[Area, int, list[int]]:
    """The registers, or coils, that one request writes.

    Raises:
        NotSent: if there is a hole between them, or a value that does not fit.
    """
    try:
        parts = sorted(
            ((place(w.tag), w) for w in writes), key=lambda part: (part[0].area, part[0].address)
        )
        area, start = parts[0][0].area, parts[0][0].address
        values: list[int] = []
        for spot, write in parts:
            if spot.area is not area or spot.address != start + len(values):
                raise NotSent(
                    f"{write.tag.name} ({write.tag.address}) does not lie next to the others; one "
                    "request writes one stretch of registers"
                )
            if not area.writable or spot.bit is not None:
                raise NotSent(f"{write.tag.name} ({write.tag.address}) cannot be written")
            values += [int(bool(write.value))] if area.has_bits else encode(write.tag, write.value)
    except (AddressInvalid, ValueError, IndexError) as error:
        raise NotSent(str(error) or "nothing to write") from error
    return area, start, values
