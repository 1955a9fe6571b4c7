"""How connections to the two databases are opened."""

import sqlite3
from typing import Any

import sqlalchemy as sa

# Milliseconds a statement may run, wait for a lock, or a frozen holder may keep its row locks.
_POSTGRES_OPTIONS = (
    "-c statement_timeout=30000 -c lock_timeout=5000 -c idle_in_transaction_session_timeout=10000"
)


def open_bind(url: sa.URL, *, durable: bool) -> sa.Engine:
    """The SQLAlchemy engine (HOUSE calls it a bind) of a plant's database."""
    if url.get_backend_name() != "sqlite":
        return sa.create_engine(
            url,
            pool_size=16,
            max_overflow=0,
            pool_timeout=10,
            pool_pre_ping=False,
            connect_args={"options": _POSTGRES_OPTIONS, "connect_timeout": 5},
        )
    bind = sa.create_engine(url, connect_args={"check_same_thread": False})
    sa.event.listen(bind, "connect", _pragmas("FULL" if durable else "OFF"))
    return bind


def readonly_connection(url: sa.URL) -> sqlite3.Connection:
    """A connection to a SQLite file that cannot write."""
    connection = sqlite3.connect(str(url.database), isolation_level=None, check_same_thread=False)
    connection.execute("PRAGMA query_only=ON")
    connection.execute("PRAGMA busy_timeout=5000")
    return connection


def _pragmas(synchronous: str) -> Any:
    def on_connect(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None  # we say BEGIN IMMEDIATE ourselves
        for pragma in (
            "journal_mode=WAL",
            f"synchronous={synchronous}",
            "foreign_keys=ON",
            "busy_timeout=5000",
            "cache_size=-32768",
            "wal_autocheckpoint=4000",
        ):
            connection.execute(f"PRAGMA {pragma}")

    return on_connect
