"""The copy of a plant on PostgreSQL, by its own `pg_dump` and `pg_restore`."""

import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import sqlalchemy as sa

from cli.plant import PlantInUse, missing, opened_bind
from engine.kernel.errors import Unavailable
from engine.kernel.settings import Settings
from engine.migrations import schema

NAME = "plant.dump"
OTHERS = sa.text(
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
    "AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
)


class ToolMissing(Unavailable):
    """PostgreSQL's own programs are not on this machine."""

    code = "tool-missing"
    title = "Program missing"


def copy_out(settings: Settings, folder: Path) -> None:
    """Dump the database as of one moment; the server may go on writing."""
    with opened_bind(settings) as bind:
        if schema.current(bind) is None:
            raise missing(settings)
    options = ["--format=custom", f"--file={folder / NAME}", "--exclude-schema=replaced_*"]
    _run(settings, "pg_dump", [*options, "--no-owner"])


def occupied(settings: Settings) -> str | None:
    """The database that is in the way, if it holds a table."""
    with opened_bind(settings) as bind:
        return None if schema.is_empty(bind) else f"The database {bind.url.database}"


def bring_back(settings: Settings, folder: Path, stamp: str) -> str | None:
    """Restore the dump into `public`; the schema the former tables went to.

    Raises:
        PlantInUse: while anybody else is connected.
    """
    aside = f"replaced_{stamp.lower()}"
    with opened_bind(settings) as bind:
        with bind.connect() as connection:
            if connection.execute(OTHERS).scalar():
                raise PlantInUse("Somebody is connected to the database; stop every server first.")
        was_empty = schema.is_empty(bind)
        if not was_empty:
            _execute(bind, f"ALTER SCHEMA public RENAME TO {aside}", "CREATE SCHEMA public")
        try:
            options = ["--no-owner", "--exit-on-error", "--single-transaction"]
            _run(settings, "pg_restore", [*options, str(folder / NAME)])
        except Unavailable:
            if not was_empty:
                _execute(bind, "DROP SCHEMA public", f"ALTER SCHEMA {aside} RENAME TO public")
            raise
    return None if was_empty else f"schema {aside}"


def _execute(bind: sa.Engine, *statements: str) -> None:
    try:
        with bind.begin() as connection:
            for statement in statements:
                connection.exec_driver_sql(statement)
    except sa.exc.DBAPIError as error:
        raise Unavailable(f"The database refused it: {error.orig}.") from error


def _run(settings: Settings, program: str, options: Sequence[str]) -> None:
    """Run one of PostgreSQL's programs; the password goes through the environment, unseen."""
    path = shutil.which(program)
    if path is None:
        raise ToolMissing(
            f"{program} is not on the PATH; install PostgreSQL's client programs "
            "(Debian: apt-get install postgresql-client)."
        )
    url = sa.make_url(settings.database_url)
    address = url.set(drivername="postgresql", password=None)
    command = [path, *options, "--dbname", address.render_as_string(hide_password=False)]
    secret = {} if url.password is None else {"PGPASSWORD": str(url.password)}
    done = subprocess.run(command, env=os.environ | secret, capture_output=True, text=True)
    if done.returncode:
        said = done.stderr.strip().splitlines() or [f"exit code {done.returncode}"]
        raise Unavailable(f"{program} failed: {said[0]}")
