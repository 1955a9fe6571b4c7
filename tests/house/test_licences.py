"""What a plant installs is permissive or LGPL: Routecard imports it, and its users stay free."""

import re
import tomllib
from importlib.metadata import Distribution, PackageNotFoundError, distribution

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.house.tree import ROOT

COPYLEFT = re.compile(r"(?<![\w-])A?GPL|Affero|(?<!Lesser )General Public", re.IGNORECASE)
UNKNOWN = "UNKNOWN"


def wanted() -> list[Requirement]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    return [Requirement(line) for line in project["dependencies"]]


def installed() -> dict[str, Distribution]:
    """Every distribution the product needs at run time, directly or through others, by name."""
    found: dict[str, Distribution] = {}
    waiting = wanted()
    seen: set[str] = set()
    while waiting:
        requirement = waiting.pop()
        for extra in ("", *requirement.extras):
            if (key := f"{canonicalize_name(requirement.name)}[{extra}]") not in seen:
                seen.add(key)
                found |= (one := with_needs(requirement.name, extra))[0]
                waiting += one[1]
    return found


def with_needs(name: str, extra: str) -> tuple[dict[str, Distribution], list[Requirement]]:
    try:
        found = distribution(name)
    except PackageNotFoundError:  # another platform's or another Python's
        return {}, []
    needs = [Requirement(line) for line in found.requires or []]
    here = [need for need in needs if not need.marker or need.marker.evaluate({"extra": extra})]
    return {canonicalize_name(name): found}, here


def licence(found: Distribution) -> str:
    """The SPDX expression, else the classifiers, else the first line of the licence field."""
    metadata = found.metadata
    if expression := metadata.get("License-Expression"):
        return str(expression)
    classifiers = metadata.get_all("Classifier", [])
    named = [line for line in classifiers if line.startswith("License ::")]
    if named:
        return "; ".join(line.rpartition(" :: ")[2] for line in named)
    return str(metadata.get("License") or UNKNOWN).partition("\n")[0]


def test_no_dependency_is_gpl() -> None:
    licences = {name: licence(found) for name, found in installed().items()}
    assert {name: text for name, text in licences.items() if COPYLEFT.search(text)} == {}
    assert {name for name, text in licences.items() if text == UNKNOWN} == set()


def test_the_table_of_dependencies_is_complete() -> None:
    table = (ROOT / "docs/reference/dependencies.md").read_text("utf-8")
    assert [need.name for need in wanted() if f"| `{need.name}` |" not in table] == []


@pytest.mark.parametrize(
    ("text", "is_copyleft"),
    [
        ("GPL-3.0-only", True),
        ("MIT OR AGPL-3.0", True),
        ("GNU General Public License v3 (GPLv3)", True),
        ("GNU Affero General Public License v3", True),
        ("LGPL-3.0-only", False),
        ("GNU Library or Lesser General Public License (LGPL)", False),
        ("lGPLv3", False),
        ("BSD-3-Clause", False),
    ],
)
def test_this_check_tells_gpl_from_lgpl(text: str, is_copyleft: bool) -> None:
    assert bool(COPYLEFT.search(text)) == is_copyleft
