"""`python -m engine.migrations "what changes"` drafts the next revision; review it like code."""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from engine.migrations import revisions, schema


def main(message: str) -> None:
    """Draft what leads from the last revision to the tables as they are in the source now."""
    with TemporaryDirectory() as folder:
        bind = schema.open_bind(f"sqlite:///{Path(folder) / 'plant.db'}")
        schema.upgrade(bind)
        with bind.connect() as connection:
            number = int(schema.head()) + 1
            revisions.draft(schema.FOLDER, connection, f"{number:04}", message)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
