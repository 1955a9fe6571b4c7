"""Alembic, told where our revisions are and which connection to use."""

from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.util import CommandError


class NoWay(Exception):
    """No line of revisions leads from where the database is to where it is to go."""


def run(folder: Path, connection: sa.Connection) -> None:
    """Run every revision of a folder that the database has not had, in order.

    Raises:
        NoWay: if the database's revision is none of them.
    """
    try:
        command.upgrade(_config(folder, connection), "head")
    except CommandError as error:
        raise NoWay(str(error)) from error


def draft(folder: Path, connection: sa.Connection, name: str, message: str) -> None:
    """Write a revision with what the tables have and the database of the connection has not."""
    command.revision(_config(folder, connection), message, autogenerate=True, rev_id=name)


def _config(folder: Path, connection: sa.Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(folder).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config
