"""Opening a plant: its settings, its home, the lock on its file, its schema, its store."""

import json
import os
import secrets
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import sqlalchemy as sa

import engine.registry  # noqa: F401  every table, function and guard
from engine.collection.readings import place
from engine.kernel import site
from engine.kernel.errors import Conflict, NotFound
from engine.kernel.settings import SettingRefused, Settings
from engine.kernel.store import Store, broken_constraint
from engine.migrations import schema
from engine.records.folder import Folder

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

FILES = "files"
LOCKED_BYTE = 1 << 30  # far behind the content, which others may read


class PlantInUse(Conflict):
    """Another program has the plant's file."""

    code = "plant-in-use"
    title = "Plant in use"


class PlantMissing(NotFound):
    """There is no plant in this home."""

    code = "plant-missing"
    title = "No plant here"


@dataclass(frozen=True, slots=True)
class Plant:
    """An open plant: nobody else writes to its file."""

    settings: Settings
    store: Store
    readings: Store

    @property
    def folder(self) -> Folder:
        """Where its files are kept."""
        return Folder(self.settings.home / FILES)


@contextmanager
def open_plant(settings: Settings, *, create: bool = False) -> Iterator[Plant]:
    """The plant of these settings, for as long as the block lasts.

    Args:
        create: make home, schema and site 1 where there is nothing yet.

    Raises:
        PlantInUse: if a server, or another command, has the SQLite file.
        PlantMissing: if there is no plant and none is to be made.
        SchemaOld, SchemaNew, ForeignDatabase: if this program cannot work with the schema.
    """
    with locked(settings, create=create):
        prepare(settings, create=create)
        store = Store(settings.database_url)
        try:
            if create:
                _first_site(store)
            with place.opened(store, settings.home) as readings:
                yield Plant(settings, store, readings)
        finally:
            store.close()


def prepare(settings: Settings, *, create: bool) -> None:
    """Check the schema; with `create` an empty database gets one."""
    with opened_bind(settings) as bind:
        if schema.current(bind) is None and schema.is_empty(bind):
            if not create:
                raise missing(settings)
            schema.upgrade(bind)
        schema.check(bind)


@contextmanager
def opened_bind(settings: Settings) -> Iterator[sa.Engine]:
    """A bind for looking and upgrading, apart from any store."""
    bind = schema.open_bind(settings.database_url)
    try:
        yield bind
    finally:
        bind.dispose()


def missing(settings: Settings) -> PlantMissing:
    """What to say where there is no plant."""
    where = database_file(settings).parent if settings.sqlite else "this database"
    return PlantMissing(
        f"There is no plant in {where} yet. `routecard serve` makes one, or name another home in "
        "ROUTECARD_HOME."
    )


def database_file(settings: Settings) -> Path:
    """The file of a SQLite plant.

    Raises:
        SettingRefused: if the address names no file.
    """
    name = sa.make_url(settings.database_url).database
    if not name or name == ":memory:":
        raise SettingRefused("ROUTECARD_DATABASE_URL names no file; write sqlite:///FILE.")
    return Path(name)


def _first_site(store: Store) -> None:
    try:
        store.run(site.create_site, code="plant", name="Plant", time_zone=local_zone())
    except Exception as error:
        if not broken_constraint(error):  # it is there already
            raise


def local_zone() -> str:
    """The IANA name of this machine's zone, or UTC where it has none."""
    from tzlocal import get_localzone_name

    try:
        return get_localzone_name() or "UTC"
    except (LookupError, OSError, ValueError):
        return "UTC"


# ---- the lock of a SQLite plant ----


@contextmanager
def locked(settings: Settings, *, create: bool = False) -> Iterator[None]:
    """Keep every other program of ours from the SQLite file; PostgreSQL needs no such thing.

    Raises:
        PlantInUse: if another one has it.
    """
    if not settings.sqlite:
        yield
        return
    file = lock_file(settings)
    if create:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        settings.home.mkdir(mode=0o700, parents=True, exist_ok=True)
    elif not file.parent.is_dir():
        raise missing(settings)
    with file.open("a+b") as handle:
        if not _lock(handle):
            raise PlantInUse(
                f"Another Routecard is using {database_file(settings)}; stop it first."
            )
        address_file(settings).unlink(missing_ok=True)  # left by a server that was killed
        yield


def is_locked(settings: Settings) -> bool:
    """Whether another program has the SQLite file now."""
    try:
        with lock_file(settings).open("r+b") as handle:
            return not _lock(handle)
    except FileNotFoundError:
        return False


def lock_file(settings: Settings) -> Path:
    """The lock beside the file it stands for: `plant.lock` beside `plant.db`."""
    return database_file(settings).with_suffix(".lock")


def _lock(handle: IO[bytes]) -> bool:
    """Take the lock until the handle is closed, or the process ends in whatever way."""
    try:
        if sys.platform == "win32":
            handle.seek(LOCKED_BYTE)
            msvcrt.locking(handle.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    return True


# ---- where the running server is ----


def address_file(settings: Settings) -> Path:
    """Where a server says how the shell reaches it."""
    return settings.home / "serve.json"


@contextmanager
def announced(settings: Settings, url: str, token: str) -> Iterator[None]:
    """Tell the shell of this account, and nobody else, where the server is while it runs.

    On PostgreSQL the shell needs no server, and one home may belong to several of them.
    """
    if not settings.sqlite:
        yield
        return
    file = address_file(settings)
    write_private(file, {"url": url, "token": token})
    try:
        yield
    finally:
        file.unlink(missing_ok=True)


def write_private(file: Path, content: Mapping[str, object]) -> None:
    """Write JSON that only the owner can read, whole or not at all."""
    partial = file.with_name(f".{file.name}.{secrets.token_hex(4)}")
    with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as handle:
        json.dump(content, handle)
    partial.replace(file)
