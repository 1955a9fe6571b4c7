"""Pictures of numbers: where bars and lines stand, and where there is a gap."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from lxml import etree

from api.web.charts import HEIGHTS, STRIP, WIDTH, Stretch, state_strip, trend

START = datetime(2026, 3, 2, 6, tzinfo=UTC)
HOUR = timedelta(hours=1)
BERLIN = ZoneInfo("Europe/Berlin")


def stretch(state: str, began: float, ended: float) -> Stretch:
    return Stretch(state, START + began * HOUR, START + ended * HOUR, f"{state} & more")


def drawn(svg: str) -> Any:
    return etree.fromstring(svg, etree.XMLParser(resolve_entities=False))


def test_a_strip_shows_each_state_as_long_as_it_lasted_and_as_high_as_it_is_bad() -> None:
    parts = [stretch("running", -1, 4), stretch("down", 4, 5), stretch("idle", 5, 9)]
    strip = drawn(state_strip(parts, START, START + 8 * HOUR, BERLIN, 'States of "A"'))
    bars = [
        (bar.get("class"), float(bar.get("x")), float(bar.get("width")))
        for bar in strip.iter("rect")
    ]
    assert bars == [
        ("state-running", 0, WIDTH / 2),
        ("state-down", WIDTH / 2, WIDTH / 8),
        ("state-idle", 5 * WIDTH / 8, 3 * WIDTH / 8),
    ]
    highs = [float(bar.get("height")) for bar in strip.iter("rect")]
    assert highs == [HEIGHTS[s] * STRIP for s in ("running", "down", "idle")]
    assert highs[1] == STRIP
    assert strip.get("aria-label") == 'States of "A"'
    assert next(strip.iter("title")).text == "running & more"


def test_its_hours_are_the_plants() -> None:
    strip = drawn(state_strip([], START, START + 8 * HOUR, BERLIN, "States"))
    told = [text.text for text in strip.iter("text")]
    assert told == ["08:00", "09:00", "10:00", "11:00", "12:00", "13:00", "14:00"]


def test_a_day_has_no_more_hours_than_can_be_read() -> None:
    strip = drawn(state_strip([], START, START + 24 * HOUR, BERLIN, "States"))
    told = [text.text for text in strip.iter("text")]
    assert told == ["08:00", "12:00", "16:00", "20:00", "00:00", "04:00"]


def point(minute: int, value: float | None) -> dict[str, Any]:
    at = (START + timedelta(minutes=minute)).isoformat().replace("+00:00", "Z")
    low = None if value is None else value - 1
    return {"at": at, "min": low, "mean": value, "max": None if value is None else value + 1}


def test_a_trend_breaks_where_nothing_came() -> None:
    points = [point(0, 5), point(1, 9), point(2, None), point(3, 5), point(7, 7)]
    picture = drawn(trend(points, START, 60_000, 10, "Force"))
    lines = [line.get("points").split() for line in picture.iter("polyline")]
    assert [len(line) for line in lines] == [2, 1, 1]
    (x0, y0), (x1, y1) = (tuple(map(float, each.split(","))) for each in lines[0])
    assert (x0, x1) == (WIDTH / 20, 3 * WIDTH / 20)
    assert y1 < y0


def test_a_trend_without_a_number_is_none() -> None:
    assert trend([point(0, None)], START, 60_000, 10, "Force") == ""


def test_a_trend_that_does_not_move_is_in_the_middle() -> None:
    still = {"at": START.isoformat(), "min": 3.0, "mean": 3.0, "max": 3.0}
    picture = drawn(trend([still], START, 60_000, 1, "Force"))
    assert next(picture.iter("polyline")).get("points") == f"{WIDTH / 2},60.0"
