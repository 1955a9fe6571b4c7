"""`routecard doctor`: what is wrong with this installation, each thing with its cure."""

import json
import os
import shutil
import sqlite3
import stat
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import click

from cli.copies.records import broken_records
from cli.plant import address_file, database_file, is_locked, opened_bind
from engine.kernel.errors import RoutecardError
from engine.kernel.settings import Settings, read_settings
from engine.migrations import schema

FREE_BYTES = 500 * 1024 * 1024
WAL_BYTES = 256 * 1024 * 1024
OLDEST_PYTHON = (3, 11)
SECONDS_AHEAD = 300
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
    """Look at home, disk, schema, database, records, clock and keys; exit 1 if one is wrong."""
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
    told = {python: sys.version.split()[0], home: str(settings.home)}
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
    file = database_file(settings)
    try:
        with closing(sqlite3.connect(file)) as connection:
            found = " ".join(connection.execute("PRAGMA quick_check(1)").fetchone()[0].split())
    except sqlite3.Error as error:
        found = str(error)
    if found != "ok":
        yield Fault(
            f"{file} is damaged: {found}.", "Stop the server and `routecard db restore` a backup."
        )
    log = file.with_name(file.name + "-wal")
    if log.is_file() and log.stat().st_size > WAL_BYTES:
        size = log.stat().st_size // 1024**2
        yield Fault(f"{log} has grown to {size} MB.", "Restart the server; then look who reads it.")


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


CHECKS: tuple[Check, ...] = (python, home, disk, version, database, records, clock, key, server)


def _open_to_others(path: Path, mode: int) -> bool:
    """Whether group or others have one of these rights; Windows keeps them elsewhere."""
    return os.name == "posix" and bool(path.stat().st_mode & mode)
