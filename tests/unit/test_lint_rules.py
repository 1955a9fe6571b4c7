"""Every rule has a row in the reference, and a faulty diagram that shows it."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from engine.workflow import definition
from tests.support.faults import ERRORS, WARNINGS
from tests.support.faults.bundles import BUNDLES

REFERENCE = Path(__file__).parents[2] / "docs" / "reference"
KINDS = ("form", "decision", "process")
# Rules that other tests show, and where.
ELSEWHERE = {
    "executable": "test_lint.py",
    "running-gone": "test_lint_changes.py",
    "running-changed": "test_lint_changes.py",
}


def rules_in_source() -> Iterator[tuple[str, str]]:
    """(severity, rule) of every finding that reading or linting can make."""
    for path in Path(definition.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call):
                called = ast.unparse(node.func).rpartition(".")[2].lstrip("_")
                if called in ("error", "warning") and node.args:
                    yield from ((called, rule) for rule in rule_names(node.args[0]))
                elif called == "problem" and len(node.args) > 2:
                    yield from (("error", rule) for rule in rule_names(node.args[1]))


def rule_names(node: ast.expr) -> Iterator[str]:
    """The rule that an argument names; one with a blank in it stands for one of each kind."""
    if isinstance(node, ast.Constant):
        yield str(node.value)
    elif isinstance(node, ast.JoinedStr):
        yield from (f"missing-{kind}" for kind in KINDS)


def rules_of(page: str, heading: str, column: int) -> set[str]:
    """The rules in a column of the table below a heading."""
    text = (REFERENCE / page).read_text("utf-8")
    section = text.partition(f"## {heading}\n")[2].partition("\n## ")[0]
    rows = [line.split("|") for line in section.splitlines() if line.startswith("| ")]
    return {rule for row in rows[2:] for rule in re.findall(r"`([a-z-]+)`", row[column])}


def test_every_error_is_a_row_of_the_coverage_page() -> None:
    errors = {rule for severity, rule in rules_in_source() if severity == "error"}
    limits = rules_of("bpmn-coverage.md", "What is refused", 2)
    faults = rules_of("bpmn-coverage.md", "Faults of the drawing", 1)
    assert limits | faults == errors
    assert not limits & faults


def test_every_warning_is_a_row_of_the_page_about_lint() -> None:
    warnings = {rule for severity, rule in rules_in_source() if severity == "warning"}
    assert rules_of("lint.md", "Warnings", 1) == warnings


def test_every_rule_has_a_test() -> None:
    """A rule that is new, or renamed, is missed here."""
    tested = {rule for rule, *_ in (*ERRORS, *WARNINGS, *BUNDLES)}
    assert tested | ELSEWHERE.keys() == {rule for _, rule in rules_in_source()}
