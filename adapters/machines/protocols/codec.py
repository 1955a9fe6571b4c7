"""Numbers and texts in 16-bit registers: every type in all four orders, and where they lie.

Our own, because no two devices agree and libraries know the order of words only (ADR 0011).
"""

import math
import re
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from adapters.machines.core import AddressInvalid, Tag, Value

ORDERS = ("ABCD", "CDAB", "BADC", "DCBA")
FORMATS = {
    "int16": "h",
    "uint16": "H",
    "int32": "i",
    "uint32": "I",
    "int64": "q",
    "uint64": "Q",
    "float32": "f",
    "float64": "d",
}
TYPES = ("auto", "bool", *FORMATS, "string")
LAST_ADDRESS = 65535
LONGEST_TEXT = 60  # registers
NOT_A_NUMBER = "nan"

_PLACE = re.compile(r"(holding|input|coil|discrete):(\d{1,5})(?:\.(\d{1,2}))?")
_MODICON = re.compile(r"[0134]\d{4,5}")
_MODICON_AREAS = {"0": "coil", "1": "discrete", "3": "input", "4": "holding"}

# How the words are packed, and how the bytes are read then. Worked out once: of the value's bytes
# A B C D the wire has, word by word, AB CD | CD AB | BA DC | DC BA; packing a word little-endian
# swaps its two bytes.
_ENDS = {"ABCD": (">", ">"), "CDAB": ("<", "<"), "BADC": ("<", ">"), "DCBA": (">", "<")}

Decoder = Callable[[bytes, bytes, int], tuple[Value, str | None]]


class Area(StrEnum):
    """The four tables of a Modbus device."""

    HOLDING = "holding"
    INPUT = "input"
    COIL = "coil"
    DISCRETE = "discrete"

    @property
    def has_bits(self) -> bool:
        """Whether an address names a bit, and not a register."""
        return self in (Area.COIL, Area.DISCRETE)

    @property
    def writable(self) -> bool:
        """Whether the protocol can write there at all."""
        return self in (Area.HOLDING, Area.COIL)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a value begins, as the request says it: the first register is 0."""

    area: Area
    address: int
    bit: int | None
    words: int


def place(tag: Tag) -> Place:
    """Where a tag lies and how long it is.

    Raises:
        AddressInvalid: naming the tag and the cure.
    """
    found = _PLACE.fullmatch(tag.address)
    if not found:
        raise AddressInvalid(f"Tag {tag.name}: {_cure(tag.address)}")
    area, address = Area(found[1]), int(found[2])
    bit = int(found[3]) if found[3] else None
    words = _words(tag, area, bit)
    if address + words - 1 > LAST_ADDRESS:
        raise AddressInvalid(
            f"Tag {tag.name}: {tag.address} ends beyond the last register, {LAST_ADDRESS}; "
            f"it is {words} registers long"
        )
    _check_writable(tag, area, bit)
    return Place(area, address, bit, words)


def _cure(address: str) -> str:
    if _MODICON.fullmatch(address):
        area, number = _MODICON_AREAS[address[0]], int(address[1:])
        return f"{address} is written {area}:{max(number - 1, 0)} here, counted from 0"
    return (
        f"{address!r} is no Modbus address; expected holding:10, input:4, coil:0, discrete:3, or "
        "holding:10.3 for bit 3 of a register"
    )


def _words(tag: Tag, area: Area, bit: int | None) -> int:
    if tag.type not in TYPES:
        raise AddressInvalid(f"Tag {tag.name}: type {tag.type!r} is none of {', '.join(TYPES)}")
    if tag.order not in ORDERS:
        raise AddressInvalid(f"Tag {tag.name}: order {tag.order!r} is none of {', '.join(ORDERS)}")
    if area.has_bits or bit is not None:
        _check_bit(tag, area, bit)
        return 1
    if tag.type == "bool":
        raise AddressInvalid(f"Tag {tag.name}: name the bit, as in {tag.address}.0, or use uint16")
    if tag.type == "string":
        if tag.length is None or not 1 <= tag.length <= LONGEST_TEXT:
            raise AddressInvalid(
                f"Tag {tag.name}: a string needs its length in registers, 1 to {LONGEST_TEXT}"
            )
        return tag.length
    return struct.calcsize(FORMATS.get(tag.type, "H")) // 2


def _check_bit(tag: Tag, area: Area, bit: int | None) -> None:
    if tag.type not in ("auto", "bool"):
        raise AddressInvalid(f"Tag {tag.name}: {tag.address} is one bit, so its type is bool")
    if bit is not None and area.has_bits:
        raise AddressInvalid(f"Tag {tag.name}: {area}:{tag.address} has no bits of its own")
    if bit is not None and bit > 15:
        raise AddressInvalid(f"Tag {tag.name}: bit {bit} of a register, expected 0 to 15")


def _check_writable(tag: Tag, area: Area, bit: int | None) -> None:
    if tag.writable and not area.writable:
        raise AddressInvalid(f"Tag {tag.name}: {area} cannot be written; only holding and coil can")
    if tag.writable and bit is not None:
        raise AddressInvalid(
            f"Tag {tag.name}: one bit of a register cannot be written without reading the others "
            "first; use a coil or the whole register"
        )


def decoder(tag: Tag, bit: int | None = None) -> Decoder:
    """A function that finds the value of a tag in a block of registers.

    It is given the block packed big-endian, the block packed little-endian word by word, and where
    the tag begins (in registers); it answers the value and, where there is none, the reason.
    """
    if bit is not None:
        return _bit_decoder(bit)
    packing, reading = _ENDS[tag.order]
    if tag.type == "string":
        return _text_decoder(packing, (tag.length or 1) * 2)
    number = struct.Struct(reading + FORMATS.get(tag.type, "H"))
    big = packing == ">"
    if tag.type in ("float32", "float64"):
        return _float_decoder(number, big)

    def integer(high: bytes, low: bytes, at: int) -> tuple[Value, str | None]:
        return number.unpack_from(high if big else low, at * 2)[0], None

    return integer


def _bit_decoder(bit: int) -> Decoder:
    def one_bit(high: bytes, low: bytes, at: int) -> tuple[Value, str | None]:
        return bool(high[at * 2 + (bit < 8)] >> (bit & 7) & 1), None

    return one_bit


def _text_decoder(packing: str, size: int) -> Decoder:
    def text(high: bytes, low: bytes, at: int) -> tuple[Value, str | None]:
        raw = (high if packing == ">" else low)[at * 2 : at * 2 + size]
        return raw.split(b"\0")[0].decode("utf-8", "replace").strip(), None

    return text


def _float_decoder(number: struct.Struct, big: bool) -> Decoder:
    def real(high: bytes, low: bytes, at: int) -> tuple[Value, str | None]:
        value: float = number.unpack_from(high if big else low, at * 2)[0]
        # JSON has no NaN, SQLite stores it as NULL, and PostgreSQL's averages catch it.
        return (value, None) if math.isfinite(value) else (None, NOT_A_NUMBER)

    return real


def decode(tag: Tag, registers: Sequence[int]) -> tuple[Value, str | None]:
    """The value of a tag whose registers these are, or None and the reason."""
    high = struct.pack(f">{len(registers)}H", *registers)
    low = struct.pack(f"<{len(registers)}H", *registers)
    return decoder(tag)(high, low, 0)


def encode(tag: Tag, value: Value) -> list[int]:
    """The registers that hold a value of a tag.

    Raises:
        ValueError: where the type cannot hold the value.
    """
    packing, reading = _ENDS[tag.order]
    if tag.type == "string":
        raw = str(value).encode()
        size = (tag.length or 1) * 2
        if len(raw) > size:
            raise ValueError(f"{value!r} is longer than {size} bytes")
        raw = raw.ljust(size, b"\0")
    else:
        raw = _number(tag, value, reading)
    return list(struct.unpack(f"{packing}{len(raw) // 2}H", raw))


def _number(tag: Tag, value: Value, reading: str) -> bytes:
    code = FORMATS.get(tag.type, "H")
    if value is None or isinstance(value, str):
        raise ValueError(f"{value!r} is no number")
    if code not in "fd":
        if value != int(value):
            raise ValueError(f"{value!r} is no whole number, and {tag.name} holds only these")
        value = int(value)
    try:
        return struct.pack(reading + code, value)
    except (struct.error, OverflowError) as error:
        raise ValueError(f"{value!r} does not fit into {tag.type} of {tag.name}") from error
