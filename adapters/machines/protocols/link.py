"""One connection to a Modbus device: one request at a time, each sent once, faults by name."""

import asyncio
import logging
import ssl
from collections.abc import Awaitable, Sequence
from contextlib import suppress
from dataclasses import dataclass, fields
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

from pymodbus import FramerType, ModbusException
from pymodbus.client import AsyncModbusSerialClient, AsyncModbusTcpClient, AsyncModbusTlsClient
from pymodbus.client.base import ModbusBaseClient
from pymodbus.exceptions import ConnectionException, ParameterException
from pymodbus.pdu import ModbusPDU

from adapters.machines.core import AddressInvalid, Lost, NotSent, Refused, Unknown
from adapters.machines.protocols.codec import Area

# It reports each failed request as an error of its own; ours go where everything else goes.
logging.getLogger("pymodbus.logging").setLevel(logging.CRITICAL)

# Modbus application protocol 1.1b3, chapter 7.
EXCEPTIONS = {
    1: "ILLEGAL_FUNCTION",
    2: "ILLEGAL_DATA_ADDRESS",
    3: "ILLEGAL_DATA_VALUE",
    4: "SERVER_DEVICE_FAILURE",
    5: "ACKNOWLEDGE",
    6: "SERVER_DEVICE_BUSY",
    8: "MEMORY_PARITY_ERROR",
    10: "GATEWAY_PATH_UNAVAILABLE",
    11: "GATEWAY_TARGET_DEVICE_FAILED_TO_RESPOND",
}
# "Accepted, takes long", and "sent on to the bus, nobody answered": it may be done, or will be.
UNDECIDED = (5, 11)
SCHEMES = ("tcp", "rtu+tcp", "serial", "tls")
DEFAULT_PORT, DEFAULT_TLS_PORT = 502, 802


@dataclass(frozen=True, slots=True)
class Line:
    """How a serial line is set; both ends must agree."""

    baudrate: int = 19200
    bytesize: int = 8
    parity: str = "N"
    stopbits: int = 1


@dataclass(frozen=True, slots=True)
class Way:
    """How a device is reached: `tcp://host:502`, `serial:///dev/ttyUSB0?baudrate=19200` …"""

    scheme: str
    host: str
    port: int
    line: Line

    @property
    def shared(self) -> bool:
        """Whether all requests go one after the other over one line, as on a bus."""
        return self.scheme in ("rtu+tcp", "serial")


def way(url: str) -> Way:
    """Read a URL.

    Raises:
        AddressInvalid: with an example.
    """
    parts = urlsplit(url)
    if parts.scheme == "serial":
        return Way("serial", parts.path, 0, _line(url, parts.query))
    if parts.scheme not in SCHEMES or not parts.hostname:
        raise AddressInvalid(
            f"{url!r} leads to no Modbus device; expected tcp://host:502, rtu+tcp://host:502, "
            "tls://host:802 or serial:///dev/ttyUSB0?baudrate=19200"
        )
    default = DEFAULT_TLS_PORT if parts.scheme == "tls" else DEFAULT_PORT
    return Way(parts.scheme, parts.hostname, parts.port or default, Line())


def _line(url: str, query: str) -> Line:
    try:
        given = dict(parse_qsl(query, strict_parsing=True)) if query else {}
        parity = given.pop("parity", "N")
        line = Line(parity=parity, **{name: int(text) for name, text in given.items()})
    except (TypeError, ValueError) as error:
        expected = ", ".join(field.name for field in fields(Line))
        raise AddressInvalid(f"{url!r}: {error}; expected {expected}") from error
    if line.parity not in ("N", "E", "O"):
        raise AddressInvalid(f"{url!r}: parity {line.parity}, expected N, E or O")
    return line


def tls_context(ca: str, certificate: str, key: str) -> ssl.SSLContext:
    """Both sides show a certificate (Modbus/TCP Security, 2018)."""
    context = ssl.create_default_context(cafile=ca)
    context.load_cert_chain(Path(certificate), Path(key))
    return context


class Link:
    """A connection that is used until it fails, and thrown away then."""

    def __init__(
        self, way: Way, device: int, timeout: float, context: ssl.SSLContext | None = None
    ) -> None:
        self._way = way
        self._device = device
        self._timeout = timeout
        self._context = context
        self._client: ModbusBaseClient | None = None
        self._lock = asyncio.Lock()
        self._unanswered = False

    @property
    def connected(self) -> bool:
        """Whether there is a connection, as far as our side knows."""
        return self._client is not None and self._client.connected

    async def connect(self) -> None:
        """Open it.

        Raises:
            Lost: if nobody listens there.
        """
        try:
            self._client = self._make_client()
            opened = await self._client.connect()
        except (OSError, ssl.SSLError) as error:
            raise Lost(f"{self._where()} cannot be reached: {error}") from error
        if not opened:
            raise Lost(
                f"{self._where()} does not accept a connection; is it on, is the port right?"
            )

    def _where(self) -> str:
        return self._way.host + (f":{self._way.port}" if self._way.port else "")

    def _make_client(self) -> ModbusBaseClient:
        # No retries: the library would send a write again that the machine has carried out. No
        # reconnection: it would happen behind our back, in the middle of a command.
        host, port, line, timeout = self._way.host, self._way.port, self._way.line, self._timeout
        if self._way.scheme == "serial":
            return AsyncModbusSerialClient(
                host,
                baudrate=line.baudrate,
                bytesize=line.bytesize,
                parity=line.parity,
                stopbits=line.stopbits,
                timeout=timeout,
                retries=0,
                reconnect_delay=0,
            )
        if self._way.scheme == "tls":
            context = self._context or ssl.create_default_context()
            return AsyncModbusTlsClient(
                host, port=port, sslctx=context, timeout=timeout, retries=0, reconnect_delay=0
            )
        framer = FramerType.RTU if self._way.scheme == "rtu+tcp" else FramerType.SOCKET
        return AsyncModbusTcpClient(
            host, port=port, framer=framer, timeout=timeout, retries=0, reconnect_delay=0
        )

    async def read(self, area: Area, start: int, count: int) -> list[int] | list[bool]:
        """Ask for registers or bits.

        Raises:
            NotSent, Refused, Unknown: the last if no answer came, or half of one.
        """
        async with self._lock:
            client = await self._ready()
            ask = {
                Area.HOLDING: client.read_holding_registers,
                Area.INPUT: client.read_input_registers,
                Area.COIL: client.read_coils,
                Area.DISCRETE: client.read_discrete_inputs,
            }[area]
            answer = await self._answer(ask(start, count=count, device_id=self._device))
        found = list(answer.bits) if area.has_bits else list(answer.registers)
        if len(found) < count:
            raise Unknown(f"{len(found)} of {count} values were answered")
        return found

    async def write(self, area: Area, start: int, values: Sequence[int], timeout: float) -> None:
        """Send one write, once.

        Raises:
            NotSent, Refused, Unknown: see `adapters.machines.core`.
        """
        async with self._lock:
            client = await self._ready()
            client.ctx.comm_params.timeout_connect = timeout
            try:
                await self._answer(self._write(client, area, start, values))
            finally:
                client.ctx.comm_params.timeout_connect = self._timeout

    def _write(
        self, client: ModbusBaseClient, area: Area, start: int, values: Sequence[int]
    ) -> Awaitable[ModbusPDU]:
        device = self._device
        if area is Area.COIL:
            if len(values) == 1:
                return client.write_coil(start, bool(values[0]), device_id=device)
            return client.write_coils(start, [bool(v) for v in values], device_id=device)
        if len(values) == 1:
            return client.write_register(start, values[0], device_id=device)
        return client.write_registers(start, list(values), device_id=device)

    async def _ready(self) -> ModbusBaseClient:
        if self._unanswered and self._way.shared:
            # RTU has no numbers: a late answer would be taken for the answer to the next request.
            await asyncio.sleep(self._timeout)
        self._unanswered = False
        if self._client is None or not self._client.connected:
            raise NotSent(f"{self._where()} is not connected")
        return self._client

    async def _answer(self, request: Awaitable[ModbusPDU]) -> ModbusPDU:
        self._unanswered = True
        try:
            answer = await request
        except (ConnectionException, ParameterException, ValueError, TypeError) as error:
            self._unanswered = False
            raise NotSent(str(error)) from error
        except (ModbusException, OSError, TimeoutError) as error:
            raise Unknown(f"{self._where()} gave no answer") from error
        self._unanswered = False
        if answer.isError():
            self._refuse(answer)
        return answer

    def _refuse(self, answer: ModbusPDU) -> None:
        number = answer.exception_code
        name = EXCEPTIONS.get(number, f"EXCEPTION_{number}")
        if number in UNDECIDED:
            raise Unknown(f"{self._where()} answered {name}: it may be done, or will be")
        raise Refused(f"{self._where()} answered {name}", name)

    def close(self) -> None:
        """Let go at once; what is on its way is not waited for."""
        client, self._client = self._client, None
        if client is None:
            return
        transport = client.ctx.transport
        with suppress(OSError):
            client.close()
        if isinstance(transport, asyncio.WriteTransport):
            transport.abort()
