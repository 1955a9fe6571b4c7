"""A ledger outside the plant: what clients were told is done, and whether the plant agrees.

A line is on the disk before its client goes on. Whatever happens to the plant, what stands here was
acknowledged, and nothing else was.
"""

import json
import os
import threading
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Entry:
    """An acknowledged request: which order, at which element, the value it left there."""

    order: str
    element: str
    value: str
    replayed: bool = False


@dataclass(frozen=True, slots=True)
class Instance:
    """An instance as the plant tells it: its end, and (element, value written) of every step."""

    state: str
    steps: tuple[tuple[str, str | None], ...]


Plant = Mapping[str, list[Instance]]


class Ledger:
    """Appends entries to a file; shared by the threads of the clients."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.count = 0
        self._handle = file.open("ab", buffering=0)
        self._lock = threading.Lock()

    def write(self, entry: Entry) -> None:
        """Put an entry on the disk."""
        with self._lock:
            self._handle.write(json.dumps(asdict(entry)).encode() + b"\n")
            os.fsync(self._handle.fileno())
            self.count += 1

    def close(self) -> None:
        """No more entries."""
        self._handle.close()

    def entries(self) -> list[Entry]:
        """Everything the file holds."""
        return [Entry(**json.loads(line)) for line in self.file.read_text().splitlines()]


def faults(ledger: Iterable[Entry], plant: Plant, path: tuple[str, ...]) -> list[str]:
    """Where plant and ledger disagree: lost, applied twice, never asked for, not at its end.

    Args:
        plant: the instances of each order.
        path: the elements an instance passes, each once, when nothing goes wrong.
    """
    told: dict[str, list[Entry]] = {}
    for entry in ledger:
        told.setdefault(entry.order, []).append(entry)
    found = [f"{order}: in the plant, never asked for" for order in plant.keys() - told.keys()]
    for order, entries in told.items():
        instances = plant.get(order, [])
        if len(instances) != 1:
            found.append(f"{order}: acknowledged once, started {len(instances)} times")
        for instance in instances:
            found += [f"{order}: {fault}" for fault in _faults_of(entries, instance, path)]
    return found


def _faults_of(entries: list[Entry], instance: Instance, path: tuple[str, ...]) -> Iterator[str]:
    for entry in entries:
        times = instance.steps.count((entry.element, entry.value))
        if times != 1:
            yield f"{entry.element} acknowledged with {entry.value}, in the history {times} times"
    expected, seen = Counter(path), Counter(element for element, _ in instance.steps)
    for element in expected | seen:
        if seen[element] != expected[element]:
            yield f"{element} is in the history {seen[element]} times, not {expected[element]}"
    if instance.state != "completed":
        yield f"is {instance.state}"
