"""The folder of machines while the gateway runs: what changed is read, what is broken is told."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

from adapters.machines.config.lines import ConfigInvalid
from adapters.machines.config.reading import Folder, Prints, prints, read_folder

LOOK_SECONDS = 2.0


async def changes(
    folder: Path, known: Prints, seconds: float = LOOK_SECONDS
) -> AsyncIterator[Folder | str]:
    """The folder's content at each change of a file; a text if none of it can be read.

    Args:
        known: the files as they were when they were read.
    """
    while True:
        await asyncio.sleep(seconds)
        now = await asyncio.to_thread(prints, folder)
        if now == known:
            continue
        known = now
        try:
            yield await asyncio.to_thread(read_folder, folder)
        except ConfigInvalid as invalid:
            yield str(invalid)
