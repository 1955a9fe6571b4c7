"""The shipped set, deployed and released as a plant would: by its files, in order."""

import json
from pathlib import Path
from typing import Any

from tests.support.works import Item, Works

ROOT = Path(__file__).parents[2]
PROCESSES = ROOT / "processes"
PLANT = json.loads((PROCESSES / "demo/plant.json").read_text())
ANSWERS: dict[str, dict[str, Any]] = PLANT["answers"]


def release_shipped(works: Works) -> None:
    """Release capa, nonconformance, inspection and the turned shaft, with forms and decisions."""
    files = forms_and_decisions()
    for key in PLANT["release"]:
        works.release(diagram(key), files)
        files = {}  # released with the first of them, named by the others


def forms_and_decisions() -> dict[str, bytes]:
    """All that the diagrams name, by file."""
    forms = sorted((ROOT / "forms/definitions").glob("*.form.json"))
    return {f.name: f.read_bytes() for f in [*forms, *sorted((PROCESSES / "dmn").glob("*.dmn"))]}


def diagram(key: str) -> bytes:
    """A shipped diagram as it is."""
    (file,) = PROCESSES.glob(f"bpmn/*/{key}.bpmn")
    return file.read_bytes()


def answer(works: Works, instance: str, element: str, **changed: Any) -> Item:
    """Complete the open task at an element with the demonstration's answers, some changed."""
    form = works.task(element, instance)["form"]
    usual = {k: 5 if v == "$quantity" else v for k, v in ANSWERS.get(form, {}).items()}
    return works.complete(element, instance, **(usual | changed))
