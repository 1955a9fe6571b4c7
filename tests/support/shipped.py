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
    forms = sorted((ROOT / "forms/definitions").glob("*.form.json"))
    files = {f.name: f.read_bytes() for f in [*forms, *sorted((PROCESSES / "dmn").glob("*.dmn"))]}
    for key in PLANT["release"]:
        (diagram,) = PROCESSES.glob(f"bpmn/*/{key}.bpmn")
        works.release(diagram.read_bytes(), files)
        files = {}  # released with the first of them, named by the others


def answer(works: Works, instance: str, element: str, **changed: Any) -> Item:
    """Complete the open task at an element with the demonstration's answers, some changed."""
    form = works.task(element, instance)["form"]
    usual = {k: 5 if v == "$quantity" else v for k, v in ANSWERS.get(form, {}).items()}
    return works.complete(element, instance, **(usual | changed))
