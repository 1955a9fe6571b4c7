"""The folder of files: what is kept once, what is swept away, what a full disk does."""

import io
import os
import shutil
import subprocess
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from engine.background import Background
from engine.kernel.actor import Actor
from engine.kernel.errors import Unavailable
from engine.kernel.ids import from_text
from engine.kernel.store import Store
from engine.records import files
from engine.records.folder import MAX_BYTES, ContentLost, FileTooLarge, Folder, Kept
from tests.support.pictures import png

ANA = Actor("ana", frozenset({"operator"}))
OLD = 48 * 3600


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path / "files", reserve=0)


def keep(folder: Folder, data: bytes = png(), name: str = "shaft.png") -> Kept:
    return folder.keep(io.BytesIO(data), name)


def on_disk(folder: Folder) -> list[str]:
    return sorted(path.name for path in folder.path.rglob("*") if path.is_file())


def age(path: Path) -> None:
    before = time.time() - OLD
    os.utime(path, (before, before))


def test_a_content_is_there_once(folder: Folder) -> None:
    kept = [keep(folder), keep(folder, name="again.png"), keep(folder, png(9, 9))]
    assert on_disk(folder) == sorted({k.digest.hex() for k in kept})
    place = folder.found(kept[0].digest, kept[0].size)
    assert place.read_bytes() == png()
    assert place.parent.name == kept[0].digest.hex()[:2]
    assert folder.is_intact(kept[0].digest, kept[0].size)
    if os.name == "posix":
        assert place.stat().st_mode & 0o077 == 0


def test_one_content_comes_from_many_at_once(folder: Folder) -> None:
    with ThreadPoolExecutor(8) as hands:
        assert len({kept.digest for kept in hands.map(lambda _: keep(folder), range(40))}) == 1
    assert len(on_disk(folder)) == 1


def test_a_file_has_at_most_20_mb(folder: Folder) -> None:
    line = b"25.31 mm\n"
    keep(folder, (line * (MAX_BYTES // len(line) + 1))[:MAX_BYTES], "long.txt")
    with pytest.raises(FileTooLarge, match="at most 20 MB"):
        keep(folder, b"x" * (MAX_BYTES + 1), "long.txt")
    assert len(on_disk(folder)) == 1


def test_what_was_damaged_is_told_and_mended_by_the_same_file(folder: Folder) -> None:
    kept = keep(folder)
    place = folder.place(kept.digest)
    place.write_bytes(b"short")
    assert not folder.is_intact(kept.digest, kept.size)
    with pytest.raises(ContentLost, match="Restore the files"):
        folder.found(kept.digest, kept.size)
    keep(folder)
    assert folder.is_intact(kept.digest, kept.size)
    place.unlink()
    with pytest.raises(ContentLost):
        folder.found(kept.digest, kept.size)


# ---- sweeping ----


def test_what_no_row_names_is_swept_away(store: Store, folder: Folder) -> None:
    named, orphan, fresh = keep(folder), keep(folder, png(5, 5)), keep(folder, png(6, 6))
    store.run(files.add, upload=named, actor=ANA)
    half = folder.path / "partial" / "0123"
    half.write_bytes(b"half")
    for path in (folder.place(named.digest), folder.place(orphan.digest), half):
        age(path)
    assert Background(store, folder).sweep_files() == 2
    assert on_disk(folder) == sorted([named.digest.hex(), fresh.digest.hex()])
    assert Background(store, folder).sweep_files() == 0
    assert Background(store).sweep_files() == 0


def test_an_upload_during_the_sweep_is_kept(store: Store, folder: Folder) -> None:
    """Between the look at the rows and the removal the same content comes again."""
    orphan = keep(folder)
    age(folder.place(orphan.digest))

    def is_named(_digest: bytes) -> bool:
        keep(folder)
        return False

    assert folder.sweep(is_named) == 0
    assert folder.is_intact(orphan.digest, orphan.size)


@pytest.mark.parametrize("_round", range(20))
def test_sweeping_and_uploading_side_by_side_lose_nothing(folder: Folder, _round: int) -> None:
    digest = keep(folder).digest
    age(folder.place(digest))
    both = threading.Barrier(2)

    def sweep() -> None:
        both.wait()
        folder.sweep(lambda _: False)

    sweeping = threading.Thread(target=sweep)
    sweeping.start()
    both.wait()
    keep(folder)
    sweeping.join()
    assert folder.is_intact(digest, len(png()))
    assert len(on_disk(folder)) == 1


# ---- a full disk ----


def test_the_reserve_belongs_to_the_database(tmp_path: Path) -> None:
    folder = Folder(tmp_path / "files", reserve=shutil.disk_usage(tmp_path).free)
    with pytest.raises(Unavailable, match="The disk is full; nothing was stored"):
        keep(folder)
    assert on_disk(folder) == []


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """A disk of 1 MB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(disk)]
    if os.geteuid() != 0 or subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("no small disk can be mounted here")
    yield disk
    subprocess.run(["umount", disk], check=True)


def test_a_full_disk_stores_nothing(small: Path) -> None:
    folder = Folder(small / "files", reserve=0)
    keep(folder)
    folder.reserve = -(2**40)  # as if another program took the room in between
    with pytest.raises(Unavailable, match="nothing was stored"):
        keep(folder, b"25.31 mm\n" * 200_000, "long.txt")
    assert len(on_disk(folder)) == 1
    keep(folder, png(7, 7))


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "files").write_text("in the way")
    with pytest.raises(Unavailable, match="The disk cannot take the file now"):
        keep(Folder(tmp_path / "files", reserve=0))


# ---- rows ----


def test_each_upload_has_a_row_and_knows_what_it_was_given_for(
    store: Store, folder: Folder
) -> None:
    first, second = (store.run(files.add, upload=keep(folder), actor=ANA) for _ in range(2))
    assert first["sha256"] == second["sha256"]
    assert first["id"] != second["id"]
    task = "task:0192f0c1-2345-7abc-8def-0123456789ab"
    store.run(
        files.attach, file=from_text(first["id"]), subjects=[task, "nc:NC-7"], place="a", actor=ANA
    )
    for subject, found in ((task, [first]), ("nc:NC-7", [first]), ("nc:NC-8", [])):
        page = store.read(files.files, site=1, limit=10, subject=subject)
        assert page == {"items": found, "next": None}
    page = store.read(files.files, site=1, limit=1)
    assert page == {"items": [second], "next": second["id"]}
    assert store.read(files.files, site=1, limit=1, cursor=page["next"])["items"] == [first]
    assert store.read(files.files, site=2, limit=9)["items"] == []
