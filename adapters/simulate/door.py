"""The door through which faults are asked for: HTTP on loopback, for tests and demonstrations.

curl -X POST http://127.0.0.1:8502/faults/freeze -d '{"seconds": 10}'
"""

import asyncio
import json
from contextlib import suppress

from adapters.simulate.simulator import Simulator, UnknownFault
from adapters.simulate.wire import HOST

LONGEST = 65536
REASONS = {200: "OK", 400: "Bad Request", 404: "Not Found"}


class Door:
    """Answers `GET /` with what the machine does, and `POST /faults/{name}`."""

    def __init__(self, machine: Simulator) -> None:
        self._machine = machine
        self._server: asyncio.Server | None = None
        self.port = 0

    async def open(self, port: int = 0) -> None:
        """Listen on loopback."""
        self._server = await asyncio.start_server(self._serve, HOST, port, limit=LONGEST)
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        """Listen no longer."""
        if self._server is not None:
            self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            first, *lines = head.split("\r\n")
            headers = dict(line.lower().split(": ", 1) for line in lines if ": " in line)
            size = min(int(headers.get("content-length", "0")), LONGEST)
            method, path, *_ = [*first.split(" "), "", ""]
            status, answer = await self.answer(method, path, await reader.readexactly(size))
            body = json.dumps(answer).encode()
            told = (
                f"HTTP/1.1 {status} {REASONS[status]}\r\nContent-Type: application/json\r\n"
                f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
            )
            writer.write(told.encode() + body)
            await writer.drain()
        writer.close()

    async def answer(self, method: str, path: str, body: bytes) -> tuple[int, dict[str, object]]:
        """The status and what is answered."""
        machine = self._machine
        if (method, path) == ("GET", "/"):
            return 200, {
                "url": machine.url,
                "state": machine.state,
                "faults": sorted(machine.faults()),
                **vars(machine.memory.data),
            }
        if method != "POST" or not path.startswith("/faults/"):
            return 404, {"detail": "expected GET / or POST /faults/{name}"}
        try:
            given = json.loads(body or b"{}")
            await machine.fault(path.removeprefix("/faults/"), **given)
        except (UnknownFault, TypeError, ValueError) as error:
            return 400, {"detail": str(error)}
        return 200, {}
