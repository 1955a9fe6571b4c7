"""What length costs: a late step of a long routing, a late pass of a loop, against early ones.

CPU of this process per completion, the median of several around the one named; nothing waits for
the disk here. The database's part is a few rows found by their keys, whatever the length.
"""

import statistics
import sys
import time
from collections.abc import Container, Iterable

from engine.kernel.store import Store
from tests.bench.databases import Database
from tests.bench.readings import Around, Reading
from tests.bench.walking import OPERATIONS, Walk, first_tasks, made

LONG = 300
EARLY, LATE = 5, 290
PASSES = 5_000
NEAR = 5  # completions to either side of the one named
LOOP = range(4, sys.maxsize)  # from the fifth operation on every check fails
FRESH = 8  # instances whose early passes are measured, after as many that warm up


def steps(database: Database, rounds: int) -> list[Reading]:
    """Step 290 of 300 operations as a multiple of step 5."""
    with made(database.fresh(durable=False), LONG, durable=False) as store:
        _costs(store, LONG, (), LONG)
        return [_ratio(_long_walk(store)) for _ in range(rounds)]


def passes(database: Database) -> list[Reading]:
    """Pass 5,000 of a rework loop with a parallel block inside as a multiple of pass 5."""
    with made(database.fresh(durable=False), OPERATIONS, durable=False) as store:
        short = LOOP.start + 2 * (EARLY + NEAR)
        starts = [_costs(store, OPERATIONS, LOOP, short) for _ in range(2 * FRESH)]
        early = [ms for costs in starts[FRESH:] for ms in costs[-4 * NEAR :]]
        late = _costs(store, OPERATIONS, LOOP, LOOP.start + 2 * (PASSES + NEAR))[-len(early) :]
        return [_ratio((early, late))]


def _long_walk(store: Store) -> tuple[list[float], list[float]]:
    costs = _costs(store, LONG, (), LONG)
    return costs[EARLY - NEAR : EARLY + NEAR], costs[LATE - NEAR : LATE + NEAR]


def _ratio(costs: tuple[Iterable[float], Iterable[float]]) -> Reading:
    with Around() as around:
        early, late = (statistics.median(each) for each in costs)
    return Reading(late / early, around.calibration, {"early_ms": early, "late_ms": late})


def _costs(store: Store, operations: int, fails: Container[int], number: int) -> list[float]:
    """CPU ms of each of the first completions of a new instance."""
    walk = Walk(first_tasks(store, operations, 1)[0], fails=fails)
    found = []
    for _ in range(number):
        step, began = walk.step(), time.process_time()
        done = store.run(step)
        found.append((time.process_time() - began) * 1000)
        walk.took(done)
    return found
