"""The wire before a simulated machine: it can stand still, be late, lose halves, and be cut."""

import asyncio
from contextlib import suppress

HOST = "127.0.0.1"
CHUNK = 65536


class Wire:
    """Forwards between its own port and the machine's.

    Frozen, it takes what comes and keeps it: both ends see an open connection and no answer. What
    was kept goes on after the thaw, as with a machine that stood still.
    """

    def __init__(self) -> None:
        self.connections = 0
        self.kept = 0
        self.port = 0
        self.late = 0.0
        self.half = False
        self.deaf_from: float | None = None
        self._target = 0
        self._server: asyncio.Server | None = None
        self._flows = asyncio.Event()
        self._flows.set()
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    async def open(self, target: int, port: int = 0) -> None:
        """Listen, and forward to the port `target`."""
        self._target = target
        self._server = await asyncio.start_server(self._serve, HOST, port)
        self.port = self._server.sockets[0].getsockname()[1]

    def lead_to(self, target: int) -> None:
        """Forward new connections to another port."""
        self._target = target

    def freeze(self) -> None:
        """Keep everything from now on."""
        self._flows.clear()

    def thaw(self) -> None:
        """Let go what was kept, and what comes."""
        self._flows.set()

    def cut(self) -> None:
        """Reset every connection; new ones are possible."""
        for writer in self._writers:
            writer.transport.abort()
        self._writers.clear()

    async def off(self, seconds: float) -> None:
        """Nobody listens for a while, as if the machine had no power."""
        if self._server is None:
            return
        self._server.close()
        self.cut()
        await asyncio.sleep(seconds)
        self._server = await asyncio.start_server(self._serve, HOST, self.port)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            far_reader, far_writer = await asyncio.open_connection(HOST, self._target)
        except OSError:
            writer.transport.abort()
            return
        self._writers |= {writer, far_writer}
        for source, sink, answers in (
            (reader, far_writer, False),
            (far_reader, writer, True),
        ):
            task = asyncio.create_task(self._pump(source, sink, answers))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _pump(
        self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, answers: bool
    ) -> None:
        with suppress(OSError):
            while data := await source.read(CHUNK):
                self.kept += not self._flows.is_set()
                await self._flows.wait()
                if answers and self.half:
                    data, self.half = data[: len(data) // 2], False
                    self.freeze()
                if answers and self.late:
                    await asyncio.sleep(self.late)
                sink.write(data)
        sink.transport.abort()
        self._writers.discard(sink)

    async def close(self) -> None:
        """Let go of everything."""
        if self._server is not None:
            self._server.close()
        self.cut()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
