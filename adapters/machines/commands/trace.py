"""What is left behind of a command: what was written, when, with which outcome; its results."""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import structlog

from adapters.machines.commands.record import Record
from adapters.machines.config.plan import TagPlan
from adapters.machines.core import Sample, Value
from adapters.machines.values import refined, shortest

log: structlog.stdlib.BoundLogger = structlog.get_logger()


@contextmanager
def writing(record: Record, how: object, values: Mapping[str, Value]) -> Iterator[dict[str, Any]]:
    """The trace of one write, for the record and the log; who writes names the outcome."""
    began = time.monotonic()
    trace: dict[str, Any] = {
        "action": record.action,
        "number": record.number,
        "way": type(how).__name__,
        "values": dict(values),
        "at": time.time_ns() // 1_000_000,
        "outcome": "written",
    }
    try:
        yield trace
    finally:
        trace["milliseconds"] = round((time.monotonic() - began) * 1000)
        record.written.append(trace)
        log.info("command_written", unit=record.unit, job=record.id, **trace)


def results(tags: Mapping[str, TagPlan], samples: Sequence[Sample]) -> dict[str, Any]:
    """Values as variables, in the unit of their tag; None where there is no value."""
    pairs = zip(tags.items(), samples, strict=True)
    return {name: _plain(refined(tag, sample)[0]) for (name, tag), sample in pairs}


def _plain(value: Value) -> Value:
    """Without what scaling added behind the digits of the machine."""
    short = shortest(value)
    return round(short, 9) if isinstance(short, float) else short
