"""The page of corrections and the tests of traps name the same: no trap without a row."""

import ast
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs/reference/corrections.md"


def rows() -> list[list[str]]:
    """The cells of each row of the page's table, without backticks."""
    lines = [line for line in PAGE.read_text("utf-8").splitlines() if line.startswith("| ")]
    cells = [[cell.strip(" `") for cell in line.strip("|").split(" | ")] for line in lines]
    return cells[2:]


def traps() -> set[str]:
    """Every test of a trap."""
    return {
        node.name
        for file in Path(__file__).parent.glob("test_traps*.py")
        for node in ast.parse(file.read_text("utf-8")).body
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    }


def test_every_trap_has_one_row() -> None:
    told = Counter(row[3] for row in rows())
    assert told == Counter(name for name in traps() if name.startswith("test_stock_"))


def test_every_row_has_our_own_test() -> None:
    ours = {row[4] for row in rows()}
    assert ours <= {name for name in traps() if not name.startswith("test_stock_")}


def test_every_row_says_where_the_correction_lives() -> None:
    places = {row[2] for row in rows()}
    assert [p for p in sorted(places) if not (ROOT / "engine/workflow" / p).is_file()] == []
