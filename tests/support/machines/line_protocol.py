"""A small real protocol, JSON by the line over TCP: proof that a new protocol is one file."""

import asyncio
import itertools
import json
import re
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any, Self
from urllib.parse import urlsplit

from adapters.clock import now_ms
from adapters.machines.core import (
    AddressInvalid,
    Lost,
    Notice,
    NotSent,
    Quality,
    Refused,
    Sample,
    SecurityRefused,
    Sink,
    Tag,
    Unknown,
    Value,
    Write,
)

ADDRESS = re.compile(r"[a-z][a-z0-9_]*")


class LineMachine:
    """One connection to one machine that speaks lines."""

    def __init__(self, host: str, port: int, timeout: float, password: str | None) -> None:
        self.drops = self.late = 0
        self.warnings: list[Notice] = []
        self._where = (host, port)
        self._timeout = timeout
        self._password = password
        self._numbers = itertools.count(1)
        self._waiting: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._sink: Sink = lambda samples: None
        self._names: dict[str, str] = {}  # address -> tag
        self._alive = time.monotonic()
        self._reading: asyncio.Task[None] | None = None
        self._writer: asyncio.StreamWriter | None = None

    @classmethod
    def check(cls, options: Mapping[str, object], tags: Sequence[Tag]) -> None:
        for tag in tags:
            if not ADDRESS.fullmatch(tag.address):
                raise AddressInvalid(
                    f"Tag {tag.name}: {tag.address!r} is no address; write a word in small letters"
                )
        if options.keys() - {"timeout_s", "security"}:
            raise AddressInvalid("options: there is timeout_s alone; remove the others")

    @classmethod
    def make(cls, url: str, options: Mapping[str, object]) -> Self:
        parts = urlsplit(url)
        if parts.hostname is None or parts.port is None:
            raise AddressInvalid(f"{url} leads nowhere; write line://HOST:PORT")
        security: Any = options.get("security", {})
        timeout = float(str(options.get("timeout_s", 0.5)))
        return cls(parts.hostname, parts.port, timeout, security.get("password"))

    async def connect(self) -> None:
        opening = asyncio.open_connection(*self._where, limit=1_000_000)
        async with asyncio.timeout(self._timeout):
            reader, self._writer = await opening
        self._reading = asyncio.create_task(self._read(reader))
        answer = await self._ask({"op": "hello", "password": self._password})
        if "refused" in answer:
            raise SecurityRefused(answer["refused"])

    async def subscribe(self, tags: Sequence[Tag], sink: Sink) -> Mapping[str, str]:
        self._sink = sink
        self._names |= {tag.address: tag.name for tag in tags}
        answer = await self._ask({"op": "watch", "names": [tag.address for tag in tags]})
        return {self._names[name]: why for name, why in answer["refused_items"].items()}

    async def unsubscribe(self, names: Sequence[str]) -> None:
        gone = [address for address, name in self._names.items() if name in names]
        for address in gone:
            del self._names[address]
        await self._ask({"op": "unwatch", "names": gone})

    async def read(self, tags: Sequence[Tag]) -> list[Sample]:
        answer = await self._ask({"op": "read", "names": [tag.address for tag in tags]})
        return [_sample(t.name, row) for t, row in zip(tags, answer["rows"], strict=True)]

    async def write(self, writes: Sequence[Write], *, timeout: float) -> None:
        values = {write.tag.address: write.value for write in writes}
        await self._do({"op": "write", "values": values}, timeout)

    async def call(self, method: str, arguments: Sequence[Value], *, timeout: float) -> list[Value]:
        answer = await self._do({"op": "call", "method": method, "arguments": arguments}, timeout)
        result: list[Value] = answer["result"]
        return result

    def alive(self) -> float:
        return self._alive

    async def close(self) -> None:
        if self._reading is not None:
            self._reading.cancel()
        if self._writer is not None:
            self._writer.transport.abort()

    # ---- the wire ----

    async def _do(self, request: dict[str, Any], timeout: float) -> dict[str, Any]:
        if self._writer is None or self._writer.is_closing():
            raise NotSent("not connected")
        try:
            answer = await self._ask(request, timeout)
        except (Lost, OSError, TimeoutError) as error:
            raise Unknown(f"no answer: {error!r}") from error
        if "refused" in answer:
            raise Refused(answer["refused"], answer.get("code", ""))
        return answer

    async def _ask(self, request: dict[str, Any], timeout: float | None = None) -> dict[str, Any]:
        if self._writer is None or self._writer.is_closing():
            raise Lost("the connection is closed")
        number = next(self._numbers)
        future = self._waiting[number] = asyncio.get_running_loop().create_future()
        try:
            self._writer.write(json.dumps(request | {"n": number}).encode() + b"\n")
            async with asyncio.timeout(timeout or self._timeout):
                return await future
        finally:
            del self._waiting[number]

    async def _read(self, reader: asyncio.StreamReader) -> None:
        with suppress(OSError, ValueError):
            while line := await reader.readline():
                self._alive = time.monotonic()
                self._take(json.loads(line))
        self._alive = 0.0  # nothing will come any more
        if self._writer is not None:
            self._writer.close()
        for future in self._waiting.values():
            if not future.done():
                future.set_exception(Lost("the machine closed the connection"))

    def _take(self, message: dict[str, Any]) -> None:
        if "push" in message:
            rows = message["push"].items()
            known = [(self._names[a], row) for a, row in rows if a in self._names]
            self._sink([_sample(name, row) for name, row in known])
            return
        future = self._waiting.get(message["n"])
        if future is not None and not future.done():
            future.set_result(message)


def _sample(name: str, row: list[Any]) -> Sample:
    value, quality, reason, source = row
    return Sample(name, value, Quality(quality), reason, source, now_ms())
