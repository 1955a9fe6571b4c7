"""Rules by name, as findings, results and pages write them."""

import re

_NAME = re.compile(r"`([a-z]+(?:-[a-z]+)*)`")


def named_rules(page: str) -> set[str]:
    """What stands in backticks in the rows of a page's tables."""
    rows = [line for line in page.splitlines() if line.startswith("|")]
    return {name for row in rows for name in _NAME.findall(row)}


def rules_of(labels: set[str]) -> set[str]:
    """The rules of what refused a file, which a label begins with."""
    return {name for label in labels for name in _NAME.findall(label)[:1]}
