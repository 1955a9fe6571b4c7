"""Modbus over a serial line (two pseudo-terminals, back to back) and over TLS."""

import asyncio
import os
import ssl
import tty
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from asyncua.crypto.cert_gen import (
    dump_private_key_as_pem,
    generate_private_key,
    generate_self_signed_app_certificate,
)
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID
from pymodbus import FramerType
from pymodbus.server import ModbusSerialServer, ModbusTlsServer
from pymodbus.simulator import DataType, SimData, SimDevice

from adapters.machines.core import AddressInvalid, Lost, Tag, Write
from adapters.machines.protocols.modbus import Machine
from tests.support.machines.modbus import HOST, port_of
from tests.support.machines.samples import Samples, run

FAST = 0.05


def device_of(number: int) -> SimDevice:
    return SimDevice(id=number, simdata=[SimData(0, values=[9] * 10, datatype=DataType.REGISTERS)])


@asynccontextmanager
async def null_modem() -> AsyncIterator[tuple[str, str]]:
    """The paths of the two ends of a serial cable."""
    loop = asyncio.get_running_loop()
    (one, near), (other, far) = os.openpty(), os.openpty()
    for end in (near, far):
        tty.setraw(end)
    for source, sink in ((one, other), (other, one)):
        loop.add_reader(source, lambda a=source, b=sink: os.write(b, os.read(a, 512)))  # type: ignore[misc]
    try:
        yield os.ttyname(near), os.ttyname(far)
    finally:
        for end in (one, other):
            loop.remove_reader(end)
        for end in (one, other, near, far):
            os.close(end)


def test_a_serial_line_is_polled_and_written() -> None:
    async def walk() -> None:
        async with null_modem() as (ours, theirs):
            server = ModbusSerialServer(
                device_of(7), framer=FramerType.RTU, port=theirs, baudrate=19200
            )
            await server.serve_forever(background=True)
            url = f"serial://{ours}?baudrate=19200&parity=N&stopbits=1"
            machine, sink = Machine.make(url, {"device_id": 7}), Samples()
            await machine.connect()
            await machine.subscribe([Tag("a", "holding:0", interval=FAST)], sink)
            await machine.write([Write(Tag("a", "holding:0"), 77)], timeout=2)
            await sink.until(lambda s: s.values("a")[-1:] == [77])
            await machine.close()
            await server.shutdown()

    run(walk())


def test_a_serial_port_that_is_not_there_is_lost() -> None:
    async def walk() -> None:
        with pytest.raises(Lost):
            await Machine.make("serial:///dev/no-such-port", {}).connect()

    run(walk())


def certificate(folder: Path, name: str) -> tuple[Path, Path]:
    key = generate_private_key()
    names = [x509.DNSName("localhost"), x509.DNSName(HOST)]
    usage = [ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.SERVER_AUTH]
    made = generate_self_signed_app_certificate(key, name, {}, names, usage, 2)
    (folder / f"{name}.key").write_bytes(dump_private_key_as_pem(key))
    (folder / f"{name}.pem").write_bytes(made.public_bytes(Encoding.PEM))
    return folder / f"{name}.pem", folder / f"{name}.key"


@asynccontextmanager
async def secured(folder: Path) -> AsyncIterator[str]:
    """A device that asks its clients for a certificate too."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate(folder, "device"))
    context.load_verify_locations(certificate(folder, "gateway")[0])
    context.verify_mode = ssl.CERT_REQUIRED
    server = ModbusTlsServer(device_of(1), address=(HOST, 0), sslctx=context)
    await server.serve_forever(background=True)
    try:
        yield f"tls://localhost:{port_of(server)}"
    finally:
        await server.shutdown()


def test_over_tls_both_sides_show_a_certificate(tmp_path: Path) -> None:
    async def walk() -> None:
        async with secured(tmp_path) as url:
            files = {
                "ca": str(tmp_path / "device.pem"),
                "certificate": str(tmp_path / "gateway.pem"),
                "key": str(tmp_path / "gateway.key"),
            }
            machine = Machine.make(url, files)
            await machine.connect()
            assert [s.value for s in await machine.read([Tag("a", "holding:0")])] == [9]
            await machine.close()
            with pytest.raises(Lost):  # a device that somebody else's authority vouches for
                await Machine.make(url, {**files, "ca": files["certificate"]}).connect()
            with pytest.raises(AddressInvalid, match="needs the options ca"):
                Machine.make(url, {"ca": files["ca"]})

    run(walk())
