"""Primary keys: UUID version 7; an edge node can make them offline, indexes grow at one end."""

import os
import threading
import time
from uuid import UUID

from engine.kernel.errors import Invalid, NotFound

_lock = threading.Lock()
_last = 0


def new_id() -> bytes:
    """A new key, 16 bytes, later than every key this process made before.

    Source: RFC 9562 section 5.7, with method 3 (12 further bits of time) and a monotonic step.
    """
    global _last
    now = time.time_ns()
    stamp = (now // 1_000_000) << 12 | (now % 1_000_000) * 4096 // 1_000_000
    with _lock:
        _last = stamp = max(_last + 1, stamp)
    high = (stamp >> 12) << 16 | 0x7000 | stamp & 0x0FFF
    low = int.from_bytes(os.urandom(8), "big") & 0x3FFF_FFFF_FFFF_FFFF | 0x8000_0000_0000_0000
    return high.to_bytes(8, "big") + low.to_bytes(8, "big")


def to_text(key: bytes) -> str:
    """The key as people and other systems write it: 8-4-4-4-12 hexadecimal digits."""
    h = bytes(key).hex("-", 2)  # dashes after every four digits; three of them are too many
    return f"{h[:4]}{h[5:29]}{h[30:34]}{h[35:]}"


def from_text(text: str, thing: str = "thing") -> bytes:
    """The key of a text.

    Raises:
        NotFound: if the text is no key; nothing can carry it.
    """
    try:
        return UUID(text).bytes
    except ValueError:
        raise NotFound(f"There is no {thing} {text[:80]!r}.") from None


def from_cursor(text: str) -> bytes:
    """The key where a page of a list ended.

    Raises:
        Invalid: if the text is no key.
    """
    try:
        return UUID(text).bytes
    except ValueError:
        raise Invalid("The cursor is not one that this list gave.") from None
