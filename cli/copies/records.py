"""Whether what must stay for ever still does: contents of files, and signatures."""

from collections.abc import Iterator
from datetime import UTC, datetime

import sqlalchemy as sa

from cli.plant import FILES, opened_bind
from engine.kernel.settings import Settings
from engine.kernel.store.uow import Uow
from engine.records import files
from engine.records.folder import Folder
from engine.workflow.work.evidence.verifying import broken_signatures


def broken_records(settings: Settings, *, thorough: bool) -> Iterator[str]:
    """A sentence for each file whose content, and each signature whose record, is not as it was.

    Looks on a connection of its own; a running server is not disturbed.

    Args:
        thorough: whether to read every content, instead of looking for its size only.
    """
    folder = Folder(settings.home / FILES)
    with opened_bind(settings) as bind, bind.connect() as connection:
        uow = looking(connection)
        yield from broken_signatures(uow)
        for file in files.all_files(uow):
            if not (folder.is_intact if thorough else folder.is_there)(file.digest, file.size):
                yield (
                    f"The content of {file.name}, {folder.place(file.digest)}, is missing or was "
                    "changed. Restore the files of a backup, or upload it again."
                )


def looking(connection: sa.Connection) -> Uow:
    """What queries are asked with, on a connection of one's own."""
    driver = connection.connection.driver_connection
    assert driver is not None
    return Uow(driver.cursor(), connection.dialect.name, datetime.now(UTC))
