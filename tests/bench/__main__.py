"""`make bench`: measures, prints one table, writes `bench.json`.

    python -m tests.bench [--only http,engine,…] [--sqlite | --pg] [--rounds N]

How each figure is taken and what it means: docs/reference/benchmarks.md.
"""

import argparse
import sys
import time
from pathlib import Path

from tests.bench import table
from tests.bench.databases import postgresql, sqlite
from tests.bench.figures import GROUPS
from tests.bench.readings import Reading

ROUNDS = 3
FILE = Path("bench.json")


def main() -> None:
    """Measure what was asked for, everything without arguments."""
    asked = _arguments()
    results: dict[str, dict[str, list[Reading]]] = {}
    for wanted, opened in ((not asked.pg, sqlite), (not asked.sqlite, postgresql)):
        if not wanted:
            continue
        with opened() as database:
            results[database.name] = {}
            for group in asked.only:
                began = time.perf_counter()
                results[database.name] |= GROUPS[group](database, asked.rounds)
                seconds = time.perf_counter() - began
                print(f"{database.name}: {group}, {seconds:.0f} s", file=sys.stderr)
    print(table.text(results))
    table.write(results, FILE)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--only", type=_groups, default=list(GROUPS), help=", ".join(GROUPS))
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--sqlite", action="store_true", help="SQLite only")
    which.add_argument("--pg", action="store_true", help="PostgreSQL only")
    return parser.parse_args()


def _groups(text: str) -> list[str]:
    names = text.split(",")
    if unknown := set(names) - GROUPS.keys():
        raise argparse.ArgumentTypeError(f"{', '.join(unknown)}; known are {', '.join(GROUPS)}")
    return names


if __name__ == "__main__":
    main()
