"""Files as cameras, scanners and people who mean harm make them."""

import struct
import zlib


def png(width: int = 4, height: int = 3, behind: bytes = b"") -> bytes:
    """A whole PNG, grey."""
    head = struct.pack(">II5B", width, height, 8, 0, 0, 0, 0)
    row = b"\0" + bytes(min(width, 64))
    return (
        b"\x89PNG\r\n\x1a\n"
        + _chunk(b"IHDR", head)
        + _chunk(b"IDAT", zlib.compress(row * min(height, 64)))
        + _chunk(b"IEND", b"")
        + behind
    )


def jpeg(width: int = 4, height: int = 3, comment: bytes = b"") -> bytes:
    """The beginning of a JPEG as a camera writes it, up to its frame, and its end."""
    said = b"\xff\xfe" + struct.pack(">H", len(comment) + 2) + comment if comment else b""
    frame = b"\xff\xc2" + struct.pack(">HBHHB", 11, 8, height, width, 1) + b"\x01\x11\x00"
    app = b"\xff\xe0" + struct.pack(">H", 16) + b"JFIF\0" + bytes(9)
    return b"\xff\xd8" + app + said + b"\xff" + frame + b"\xff\xda\0\x02\x00\xff\xd9"


def gif(width: int = 4, height: int = 3) -> bytes:
    """A GIF without a picture in it."""
    return b"GIF89a" + struct.pack("<HH", width, height) + b"\0\0\0;"


def webp(kind: str = "VP8X", width: int = 4, height: int = 3) -> bytes:
    """The header of a WebP of one of its three kinds."""
    frames = {
        "VP8X": bytes(4) + (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little"),
        "VP8L": b"\x2f" + ((width - 1) | (height - 1) << 14).to_bytes(4, "little") + bytes(5),
        "VP8 ": bytes(3) + b"\x9d\x01\x2a" + struct.pack("<HH", width, height),
    }
    chunk = kind.encode() + struct.pack("<I", 10) + frames[kind]
    return b"RIFF" + struct.pack("<I", len(chunk) + 4) + b"WEBP" + chunk


PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF\n"
HTML = b"<!DOCTYPE html><script>fetch('/api/v1/users')</script>"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'


def _chunk(kind: bytes, data: bytes) -> bytes:
    check = struct.pack(">I", zlib.crc32(kind + data))
    return struct.pack(">I", len(data)) + kind + data + check
