"""The sets of diagrams: where they are from, under which licence, and which files they hold.

None is in this repository. Each is a folder in the one that `ROUTECARD_TEST_DIAGRAMS` names.
"""

import os
from dataclasses import dataclass
from pathlib import Path

VARIABLE = "ROUTECARD_TEST_DIAGRAMS"
ENDINGS = (".bpmn", ".bpmn20.xml")


@dataclass(frozen=True)
class Source:
    """One set: its folder, what it is, and the repository, commit and paths it was taken from."""

    folder: str
    what: str
    repository: str
    commit: str
    paths: str
    licence: str


SOURCES = (
    Source(
        "bpmn-for-research",
        "drawn by the participants of BPMN courses, with the model solutions",
        "camunda/bpmn-for-research",
        "1416f6f2104ae597eafa3097946140ebc2136a53",
        "BPMN for Research/",
        "its README: only for academic and research purposes, with this link; not commercial",
    ),
    Source(
        "miwg-reference",
        "the reference models of the OMG's Model Interchange Working Group",
        "bpmn-miwg/bpmn-miwg-test-suite",
        "bc9f858ccbba883ef9fe6c54fa3aafe439b20847",
        "Reference/",
        "CC-BY-3.0",
    ),
    Source(
        "miwg-tools",
        "the same models as tools exported them, and what is being worked on",
        "bpmn-miwg/bpmn-miwg-test-suite",
        "bc9f858ccbba883ef9fe6c54fa3aafe439b20847",
        "everything else",
        "CC-BY-3.0",
    ),
    Source(
        "camunda-engine-tests",
        "the diagrams that Camunda 7 tests its engine with, many of them wrong on purpose",
        "camunda/camunda-bpm-platform",
        "3dd653fe66d352d15009a6b4b355e81bf683d319",
        "engine/src/test/resources/",
        "Apache-2.0",
    ),
    Source(
        "camunda-examples",
        "the examples of Camunda 7",
        "camunda/camunda-bpm-examples",
        "8b86bcf8c32903fb397989469984b8345dbb8d9f",
        "everything",
        "Apache-2.0",
    ),
)


def given_folder() -> Path | None:
    """The folder of the sets, if one is given."""
    given = os.environ.get(VARIABLE)
    return Path(given) if given else None


def files_of(folder: Path) -> list[str]:
    """The diagrams below a folder, by their paths in it."""
    found = (p for p in folder.rglob("*") if p.name.lower().endswith(ENDINGS) and p.is_file())
    return sorted(p.relative_to(folder).as_posix() for p in found)
