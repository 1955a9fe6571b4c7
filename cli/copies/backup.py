"""Making a backup and bringing it back: database, files and the id of the key, together."""

import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from cli.copies import manifest, postgresql, sqlite
from cli.copies.manifest import Manifest
from cli.plant import FILES, locked, opened_bind
from engine.kernel.errors import Conflict
from engine.kernel.settings import Settings
from engine.migrations import schema
from engine.records.folder import GONE, PARTIAL


class TargetOccupied(Conflict):
    """There is something already where this was to go."""

    code = "target-occupied"
    title = "Target occupied"


def back_up(settings: Settings, folder: Path) -> Manifest:
    """Copy a plant, running or not, into a new folder.

    Raises:
        TargetOccupied: if the folder holds anything.
        PlantMissing: if there is nothing to copy.
    """
    folder = folder.absolute()
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise TargetOccupied(f"{folder} is not empty; name a new folder for this backup.")
    with _whole(folder) as partial:
        if settings.sqlite:
            sqlite.copy_out(settings, partial)
        else:
            postgresql.copy_out(settings, partial)
        _copy_files(settings.home / FILES, partial / FILES)
        with opened_bind(settings) as bind:
            version = schema.current(bind) or ""
        return manifest.write(partial, settings, version)


def restore(settings: Settings, folder: Path, *, replace: bool) -> tuple[Manifest, str | None]:
    """Bring a backup back: (what it is, where the former plant went).

    Raises:
        NotABackup, BackupDamaged: before anything is touched.
        PlantInUse: while a server runs.
        TargetOccupied: if there is a plant already, and it is not to be replaced.
    """
    folder = folder.absolute()
    found = manifest.verified(folder, settings)
    with locked(settings, create=True):
        stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
        where = sqlite.occupied(settings) if settings.sqlite else postgresql.occupied(settings)
        if not replace and (where or (settings.home / FILES).exists()):
            raise TargetOccupied(
                f"{where or settings.home / FILES} is there already; --replace puts it aside first."
            )
        if settings.sqlite:
            aside = sqlite.bring_back(settings, folder, stamp)
        else:
            aside = postgresql.bring_back(settings, folder, stamp)
        _bring_back_files(settings, folder, stamp)
    return found, aside


def _copy_files(source: Path, target: Path) -> None:
    """Copy contents after the database, so that each row has its own.

    A server may upload and sweep meanwhile: halves are left out, and what goes away has no row.
    """
    for file in sorted(source.rglob("*")):
        inner = file.relative_to(source)
        if file.is_file() and inner.parts[0] != PARTIAL and file.suffix != GONE:
            (target / inner).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with suppress(FileNotFoundError):
                shutil.copy2(file, target / inner)


def _bring_back_files(settings: Settings, folder: Path, stamp: str) -> None:
    target = settings.home / FILES
    if target.exists():
        aside = sqlite.aside_folder(settings, stamp)
        target.rename(aside / FILES)
    if (folder / FILES).is_dir():
        shutil.copytree(folder / FILES, target)


@contextmanager
def _whole(folder: Path) -> Iterator[Path]:
    """A folder to fill, which takes its name only when it is complete."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    partial = folder.with_name(f".{folder.name}.{secrets.token_hex(4)}.partial")
    partial.mkdir(mode=0o700)
    try:
        yield partial
        if folder.exists():
            folder.rmdir()
        partial.rename(folder)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
