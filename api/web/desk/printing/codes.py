"""Codes that scanners read, drawn as SVG: sharp on every printer, and no style is needed."""

from collections.abc import Iterable, Iterator

import segno
from barcode import get_barcode_class  # type: ignore[import-untyped]
from markupsafe import Markup

WORK_ORDER = "RC:WO:"
OPERATION = "RC:OP:"
# Source: ISO/IEC 18004 section 9.1 and ISO/IEC 15417 section 4.4.3, in modules.
QR_QUIET, BAR_QUIET = 4, 10
BAR_HEIGHT = 36


def qr(text: str, label: str = "") -> Markup:
    """A QR code with its quiet zone; a quarter of it may be lost (level Q)."""
    rows = [bytes(row) for row in segno.make(text, error="q", micro=False).matrix]
    side = len(rows) + 2 * QR_QUIET
    path = "".join(
        f"M{QR_QUIET + start} {QR_QUIET + y}h{length}v1h-{length}z"
        for y, row in enumerate(rows)
        for start, length in _dark(row)
    )
    return _drawn("qr", side, side, path, label or text)


def code_128(text: str, label: str = "") -> Markup | None:
    """A Code 128 with its quiet zones; None for text that it cannot hold: use the QR code."""
    if not (text.isascii() and text.isprintable() and text):
        return None
    (bars,) = get_barcode_class("code128")(text).build()
    width = len(bars) + 2 * BAR_QUIET
    path = "".join(
        f"M{BAR_QUIET + start} 0h{length}v{BAR_HEIGHT}h-{length}z"
        for start, length in _dark(int(bar) for bar in bars)
    )
    return _drawn("bars", width, BAR_HEIGHT, path, label or text)


def _dark(modules: Iterable[int]) -> Iterator[tuple[int, int]]:
    """Where dark runs begin and how long they are."""
    start, at = -1, -1
    for at, module in enumerate(modules):
        if module and start < 0:
            start = at
        if not module and start >= 0:
            yield start, at - start
            start = -1
    if start >= 0:
        yield start, at + 1 - start


def _drawn(kind: str, width: int, height: int, path: str, label: str) -> Markup:
    return Markup(
        '<svg class="code {}" viewBox="0 0 {} {}" role="img" aria-label="{}" '
        'shape-rendering="crispEdges" {}><rect width="{}" height="{}" fill="#fff"/>'
        '<path d="{}" fill="#000"/></svg>'
    ).format(
        kind,
        width,
        height,
        label,
        Markup('preserveAspectRatio="none"') if kind == "bars" else "",
        width,
        height,
        path,
    )
