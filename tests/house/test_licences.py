"""What a plant installs is permissive or LGPL: Routecard imports it, and its users stay free."""

import re
import tomllib
from collections.abc import Iterator
from importlib.metadata import Distribution, distribution

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
    found: dict[tuple[str, str], Distribution] = {}
    waiting = [asked for need in wanted() for asked in with_extras(need)]
    while waiting:
        name, extra = waiting.pop()
        if (name, extra) not in found:
            found[name, extra] = distribution(name)
            waiting += needs(found[name, extra], extra)
    return {name: each for (name, _), each in found.items()}


def needs(found: Distribution, extra: str) -> Iterator[tuple[str, str]]:
    """What it asks for on this platform, with its own extra `extra`."""
    for need in map(Requirement, found.requires or []):
        if not need.marker or need.marker.evaluate({"extra": extra}):
            yield from with_extras(need)


def with_extras(need: Requirement) -> Iterator[tuple[str, str]]:
    """The package itself, and once more for each extra wanted of it."""
    for extra in ("", *sorted(need.extras)):
        yield canonicalize_name(need.name), extra


def licence(found: Distribution) -> str:
    """The SPDX expression, else the classifiers, else the first line of the licence field."""
    metadata = found.metadata
    if expressions := metadata.get_all("License-Expression"):
        return str(expressions[0])
    classifiers = metadata.get_all("Classifier", [])
    named = [line for line in classifiers if line.startswith("License ::")]
    if named:
        return "; ".join(line.rpartition(" :: ")[2] for line in named)
    return str(metadata.get_all("License", [UNKNOWN])[0]).partition("\n")[0]


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
