"""One table on the terminal and the same in `bench.json`."""

import json
import os
import platform
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil

from tests.bench.figures import FIGURES, NEITHER, Figure
from tests.bench.readings import REFERENCE_MS, Reading, middle

NAMES = ("SQLite", "PostgreSQL")
Results = Mapping[str, Mapping[str, list[Reading]]]
NAME, GOAL, CELL = 60, 12, 24


def text(results: Results) -> str:
    """The table: each cell the measured value, at the reference speed, and how it does."""
    names = [name for name in NAMES if name in results]
    head = f"{'':{NAME}}{'reach':>{GOAL}}{'aim':>{GOAL}}" + "".join(f"{n:>{CELL}}" for n in names)
    lines = [_machine_line(), head]
    for figure in FIGURES:
        cells = [_cell(figure, name, results[name].get(figure.key)) for name in names]
        if any(cells):
            goals = (_goal(figure.reach), _goal(figure.aim))
            line = f"{figure.name:{NAME}}" + "".join(f"{g:>{GOAL}}" for g in goals)
            lines.append(line + "".join(f"{c:>{CELL}}" for c in cells))
    lines.append(
        f"measured (at a calibration of {REFERENCE_MS:.0f} ms), calibration; ++ aim, + reach, - not"
    )
    return "\n".join(lines)


def write(results: Results, file: Path) -> None:
    """Every round of every figure, with its calibration."""
    content = {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": machine(),
        "reference_calibration_ms": REFERENCE_MS,
        "figures": [_as_json(figure, results) for figure in FIGURES],
    }
    file.write_text(json.dumps(content, indent=1) + "\n")


def machine() -> dict[str, Any]:
    """What the figures were measured on."""
    return {
        "cores": os.cpu_count(),
        "memory_gb": round(psutil.virtual_memory().total / 1e9),
        "load": round(os.getloadavg()[0], 1),
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
    }


def _machine_line() -> str:
    known = machine()
    return (
        f"{datetime.now(UTC):%Y-%m-%d} · {known['cores']} cores, {known['memory_gb']} GB · "
        f"Python {known['python']} · {known['system']} · load {known['load']}"
    )


def _goal(both: tuple[float, float]) -> str:
    if not any(both):
        return ""
    return f"{both[0]:,g}" if both[0] == both[1] else f"{both[0]:g} · {both[1]:g}"


def _cell(figure: Figure, name: str, readings: list[Reading] | None) -> str:
    if not readings:
        return ""
    reading = middle(readings, figure.power)
    scaled = reading.scaled(figure.power)
    shown = _number(reading.value)
    if figure.power != NEITHER:
        shown += f" ({_number(scaled)})"
    return f"{shown}, {reading.calibration:.0f} {_mark(figure, name, scaled):2}"


def _mark(figure: Figure, name: str, value: float) -> str:
    place = NAMES.index(name)
    if not figure.reach[place]:
        return ""
    sign = -1 if figure.more_is_better else 1
    if sign * value <= sign * figure.aim[place]:
        return "++"
    return "+" if sign * value <= sign * figure.reach[place] else "-"


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def _as_json(figure: Figure, results: Results) -> dict[str, Any]:
    found: dict[str, Any] = {
        "key": figure.key,
        "name": figure.name,
        "reach": figure.reach,
        "aim": figure.aim,
    }
    for name, by_key in results.items():
        if readings := by_key.get(figure.key):
            best = middle(readings, figure.power)
            found[name] = {
                "measured": best.value,
                "scaled": best.scaled(figure.power),
                "calibration_ms": best.calibration,
                "rounds": [
                    {"measured": r.value, "calibration_ms": r.calibration, **r.detail}
                    for r in readings
                ],
            }
    return found
