"""Examines files in a process of its own, which is ended when it is silent for too long."""

import multiprocessing
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.connection import Connection
from pathlib import Path
from queue import SimpleQueue

from tests.foreign.examining import Examined, Trial, examine

Work = Callable[[Connection], None]
SILENT_SECONDS = 10.0
_SPAWN = multiprocessing.get_context("spawn")


def examined(folder: Path, names: Iterable[str], workers: int) -> Iterator[Examined]:
    """Each file of a folder, in order."""
    free: SimpleQueue[Examiner] = SimpleQueue()
    every = [Examiner() for _ in range(workers)]
    for examiner in every:
        free.put(examiner)

    def one(name: str) -> Examined:
        examiner = free.get()
        try:
            return examiner.examine(name, (folder / name).read_bytes())
        finally:
            free.put(examiner)

    with ThreadPoolExecutor(workers) as pool:
        yield from pool.map(one, names)
    for examiner in every:
        examiner.close()


class Examiner:
    """One process that examines, begun again after it hung or died."""

    def __init__(self, seconds: float = SILENT_SECONDS, work: Work | None = None) -> None:
        self.seconds, self.work = seconds, work or _work
        self._begin()

    def examine(self, name: str, data: bytes) -> Examined:
        """What the process says of a file, or how it fell silent."""
        self.pipe.send((name, data))
        doing = "begin"
        while True:
            try:
                told = self.pipe.recv() if self.pipe.poll(self.seconds) else None
            except EOFError:
                return self._lost(name, f"The process died in: {doing}")
            if told is None:
                return self._lost(name, f"Nothing for {self.seconds} s in: {doing}")
            if isinstance(told, Examined):
                return told
            doing = told

    def close(self) -> None:
        """End the process."""
        self.process.kill()
        self.process.join()
        self.pipe.close()

    def _begin(self) -> None:
        self.pipe, theirs = _SPAWN.Pipe()
        self.process = _SPAWN.Process(target=self.work, args=(theirs,), daemon=True)
        self.process.start()
        theirs.close()
        self.pipe.recv()  # imported everything

    def _lost(self, name: str, how: str) -> Examined:
        self.close()
        self._begin()
        return Examined(name, as_is=Trial(faults=[how]))


def _work(pipe: Connection) -> None:
    pipe.send("ready")
    while True:
        name, data = pipe.recv()
        pipe.send(examine(name, data, pipe.send))
