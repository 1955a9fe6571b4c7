"""Examines every set in the folder that `ROUTECARD_TEST_DIAGRAMS` names, and prints the tables.

python -m tests.foreign [--only set,set] [--first N] [--workers N] [--write] [--details file]
"""

import argparse
import dataclasses
import json
import sys
from pathlib import Path

from tests.foreign import tables
from tests.foreign.examining import Examined
from tests.foreign.sources import SOURCES, VARIABLE, Source, files_of, given_folder
from tests.foreign.watching import examined

REFERENCE = Path(__file__).parents[2] / "docs/reference"
PAGES = (REFERENCE / "foreign-diagrams.md", REFERENCE / "bpmn-coverage.md")


def main() -> int:
    """Examine what was asked for; 1 if something happened that must not."""
    asked = _arguments()
    folder = given_folder()
    if folder is None:
        _say(f"{VARIABLE} names no folder.")
        return 2
    results = {s: _results(s, folder, asked) for s in SOURCES if _is_asked(s, folder, asked)}
    written = tables.pages(results)
    sys.stdout.write("\n\n".join(written.values()) + "\n")
    if asked.details:
        _write_details(asked.details, results)
    for page in PAGES if asked.write else ():
        fill(page, written)
    return int(any(tables.bad(found) for found in results.values()))


def _is_asked(source: Source, folder: Path, asked: argparse.Namespace) -> bool:
    return source.folder in asked.only and (folder / source.folder).is_dir()


def _results(source: Source, folder: Path, asked: argparse.Namespace) -> list[Examined]:
    names = files_of(folder / source.folder)[: asked.first]
    _say(f"{source.folder}: {len(names)} files")
    found = []
    for one in examined(folder / source.folder, names, asked.workers):
        found.append(one)
        for fault in one.faults:
            _say(f"{source.folder}/{one.file}: {fault}")
    return found


def _say(line: str) -> None:
    sys.stderr.write(line + "\n")


def fill(page: Path, written: dict[str, str]) -> None:
    """Put each table between the two comments that bear its name."""
    text = page.read_text("utf-8")
    for name, table in written.items():
        before, start, rest = text.partition(f"<!-- {name} -->\n")
        if start:
            text = before + start + table + "\n" + rest[rest.index(f"<!-- /{name} -->") :]
    page.write_text(text, "utf-8")


def _write_details(file: Path, results: dict[Source, list[Examined]]) -> None:
    found = {s.folder: [dataclasses.asdict(one) for one in files] for s, files in results.items()}
    file.write_text(json.dumps(found, indent=1, ensure_ascii=False), "utf-8")


def _arguments() -> argparse.Namespace:
    every = [source.folder for source in SOURCES]
    parser = argparse.ArgumentParser(prog="python -m tests.foreign", description=__doc__)
    parser.add_argument("--only", type=lambda text: text.split(","), default=every)
    parser.add_argument("--first", type=int, help="only so many files of each set")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--write", action="store_true", help="into docs/reference")
    parser.add_argument("--details", type=Path, help="every file's result, as JSON")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
