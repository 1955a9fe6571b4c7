"""Why a job waits: the answer to everybody who stands before a machine that does nothing."""

from collections.abc import Iterator
from typing import Any

from engine.equipment import candidates, rules
from engine.equipment.candidates import Candidate
from engine.equipment.rules import Waiting
from engine.kernel.clock import iso
from engine.kernel.store.uow import Uow
from engine.workflow.work.dispatch import claims, queries
from engine.workflow.work.dispatch.claims import Held

Item = dict[str, Any]
Reason = dict[str, str]


def job_item(uow: Uow, *, job: bytes, site: int) -> Item:
    """One job with what it waits for; nothing, if it is about to be handed out or is no more open.

    Raises:
        NotFound: if there is none on this site.
    """
    item = queries.job_item(uow, job=job, site=site)
    reasons = list(_reasons(uow, item, site)) if item["state"] == "open" else []
    return item | {"waits_for": reasons}


def _reasons(uow: Uow, item: Item, site: int) -> Iterator[Reason]:
    if item["instance_state"] == "suspended":
        yield _reason("instance-suspended", "The instance is suspended; resume it.")
    if item["retry_at"] is not None and item["retry_at"] > (iso(uow.now_ms) or ""):
        said = f" ({item['message']})" if item["message"] else ""
        yield _reason(
            "retry-later", f"The last attempt failed{said}; the next is at {item['retry_at']}."
        )
    if item["unit"] is not None:
        for unit in candidates.meant_by(uow, item["unit"], site):
            yield from _keeping(unit, uow.now_ms)
    elif item["equipment"] is not None:
        yield from _of_equipment(uow, item["equipment"], site)


def _of_equipment(uow: Uow, name: str, site: int) -> Iterator[Reason]:
    """What keeps every unit that is meant; nothing, as long as one of them could begin."""
    units = candidates.meant_by(uow, name, site)
    if not units:
        yield _reason(
            "equipment-unknown",
            f"No work unit is called {name}, belongs to a class {name} or is part of {name}; "
            "create one, or correct mes:equipment.",
        )
    held = {h.unit: h for h in claims.held(uow, [unit.code for unit in units], site)}
    told = [list(_keeping_from_new(unit, held.get(unit.code), uow.now_ms)) for unit in units]
    if all(told):
        for reasons in told:
            yield from reasons


def _keeping_from_new(unit: Candidate, held: Held | None, now: int) -> Iterator[Reason]:
    yield from _keeping(unit, now)
    if unit.state is None:
        yield _reason(
            Waiting.DOWN,
            f"Nobody has said yet what state {unit.code} is in; connect its machine to a gateway.",
        )
    elif not rules.is_up(unit.state):
        why = f" ({unit.state_reason})" if unit.state_reason else ""
        yield _reason(
            Waiting.DOWN, f"{unit.code} is {unit.state}{why} since {iso(unit.state_since)}."
        )
    if held is not None:
        yield _reason(Waiting.BUSY, _busy(unit.code, held))


def _keeping(unit: Candidate, now: int) -> Iterator[Reason]:
    """What keeps every command from a unit, begun or new."""
    code = unit.code
    if not unit.enabled:
        yield _reason(
            Waiting.DISABLED, f"{code}, or what it is part of, is out of use; enable it again."
        )
    if not unit.commands_enabled:
        yield _reason(
            Waiting.COMMANDS_OFF,
            f"Commands to {code} are switched off; set commands_enabled once it is safe.",
        )
    if unit.asked is None or unit.asked + candidates.GONE_MS < now:
        since = "yet" if unit.asked is None else f"since {iso(unit.asked)}"
        yield _reason(
            Waiting.NO_GATEWAY,
            f"No gateway has asked for jobs for {code} {since}; start the one that names it.",
        )


def _busy(code: str, held: Held) -> str:
    what = f"command {held.command}" + (f" of {held.business_key}" if held.business_key else "")
    if held.state == "claimed":
        return f"{code} is at {what}."
    if held.state == "failed":
        return f"{code} never said what became of {what}; look at it, and resolve the incident."
    if held.instance_state == "suspended":
        return f"{code} has not settled {what}, whose instance is suspended; resume or cancel it."
    return f"{code} has not settled {what}; its gateway has to say what became of it."


def _reason(code: str, message: str) -> Reason:
    return {"code": str(code), "message": message}
