"""`routecard doctor`: what is wrong with this installation, each thing with its cure."""

import json
import os
import shutil
import sqlite3
import stat
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click
import sqlalchemy as sa

from adapters.machines.config.lines import ConfigInvalid
from adapters.machines.config.reading import read_gateway
from adapters.machines.gateway import BUFFER
from cli.copies.records import broken_records, looking
from cli.plant import address_file, database_file, is_locked, opened_bind
from cli.serving.beside import MACHINES
from engine.access.settings import site_settings
from engine.collection.readings import packing, place
from engine.kernel.errors import RoutecardError
from engine.kernel.settings import Settings, read_settings
from engine.migrations import schema

FREE_BYTES = 500 * 1024 * 1024
WAL_BYTES = 256 * 1024 * 1024
OLDEST_PYTHON = (3, 11)
SECONDS_AHEAD = 300
DAYS_LATE = 2  # readings are forgotten by the hour; so much over is a work that does not run
# No plant ran this before: an earlier clock has lost its battery.
BUILT = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong, and what to do about it."""

    what: str
    cure: str


Check = Callable[[Settings], Iterator[Fault]]


@click.command()
@click.pass_context
def doctor(ctx: click.Context) -> None:
    """Look at home, disk, schema, database, readings, records, clock, keys; exit 1 if wrong."""
    settings = read_settings()
    wrong = False
    for check in CHECKS:
        faults = list(check(settings))
        wrong = wrong or bool(faults)
        for fault in faults:
            click.echo(f"wrong  {check.__name__:10} {fault.what} — {fault.cure}")
        if not faults:
            click.echo(f"well   {check.__name__:10} {_subject(check, settings)}")
    if wrong:
        ctx.exit(1)


def _subject(check: Check, settings: Settings) -> str:
    """What a check that found nothing looked at."""
    file = settings.home / place.NAME
    size = f"{file.stat().st_size / 1024**2:.1f} MB" if file.is_file() else "none"
    told = {python: sys.version.split()[0], home: str(settings.home)}
    if settings.sqlite:
        told[readings] = size
    return told.get(check, (check.__doc__ or "").partition(".")[0])


# ---- checks ----


def python(_settings: Settings) -> Iterator[Fault]:
    """Python is new enough."""
    if sys.version_info < OLDEST_PYTHON:
        yield Fault(f"This is Python {sys.version.split()[0]}.", "Install Python 3.11 or newer.")


def home(settings: Settings) -> Iterator[Fault]:
    """The home is a folder of ours that can be written."""
    folder = settings.home
    if not folder.is_dir():
        yield Fault(f"There is no folder {folder}.", "`routecard serve` makes it.")
    elif not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        yield Fault(f"{folder} cannot be written.", f"Give it to this account: chown {folder}.")
    elif _open_to_others(folder, stat.S_IWGRP | stat.S_IWOTH):
        yield Fault(f"Others may write to {folder}.", f"chmod go-w {folder}")


def disk(settings: Settings) -> Iterator[Fault]:
    """There is room for a while."""
    folder = settings.home if settings.home.is_dir() else Path.home()
    free = shutil.disk_usage(folder).free
    if free < FREE_BYTES:
        yield Fault(
            f"Only {free // 1024**2} MB are free at {folder}.",
            f"Make room; a plant wants {FREE_BYTES // 1024**2} MB at least.",
        )


def version(settings: Settings) -> Iterator[Fault]:
    """The schema is the one this program needs."""
    if settings.sqlite and not database_file(settings).is_file():
        yield Fault("There is no database yet.", "`routecard serve` makes it.")
        return
    try:
        with opened_bind(settings) as bind:
            schema.check(bind)
    except RoutecardError as refusal:
        yield Fault(refusal.detail, "See what it says; `routecard db check` looks closer.")


def database(settings: Settings) -> Iterator[Fault]:
    """The file is sound, and its write-ahead log is small."""
    if not settings.sqlite or not database_file(settings).is_file():
        return
    yield from _sound(
        database_file(settings), "Stop the server and `routecard db restore` a backup."
    )


def readings(settings: Settings) -> Iterator[Fault]:
    """Readings are sound, forgotten in time, and fit on the disk once more."""
    if settings.sqlite:
        file = settings.home / place.NAME
        if not file.is_file():
            return  # made by the first server
        found = list(_sound(file, "Stop the server and put it aside: the plant runs without it."))
        yield from found or _roomy(file)
        if found:
            return
    try:
        yield from _overdue(settings)
    except (RoutecardError, sa.exc.DatabaseError):
        return  # what is wrong with the schema has been told


def buffer(settings: Settings) -> Iterator[Fault]:
    """The buffer of the home's gateway is sound, and empties."""
    folder = settings.home / MACHINES
    try:
        file = read_gateway(folder).buffer / BUFFER
    except ConfigInvalid as invalid:
        yield Fault(f"{invalid.findings[0]}.", f"Then see `routecard gateway check {folder}`.")
        return
    if not file.is_file() or _in_use(file):
        return  # a gateway that runs tells of its buffer in its health
    found = list(
        _sound(file, "Stop the gateway and put it aside; what it had not sent yet is lost.")
    )
    yield from found or _waiting(file)


def _sound(file: Path, cure: str) -> Iterator[Fault]:
    """What is wrong with an SQLite file and its write-ahead log."""
    try:
        with closing(sqlite3.connect(file)) as connection:
            found = " ".join(connection.execute("PRAGMA quick_check(1)").fetchone()[0].split())
    except sqlite3.Error as error:
        found = str(error)
    if found != "ok":
        yield Fault(f"{file} is damaged: {found}.", cure)
    log = file.with_name(file.name + "-wal")
    if log.is_file() and log.stat().st_size > WAL_BYTES:
        size = log.stat().st_size // 1024**2
        yield Fault(f"{log} has grown to {size} MB.", "Restart the server; then look who reads it.")


def _roomy(file: Path) -> Iterator[Fault]:
    """A backup copies the file, so that there has to be room for it once more."""
    size, free = file.stat().st_size, shutil.disk_usage(file.parent).free
    if free < size:
        yield Fault(
            f"{file} has {size // 1024**2} MB, and {free // 1024**2} MB are free.",
            "Make room for its backup, or lower the setting reading_value_days.",
        )


def _overdue(settings: Settings) -> Iterator[Fault]:
    """Values that should have been forgotten: the background work does not come to it."""
    url = f"sqlite:///{settings.home / place.NAME}" if settings.sqlite else settings.database_url
    with (
        opened_bind(settings) as bind,
        bind.connect() as plant,
        opened_bind(replace(settings, database_url=url)) as store,
        store.connect() as kept,
    ):
        for site, oldest in packing.oldest_values(looking(kept)):
            days = site_settings(looking(plant), site=site).reading_value_days
            began = datetime.fromtimestamp(oldest / 1000, UTC)
            if datetime.now(UTC) - began > timedelta(days=days + DAYS_LATE):
                yield Fault(
                    f"Readings of {began:%Y-%m-%d} are kept value by value, and the setting "
                    f"reading_value_days says {days} days.",
                    "Let `routecard serve`, or `background`, run; if it does, see its log.",
                )


def _in_use(file: Path) -> bool:
    try:
        with closing(sqlite3.connect(file, timeout=0)) as connection:
            connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except sqlite3.OperationalError as error:
        return "locked" in str(error)
    except sqlite3.DatabaseError:
        return False  # damaged, which is told
    return False


def _waiting(file: Path) -> Iterator[Fault]:
    """Rows that nobody sends: the file is of a gateway that does not run."""
    with closing(sqlite3.connect(file)) as connection:
        rows, since = connection.execute("SELECT count(*), min(at) FROM signal").fetchone()
    if rows:
        began = datetime.fromtimestamp(since / 1000, UTC)
        yield Fault(
            f"{rows} rows of {began:%Y-%m-%d %H:%M} UTC on wait in {file}, and no gateway runs.",
            "Start `routecard serve` with the files of the machines, and they are sent.",
        )


def records(settings: Settings) -> Iterator[Fault]:
    """Files are there, and signatures are what they were."""
    if settings.sqlite and not database_file(settings).is_file():
        return
    try:
        with opened_bind(settings) as bind:
            schema.check(bind)
        for sentence in broken_records(settings, thorough=False):
            what, _, cure = sentence.partition(". ")
            yield Fault(f"{what.rstrip('.')}.", cure or "Compare it with a backup.")
    except RoutecardError:
        return  # what is wrong with the schema has been told


def clock(settings: Settings) -> Iterator[Fault]:
    """The clock is not behind what the plant has seen."""
    now = datetime.now(UTC)
    if now < BUILT:
        yield Fault(f"The clock says {now:%Y-%m-%d}.", "Set it, and let NTP keep it.")
    file = database_file(settings) if settings.sqlite else None
    if file is not None and file.is_file():
        ahead = file.stat().st_mtime - now.timestamp()
        if ahead > SECONDS_AHEAD:
            yield Fault(
                f"{file} was written {ahead:.0f} seconds from now.",
                "The clock went back; set it, and let NTP keep it.",
            )


def key(settings: Settings) -> Iterator[Fault]:
    """The secret key is there for its owner only."""
    file = settings.secret_key_file
    if not file.exists():
        return  # made when it is first needed
    if not os.access(file, os.R_OK):
        yield Fault(f"{file} cannot be read.", "Give it to this account, or name another.")
    elif _open_to_others(file, stat.S_IRWXG | stat.S_IRWXO):
        yield Fault(f"Others may read {file}.", f"chmod 600 {file}, then make a new key.")


def server(settings: Settings) -> Iterator[Fault]:
    """What says that a server runs is true."""
    file = address_file(settings)
    if not settings.sqlite or not file.exists():
        return
    if not is_locked(settings):
        yield Fault(f"{file} was left by a server that was killed.", f"Remove {file}.")
        return
    try:
        json.loads(file.read_text("utf-8"))["url"]
    except (OSError, ValueError, KeyError):
        yield Fault(f"{file} cannot be read.", "Restart the server.")


CHECKS: tuple[Check, ...] = (
    *(python, home, disk, version, database, readings, buffer, records),
    *(clock, key, server),
)


def _open_to_others(path: Path, mode: int) -> bool:
    """Whether group or others have one of these rights; Windows keeps them elsewhere."""
    return os.name == "posix" and bool(path.stat().st_mode & mode)
