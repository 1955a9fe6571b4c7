"""A simulated machine behind Modbus registers."""

import struct
import time
from collections.abc import Iterable
from typing import ClassVar

from pymodbus import FramerType
from pymodbus.constants import ExcCodes
from pymodbus.server import ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice

from adapters.simulate.simulator import Simulator
from adapters.simulate.wire import HOST

SIZE = 400
WRITES = (5, 6, 15, 16, 22, 23)


def u32(value: int) -> list[int]:
    """High word first."""
    return [value >> 16 & 0xFFFF, value & 0xFFFF]


def u32_low_first(value: int) -> list[int]:
    """Low word first, as many controllers have it (CDAB)."""
    return [value & 0xFFFF, value >> 16 & 0xFFFF]


def f32(value: float) -> list[int]:
    """High word first."""
    return list(struct.unpack(">HH", struct.pack(">f", value)))


def f32_swapped(value: float) -> list[int]:
    """The bytes of each word swapped (BADC)."""
    return list(struct.unpack("<HH", struct.pack(">f", value)))


def number(registers: list[int], at: int) -> int:
    """An unsigned number of two registers, high word first."""
    return registers[at] << 16 | registers[at + 1]


def real(registers: list[int], at: int) -> float:
    """A real number of two registers, high word first."""
    [value] = struct.unpack(">f", struct.pack(">HH", *registers[at : at + 2]))
    return float(value)


class RegisterMachine(Simulator):
    """A machine whose image is a table of registers; holding and input are the same table."""

    framer: ClassVar[FramerType] = FramerType.SOCKET

    def __init__(self, **options: object) -> None:
        super().__init__(**options)  # type: ignore[arg-type]
        self.registers = [0] * SIZE
        self._server: ModbusTcpServer | None = None

    def image(self) -> Iterable[tuple[int, list[int]]]:
        """What the machine shows: stretches of registers by their address."""
        return ()

    def written(self, address: int, values: list[int]) -> ExcCodes | None:
        """Registers were written; an exception refuses them."""
        return ExcCodes.ILLEGAL_ADDRESS

    def refresh(self) -> None:
        """Bring the table up to what the machine shows, all of it between two requests."""
        for address, values in self.image():
            self.registers[address : address + len(values)] = values

    async def serve(self) -> int:
        """See `Simulator`."""
        memory = SimData(0, values=self.registers, datatype=DataType.REGISTERS)
        device = SimDevice(id=1, simdata=[memory], action=self._asked)
        self._server = ModbusTcpServer(device, framer=self.framer, address=(HOST, 0))
        await self._server.serve_forever(background=True)
        return int(self._server.transport.sockets[0].getsockname()[1])  # type: ignore[attr-defined]

    async def unserve(self) -> None:
        """See `Simulator`."""
        if self._server is not None:
            await self._server.shutdown()  # type: ignore[no-untyped-call]

    async def _asked(
        self,
        code: int,
        start: int,
        address: int,
        count: int,
        registers: list[int],
        values: list[int] | list[bool] | None,
    ) -> ExcCodes | None:
        if time.monotonic() < self.wrong.busy_until:
            return ExcCodes.DEVICE_BUSY
        if code in WRITES and values:
            words = [int(value) for value in values]
            refused = self.written(address, words)
            if refused is None:
                self.registers[address : address + len(words)] = words
            return refused
        self.refresh()
        registers[:] = self.registers
        return None

    async def fault_busy(self, seconds: float = 5.0) -> None:
        """Answer everything with the exception "busy"."""
        self.wrong.busy_until = time.monotonic() + seconds
