"""The plain values of a drawing: boxes, lines, and what is moved together."""

from dataclasses import dataclass, field, replace

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Box:
    """Where a shape is: its left upper corner, its width and its height."""

    x: float
    y: float
    width: float
    height: float

    @property
    def right(self) -> float:
        """Its right edge."""
        return self.x + self.width

    @property
    def bottom(self) -> float:
        """Its lower edge."""
        return self.y + self.height

    @property
    def middle(self) -> Point:
        """Its centre."""
        return self.x + self.width / 2, self.y + self.height / 2

    def moved(self, x: float, y: float) -> "Box":
        """The same box elsewhere."""
        return replace(self, x=self.x + x, y=self.y + y)


@dataclass(slots=True)
class Drawing:
    """Boxes and lines by the element that they draw; `open` are the subprocesses drawn open."""

    boxes: dict[str, Box] = field(default_factory=dict)
    lines: dict[str, tuple[Point, ...]] = field(default_factory=dict)
    open: set[str] = field(default_factory=set)

    def move(self, x: float, y: float) -> None:
        """Move all of it."""
        self.boxes = {name: box.moved(x, y) for name, box in self.boxes.items()}
        self.lines = {
            name: tuple((a + x, b + y) for a, b in line) for name, line in self.lines.items()
        }

    def add(self, other: "Drawing") -> None:
        """Take another drawing in."""
        self.boxes |= other.boxes
        self.lines |= other.lines
        self.open |= other.open

    @property
    def around(self) -> Box:
        """The smallest box that everything fits into."""
        points = [(b.x, b.y) for b in self.boxes.values()]
        points += [(b.right, b.bottom) for b in self.boxes.values()]
        points += [point for line in self.lines.values() for point in line]
        if not points:
            return Box(0, 0, 0, 0)
        left, top = min(x for x, _ in points), min(y for _, y in points)
        right, bottom = max(x for x, _ in points), max(y for _, y in points)
        return Box(left, top, right - left, bottom - top)


def routed(start: Box, end: Box) -> tuple[Point, ...]:
    """A line with right angles from one box to another."""
    (sx, sy), (ex, ey) = start.middle, end.middle
    if end.x >= start.right:
        if abs(sy - ey) < 1:
            return (start.right, sy), (end.x, ey)
        bend = max(start.right + 10, end.x - 25)
        return (start.right, sy), (bend, sy), (bend, ey), (end.x, ey)
    if end.right > start.x:
        leaves, enters = (start.bottom, end.y) if ey > sy else (start.y, end.bottom)
        half = (leaves + enters) / 2
        return (sx, leaves), (sx, half), (ex, half), (ex, enters)
    low = max(start.bottom, end.bottom) + 20
    return (sx, start.bottom), (sx, low), (ex, low), (ex, end.bottom)
