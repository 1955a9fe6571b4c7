"""Writes the table of `docs/reference/imported-diagrams.md` anew: python -m tests.imported."""

import sys
import tempfile
from pathlib import Path

from engine.kernel.store import Store
from tests.imported.table import PAGE, filled, written
from tests.imported.trials import sources, tried
from tests.support.clock import ManualClock
from tests.support.founding import found
from tests.support.plant import Plant


def main() -> int:
    """Try every bundle and write the table; what does not end is told."""
    with tempfile.TemporaryDirectory() as folder:
        clock = ManualClock()
        store = Store(f"sqlite:///{Path(folder) / 'plant.db'}", clock=clock, durable=False)
        found(store)
        trials = [tried(Plant(store, clock), source) for source in sources()]
        store.close()
    PAGE.write_text(filled(PAGE.read_text("utf-8"), written(trials)), "utf-8")
    for trial in trials:
        if not trial.runs:
            told = [*trial.rules, *trial.ends, *trial.incidents]
            sys.stderr.write(f"{trial.source['folder']}: {', '.join(told)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
