"""The engine alone: durable completions without HTTP, beside the raw rows.

On SQLite 64 commands share a commit; on PostgreSQL eight threads commit one each, which the server
groups. The raw side plays the very statements of the engine again, straight through the driver, on
a copy of the database: the least that the same rows can cost.
"""

import sqlite3
import time
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import psycopg

from engine.kernel.store import Store
from engine.kernel.store.sqlite import GROUP, SqliteDoor, Waiting
from engine.kernel.store.uow import Uow
from tests.bench.databases import Database
from tests.bench.readings import Around, Reading
from tests.bench.tape import RELEASE, SAVEPOINT, Tape, play
from tests.bench.walking import OPERATIONS, Command, Walk, first_tasks, made

THREADS = 8
STEPS = OPERATIONS + 2  # each instance fails once: that operation, its rework, and again


def grouped(database: Database, rounds: int) -> list[Reading]:
    """Completions per second; each round's engine and raw side on fresh copies, in turn."""
    base = database.fresh()
    with made(base, OPERATIONS) as store:
        tasks = first_tasks(store, OPERATIONS, GROUP)
    tape = _record(database.copy(base), tasks)
    return [_round(database, base, tasks, tape) for _ in range(rounds)]


def _round(database: Database, base: str, tasks: list[bytes], tape: list[Tape]) -> Reading:
    run, replay = (_group, _replay) if database.name == "SQLite" else (_spread, _replay_spread)
    number = GROUP * STEPS
    with Around() as around:
        cpu = time.process_time()
        taken = run(database.copy(base), tasks)
        cpu = time.process_time() - cpu
        raw = replay(database.copy(base), tape)
    detail = {"cpu_ms": 1000 * cpu / number, "raw": number / raw, "share": raw / taken}
    return Reading(number / taken, around.calibration, detail)


def _walks(tasks: list[bytes]) -> list[Walk]:
    return [Walk(task, fails={n % OPERATIONS}) for n, task in enumerate(tasks)]


def _record(url: str, tasks: list[bytes]) -> list[Tape]:
    """The tape of each instance, walked one command at a time."""
    store, tapes = Store(url), []
    for walk in _walks(tasks):
        tapes.append(Tape())
        while walk.task is not None:
            tapes[-1].next_command()
            walk.took(_run_recorded(store, walk.step(), tapes[-1]))
    store.close()
    return tapes


def _run_recorded(store: Store, command: Command, tape: Tape) -> dict[str, Any]:
    """Run one command as the store does, on a cursor that records."""
    pooled = store.bind.raw_connection()
    connection: Any = pooled.driver_connection
    try:
        if store.sqlite:
            connection.execute("BEGIN IMMEDIATE")
            cursor = connection.cursor(tape.cursor(sqlite3.Cursor))
        else:
            cursor = tape.cursor(psycopg.Cursor)(connection)
        answer = command(Uow(cursor, store.dialect, store.clock.now()))
        connection.commit()
    finally:
        pooled.close()
    return answer


# ---- SQLite: 64 commands in one commit ----


def _group(url: str, tasks: list[bytes]) -> float:
    """Seconds for all completions, a group of 64 at a time."""
    store, walks = Store(url), _walks(tasks)
    assert isinstance(store.door, SqliteDoor)
    pooled = store.bind.raw_connection()
    began = time.perf_counter()
    for _ in range(STEPS):
        group = [Waiting(walk.step(), Future()) for walk in walks]
        store.door.run_group(pooled.driver_connection, group)
        for walk, waiting in zip(walks, group, strict=True):
            walk.took(waiting.done.result())
    taken = time.perf_counter() - began
    pooled.close()
    store.close()
    return taken


def _replay(url: str, tapes: list[Tape]) -> float:
    """Seconds for the same rows, the same number in one commit, each command in a savepoint."""
    store = Store(url)
    pooled = store.bind.raw_connection()
    cursor: Any = pooled.cursor()
    began = time.perf_counter()
    for step in range(STEPS):
        cursor.execute("BEGIN IMMEDIATE")
        for tape in tapes:
            cursor.execute(SAVEPOINT)
            play(cursor, tape.commands[step])
            cursor.execute(RELEASE)
        cursor.execute("COMMIT")
    taken = time.perf_counter() - began
    pooled.close()
    store.close()
    return taken


# ---- PostgreSQL: eight threads, a commit each ----


def _spread(url: str, tasks: list[bytes]) -> float:
    store, walks = Store(url), _walks(tasks)

    def walk_on(mine: list[Walk]) -> None:
        for walk in mine:
            while walk.task is not None:
                walk.took(store.door.run(walk.step()))

    taken = _in_threads(walk_on, walks)
    store.close()
    return taken


def _replay_spread(url: str, tapes: list[Tape]) -> float:
    store = Store(url)

    def play_on(mine: list[Tape]) -> None:
        pooled = store.bind.raw_connection()
        connection: Any = pooled.driver_connection
        for tape in mine:
            for command in tape.commands:
                play(connection.cursor(), command)
                connection.commit()
        pooled.close()

    taken = _in_threads(play_on, tapes)
    store.close()
    return taken


def _in_threads(run: Any, work: list[Any]) -> float:
    """Seconds until eight threads have done an eighth each."""
    began = time.perf_counter()
    with ThreadPoolExecutor(THREADS) as pool:
        for done in [pool.submit(run, work[n::THREADS]) for n in range(THREADS)]:
            done.result()
    return time.perf_counter() - began
