"""The version of the schema: what a database has, what this program needs, and the way up.

Reading it is a plain SELECT, so that a start stays quick; Alembic is imported only to upgrade.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import sqlalchemy as sa

from engine.kernel.errors import Conflict, Unavailable

VERSION_TABLE = "alembic_version"
CURE = "Run `routecard db upgrade`."
# A revision is named by four digits, counted upwards, and its file begins with them.
FOLDER = Path(__file__).parent
_VERSION = sa.text(f"SELECT version_num FROM {VERSION_TABLE}")


class SchemaOld(Unavailable):
    """The database was made by an older program."""

    code = "schema-old"
    title = "Schema too old"


class SchemaNew(Unavailable):
    """The database was made by a newer program."""

    code = "schema-new"
    title = "Schema too new"


class ForeignDatabase(Conflict):
    """The database holds something that is not a plant."""

    code = "foreign-database"
    title = "Not a plant's database"


def open_bind(url: str) -> sa.Engine:
    """A bind for reading the version and for upgrading, apart from any store."""
    address = sa.make_url(url)
    if address.get_backend_name() == "sqlite":
        # We say BEGIN IMMEDIATE ourselves: the driver would leave DDL outside of a transaction.
        options: dict[str, object] = {"isolation_level": None}
    else:
        options = {"connect_timeout": 5}
    return sa.create_engine(address, poolclass=sa.NullPool, connect_args=options)


def head() -> str:
    """The version this program needs."""
    return max(path.name.partition("_")[0] for path in FOLDER.glob("versions/[0-9]*_*.py"))


def current(bind: sa.Engine) -> str | None:
    """The version of a database; None if it has none.

    Raises:
        Unavailable: if the database does not answer.
    """
    with _answering(bind) as connection:
        if not sa.inspect(connection).has_table(VERSION_TABLE):
            return None
        version: str | None = connection.execute(_VERSION).scalar()
        return version


def is_empty(bind: sa.Engine) -> bool:
    """Whether a database holds no table at all.

    Raises:
        Unavailable: if the database does not answer.
    """
    with _answering(bind) as connection:
        return not sa.inspect(connection).get_table_names()


@contextmanager
def _answering(bind: sa.Engine) -> Iterator[sa.Connection]:
    try:
        with bind.connect() as connection:
            yield connection
    except sa.exc.DBAPIError as error:
        said = " ".join(str(error.orig).split())
        raise Unavailable(f"The database does not answer: {said}.") from error


def check(bind: sa.Engine) -> None:
    """Let pass a database of this program's version only.

    Raises:
        SchemaOld: naming the cure.
        SchemaNew: if a newer program made it.
        ForeignDatabase: if it holds tables but no version of ours.
    """
    version = current(bind)
    if version is None:
        _refuse_foreign(bind)
        raise SchemaOld(f"The database is empty. {CURE}")
    if version > head():
        raise SchemaNew(
            f"The database has schema {version}, which a newer Routecard made; this one needs "
            f"{head()}. Install the newer one again, or restore a backup made before it."
        )
    if version < head():
        raise SchemaOld(f"The database has schema {version}, this Routecard needs {head()}. {CURE}")


def upgrade(bind: sa.Engine) -> None:
    """Bring a database, an empty one too, to this program's version; all of it or nothing.

    Raises:
        SchemaNew: if a newer program made it.
        ForeignDatabase: if it holds tables but no version of ours.
    """
    from engine.migrations import revisions  # Alembic: a fifth of a second that most starts spare

    if current(bind) is not None:
        with suppress(SchemaOld):
            check(bind)
    else:
        _refuse_foreign(bind)
    with bind.connect() as connection:
        for statement in _BEGIN[bind.dialect.name]:
            connection.exec_driver_sql(statement)
        try:
            revisions.run(FOLDER, connection)
        except revisions.NoWay as error:
            raise SchemaOld(f"There is no way up to schema {head()}: {error}.") from error
        connection.commit()


# Two programs must not upgrade at once, and a large table may take its time.
_BEGIN = {
    "sqlite": ["BEGIN IMMEDIATE"],
    "postgresql": ["SELECT pg_advisory_xact_lock(7263001)", "SET LOCAL statement_timeout = 0"],
}


def _refuse_foreign(bind: sa.Engine) -> None:
    if not is_empty(bind):
        raise ForeignDatabase("The database holds tables that are not Routecard's; name another.")
