"""The schema's common ground, and statements that are built once and run by the driver.

Ids are 16 bytes, instants are whole milliseconds, JSON is bytes: the same SQL and the same sizes on
SQLite and PostgreSQL, and no conversion between the driver and a command.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import sqlite

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# A table whose key is not a running number is stored in the order of its key: one tree, not two.
BY_KEY: dict[str, Any] = {"sqlite_with_rowid": False}

DEFAULT_SITE = 1


def key(name: str = "id", *, primary_key: bool = True, **options: Any) -> sa.Column[bytes]:
    """A column for a UUIDv7 of 16 bytes."""
    return sa.Column(name, sa.LargeBinary(16), primary_key=primary_key, **options)


def reference(name: str, *, nullable: bool = False) -> sa.Column[bytes]:
    """A column holding the key of another row."""
    return sa.Column(name, sa.LargeBinary(16), nullable=nullable)


def site() -> sa.Column[int]:
    """The site every row belongs to."""
    return sa.Column(
        "site_id", sa.Integer, nullable=False, server_default=sa.text(str(DEFAULT_SITE))
    )


def instant(name: str, *, nullable: bool = False) -> sa.Column[int]:
    """A column for an instant: milliseconds since 1970-01-01T00:00Z."""
    return sa.Column(name, sa.BigInteger, nullable=nullable)


def text(name: str, *, nullable: bool = False, **options: Any) -> sa.Column[str]:
    """A column for text."""
    return sa.Column(name, sa.Text, nullable=nullable, **options)


def number(name: str, *, nullable: bool = False, **options: Any) -> sa.Column[int]:
    """A column for a whole number."""
    return sa.Column(name, sa.Integer, nullable=nullable, **options)


def flag(name: str) -> sa.Column[bool]:
    """A column that is false unless told otherwise."""
    return sa.Column(name, sa.Boolean, nullable=False, server_default=sa.false())


def body(name: str, *, nullable: bool = False) -> sa.Column[bytes]:
    """A column for bytes that the database need not look into: JSON, XML, a digest."""
    return sa.Column(name, sa.LargeBinary, nullable=nullable)


class Statement:
    """One SQL statement: written with SQLAlchemy Core, compiled on first use, run by the driver.

    Parameters are `bindparam` names; constants are part of the statement. `IN` with a variable
    number of values is not possible; build one statement per number of values instead.
    """

    __slots__ = ("_construct", "_prepared")

    def __init__(self, construct: sa.sql.ClauseElement) -> None:
        self._construct = construct
        self._prepared: dict[str, tuple[str, Mapping[str, Any]]] = {}

    def prepared(self, dialect: str) -> tuple[str, Mapping[str, Any]]:
        """The SQL text for a dialect, and the constants that go along with every call."""
        found = self._prepared.get(dialect)
        if found is None:
            compiled = self._construct.compile(dialect=_DIALECTS[dialect]())
            fixed = {k: v for k, v in (compiled.params or {}).items() if v is not None}
            found = self._prepared[dialect] = str(compiled), fixed
        return found


def padded(name: str, values: Sequence[Any]) -> dict[str, Any]:
    """Values for a statement that takes several, as `name0`, `name1` …: their number is rounded up
    to a power of two by repeating the last, so that few statements are built."""
    size = 1 << (len(values) - 1).bit_length()
    return {f"{name}{n}": values[min(n, len(values) - 1)] for n in range(size)}


def among(column: sa.ColumnElement[Any], name: str, size: int) -> sa.ColumnElement[bool]:
    """Whether a column has one of so many values that `padded` named."""
    return column.in_([sa.bindparam(f"{name}{n}", type_=column.type) for n in range(size)])


def _sqlite() -> sa.Dialect:
    return sqlite.dialect(paramstyle="named")


def _postgresql() -> sa.Dialect:
    from sqlalchemy.dialects import postgresql  # 50 ms that a plant with SQLite need not wait

    return postgresql.psycopg.dialect(paramstyle="pyformat")


_DIALECTS: dict[str, Callable[[], sa.Dialect]] = {"sqlite": _sqlite, "postgresql": _postgresql}


def insert(table: sa.Table, *leave_out: str) -> Statement:
    """INSERT of a row, a parameter per column by its name."""
    return Statement(
        sa.insert(table).values(
            {c.name: sa.bindparam(c.name) for c in table.columns if c.name not in leave_out}
        )
    )
