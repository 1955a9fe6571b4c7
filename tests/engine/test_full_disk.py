"""A disk that is full: nobody is told of what is not stored, and the plant goes on after it."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from engine.kernel import db
from engine.kernel.errors import Unavailable
from engine.kernel.store import Store
from tests.support.clock import ManualClock
from tests.support.line import line_at
from tests.support.notes import add, make_notes, notes

KB = 1024
LARGE = "x" * 900 * KB
COUNT = db.Statement(sa.text("PRAGMA page_count"))


class Pages:
    """A file that may not have more pages: a statement fails, and the transaction is gone."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def fill(self, left: int) -> None:
        pages = self.store.run(lambda uow: uow.one(COUNT))
        assert pages is not None
        self._cap(pages[0] + left // (4 * KB))

    def free(self) -> None:
        self._cap(1_000_000)

    def _cap(self, pages: int) -> None:
        cap = db.Statement(sa.text(f"PRAGMA max_page_count = {pages}"))
        self.store.run(lambda uow: uow.one(cap))


class Disk:
    """A small disk with a large file beside the plant's: the commit itself fails."""

    def __init__(self, folder: Path) -> None:
        self.filler = folder / "filler"

    def fill(self, left: int) -> None:
        room = shutil.disk_usage(self.filler.parent).free
        self.filler.write_bytes(bytes(max(0, room - left)))

    def free(self) -> None:
        self.filler.unlink()


@pytest.fixture(params=["pages", "disk"])
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path]:
    """Where the plant's file is: anywhere, or on a disk of 4 MB."""
    if request.param == "pages":
        yield tmp_path
        return
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(disk)]
    if os.geteuid() != 0 or subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("no small disk can be mounted here")
    yield disk
    subprocess.run(["umount", disk], check=True)


@pytest.fixture
def store(folder: Path, sqlite_template: Path, clock: ManualClock) -> Iterator[Store]:
    """A plant in that folder, with safety against power loss."""
    file = shutil.copy(sqlite_template, folder / "plant.db")
    opened = Store(f"sqlite:///{file}", clock=clock)
    make_notes(opened)
    yield opened
    opened.close()


@pytest.fixture
def disk(store: Store, folder: Path) -> Pages | Disk:
    """What holds the plant's file and can be full."""
    return Disk(folder) if folder.name == "disk" else Pages(store)


def test_what_fits_is_stored_and_what_does_not_is_refused(store: Store, disk: Pages | Disk) -> None:
    disk.fill(left=300 * KB)
    with line_at(store) as line:
        line.add(add, note=1)
        line.add(add, note=2, body=LARGE)
        line.add(add, note=3)
        assert line.run() == [1, Unavailable, 3]
    assert notes(store) == [1, 3]


def test_nobody_is_told_of_what_is_not_stored(store: Store, disk: Pages | Disk) -> None:
    store.run(add, note=0)
    disk.fill(left=0)
    with line_at(store) as line:
        for n in range(1, 6):
            line.add(add, note=n, body=LARGE)
        assert line.run() == [Unavailable] * 5
    assert notes(store) == [0]


def test_everything_works_again_once_there_is_room(
    store: Store, disk: Pages | Disk, folder: Path
) -> None:
    disk.fill(left=0)
    with pytest.raises(Unavailable):
        store.run(add, note=1, body=LARGE)
    disk.free()
    store.run(add, note=1, body=LARGE)
    with line_at(store) as line:
        for n in (2, 3):
            line.add(add, note=n)
        assert line.run() == [2, 3]
    store.close()
    again = Store(f"sqlite:///{folder / 'plant.db'}")
    assert notes(again) == [1, 2, 3]
    again.close()


def test_what_was_to_be_told_after_the_commit_is_told_once(
    store: Store, disk: Pages | Disk
) -> None:
    """The group is lost after its first command ran, and that one runs again alone."""
    told: list[int] = []

    def telling(uow: object, *, note: int, body: str = "") -> None:
        uow.on_commit.append(lambda: told.append(note))  # type: ignore[attr-defined]
        add(uow, note=note, body=body)  # type: ignore[arg-type]

    disk.fill(left=300 * KB)
    with line_at(store) as line:
        line.add(telling, note=1)
        line.add(telling, note=2, body=LARGE)
        line.run()
    assert told == [1]
