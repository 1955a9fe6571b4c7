"""How time and work are read: CPU of whole process trees, and how fast the machine is just now."""

import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import psutil

STEPS = 1_000_000
REFERENCE_MS = 25.0  # the calibration loop on the machine the figures are asked for


def calibration() -> float:
    """CPU ms of a fixed loop: how slow the machine is at this moment."""
    began, total = time.process_time(), 0
    for i in range(STEPS):
        total += i
    return (time.process_time() - began) * 1000


def cpu_seconds(pid: int | None) -> float:
    """CPU seconds of a process and everything below it, the children it has buried included."""
    if pid is None:
        return 0.0
    root = psutil.Process(pid)
    total = root.cpu_times().children_user + root.cpu_times().children_system
    for process in (root, *root.children(recursive=True)):
        try:
            times = process.cpu_times()
        except psutil.NoSuchProcess:
            continue
        total += times.user + times.system
    return total


@dataclass(slots=True)
class Reading:
    """One round's result, and the calibration around it."""

    value: float
    calibration: float
    detail: dict[str, Any] = field(default_factory=dict)

    def scaled(self, power: int) -> float:
        """The value at the reference speed: `power` 1 for CPU times, -1 for rates, else 0."""
        return self.value * (REFERENCE_MS / self.calibration) ** power


class Around:
    """Reads the calibration before and after what happens inside; their mean is the round's."""

    def __enter__(self) -> "Around":
        self.loops = [calibration()]
        return self

    def __exit__(self, *_error: object) -> None:
        self.loops.append(calibration())

    @property
    def calibration(self) -> float:
        """CPU ms of the fixed loop, the mean of both."""
        return statistics.fmean(self.loops)


def middle(readings: Sequence[Reading], power: int) -> Reading:
    """The reading whose scaled value is the median of all rounds."""
    ordered = sorted(readings, key=lambda r: r.scaled(power))
    return ordered[len(ordered) // 2]
