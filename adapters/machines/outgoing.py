"""What is asked of the buffer's file by those who send it: work for `Buffer.do`."""

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import orjson

SIGNALS, READINGS = 2_000, 10_000  # of one request


@dataclass(frozen=True, slots=True)
class Fill:
    """How full the buffer is."""

    rows: int
    oldest_ms: int | None
    bytes: int
    quarantined: int


@dataclass(frozen=True, slots=True)
class Batch:
    """What is sent as one request, encoded; `last` is the highest number in it."""

    content: bytes
    last: int
    rows: int


def signals(connection: sqlite3.Connection, *, source: str, gateway: str, limit: int) -> Batch:
    """The oldest rows, in the order of their numbers."""
    rows = connection.execute(
        "SELECT seq, row FROM signal ORDER BY seq LIMIT ?", [min(limit, SIGNALS)]
    ).fetchall()
    return signal_batch(rows, source, gateway)


def signal_batch(rows: Sequence[tuple[int, bytes]], source: str, gateway: str) -> Batch:
    """Rows with their numbers put in."""
    told = b",".join(b'{"seq":%d,%s' % (seq, row[1:]) for seq, row in rows)
    head = orjson.dumps({"source": source, "gateway": gateway})[:-1]
    return Batch(head + b',"rows":[' + told + b"]}", rows[-1][0] if rows else 0, len(rows))


def readings(connection: sqlite3.Connection, *, source: str, gateway: str) -> Batch:
    """The oldest chunks, as many as one request takes; a tag is named once for all its rows."""
    tags: dict[tuple[object, ...], int] = {}
    rows: list[tuple[Any, ...]] = []
    last = 0
    query = "SELECT last, rows, content FROM chunk ORDER BY last"
    for end, count, content in connection.execute(query):
        if rows and len(rows) + count > READINGS:
            break
        last = end
        for seq, (unit, tag, of, *value) in enumerate(orjson.loads(content), end - count + 1):
            rows.append((seq, tags.setdefault((unit, tag, of), len(tags)), *value))
    body = {"source": source, "gateway": gateway, "tags": list(tags), "rows": rows}
    return Batch(orjson.dumps(body), last, len(rows))


def acknowledge(
    connection: sqlite3.Connection, table: str, upto: int, refused: Sequence[Mapping[str, Any]]
) -> None:
    """Forget what the plant has; what it refused is put aside, to be looked at."""
    if table == "chunk":
        connection.execute("DELETE FROM chunk WHERE last <= ?", [upto])
        return
    for row in refused:
        connection.execute(
            "INSERT OR REPLACE INTO quarantine SELECT seq, at, ?, row FROM signal WHERE seq = ?",
            [row["detail"], row["seq"]],
        )
    connection.execute("DELETE FROM signal WHERE seq <= ?", [upto])


def renew(
    connection: sqlite3.Connection, opened_at: tuple[int, int], marks: tuple[int, int]
) -> str:
    """A new id for a file that was restored: its numbers were given before, to other rows.

    What it held when it was opened, and the plant has taken in already, is not sent again.
    """
    source = uuid4().hex
    for table, column, opened, mark in zip(
        ("signal", "chunk"), ("seq", "last"), opened_at, marks, strict=True
    ):
        connection.execute(f"DELETE FROM {table} WHERE {column} <= ?", [min(opened, mark)])
    connection.execute("UPDATE meta SET value = ? WHERE name = 'source'", [source])
    return source


def fill(connection: sqlite3.Connection) -> Fill:
    """How full it is."""
    rows, oldest = connection.execute("SELECT count(*), min(at) FROM signal").fetchone()
    telemetry, since = connection.execute("SELECT sum(rows), min(since) FROM chunk").fetchone()
    quarantined = connection.execute("SELECT count(*) FROM quarantine").fetchone()[0]
    pages = connection.execute("PRAGMA page_count").fetchone()[0]
    size = connection.execute("PRAGMA page_size").fetchone()[0]
    known = [instant for instant in (oldest, since) if instant is not None]
    return Fill(rows + (telemetry or 0), min(known, default=None), pages * size, quarantined)


def cycles(connection: sqlite3.Connection) -> dict[tuple[str, str], int]:
    """The last cycle number that was told, by unit and tag."""
    return {(u, t): number for u, t, number in connection.execute("SELECT * FROM cycle")}
