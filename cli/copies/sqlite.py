"""The copy of a plant on SQLite, by its own online backup: a server may go on writing."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

from cli.copies.manifest import BackupDamaged, flush
from cli.plant import database_file, missing
from engine.collection.readings import place
from engine.kernel.errors import Unavailable
from engine.kernel.settings import Settings

NAME = "plant.db"
READINGS = place.NAME
COMPANIONS = ("", "-wal", "-shm")


def copy_out(settings: Settings, folder: Path) -> None:
    """Copy the database and the readings, each as of one moment, and prove the copies."""
    source = database_file(settings)
    if not source.is_file():
        raise missing(settings)
    _copy(source, folder / NAME)
    if (settings.home / READINGS).is_file():
        _copy(settings.home / READINGS, folder / READINGS)


def _copy(source: Path, target: Path) -> None:
    try:
        with closing(sqlite3.connect(source)) as live, closing(sqlite3.connect(target)) as copy:
            live.execute("PRAGMA query_only=ON")
            live.backup(copy)  # in one step: small steps start again at every write
            copy.execute("PRAGMA journal_mode=DELETE")  # one file, without companions
    except sqlite3.Error as error:
        raise Unavailable(f"{source} cannot be copied: {error}.") from error
    prove(target)


def prove(file: Path) -> None:
    """Let SQLite look at every page and index.

    Raises:
        BackupDamaged: with the first thing it finds.
    """
    try:
        with closing(sqlite3.connect(file)) as connection:
            found = " ".join(connection.execute("PRAGMA integrity_check(1)").fetchone()[0].split())
            stray = connection.execute("PRAGMA foreign_key_check").fetchone()
    except sqlite3.Error as error:
        found, stray = str(error), None
    if found != "ok" or stray is not None:
        raise BackupDamaged(f"{file} is damaged: {found if found != 'ok' else stray}.")


def occupied(settings: Settings) -> Path | None:
    """The database that is in the way, if there is one."""
    file = database_file(settings)
    return file if file.exists() else None


def bring_back(settings: Settings, folder: Path, stamp: str) -> str | None:
    """Put the copies in their places; where what was there went.

    A backup from before there were readings leaves none.
    """
    places = {folder / NAME: database_file(settings), folder / READINGS: settings.home / READINGS}
    arriving = {}
    for copy, file in places.items():
        if copy.is_file():
            arriving[file] = file.with_name(f"{file.name}.restoring")
            shutil.copyfile(copy, arriving[file])
            prove(arriving[file])
            flush(arriving[file])
    aside = [_put_aside(settings, file, stamp) for file in places.values()]
    for file, partial in arriving.items():
        partial.rename(file)
    return next(filter(None, aside), None)


def _put_aside(settings: Settings, file: Path, stamp: str) -> str | None:
    aside: str | None = None
    for companion in COMPANIONS:
        former = file.with_name(file.name + companion)
        if former.exists():
            beside = aside_folder(settings, stamp)
            former.rename(beside / former.name)
            aside = str(beside)
    return aside


def aside_folder(settings: Settings, stamp: str) -> Path:
    """Where what is replaced is kept."""
    folder = settings.home / f"replaced-{stamp}"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder
