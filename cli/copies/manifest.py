"""What a backup holds: the list of its files with their digests, and what is needed to use them."""

import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from engine.kernel.errors import Conflict, Invalid
from engine.kernel.settings import Settings
from engine.migrations import schema

NAME = "manifest.json"
FORMAT = 1
KEY_ID_LENGTH = 16


class BackupDamaged(Conflict):
    """A backup is not what it was when it was made."""

    code = "backup-damaged"
    title = "Backup damaged"


class NotABackup(Invalid):
    """The folder holds no backup that this program can use."""

    code = "not-a-backup"
    title = "Not a backup"


@dataclass(frozen=True, slots=True)
class Manifest:
    """One backup.

    `files` are digests (SHA-256, hexadecimal) by path; `secret_key` is the id of the key that
    signed sessions and cursors, which is never part of a backup.
    """

    made: str
    database: str
    schema: str
    secret_key: str | None
    files: dict[str, str]
    format: int = FORMAT


def write(folder: Path, settings: Settings, version: str) -> Manifest:
    """Describe the files of a finished backup, and see that all of it is on the disk."""
    files = {path.relative_to(folder).as_posix(): digest(path) for path in _files(folder)}
    made = datetime.now(UTC).isoformat(timespec="seconds")
    kind = "sqlite" if settings.sqlite else "postgresql"
    manifest = Manifest(made, kind, version, key_id(settings), files)
    (folder / NAME).write_text(json.dumps(asdict(manifest), indent=2) + "\n", "utf-8")
    for path in (*_files(folder), folder / NAME):
        flush(path)
    return manifest


def verified(folder: Path, settings: Settings) -> Manifest:
    """The manifest of a backup that can be restored here.

    Raises:
        NotABackup: if there is none, or it is for another kind of database or a newer program.
        BackupDamaged: naming the file that is missing or changed.
    """
    try:
        manifest = Manifest(**json.loads((folder / NAME).read_text("utf-8")))
    except (OSError, ValueError, TypeError):
        raise NotABackup(f"{folder} holds no backup: there is no usable {NAME}.") from None
    kind = "sqlite" if settings.sqlite else "postgresql"
    if manifest.database != kind:
        raise NotABackup(f"This backup is of {manifest.database}, but the settings name {kind}.")
    if manifest.format != FORMAT or manifest.schema > schema.head():
        raise NotABackup("A newer Routecard made this backup; install it to restore.")
    for name, expected in manifest.files.items():
        path = folder / name
        if not path.is_file() or digest(path) != expected:
            raise BackupDamaged(f"{path} is missing or was changed since the backup was made.")
    return manifest


def key_id(settings: Settings) -> str | None:
    """What tells secret keys apart without telling the key; None where none was made yet."""
    if not settings.secret_key_file.is_file():
        return None
    return digest(settings.secret_key_file)[:KEY_ID_LENGTH]


def digest(path: Path) -> str:
    """SHA-256 of a file, hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def flush(path: Path) -> None:
    """See that a file is on the disk."""
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def _files(folder: Path) -> Iterator[Path]:
    return (p for p in sorted(folder.rglob("*")) if p.is_file() and p != folder / NAME)
