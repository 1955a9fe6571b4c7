"""Readings: stored once, packed by the hour, forgotten in time, drawn together to trends."""

import math
import random
from decimal import Decimal
from typing import Any

import pytest

from engine.background import Background
from engine.collection.marks import Taken
from engine.collection.readings import ingest, packing, trends
from engine.collection.readings.packing import DAY_MS, Retention
from engine.collection.readings.rows import read_batch
from engine.kernel.clock import to_ms
from engine.kernel.errors import NotFound
from engine.kernel.store import Store
from tests.support.clock import ManualClock
from tests.support.telling import GATEWAY, work_unit

HOUR = 3600
Item = dict[str, Any]


class Press:
    """A unit with readings of one gateway; instants are seconds from when it was made."""

    def __init__(self, store: Store, clock: ManualClock) -> None:
        self.store, self.clock = store, clock
        self.key = work_unit(store)
        self.start, self.seq = to_ms(clock.now()), 0

    def row(self, at: float, value: Any, quality: int = 0, reason: Any = None) -> list[Any]:
        """The next row of the tag `force`."""
        self.seq += 1
        return [self.seq, 0, self.start + round(1000 * at), value, quality, reason]

    def send(self, *rows: list[Any], source: str = "file", tag: str = "force") -> Taken:
        """Send rows."""
        batch = read_batch(
            source=source,
            gateway="line",
            tags=[["PRESS-1", tag, "kN"]],
            rows=list(rows),
            units={"PRESS-1": self.key},
        )
        return self.store.run(ingest.take, batch=batch, actor=GATEWAY)

    def now(self) -> Item:
        """The present value."""
        [found] = self.store.read(trends.current, unit=self.key)
        return dict(found)

    def trend(self, start: float, end: float, points: int = 10) -> list[tuple[Any, ...]]:
        """(second, min, max, mean, n, bad) of each point."""
        period = {"start": self.start + round(1000 * start), "end": self.start + round(1000 * end)}
        found = self.store.read(trends.trend, unit=self.key, tag="force", points=points, **period)
        names = ("min", "max", "mean", "n", "bad")
        return [tuple(point[name] for name in names) for point in found["points"]]

    def stored(self) -> tuple[int, int, int]:
        """Rows, chunks, and chunks that hold single values."""
        with self.store.bind.connect() as connection:
            return tuple(  # type: ignore[return-value]
                connection.exec_driver_sql(f"SELECT count(*) FROM {what}").scalar()
                for what in (
                    "reading_recent",
                    "reading_chunk",
                    "reading_chunk WHERE data IS NOT NULL",
                )
            )

    def pack(self) -> int:
        """Pack until nothing is left."""
        total = 0
        while self.store.read(packing.any_to_pack):
            total += self.store.run(packing.pack_hours)
        return total


@pytest.fixture
def press(store: Store, clock: ManualClock) -> Press:
    return Press(store, clock)


# ---- taking in ----


def test_rows_up_to_the_mark_are_not_taken_again(press: Press) -> None:
    rows = [press.row(n, n) for n in range(5)]
    assert press.send(*rows[:3]) == Taken(3)
    assert press.send(*rows) == press.send(*rows) == Taken(5)
    assert press.stored()[0] == 5


def test_a_late_reading_never_replaces_a_newer_one(press: Press) -> None:
    press.clock.advance(100)
    press.send(press.row(10, 1.5), press.row(5, 9), press.row(10, 2.5))
    assert (press.now()["value"], press.now()["unit_of_measure"]) == (2.5, "kN")
    press.seq = 0
    press.send(press.row(7, 7), source="older file")
    assert press.now()["value"] == 2.5
    assert press.stored()[0] == 4


def test_a_reading_from_the_future_never_becomes_the_present_one(press: Press) -> None:
    press.send(press.row(0, 1), press.row(3600, 99), press.row(2, 2))
    assert press.now()["value"] == 2
    assert press.stored()[0] == 3


def test_what_is_no_number_is_never_stored_as_one(press: Press) -> None:
    press.clock.advance(100)
    endless = [math.nan, math.inf, Decimal("1e400"), -(10**400)]
    press.send(*(press.row(n, value) for n, value in enumerate(endless)))
    now = press.now()
    assert (now["value"], now["quality"], now["reason"]) == (None, "bad", "nan")
    assert press.trend(0, 10, 1) == [(None, None, None, 4, 4)]
    press.send(press.row(20, "auto\n"), press.row(21, True), press.row(22, None, 2, "lost"))
    assert press.stored()[0] == 7


def test_a_bad_row_is_refused_alone(press: Press) -> None:
    good = press.row(0, 1)
    bad = [
        [*press.row(0, 1), 1],
        press.row(0, [1]),
        press.row(0, 1, quality=3),
        press.row(0, 1, quality=True),  # type: ignore[arg-type]
        press.row(0, 1, reason=7),
        press.row(-1e10, 1),
    ]
    taken = press.send(good, *bad, press.row(1, 2))
    assert [seq for seq, _ in taken.refused] == [row[0] for row in bad]
    assert taken.ack == press.seq
    assert press.stored()[0] == 2


# ---- packing ----


def test_hours_are_packed_when_they_are_over(press: Press) -> None:
    press.clock.advance(4 * HOUR)
    rng = random.Random(7)
    rows = [press.row(30 * n, rng.uniform(0, 9), 2 * (n % 7 == 0)) for n in range(480)]
    press.send(*rows)
    fine, coarse = press.trend(100, 3 * HOUR, 97), press.trend(0, 4 * HOUR, 2)
    assert press.pack() == 3
    assert press.stored() == (120, 3, 3), "the last hour may get more"
    for before, after in (
        (fine, press.trend(100, 3 * HOUR, 97)),
        (coarse, press.trend(0, 4 * HOUR, 2)),
    ):
        assert [p[:2] + p[3:] for p in after] == [p[:2] + p[3:] for p in before]
        assert [p[2] for p in after] == pytest.approx([p[2] for p in before])
    assert press.pack() == 0


def test_what_comes_late_is_packed_into_its_hour(press: Press) -> None:
    press.clock.advance(9 * HOUR)
    press.send(press.row(10, 1), press.row(30, 3))
    press.pack()
    press.send(press.row(20, 8, reason="slow"))
    before = press.trend(0, 60, 60)
    assert press.pack() == 1
    assert press.stored() == (0, 1, 1)
    assert press.trend(0, 60, 60) == before == [(v, v, v, 1, 0) for v in (1, 8, 3)]


def test_old_values_go_first_and_old_hours_later(press: Press) -> None:
    press.send(press.row(10, 1), press.row(20, 3))
    press.clock.advance(3 * HOUR)
    press.pack()
    days = Retention(value_days=2, hour_days=5)

    def forget() -> int:
        return press.store.run(packing.forget, site=1, retention=days)

    press.clock.advance(DAY_MS / 1000)
    assert forget() == 0
    press.clock.advance(DAY_MS / 1000)
    assert (forget(), forget()) == (1, 0)
    assert press.stored() == (0, 1, 0)
    assert press.trend(0, HOUR, 1) == [(1, 3, 2, 2, 0)]
    press.send(press.row(30, 8))  # very late: its hour knows only what it came to
    press.pack()
    assert press.trend(0, HOUR, 1) == [(1, 8, 4, 3, 0)]
    press.clock.advance(3 * DAY_MS / 1000)
    assert forget() == 1
    assert press.stored() == (0, 0, 0)


def test_the_background_packs_and_forgets(press: Press) -> None:
    background = Background(press.store)
    press.send(press.row(10, 1))
    assert background.pack_readings() == 0
    press.clock.advance(3 * HOUR)
    assert background.pack_readings() == 1
    press.clock.advance(31 * DAY_MS / 1000)
    assert background.pack_readings() == 1
    assert press.stored() == (0, 1, 0)


# ---- trends ----


def test_a_gap_is_shown(press: Press) -> None:
    press.clock.advance(HOUR)
    press.send(press.row(0, 5), press.row(10, None, 2, "not_connected"), press.row(50, 6))
    assert press.trend(0, 60, 6) == [
        (5, 5, 5, 1, 0),
        (None, None, None, 1, 1),
        (6, 6, 6, 1, 0),
    ]


def test_long_points_are_of_whole_hours(press: Press) -> None:
    press.clock.advance(30 * HOUR)
    press.send(*(press.row(HOUR * n + 60, n) for n in range(24)))
    found = press.store.read(
        trends.trend,
        unit=press.key,
        tag="force",
        start=press.start + 61_000,
        end=press.start + 24 * HOUR * 1000,
        points=10,
    )
    assert found["milliseconds"] == 3 * HOUR * 1000
    assert [(p["min"], p["max"]) for p in found["points"]] == [(n, n + 2) for n in range(0, 24, 3)]


def test_a_tag_that_never_came_is_not_found(press: Press) -> None:
    press.send(press.row(0, 5))
    with pytest.raises(NotFound):
        press.store.read(trends.trend, unit=press.key, tag="heat", start=0, end=9, points=1)
