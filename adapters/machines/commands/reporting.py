"""Telling the plant how a command ended, for as long as it takes until it knows."""

import asyncio
import random

import structlog

from adapters.machines.commands.record import Ledger, Outcome, Record
from adapters.machines.plant import ApiProblem, Plant, Unreachable

LEASE_SECONDS, EXTEND_SECONDS = 30, 5.0
FIRST_WAIT, LONGEST_WAIT = 0.2, 10.0
STALE = "/problems/stale-fence"
REFUSES_CONTENT = (400, 413, 422)
NOT_WANTED = (404, 409)  # cancelled, completed already, or gone
NOT_OURS_NOW = (401, 403, 408, 429)

log: structlog.stdlib.BoundLogger = structlog.get_logger()


async def report(plant: Plant, ledger: Ledger, record: Record) -> bool:
    """Hand in the end of a command; False if the job has to be claimed again first."""
    wait = FIRST_WAIT
    while not record.cancelled:
        try:
            await _hand_in(plant, record)
            break
        except Unreachable:
            pass
        except ApiProblem as problem:
            if problem.type == STALE:
                record.stale = True
                await ledger.save(record)
                return False
            if problem.status in NOT_WANTED:
                break
            if problem.status in REFUSES_CONTENT and not _plainer(record, problem):
                break
        await asyncio.sleep(wait * random.uniform(0.5, 1.0))
        wait = min(LONGEST_WAIT, wait * 2)
    await ledger.forget(record)
    return True


async def _hand_in(plant: Plant, record: Record) -> None:
    if record.outcome is Outcome.DONE:
        await plant.complete(record.job, record.variables)
    else:
        await plant.fail(record.job, str(record.outcome), record.message or "No reason is known.")


def _plainer(record: Record, problem: ApiProblem) -> bool:
    """Results that the plant does not take become a failure that says so; False after that."""
    log.error("outcome_refused", unit=record.unit, job=record.id, reason=problem.detail)
    if record.outcome is not Outcome.DONE:
        return False
    record.outcome = Outcome.FAILED
    record.message = f"The machine did it, but the plant refuses the results: {problem.detail}"
    return True


async def keep_lease(plant: Plant, record: Record) -> None:
    """Extend a job's lease until cancelled; what becomes of it is noted in the record."""
    loop = asyncio.get_running_loop()
    until = loop.time() + LEASE_SECONDS
    while True:
        await asyncio.sleep(EXTEND_SECONDS if not record.stale else EXTEND_SECONDS * 2)
        began = loop.time()
        try:
            await plant.extend(record.job, LEASE_SECONDS)
        except Unreachable:
            pass
        except ApiProblem as problem:
            if problem.type == STALE:
                record.stale = True
            elif problem.status in NOT_WANTED:
                record.cancelled = True
                return
        else:
            record.stale, until = False, began + LEASE_SECONDS
        if loop.time() >= until:
            record.stale = True  # another gateway may have it by now
