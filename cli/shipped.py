"""The diagrams, decisions and forms that come with Routecard; each file is named by its key."""

from pathlib import Path

from engine.kernel.actor import ROLES
from engine.workflow.definition.bundles import read_bundle
from engine.workflow.definition.lint import missing_items

ROOT = Path(__file__).parents[1]
PLACES = {
    "process": ("processes/bpmn", ".bpmn"),
    "decision": ("processes/dmn", ".dmn"),
    "form": ("forms/definitions", ".form.json"),
}


def items() -> dict[tuple[str, str], Path]:
    """(kind, key) of everything shipped, and its file."""
    found: dict[tuple[str, str], Path] = {}
    for kind, (folder, ending) in PLACES.items():
        for path in sorted((ROOT / folder).rglob(f"*{ending}")):
            found[kind, path.name.removesuffix(ending)] = path
    return found


def bundle_files(process: str) -> tuple[str, dict[str, bytes]]:
    """A shipped diagram's name, and its file with those of the forms and decisions it names."""
    shipped = items()
    main = shipped["process", process]
    files = {main.name: main.read_bytes()}
    for kind, key in sorted(missing_items(read_bundle(main.name, files, ROLES))):
        if kind != "process":
            path = shipped[kind, key]
            files[path.name] = path.read_bytes()
    return main.name, files
