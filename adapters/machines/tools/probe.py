"""Read a few values and show every way in which they could be meant."""

import json
import struct
from collections.abc import Mapping, Sequence

from adapters.machines.core import AddressInvalid, Sample, Tag
from adapters.machines.protocols.codec import FORMATS, ORDERS, decode
from adapters.machines.protocols.modbus import Machine as Modbus
from adapters.machines.protocols.opcua import Machine as OpcUa

PARTS = ((1, ("uint16", "int16")), (2, ("uint32", "int32", "float32")))
LONG = (4, ("uint64", "int64", "float64"))
LONGEST = 60
BITS = ("coil", "discrete")
OPC_SCHEME = "opc.tcp:"


async def probe(url: str, addresses: Sequence[str], options: Mapping[str, object]) -> list[str]:
    """Lines to print: OPC UA values with type and quality, Modbus registers in all orders.

    A Modbus address may say how many registers to read: `holding:10x4`.

    Raises:
        AddressInvalid: if an address is none.
        Lost: if the machine cannot be reached.
    """
    if url.startswith(OPC_SCHEME):
        return await _nodes(url, addresses, options)
    lines: list[str] = []
    machine = Modbus.make(url, options)
    wanted = [_tags(address) for address in addresses]
    try:
        await machine.connect()
        for tags in wanted:
            lines += await _registers(machine, tags)
    finally:
        await machine.close()
    return lines


def _tags(address: str) -> list[Tag]:
    start, _, count = address.partition("x")
    area, _, first = start.partition(":")
    number = int(count) if count.isdigit() else (1 if area in BITS else 4)
    if not first.isdigit() or not 1 <= number <= LONGEST:
        raise AddressInvalid(f"{address!r}: expected holding:10, or holding:10x4 for 4 registers")
    places = (f"{area}:{int(first) + n}" for n in range(number))
    tags = [Tag(place, place) for place in places]
    Modbus.check({}, tags)
    return tags


async def _registers(machine: Modbus, tags: Sequence[Tag]) -> list[str]:
    start, number = tags[0].name, len(tags)
    samples = await machine.read(tags)
    if start.partition(":")[0] in BITS or any(sample.value is None for sample in samples):
        return [f"{s.tag}  {s.reason if s.value is None else s.value}" for s in samples]
    registers = [int(str(sample.value)) for sample in samples]
    lines = [
        f"{start}  {' '.join(f'{register:04X}' for register in registers)}  {_text(registers)}"
    ]
    for size, types in (*PARTS, LONG):
        if size <= number:
            lines += table(start, registers[:size], types)
    return lines


def table(address: str, registers: Sequence[int], types: Sequence[str]) -> list[str]:
    """The same registers as each type in each order, side by side."""
    orders = ORDERS if len(registers) > 1 else ("ABCD", "BADC")
    head = f"  {len(registers)} registers".ljust(16) + "".join(f"{order:>24}" for order in orders)
    lines = [head]
    for kind in types:
        found = (decode(Tag(kind, address, kind, order), registers) for order in orders)
        cells = "".join(f"{_cell(kind, value, reason):>24}" for value, reason in found)
        lines.append(f"  {kind:14}{cells}")
    return lines


def _cell(kind: str, value: object, reason: str | None) -> str:
    if value is None:
        return str(reason)
    if isinstance(value, float):
        return f"{value:.7g}" if FORMATS[kind] == "f" else f"{value:.15g}"
    return str(value)


def _text(registers: Sequence[int]) -> str:
    """The registers as letters, a dot for what is none."""
    raw = struct.pack(f">{len(registers)}H", *registers)
    return "".join(chr(byte) if 32 <= byte < 127 else "." for byte in raw)


async def _nodes(url: str, addresses: Sequence[str], options: Mapping[str, object]) -> list[str]:
    tags = [Tag(address, address) for address in addresses]
    OpcUa.check(options, tags)
    machine = OpcUa.make(url, options)
    try:
        await machine.connect()
        samples = await machine.read(tags)
        return [_line(sample) for sample in samples]
    finally:
        await machine.close()


def _line(sample: Sample) -> str:
    value = sample.reason if sample.value is None else json.dumps(sample.value, ensure_ascii=False)
    kind = "-" if sample.value is None else type(sample.value).__name__
    if sample.source_ms is None:
        clock = "tells no time"
    else:
        clock = f"clock {(sample.source_ms - sample.received_ms) / 1000:+.1f} s"
    return f"{sample.tag}  {value}  {kind}  {sample.quality}  {clock}"
