"""Modbus devices in this process: one that obeys, and one whose answers are written by hand."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager

from pymodbus import FramerType
from pymodbus.constants import ExcCodes
from pymodbus.server import ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice

Action = Callable[
    [int, int, int, int, list[int], list[int] | list[bool] | None], Awaitable[ExcCodes | None]
]
Answer = Callable[[bytes, asyncio.StreamWriter], Awaitable[None]]
HOST = "127.0.0.1"


def port_of(server: ModbusTcpServer) -> int:
    sockets = server.transport.sockets  # type: ignore[attr-defined]
    return int(sockets[0].getsockname()[1])


@asynccontextmanager
async def device(
    registers: Mapping[int, list[int]] | None = None,
    *,
    action: Action | None = None,
    framer: FramerType = FramerType.SOCKET,
) -> AsyncIterator[tuple[str, ModbusTcpServer]]:
    """A device with these stretches of registers and none beside them; its URL and server."""
    data = [
        SimData(start, values=values, datatype=DataType.REGISTERS)
        for start, values in (registers or {0: [0] * 200}).items()
    ]
    server = ModbusTcpServer(
        SimDevice(id=1, simdata=data, action=action), framer=framer, address=(HOST, 0)
    )
    await server.serve_forever(background=True)
    scheme = "rtu+tcp" if framer is FramerType.RTU else "tcp"
    try:
        yield f"{scheme}://{HOST}:{port_of(server)}", server
    finally:
        await server.shutdown()


@asynccontextmanager
async def bytes_device(answer: Answer) -> AsyncIterator[str]:
    """A device that does with each request what the test says; its URL."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while request := await reader.read(512):
                await answer(request, writer)
        except (ConnectionError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, HOST, 0)
    try:
        yield f"tcp://{HOST}:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
