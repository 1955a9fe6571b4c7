"""The buffer: what was taken is kept through kills, told in order, and counted once."""

import asyncio
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from adapters.machines import outgoing
from adapters.machines.buffer import Buffer, BufferInUse
from adapters.machines.forwarding import Forwarder
from adapters.machines.plant import Plant
from adapters.machines.signals import Telemetry
from tests.support.machines.stand import Stand, standing
from tests.support.server import ROOT
from tests.support.waiting import until

NOW = 1_800_000_000_000


def count(raw: int, unit: str = "M-1", kind: str = "count") -> dict[str, Any]:
    return {"unit": unit, "kind": kind, "at": NOW + raw, "raw": raw}


def reading(number: int, unit: str = "M-1") -> Telemetry:
    return (unit, "force", "kN", NOW + number, float(number), 0, None)


@pytest.fixture
def stand() -> Stand:
    return Stand()


@pytest.fixture
def url(stand: Stand) -> Iterator[str]:
    with standing(stand) as address:
        yield address


def forward(buffer: Buffer, url: str, stand: Stand, rows: int, readings: int = 0) -> None:
    """Send until the plant has so much."""

    async def send() -> None:
        plant = Plant.at(url, "token")
        task = asyncio.create_task(Forwarder(buffer, plant, "gateway").run())
        try:
            async with asyncio.timeout(20):
                while len(stand.rows) < rows or len(stand.readings) < readings or held(buffer):
                    await asyncio.sleep(0.01)
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            plant.close()

    asyncio.run(send())


def held(buffer: Buffer) -> int:
    return buffer.do(outgoing.fill).result(10).rows


def test_rows_arrive_in_order_and_are_gone_then(tmp_path: Path, url: str, stand: Stand) -> None:
    with closing(Buffer(tmp_path / "b.db")) as buffer:
        for n in range(5_000):
            buffer.put([count(n)], [reading(n)])
        forward(buffer, url, stand, 5_000, 5_000)
        assert [row["raw"] for row in stand.rows] == list(range(5_000))
        assert [row["seq"] for row in stand.rows] == sorted({row["seq"] for row in stand.rows})
        assert [row[4] for row in stand.readings] == list(range(5_000))
        assert held(buffer) == 0
    with closing(Buffer(tmp_path / "b.db")) as again:  # numbers go on, they never begin again
        again.put([count(5_000)], [reading(5_000)])
        forward(again, url, stand, 5_001, 5_001)
    assert len(stand.sources) == 1


def test_lost_answers_count_nothing_twice(tmp_path: Path, url: str, stand: Stand) -> None:
    stand.forget = 4
    with closing(Buffer(tmp_path / "b.db")) as buffer:
        buffer.put([count(n) for n in range(100)], [reading(n) for n in range(100)])
        forward(buffer, url, stand, 100, 100)
    assert [row["raw"] for row in stand.rows] == list(range(100))
    assert len(stand.readings) == 100


@pytest.mark.parametrize("way", ["refuse", "poison"])
def test_a_row_of_no_use_is_put_aside(tmp_path: Path, url: str, stand: Stand, way: str) -> None:
    """Refused by the row, or spoiling every batch it is in: the line behind it goes on."""
    setattr(stand, way, "odd")
    with closing(Buffer(tmp_path / "b.db")) as buffer:
        buffer.put([count(n, kind="odd" if n == 700 else "count") for n in range(1_500)])
        forward(buffer, url, stand, 1_499)
        kept = buffer.do(lambda db: db.execute("SELECT detail, row FROM quarantine").fetchall())
        [(detail, row)] = kept.result(10)
        assert detail in ("of no use", "a row spoils it all")
        assert b'"odd"' in row
        assert buffer.do(outgoing.fill).result(10).quarantined == 1
    assert [row["raw"] for row in stand.rows] == [n for n in range(1_500) if n != 700]


def test_two_gateways_cannot_have_one_buffer(tmp_path: Path) -> None:
    taken = pytest.raises(BufferInUse, match="Another gateway is using")
    with closing(Buffer(tmp_path / "b.db")), taken:
        Buffer(tmp_path / "b.db")
    Buffer(tmp_path / "b.db").close()


def test_over_its_quota_the_oldest_readings_go_and_are_counted(
    tmp_path: Path, url: str, stand: Stand
) -> None:
    with closing(Buffer(tmp_path / "b.db", quota_bytes=300_000)) as buffer:
        for n in range(40):
            buffer.put([count(n)], [reading(n * 1_000 + k) for k in range(1_000)])
            buffer.do(lambda db: None).result(10)
        lost = buffer.lost["M-1"]
        assert 0 < lost < 40_000
        forward(buffer, url, stand, 40, 40_000 - lost)
    assert stand.readings[0][3] == NOW + lost  # the oldest went, and no other
    drops = stand.of("drop")
    assert sum(row["lost"] for row in drops) == lost
    assert drops[0]["since"] == NOW
    assert len(stand.of("count")) == 40  # what counts is never dropped


def test_a_full_disk_is_told_and_outlived(tmp_path: Path, url: str, stand: Stand) -> None:
    """SQLite's own limit stands for the disk's: it is the same error, at the same place."""
    with closing(Buffer(tmp_path / "b.db")) as buffer:
        buffer.put([count(0)])
        buffer.do(lambda db: db.execute("PRAGMA max_page_count = 40").fetchone()).result(10)
        for n in range(1, 4):
            buffer.put([count(n)], [reading(k) for k in range(4_000)])
        until(lambda: buffer.failing is not None)
        assert "full" in str(buffer.failing)
        with pytest.raises(sqlite3.OperationalError, match="full"):  # no command is sent now
            buffer.do(lambda db: None).result(10)
        # Not by `do`: whatever the thread does fails now, this too.
        buffer._db.execute("PRAGMA max_page_count = 1000000")
        until(lambda: buffer.failing is None)
        forward(buffer, url, stand, 4, 12_000)
    assert [row["raw"] for row in stand.rows] == [0, 1, 2, 3]


def test_a_restored_file_gets_a_new_name(tmp_path: Path, url: str, stand: Stand) -> None:
    """Its numbers were given to other rows before: under its old name they would be skipped."""
    file = tmp_path / "b.db"
    with closing(Buffer(file)) as buffer:
        buffer.put([count(n) for n in range(10)], [reading(0)])
        forward(buffer, url, stand, 10, 1)
    copy = file.read_bytes()
    with closing(Buffer(file)) as buffer:
        buffer.put([count(n) for n in range(10, 30)], [reading(1)])
        forward(buffer, url, stand, 30, 2)
    file.write_bytes(copy)
    with closing(Buffer(file)) as buffer:
        buffer.put([count(n) for n in range(30, 35)], [reading(2)])
        forward(buffer, url, stand, 35, 3)
    assert [row["raw"] for row in stand.rows] == list(range(35))
    assert len(stand.sources) == 2


# ---- kills ----

FEED = """
import sys, time
from pathlib import Path
from adapters.machines.buffer import Buffer
buffer = Buffer(Path(sys.argv[1]))
number = int(sys.argv[2])
while True:
    rows = [{"unit": "M-1", "kind": "count", "at": n, "raw": n} for n in range(number, number + 50)]
    buffer.put(rows, [("M-1", "f", None, n, 1.0, 0, None) for n in range(number, number + 50)])
    number += 50
    buffer.do(lambda db: None).result()
    print(number, flush=True)
"""


def kills(tmp_path: Path, url: str, stand: Stand, times: int) -> None:
    """SIGKILL while it writes: all that was acknowledged to the feeder is there, once."""
    number = 0
    for turn in range(times):
        process = subprocess.Popen(
            [sys.executable, "-c", FEED, str(tmp_path / "b.db"), str(number)],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert process.stdout is not None
        for _ in range(3 + turn % 5):
            process.stdout.readline()
        os.kill(process.pid, signal.SIGKILL)
        said = process.communicate()[0].split()
        durable = int(said[-1]) if said else number
        with closing(Buffer(tmp_path / "b.db")) as buffer:
            before = len(stand.rows)
            forward(buffer, url, stand, durable if turn % 2 else 0)
            fresh = [row["raw"] for row in stand.rows[before:]]
        if turn % 2:
            assert [row["raw"] for row in stand.rows] == list(range(len(stand.rows)))
        assert fresh == sorted(set(fresh))
        number = len(stand.rows)
        assert number >= durable


def test_nothing_durable_is_lost_by_kills(tmp_path: Path, url: str, stand: Stand) -> None:
    kills(tmp_path, url, stand, 4)


@pytest.mark.soak
def test_nothing_durable_is_lost_by_sixty_kills(tmp_path: Path, url: str, stand: Stand) -> None:
    kills(tmp_path, url, stand, 60)


@pytest.mark.parametrize("whole", [True, False])
def test_readings_that_the_plant_does_not_take_are_told_as_dropped(
    tmp_path: Path, url: str, stand: Stand, whole: bool
) -> None:
    stand.spoilt, stand.refuse = whole, None if whole else "M-2"
    with closing(Buffer(tmp_path / "b.db")) as buffer:
        buffer.put([], [reading(n, unit=f"M-{1 + n % 2}") for n in range(6)])
        told = {"M-1": 3, "M-2": 3} if whole else {"M-2": 3}
        forward(buffer, url, stand, len(told), 0 if whole else 3)
        assert buffer.lost == told
    assert {row["unit"]: row["lost"] for row in stand.of("drop")} == told
    assert [(r["since"], r["until"]) for r in stand.of("drop", "M-2")] == [(NOW + 1, NOW + 5)]
    assert [row[0] for row in stand.readings] == ([] if whole else ["M-1"] * 3)
