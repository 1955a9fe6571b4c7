"""The table of faults is true: every row names tests, and they are there."""

import ast
import re
from collections.abc import Iterator
from functools import cache

from tests.house.tree import ROOT

TABLE = ROOT / "docs" / "reference" / "machine-faults.md"
NAMED = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")


@cache
def known_tests(path: str) -> frozenset[str]:
    file = ROOT / path
    if not file.is_file():
        return frozenset()
    tree = ast.parse(file.read_text("utf-8"))
    return frozenset(node.name for node in tree.body if isinstance(node, ast.FunctionDef))


def rows(text: str) -> list[str]:
    """The rows of all tables, without their heads."""
    lines = [line for line in text.splitlines() if line.startswith("|")]
    return [line for line in lines if not line.startswith(("| ---", "| put in"))]


def untrue(text: str) -> Iterator[str]:
    for row in rows(text):
        named = NAMED.findall(row)
        if not named or row.count("|") != 4:
            yield f"no test: {row}"
        for path, test in named:
            if test not in known_tests(path):
                yield f"there is no {path}::{test}"


def test_every_fault_is_shown_by_a_test_that_exists() -> None:
    text = TABLE.read_text("utf-8")
    assert len(rows(text)) > 40
    assert list(untrue(text)) == []


def test_every_test_of_faults_is_in_the_table() -> None:
    text = TABLE.read_text("utf-8")
    named = {path for path, _ in NAMED.findall(text)}
    files = (ROOT / "tests" / "adapters").glob("test_faults_*.py")
    assert {str(file.relative_to(ROOT)) for file in files} <= named


def test_this_check_finds_what_is_untrue() -> None:
    good = "| a | b | `tests/house/test_machine_faults.py::test_this_check_finds_what_is_untrue` |"
    assert list(untrue(good)) == []
    assert len(list(untrue(good.replace("untrue`", "untrue_too`")))) == 1
    assert len(list(untrue(good.replace("house/", "home/")))) == 1
    assert len(list(untrue("| a | b | by hand |"))) == 1
