"""What the plant has not acknowledged yet, in a SQLite file: nothing of it is lost by a kill.

One thread owns the file. Rows come in memory first and are committed every half second, or as soon
as there are a thousand; what has to be durable at once (a command that is about to be sent) is.
"""

import queue
import sqlite3
import threading
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from concurrent.futures import Future
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar
from uuid import uuid4

import orjson
import structlog

from adapters.machines.signals import Row, Telemetry

COMMIT_SECONDS, COMMIT_ROWS = 0.5, 1_000
RETRY_SECONDS = 1.0  # after a full disk
MEMORY_ROWS = 200_000  # that wait for a disk with room
CHUNK_ROWS = 5_000
VERSION = 1

SCHEMA = """
CREATE TABLE meta(name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
CREATE TABLE signal(seq INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL,
  row BLOB NOT NULL) STRICT;
CREATE TABLE chunk(last INTEGER PRIMARY KEY, rows INTEGER NOT NULL, since INTEGER NOT NULL,
  until INTEGER NOT NULL, content BLOB NOT NULL) STRICT;
CREATE TABLE quarantine(seq INTEGER PRIMARY KEY, at INTEGER NOT NULL, detail TEXT NOT NULL,
  row BLOB NOT NULL) STRICT;
CREATE TABLE command(job TEXT PRIMARY KEY, unit TEXT NOT NULL, record BLOB NOT NULL) STRICT;
CREATE TABLE cycle(unit TEXT, tag TEXT, number INTEGER NOT NULL, PRIMARY KEY(unit, tag)) STRICT;
"""

log: structlog.stdlib.BoundLogger = structlog.get_logger()
T = TypeVar("T")
Work = Callable[[sqlite3.Connection], Any]


class BufferInUse(Exception):
    """Another gateway has the file."""


class Buffer:
    """The file, and the thread that writes it.

    Args:
        file: made with its folder where there is none.
        quota_bytes: from where on the oldest telemetry is dropped.

    Raises:
        BufferInUse: if another gateway has it.
    """

    def __init__(self, file: Path, quota_bytes: int = 2_000_000_000) -> None:
        self.file = file
        self.quota_bytes = quota_bytes
        self.wake: Callable[[], None] = lambda: None  # called in the thread, after each commit
        self.lost: dict[str, int] = {}  # unit -> readings thrown away since the start
        self.failing: str | None = None
        self._signals: list[tuple[int, bytes]] = []
        self._telemetry: list[Telemetry] = []
        self._cycles: dict[tuple[str, str], int] = {}
        self._lock = threading.Lock()
        self._work: queue.SimpleQueue[tuple[Work, Future[Any]] | None] = queue.SimpleQueue()
        self._drops: dict[str, list[int]] = {}  # unit -> lost, since, until
        file.parent.mkdir(parents=True, exist_ok=True)
        self._db = _open(file)
        self.source = self._meta("source")
        row = self._db.execute("SELECT seq FROM sqlite_sequence WHERE name = 'signal'").fetchone()
        self._chunk = self._last_chunk()
        self.opened_at = (row[0] if row else 0, self._chunk)  # the last numbers it had given
        self._thread = threading.Thread(target=self._run, name="buffer")
        self._thread.start()

    # ---- from any thread ----

    def put(
        self,
        rows: Sequence[Row],
        telemetry: Sequence[Telemetry] = (),
        cycles: Mapping[tuple[str, str], int] | None = None,
    ) -> None:
        """Take rows; they are durable within half a second.

        Args:
            cycles: the last cycle number by unit and tag, remembered together with its row.
        """
        encoded = [(row["at"], orjson.dumps(row)) for row in rows]
        with self._lock:
            self._signals += encoded
            self._telemetry += telemetry
            self._cycles.update(cycles or {})
            full = len(self._signals) + len(self._telemetry) >= COMMIT_ROWS
        if full and self._work.empty():
            self._work.put((_nothing, Future()))

    def do(self, work: Callable[[sqlite3.Connection], T]) -> "Future[T]":
        """Do something with the file, in its thread; it is durable when the future is done."""
        future: Future[T] = Future()
        self._work.put((work, future))
        return future

    def tell_refused(self, upto: int, numbers: Collection[int] | None) -> "Future[None]":
        """Let the plant know of readings that it did not take: they are dropped, and counted.

        Args:
            upto: the highest number that the plant has seen.
            numbers: which of them; None for all.
        """

        def work(connection: sqlite3.Connection) -> None:
            drops: dict[str, list[int]] = {}
            query = "SELECT last, rows, content FROM chunk WHERE last <= ?"
            for last, count, content in connection.execute(query, [upto]):
                numbered = enumerate(orjson.loads(content), last - count + 1)
                self._lose((r for n, r in numbered if numbers is None or n in numbers), drops)
            _tell_drops(connection, drops)

        return self.do(work)

    def close(self) -> None:
        """Write what there is, and let go of the file."""
        self._work.put(None)
        self._thread.join()
        self._db.close()

    # ---- in the thread ----

    def _run(self) -> None:
        due = time.monotonic() + COMMIT_SECONDS
        while True:
            item: tuple[Work, Future[Any]] | None
            try:
                item = self._work.get(timeout=max(0.0, due - time.monotonic()))
            except queue.Empty:
                item = (_nothing, Future())
            batch: list[tuple[Work, Future[Any]] | None] = [item]
            with suppress(queue.Empty):
                while item is not None and len(batch) < 100:
                    item = self._work.get_nowait()
                    batch.append(item)
            wanted = [e for e in batch if e is not None and e[1].set_running_or_notify_cancel()]
            self._commit(wanted)
            if batch[-1] is None:
                return
            due = time.monotonic() + (RETRY_SECONDS if self.failing else COMMIT_SECONDS)

    def _commit(self, works: Sequence[tuple[Work, "Future[Any]"]]) -> None:
        with self._lock:
            signals, self._signals = self._signals, []
            telemetry, self._telemetry = self._telemetry, []
            cycles, self._cycles = self._cycles, {}
        before = ({unit: list(lost) for unit, lost in self._drops.items()}, dict(self.lost))
        results: list[Any] = []
        try:
            self._db.execute("BEGIN IMMEDIATE")
            self._write(signals, telemetry, cycles)
            results = [_tried(self._db, work) for work, _ in works]
            self._db.execute("COMMIT")
        except sqlite3.Error as error:
            self._drops, self.lost = before
            self._failed(error, signals, telemetry, cycles)
            for _, future in works:
                future.set_exception(error)
            return
        self._regained()
        for (_, future), (result, fault) in zip(works, results, strict=True):
            if fault is None:
                future.set_result(result)
            else:
                future.set_exception(fault)
        if signals or telemetry:
            self.wake()

    def _write(
        self,
        signals: Sequence[tuple[int, bytes]],
        telemetry: Sequence[Telemetry],
        cycles: Mapping[tuple[str, str], int],
    ) -> None:
        self._db.executemany("INSERT INTO signal(at, row) VALUES(?, ?)", signals)
        marks = [(*place, number) for place, number in cycles.items()]
        self._db.executemany("INSERT OR REPLACE INTO cycle VALUES(?, ?, ?)", marks)
        for first in range(0, len(telemetry), CHUNK_ROWS):
            part = telemetry[first : first + CHUNK_ROWS]
            content = orjson.dumps(part)
            last = self._chunk + len(part)
            times = [row[3] for row in part]
            self._db.execute(
                "INSERT INTO chunk VALUES(?, ?, ?, ?, ?)",
                [last, len(part), min(times), max(times), content],
            )
            self._chunk = last
        if telemetry:
            self._db.execute("UPDATE meta SET value = ? WHERE name = 'chunk'", [str(self._chunk)])
            self._keep_within_quota()
        _tell_drops(self._db, self._drops)

    def _keep_within_quota(self) -> None:
        while _used(self._db) > self.quota_bytes:
            oldest = self._db.execute("SELECT * FROM chunk ORDER BY last LIMIT 1").fetchone()
            if oldest is None:
                return
            self._db.execute("DELETE FROM chunk WHERE last = ?", [oldest[0]])
            self._lose(orjson.loads(oldest[4]), self._drops)

    def _lose(self, telemetry: Iterable[Sequence[Any]], drops: dict[str, list[int]]) -> None:
        """Count what is thrown away, by unit, until the plant can be told."""
        for row in telemetry:
            lost = drops.setdefault(row[0], [0, row[3], row[3]])
            lost[0] += 1
            self.lost[row[0]] = self.lost.get(row[0], 0) + 1
            lost[1:] = [min(lost[1], row[3]), max(lost[2], row[3])]

    def _failed(
        self,
        error: sqlite3.Error,
        signals: list[tuple[int, bytes]],
        telemetry: list[Telemetry],
        cycles: dict[tuple[str, str], int],
    ) -> None:
        """Nothing was written: everything goes back to where it came from, telemetry if it fits."""
        if self._db.in_transaction:
            self._db.execute("ROLLBACK")
        self._chunk = self._last_chunk()
        if self.failing is None:
            log.error("buffer_failing", file=str(self.file), reason=str(error))
        self.failing = str(error)
        with self._lock:
            self._signals = signals + self._signals
            self._telemetry = telemetry + self._telemetry
            self._cycles = cycles | self._cycles
            over = len(self._signals) + len(self._telemetry) - MEMORY_ROWS
            if over > 0:
                lost, self._telemetry = self._telemetry[:over], self._telemetry[over:]
                self._lose(lost, self._drops)

    def _regained(self) -> None:
        self._drops.clear()
        if self.failing is not None:
            log.info("buffer_regained", file=str(self.file))
            self.failing = None

    def _last_chunk(self) -> int:
        return int(self._meta("chunk"))

    def _meta(self, name: str) -> str:
        row = self._db.execute("SELECT value FROM meta WHERE name = ?", [name]).fetchone()
        value: str = row[0]
        return value


def _open(file: Path) -> sqlite3.Connection:
    """The file, locked for us alone for as long as it is open."""
    connection = sqlite3.connect(file, isolation_level=None, check_same_thread=False, timeout=1.0)
    try:
        connection.execute("PRAGMA locking_mode = EXCLUSIVE")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("BEGIN IMMEDIATE")
        if not connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
            for statement in SCHEMA.split(";"):
                connection.execute(statement)
            values = [("source", uuid4().hex), ("chunk", "0"), ("version", str(VERSION))]
            connection.executemany("INSERT INTO meta VALUES(?, ?)", values)
        connection.execute("COMMIT")
    except sqlite3.OperationalError as error:
        connection.close()
        if "locked" not in str(error):
            raise
        raise BufferInUse(
            f"Another gateway is using {file}; stop it first, or give this one a buffer folder of "
            "its own in gateway.yaml."
        ) from error
    return connection


def _tried(connection: sqlite3.Connection, work: Work) -> tuple[Any, Exception | None]:
    """A fault of one work is its own; one of the file ends the transaction for all."""
    try:
        return work(connection), None
    except sqlite3.Error:
        raise
    except Exception as error:
        return None, error


def _nothing(_: sqlite3.Connection) -> None:
    return None


def _used(connection: sqlite3.Connection) -> int:
    """Bytes that hold something; free pages are used again."""
    pages = connection.execute("PRAGMA page_count").fetchone()[0]
    free = connection.execute("PRAGMA freelist_count").fetchone()[0]
    size: int = connection.execute("PRAGMA page_size").fetchone()[0]
    return int(pages - free) * size


def _tell_drops(connection: sqlite3.Connection, drops: Mapping[str, Sequence[int]]) -> None:
    rows = []
    for unit, (lost, since, until) in drops.items():
        row = {"unit": unit, "kind": "drop", "at": until, "lost": lost, "what": "readings"}
        rows.append((until, orjson.dumps(row | {"since": since, "until": until})))
    connection.executemany("INSERT INTO signal(at, row) VALUES(?, ?)", rows)
