"""Golden paths: what a diagram did when somebody looked closely, kept beside the diagram.

`ROUTECARD_TEST_GOLDEN=write` writes what happens now; look at the difference before it is kept.
"""

import difflib
import json
import os
from collections.abc import Sequence
from pathlib import Path

BPMN = Path(__file__).parents[2] / "processes" / "bpmn"
WRITE = "ROUTECARD_TEST_GOLDEN"


def check_golden(diagram: str, name: str, path: Sequence[str]) -> None:
    """Compare a path with the one kept under a name: `check_golden("quality/capa", "closed", …)`.

    A step is its element's id; one that was not completed has its state behind it.
    """
    file = BPMN / f"{diagram}.golden.json"
    kept: dict[str, list[str]] = json.loads(file.read_text()) if file.exists() else {}
    if os.environ.get(WRITE) == "write":
        file.write_text(json.dumps(kept | {name: list(path)}, indent=2) + "\n")
        return
    assert name in kept, f"{file.name} holds no path {name!r}; {WRITE}=write makes it"
    lines = difflib.unified_diff(kept[name], list(path), "golden", "now", lineterm="", n=2)
    difference = "\n".join(lines)
    assert not difference, f"{diagram} {name} goes another way:\n{difference}"
