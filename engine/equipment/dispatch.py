"""Which job goes to which unit: what the diagram names, and what the unit is ready for."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from engine.equipment import candidates, rules
from engine.equipment.candidates import Candidate
from engine.kernel import db
from engine.kernel.actor import Actor
from engine.kernel.errors import FieldProblem, Invalid
from engine.kernel.store.uow import Uow
from engine.workflow.work import jobs
from engine.workflow.work.dispatch import claims
from engine.workflow.work.dispatch.claims import Lease, Places


def claim(
    uow: Uow,
    *,
    topics: Sequence[str],
    worker: str,
    limit: int,
    lease_seconds: int,
    units: Sequence[str],
    actor: Actor,
) -> list[dict[str, Any]]:
    """Lease jobs for these units, at most one for each, the most urgent and oldest first.

    A unit gets a job that names it, a class of it or equipment above it, if it is in use, takes
    commands, is up and holds no other job. What it holds already, because a lease ran out, it gets
    first and in whatever state it is, under the same number: the command may have been sent.

    Raises:
        Invalid: for no topic or too many, or for a unit that there is not.
    """
    if not units:
        return []
    found = candidates.locked(uow, sorted(set(units)), actor.site)
    _check(units, found)
    candidates.note_asked(uow, found)
    lease = Lease(jobs.wanted(topics), worker, limit, lease_seconds)
    places = _places(found)
    items = claims.claim(uow, lease=lease, places=places, actor=actor)
    keys = {unit.code: unit.id for unit in found}
    fresh = [item for item in items if places.numbers.get(item["unit"]) == item["command"]]
    uow.write(_NUMBERED, [{"id": keys[i["unit"]], "number": i["command"]} for i in fresh])
    return items


def _check(units: Sequence[str], found: Sequence[Candidate]) -> None:
    known = {unit.code for unit in found}
    problems = [
        FieldProblem(
            f"/units/{n}",
            f"There is no work unit {code[:80]!r}; create it under /equipment, or correct the "
            "gateway's configuration.",
        )
        for n, code in enumerate(units)
        if code not in known
    ]
    if problems:
        raise Invalid("Jobs are handed out for the plant's units only.", errors=problems)


def _places(found: Sequence[Candidate]) -> Places:
    ready = sorted((unit for unit in found if unit.is_ready), key=lambda unit: unit.turn)
    able: dict[str, list[str]] = {}
    for unit in ready:
        for name in unit.names:
            able.setdefault(name, []).append(unit.code)
    return Places(
        able=able,
        again=[unit.code for unit in found if unit.may_be_told],
        numbers={unit.code: rules.next_number(unit.last_command) for unit in ready},
    )


_NUMBERED = db.Statement(sa.text("UPDATE equipment SET last_command = :number WHERE id = :id"))
