"""Patterns of scanned codes: the part of regular expressions that can never take long.

A pattern is a row of characters and classes, each with a count; `|` separates whole alternatives:
`LOT-\\d{6}`, `[A-Z]{2}\\d+|\\d{13}`. There are no groups and no references, so that a code is read
in one pass however it was written, and browsers read the same pattern in the same way.
"""

import re
from dataclasses import dataclass

MAX_LENGTH = 200
MAX_COUNT = 1_000

_ATOM = re.compile(
    r"(?P<class>\[\^?(?:\\[\w\-\]\[\\^./ ]|[^\\\]\[])+\])"
    r"|\\(?P<kind>[dw])"
    r"|\\(?P<escaped>[^A-Za-z0-9])"
    r"|(?P<any>\.)"
    r"|(?P<plain>[^\\\[\](){}^$|.*+?])"
)
_TIMES = re.compile(r"(?P<sign>[*+?])|\{(?P<least>\d{1,4})(?P<comma>,(?P<most>\d{0,4}))?\}")
_SIGNS = {"*": (0, MAX_COUNT), "+": (1, MAX_COUNT), "?": (0, 1)}
_SHOWN = {"d": "0", "w": "A"}


class PatternRefused(ValueError):
    """The text is no pattern of ours; its message is what stands wrong, and where."""


@dataclass(frozen=True, slots=True)
class _Piece:
    """One class of characters, and how many of them come here."""

    one: re.Pattern[str]
    least: int
    most: int
    shown: str


@dataclass(frozen=True, slots=True)
class Pattern:
    """A pattern that was read; `text` is how it was written."""

    text: str
    _ways: tuple[tuple[_Piece, ...], ...]

    def fits(self, code: str) -> bool:
        """Whether the whole code is as the pattern says."""
        return any(_fits(way, code) for way in self._ways)

    @property
    def example(self) -> str:
        """A short code that fits."""
        return "".join(piece.shown * piece.least for piece in self._ways[0])


def read_pattern(text: str) -> Pattern:
    """The pattern a text describes.

    Raises:
        PatternRefused: naming the place that is not understood.
    """
    if len(text) > MAX_LENGTH:
        raise PatternRefused(f"it has {len(text)} characters, and at most {MAX_LENGTH} are read")
    ways: list[tuple[_Piece, ...]] = []
    pieces: list[_Piece] = []
    body, place = text.removeprefix("^").removesuffix("$"), 0
    while place < len(body):
        if body[place] == "|":
            ways.append(tuple(pieces))
            pieces, place = [], place + 1
            continue
        piece, place = _piece(body, place)
        pieces.append(piece)
    ways.append(tuple(pieces))
    if not all(any(piece.most for piece in way) for way in ways):
        raise PatternRefused("one of its alternatives is empty")
    return Pattern(text, tuple(ways))


def _piece(body: str, place: int) -> tuple[_Piece, int]:
    atom = _ATOM.match(body, place)
    if atom is None:
        raise PatternRefused(f"{body[place:][:20]!r} is not understood")
    times = _TIMES.match(body, atom.end())
    least, most = (1, 1) if times is None else _count(times)
    if least > most:
        raise PatternRefused(f"{times and times[0]} asks for more than it allows")
    source = re.escape(atom["plain"]) if atom["plain"] else atom[0]
    try:
        one = re.compile(source, re.ASCII)
    except re.error:
        raise PatternRefused(f"{atom[0]!r} is not understood") from None
    return _Piece(one, least, most, _shown(atom, one)), (times or atom).end()


def _count(times: re.Match[str]) -> tuple[int, int]:
    if times["sign"]:
        return _SIGNS[times["sign"]]
    least = int(times["least"])
    return least, int(times["most"] or MAX_COUNT) if times["comma"] else least


def _shown(atom: re.Match[str], one: re.Pattern[str]) -> str:
    if atom["plain"] or atom["escaped"]:
        return atom["plain"] or atom["escaped"]
    tried = "0A" if atom["class"] is None else map(chr, (48, 65, 97, *range(33, 127)))
    return _SHOWN.get(atom["kind"], "") or next((c for c in tried if one.fullmatch(c)), "x")


def _fits(way: tuple[_Piece, ...], code: str) -> bool:
    """All places that the pieces so far can end at are followed side by side, never one by one."""
    places = {0}
    for piece in way:
        run = _runs(piece.one, code)
        places = {
            end
            for start in places
            for end in range(start + piece.least, start + min(piece.most, run[start]) + 1)
        }
        if not places:
            return False
    return len(code) in places


def _runs(one: re.Pattern[str], code: str) -> list[int]:
    """For each place how many characters of the class follow there without a gap."""
    run = [0] * (len(code) + 1)
    for place in range(len(code) - 1, -1, -1):
        run[place] = run[place + 1] + 1 if one.fullmatch(code[place]) else 0
    return run
