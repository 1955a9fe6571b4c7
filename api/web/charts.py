"""Pictures of numbers, drawn here as SVG: paper and screen show the same one, and no script runs.

Lengths are in the units of the picture's own box; what a picture shows is said in its label too.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import Any

from markupsafe import Markup, escape

WIDTH, STRIP, AXIS = 1000, 56, 22
TREND_HEIGHT = 120
TICKS = (
    timedelta(minutes=5),
    timedelta(minutes=15),
    timedelta(minutes=30),
    *(timedelta(hours=h) for h in (1, 2, 4, 6, 12)),
)
MAX_TICKS = 9
# The height of a state, so that colour is not all that tells it: what is lost stands out.
HEIGHTS = {
    "running": 0.45,
    "idle": 0.3,
    "setup": 0.7,
    "blocked": 0.6,
    "starved": 0.6,
    "down": 1.0,
    "maintenance": 0.85,
    "off": 0.12,
    "unknown": 0.2,
}


@dataclass(frozen=True, slots=True)
class Stretch:
    """A time in one state; `words` say it in full."""

    state: str
    began: datetime
    ended: datetime
    words: str


def state_strip(
    stretches: Iterable[Stretch], start: datetime, end: datetime, zone: tzinfo, label: str
) -> Markup:
    """How a unit stood between two instants: a bar for each state, as high as it is bad."""
    span = (end - start).total_seconds()
    bars = []
    for each in stretches:
        x = max((each.began - start).total_seconds(), 0) / span * WIDTH
        till = min((each.ended - start).total_seconds(), span) / span * WIDTH
        high = HEIGHTS.get(each.state, 0.2) * STRIP
        bars.append(
            f'<rect class="state-{escape(each.state)}" x="{x:.1f}" y="{STRIP - high:.1f}" '
            f'width="{max(till - x, 0.8):.1f}" height="{high:.1f}">'
            f"<title>{escape(each.words)}</title></rect>"
        )
    axis = "".join(_hours(start, end, zone))
    return Markup(
        f'<svg class="strip" viewBox="0 0 {WIDTH} {STRIP + AXIS}" role="img" '
        f'aria-label="{escape(label)}"><line class="ground" x1="0" x2="{WIDTH}" y1="{STRIP}" '
        f'y2="{STRIP}"></line>{"".join(bars)}{axis}</svg>'
    )


def _hours(start: datetime, end: datetime, zone: tzinfo) -> Iterable[str]:
    """Full hours of the plant below a strip, as many as can be read."""
    span = end - start
    step = next((tick for tick in TICKS if span / tick <= MAX_TICKS), timedelta(days=1))
    local = start.astimezone(zone)
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    at = midnight + ((local - midnight) // step + 1) * step
    while at < end:
        x = (at - start) / span * WIDTH
        if 20 < x < WIDTH - 20:
            text = at.astimezone(zone).strftime("%H:%M")
            yield f'<text x="{x:.0f}" y="{STRIP + 16}" text-anchor="middle">{text}</text>'
            yield f'<path class="tick" d="M{x:.1f} {STRIP}v4"></path>'
        at += step


def trend(
    points: Sequence[Mapping[str, Any]], start: datetime, milliseconds: int, number: int, label: str
) -> Markup:
    """A tag over time: the mean as a line, what lay between least and greatest behind it.

    Args:
        points: with `at`, `min`, `mean`, `max`; one that is missing, or without numbers, is a gap.
        milliseconds: the time of one point.
        number: of the points that fit into the picture.
    """
    runs = _runs(points, start, milliseconds)
    numbers = [p[name] for run in runs for _, p in run for name in ("min", "max")]
    if not numbers:
        return Markup("")
    low, high = min(numbers), max(numbers)
    spread = (high - low) or max(abs(high), 1) * 0.1
    middle = (high + low) / 2

    def place(where: int, value: float) -> str:
        x = (where + 0.5) / number * WIDTH
        y = TREND_HEIGHT / 2 - (value - middle) / spread * (TREND_HEIGHT - 16)
        return f"{x:.1f},{y:.1f}"

    drawn = []
    for run in runs:
        upper = [place(where, p["max"]) for where, p in run]
        lower = [place(where, p["min"]) for where, p in reversed(run)]
        line = " ".join(place(where, p["mean"]) for where, p in run)
        drawn.append(f'<polygon class="band" points="{" ".join(upper + lower)}"></polygon>')
        drawn.append(f'<polyline class="line" points="{line}"></polyline>')
    return Markup(
        f'<svg class="trend" viewBox="0 0 {WIDTH} {TREND_HEIGHT}" preserveAspectRatio="none" '
        f'role="img" aria-label="{escape(label)}">{"".join(drawn)}</svg>'
    )


def _runs(
    points: Sequence[Mapping[str, Any]], start: datetime, milliseconds: int
) -> list[list[tuple[int, Mapping[str, Any]]]]:
    """The points that follow each other without a gap, each with its place."""
    runs: list[list[tuple[int, Mapping[str, Any]]]] = []
    before = -2
    for point in points:
        if point["mean"] is None:
            continue
        at = datetime.fromisoformat(point["at"])
        where = round((at - start) / timedelta(milliseconds=milliseconds))
        if where != before + 1:
            runs.append([])
        runs[-1].append((where, point))
        before = where
    return runs
