"""What a file is, told by its bytes; its name and the type that was declared are only compared.

A file is kept if it is a picture, a PDF or plain text. What a browser could run, and what nobody
could look at, is refused by name.
"""

import re
import struct
import unicodedata
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePosixPath

from engine.kernel.errors import Invalid

MAX_PIXELS = 64 * 1000 * 1000
MAX_SIDE = 30_000
NAME_LENGTH = 200

IMAGES = {
    "image/png": (".png",),
    "image/jpeg": (".jpg", ".jpeg", ".jpe", ".jfif"),
    "image/gif": (".gif",),
    "image/webp": (".webp",),
}
PDF, TEXT, CSV = "application/pdf", "text/plain", "text/csv"
# Programs of machines and protocols of measurements are text, too.
TEXTS = (
    ".txt", ".csv", ".tsv", ".log", ".md", ".asc", ".dat", ".dfq", ".gcode", ".mpf", ".nc", ".spf",
    ".tap",
)  # fmt: skip
ACCEPTED = "pictures (PNG, JPEG, WebP, GIF), PDF and plain text (CSV, too)"

_FOREIGN: tuple[tuple[str, str], ...] = (
    (r"....ftyp(?:hei[cxms]|hev[cx]|mif1|msf1|avif)", "a HEIC or AVIF photo; save it as JPEG"),
    (r"....ftyp|\x1aE\xdf\xa3", "a video; take a photo instead"),
    (r"II\*\0|MM\0\*", "a TIFF picture; save it as PNG"),
    (r"PK(?:\x03\x04|\x05\x06)", "an archive, as Word and Excel files are; save it as PDF"),
    (r"\xd0\xcf\x11\xe0", "an Office document; save it as PDF"),
    (r"MZ|\x7fELF|\xca\xfe\xba\xbe|#!", "a program"),
)
_FOREIGN_BYTES = tuple((re.compile(p.encode("latin-1"), re.DOTALL), what) for p, what in _FOREIGN)
_MARKUP = re.compile(
    rb"<\s*(?:!doctype|\?xml|(?:html|head|body|script|svg|iframe|frame|object|embed|img|style|link"
    rb"|meta|base|form|a|template|math)[\s>/])",
    re.IGNORECASE,
)
_CONTROL = re.compile(rb"[\x00-\x08\x0b\x0e-\x1f\x7f]")


class FileRefused(Invalid):
    """A file that is not kept here."""

    code = "file-refused"
    title = "File refused"


@dataclass(frozen=True, slots=True)
class Content:
    """What a file is; `width` and `height` are those of a picture. `name` is safe to show."""

    name: str
    media_type: str
    width: int | None = None
    height: int | None = None


def recognise(data: bytes, name: str) -> Content:
    """What the bytes are, under the name that fits them.

    Raises:
        FileRefused: if they are nothing that is kept, too large a picture, or not what the name
            says.
    """
    plain = _plain(name)
    if not data:
        raise FileRefused(f"{plain or 'The file'} is empty.")
    for kind, begins, measure in _PICTURES:
        if begins.match(data):
            size = measure(data)
            _check_picture(plain, kind, size)
            return Content(_named(plain, kind, IMAGES[kind], _ANY_IMAGE), kind, *size)
    if data.startswith(b"%PDF-"):
        return Content(_named(plain, PDF, (".pdf",), (".pdf",)), PDF)
    _check_text(data, plain)
    is_table = PurePosixPath(plain).suffix.lower() == ".csv"
    return Content(_named(plain, TEXT, (".txt",), TEXTS), CSV if is_table else TEXT)


def _plain(name: str) -> str:
    """The last part of a file's name, without what cannot be shown; short enough for every disk."""
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", name))[-1]
    shown = "".join(c for c in last if c.isprintable()).strip(" .")
    stem, dot, ending = shown.rpartition(".")
    if len(shown) <= NAME_LENGTH or not dot:
        return shown[:NAME_LENGTH]
    return stem[: NAME_LENGTH - 10] + dot + ending[:9]


def _named(name: str, kind: str, endings: tuple[str, ...], fine: tuple[str, ...]) -> str:
    """The name with an ending that says what the file is.

    Raises:
        FileRefused: if its ending says something else.
    """
    ending = PurePosixPath(name).suffix.lower()
    if ending and ending not in fine:
        raise FileRefused(
            f"{name} is not what its name says: it holds {kind}. Give it an ending such as "
            f"{endings[0]}, or send the file that was meant."
        )
    if ending in endings or (ending and kind == TEXT):
        return name
    return (PurePosixPath(name).stem or "file") + endings[0]  # one picture called like another


def _check_text(data: bytes, name: str) -> None:
    what = next((what for begins, what in _FOREIGN_BYTES if begins.match(data)), None)
    if what is None and _MARKUP.search(data):
        what = "a web page, SVG or XML, which could run in a browser"
    if what is None and _CONTROL.search(data):
        what = "something unknown"
    if what is not None:
        raise FileRefused(f"{name or 'The file'} holds {what}. Kept are {ACCEPTED}.")


# ---- pictures: their sizes stand at the beginning ----

Size = tuple[int, int]


def _check_picture(name: str, kind: str, size: Size) -> None:
    width, height = size
    if width == 0 or height == 0:
        raise FileRefused(f"{name or 'The picture'} is no whole {kind}; send it again.")
    if width * height > MAX_PIXELS or max(size) > MAX_SIDE:
        raise FileRefused(
            f"{name or 'The picture'} has {width} × {height} pixels; at most "
            f"{MAX_PIXELS // 1_000_000} million are shown on a tablet. Make it smaller."
        )


def _png(data: bytes) -> Size:
    """Source: PNG (Third Edition) section 11.2.1; the checksum tells a header from an accident."""
    if len(data) < 33 or data[8:16] != b"\x00\x00\x00\x0dIHDR":
        return 0, 0
    width, height, *_, check = struct.unpack(">II5BI", data[16:33])
    return (width, height) if check == zlib.crc32(data[12:29]) else (0, 0)


def _gif(data: bytes) -> Size:
    """Source: GIF89a section 18."""
    if len(data) < 14:
        return 0, 0
    width, height = struct.unpack("<HH", data[6:10])
    return width, height


def _webp(data: bytes) -> Size:
    """Source: RFC 9649 section 2.5 to 2.7."""
    kind, frame = data[12:16], data[20:30]
    if len(frame) < 10:
        return 0, 0
    if kind == b"VP8X":
        return 1 + int.from_bytes(frame[4:7], "little"), 1 + int.from_bytes(frame[7:10], "little")
    if kind == b"VP8L" and frame[0] == 0x2F:
        bits = int.from_bytes(frame[1:5], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    if kind == b"VP8 " and frame[3:6] == b"\x9d\x01\x2a":
        width, height = struct.unpack("<HH", frame[6:10])
        return width & 0x3FFF, height & 0x3FFF
    return 0, 0


def _jpeg(data: bytes) -> Size:
    """The size in the first frame header. Source: ITU-T T.81 annex B."""
    place = 2
    while place + 9 <= len(data) and data[place] == 0xFF:
        marker = data[place + 1]
        if marker == 0xFF:  # a byte of filling
            place += 1
            continue
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack(">HH", data[place + 5 : place + 9])
            return width, height
        if marker in (0xD9, 0xDA):
            break
        place += 2 + int.from_bytes(data[place + 2 : place + 4], "big")
    return 0, 0


_ANY_IMAGE = tuple(ending for endings in IMAGES.values() for ending in endings)
_PICTURES: tuple[tuple[str, re.Pattern[bytes], Callable[[bytes], Size]], ...] = (
    ("image/png", re.compile(rb"\x89PNG\r\n\x1a\n"), _png),
    ("image/jpeg", re.compile(rb"\xff\xd8\xff"), _jpeg),
    ("image/gif", re.compile(rb"GIF8[79]a"), _gif),
    ("image/webp", re.compile(rb"RIFF....WEBP", re.DOTALL), _webp),
)
