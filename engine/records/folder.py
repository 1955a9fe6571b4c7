"""The folder of files: each content once, under its SHA-256, on the disk before any row names it.

`<home>/files/ab/abcdef…`. A content is written beside its place, flushed, and renamed into it, so
that what has a name is whole. A row of the database decides what is kept: content that has none is
swept away a day later.
"""

import hashlib
import os
import secrets
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from engine.kernel.errors import Unavailable
from engine.kernel.log import log
from engine.records.content import Content, FileRefused, recognise

MAX_BYTES = 20 * 1024 * 1024
# What is left of a disk belongs to the database: an upload must not be what stops the plant.
RESERVE_BYTES = 256 * 1024 * 1024
ORPHAN_SECONDS = 24 * 3600.0
PARTIAL = "partial"
GONE = ".gone"


class FileTooLarge(FileRefused):
    """A file beyond the limit."""

    code = "file-too-large"
    title = "File too large"


class ContentLost(Unavailable):
    """The row of a file is there, its content is not, or not whole."""

    code = "content-lost"
    title = "Content lost"


@dataclass(frozen=True, slots=True)
class Kept:
    """Content that is on the disk, for a row to name it."""

    content: Content
    size: int
    digest: bytes


class Folder:
    """Keeps contents.

    Args:
        path: the folder; made with the first file.
        reserve: bytes that stay free on its disk.
    """

    def __init__(self, path: Path, *, reserve: int = RESERVE_BYTES) -> None:
        self.path, self.reserve = path, reserve

    def keep(self, stream: IO[bytes], name: str) -> Kept:
        """Write a content to the disk unless it is there; slow, so never called in a command.

        Raises:
            FileRefused: if it is nothing that is kept here.
            FileTooLarge: if it is too large.
            Unavailable: if the disk cannot take it; nothing was stored.
        """
        data = stream.read(MAX_BYTES + 1)
        if len(data) > MAX_BYTES:
            raise FileTooLarge(f"A file has at most {MAX_BYTES // 1024**2} MB. Make it smaller.")
        content = recognise(data, name)
        digest = hashlib.sha256(data).digest()
        try:
            if not self._touch(digest, data):
                self._write(digest, data)
            _flush(self.place(digest).parent, self.path)
        except OSError as error:
            raise Unavailable(
                f"The disk cannot take the file now ({error.strerror}); nothing was stored. "
                "Make room, then send it again."
            ) from error
        return Kept(content, len(data), digest)

    def place(self, digest: bytes) -> Path:
        """Where a content is."""
        name = digest.hex()
        return self.path / name[:2] / name

    def found(self, digest: bytes, size: int) -> Path:
        """Where a content is, if it is there as far as its size tells.

        Raises:
            ContentLost: naming the cure.
        """
        if not self.is_there(digest, size):
            raise ContentLost(
                f"The content {digest.hex()} is missing or damaged on the disk. Restore the files "
                "of a backup, or upload the same file again."
            )
        return self.place(digest)

    def is_there(self, digest: bytes, size: int) -> bool:
        """Whether a content is there with the size that it had."""
        place = self.place(digest)
        return place.is_file() and place.stat().st_size == size

    def is_intact(self, digest: bytes, size: int) -> bool:
        """Whether a content is still what it was; reads all of it."""
        if not self.is_there(digest, size):
            return False
        try:
            with self.place(digest).open("rb") as file:
                return hashlib.file_digest(file, "sha256").digest() == digest
        except OSError:
            return False

    def sweep(self, is_named: Callable[[bytes], bool]) -> int:
        """Remove old contents that no row names, and old halves; the number removed.

        Args:
            is_named: whether a row names a digest.
        """
        before = time.time() - ORPHAN_SECONDS
        old = [path for path in self._all() if _age(path) < before]
        return sum(self._remove(path, before) for path in old if not self._belongs(path, is_named))

    def _belongs(self, path: Path, is_named: Callable[[bytes], bool]) -> bool:
        try:
            return is_named(bytes.fromhex(path.name)) and path == self.place(
                bytes.fromhex(path.name)
            )
        except ValueError:
            return False

    def _remove(self, path: Path, before: float) -> bool:
        """Put it aside, and look again: somebody may have just uploaded the same content."""
        aside = path.with_name(path.name + GONE)
        with suppress(FileNotFoundError):
            path.rename(aside)
            if _age(aside) >= before:
                aside.rename(path)
                return False
            aside.unlink()
            return True
        return False

    def _all(self) -> Iterator[Path]:
        """Contents, and halves of some."""
        for folder in sorted(self.path.iterdir()) if self.path.is_dir() else ():
            if folder.is_dir() and (folder.name == PARTIAL or len(folder.name) == 2):
                yield from (path for path in folder.iterdir() if path.is_file())

    def _touch(self, digest: bytes, data: bytes) -> bool:
        """Whether a content is there whole; its age begins again, so that nobody sweeps it away."""
        place = self.place(digest)
        try:
            os.utime(place)
            return place.read_bytes() == data
        except FileNotFoundError:
            return False

    def _write(self, digest: bytes, data: bytes) -> None:
        place, partial = self.place(digest), self.path / PARTIAL / secrets.token_hex(16)
        for folder in (partial.parent, place.parent):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if shutil.disk_usage(self.path).free - len(data) < self.reserve:
            log.warning("disk_full", folder="files")
            raise Unavailable("The disk is full; nothing was stored. Make room, then try again.")
        try:
            handle = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _BINARY, 0o600)
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            partial.replace(place)
        finally:
            partial.unlink(missing_ok=True)


_BINARY: int = getattr(os, "O_BINARY", 0)  # Windows would change line ends


def _age(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return time.time()


def _flush(*folders: Path) -> None:
    """See that names are on the disk; Windows does so by itself."""
    if os.name == "posix":
        for folder in folders:
            handle = os.open(folder, os.O_RDONLY)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)
