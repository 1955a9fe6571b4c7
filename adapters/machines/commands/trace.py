"""What is left behind of a command: what was written, when, with which outcome; its results."""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

import structlog

from adapters.clock import now_ms
from adapters.machines.commands.record import Ledger, Record
from adapters.machines.config.plan import TagPlan
from adapters.machines.core import Adapter, Sample, Value
from adapters.machines.values import refined, shortest

READ_SECONDS = 1.0

log: structlog.stdlib.BoundLogger = structlog.get_logger()


class Trace:
    """One write: its tags with their values before, as told, and after.

    `outcome` is `written` unless whoever writes says otherwise.
    """

    def __init__(self, adapter: Adapter, tags: Mapping[str, TagPlan]) -> None:
        self._adapter, self._plans = adapter, tags
        self.outcome = "written"
        self.tags: dict[str, dict[str, Value]] = {name: {} for name in tags}

    async def look(self, moment: str) -> None:
        """Note what stands there; a value that cannot be read is None, and keeps nothing back."""
        plans = list(self._plans.values())
        samples: Sequence[Sample] = ()
        try:
            async with asyncio.timeout(READ_SECONDS):
                samples = await self._adapter.read([tag.wire for tag in plans]) if plans else ()
        except Exception as error:
            log.debug("trace_not_read", moment=moment, reason=repr(error))
        found = {tag.name: refined(tag, s)[0] for tag, s in zip(plans, samples, strict=False)}
        for name, values in self.tags.items():
            values[moment] = shortest(found.get(name))


@asynccontextmanager
async def writing(
    record: Record,
    ledger: Ledger,
    adapter: Adapter,
    tags: Mapping[str, tuple[TagPlan | None, Value]],
) -> AsyncIterator[Trace]:
    """Around one write: the trace of it goes to the log and to the plant's audit trail.

    Args:
        tags: what is written, by the name of its tag, or of a method's argument.
    """
    trace = Trace(adapter, {name: plan for name, (plan, _) in tags.items() if plan is not None})
    await trace.look("before")
    for name, (_, value) in tags.items():
        trace.tags.setdefault(name, {})["value"] = value
    began, at = time.monotonic(), now_ms()
    try:
        yield trace
    finally:
        took = round((time.monotonic() - began) * 1000)
        if trace.outcome == "written":
            await trace.look("after")
        told = {"action": record.action, "command": record.number, "job": record.id}
        told |= {"outcome": trace.outcome, "milliseconds": took, "tags": trace.tags}
        log.info("command_written", unit=record.unit, **told)
        ledger.tell({"unit": record.unit, "kind": "write", "at": at, **told})


def results(tags: Mapping[str, TagPlan], samples: Sequence[Sample]) -> dict[str, Any]:
    """Values as variables, in the unit of their tag; None where there is no value."""
    pairs = zip(tags.items(), samples, strict=True)
    return {name: _plain(refined(tag, sample)[0]) for (name, tag), sample in pairs}


def _plain(value: Value) -> Value:
    """Without what scaling added behind the digits of the machine."""
    short = shortest(value)
    return round(short, 9) if isinstance(short, float) else short
