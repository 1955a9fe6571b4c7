"""`routecard db`: schema, integrity, backup and restore."""

from datetime import UTC, datetime
from pathlib import Path

import click

from cli.copies import manifest
from cli.copies.backup import back_up, restore
from cli.copies.records import broken_records
from cli.copies.sqlite import READINGS, prove
from cli.plant import database_file, locked, missing, open_plant, opened_bind
from engine.kernel.errors import Conflict
from engine.kernel.log import configure_log
from engine.kernel.settings import Settings, read_settings
from engine.migrations import schema


class RecordsBroken(Conflict):
    """Files or signatures are not what they were."""

    code = "records-broken"
    title = "Records broken"


FOLDER = click.argument("folder", metavar="DIR", type=click.Path(file_okay=False, path_type=Path))


@click.group()
def db() -> None:
    """The database: schema, integrity, backups."""
    configure_log()


@db.command("upgrade")
def upgrade() -> None:
    """Bring the schema to this program's version; on SQLite a backup is made first."""
    settings = read_settings()
    before = _version(settings)
    if before is not None and before < schema.head():
        with locked(settings):
            if settings.sqlite:
                click.echo(f"Backup in {_back_up_first(settings, before)}")
            with opened_bind(settings) as bind:
                schema.upgrade(bind)
    if before != schema.head():
        with open_plant(settings, create=True):
            pass
    after = schema.head()
    click.echo(f"Schema {after}" if before == after else f"Schema {before or 'none'} -> {after}")


def _version(settings: Settings) -> str | None:
    if settings.sqlite and not database_file(settings).is_file():
        return None
    with opened_bind(settings) as bind:
        return schema.current(bind)


def _back_up_first(settings: Settings, before: str) -> Path:
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    folder = settings.home / "backups" / f"schema-{before}-{stamp}"
    back_up(settings, folder)
    return folder


@db.command("check")
def check() -> None:
    """Look at schema, database, files and signatures; a running server is not disturbed."""
    settings = read_settings()
    if settings.sqlite:
        if not database_file(settings).is_file():
            raise missing(settings)
        prove(database_file(settings))
        if (settings.home / READINGS).is_file():
            prove(settings.home / READINGS)
    with opened_bind(settings) as bind:
        schema.check(bind)
    broken = list(broken_records(settings, thorough=True))
    for sentence in broken:
        click.echo(sentence, err=True)
    if broken:
        raise RecordsBroken(f"{len(broken)} records are not what they were; see above.")
    click.echo(f"Schema {schema.head()}, database sound, files and signatures intact")


@db.command("backup")
@FOLDER
def backup(folder: Path) -> None:
    """Copy database, files and the id of the secret key into a new folder; a server may run."""
    made = back_up(read_settings(), folder)
    click.echo(f"{folder}: schema {made.schema}, {len(made.files)} files with their digests")


@db.command("restore")
@FOLDER
@click.option("--replace", is_flag=True, help="Put the plant that is there aside.")
def bring_back(folder: Path, replace: bool) -> None:
    """Bring a backup back, after proving it; no server may run."""
    settings = read_settings()
    found, aside = restore(settings, folder, replace=replace)
    click.echo(f"Restored the backup of {found.made}, schema {found.schema}")
    if aside is not None:
        click.echo(f"What was there before is in {aside}")
    if found.schema < schema.head():
        click.echo(f"The schema is older than this program. {schema.CURE}", err=True)
    if found.secret_key not in (None, manifest.key_id(settings)):
        click.echo("The plant had another secret key: everybody must sign in again.", err=True)
