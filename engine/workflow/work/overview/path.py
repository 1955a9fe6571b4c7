"""The way one instance took through its diagram."""

from collections import Counter
from typing import Any

import sqlalchemy as sa

from engine.kernel import db
from engine.kernel.errors import NotFound
from engine.kernel.store.uow import Uow
from engine.workflow import tables as t
from engine.workflow.definition.layout import shown
from engine.workflow.definition.plan import Plan
from engine.workflow.execution.deviations import drawn
from engine.workflow.execution.frontier import read_tokens
from engine.workflow.work import history
from engine.workflow.work.overview.ways import Ways
from engine.workflow.work.versions.plans import dry, plan_of


def path(uow: Uow, *, instance: bytes, site: int) -> dict[str, Any]:
    """How often each element and flow of the process was passed, and where tokens wait now.

    Elements of called processes have no place in this diagram; what was undone was not passed.

    Raises:
        NotFound: if there is no such instance on this site.
    """
    row = uow.one(_INSTANCE, id=instance)
    if row is None or row[0] != site:
        raise NotFound("There is no such instance.")
    version = bytes(row[1])
    plan = plan_of(dry(version) if row[3] else version)
    ways = Ways(plan.model)
    elements: Counter[str] = Counter()
    flows: Counter[str] = Counter()
    for passed in ways.follow(history.steps_of(uow, instance)):
        elements[passed.node.id] += 1
        flows.update(passed.flows)
    waiting = _waiting(plan, row[2])
    for element in waiting:
        flows.update(ways.arrive(plan.model.nodes[element]))
    return {"elements": dict(elements), "flows": dict(flows), "waiting": sorted(set(waiting))}


def _waiting(plan: Plan, frontier: bytes) -> list[str]:
    """The elements of the diagram where tokens are, also those around what runs inside."""
    if not frontier:
        return []
    tokens, _ = read_tokens(bytes(frontier))
    places = [drawn(shown(token.element)) for token in tokens]
    return [element for element in places if element in plan.model.nodes]


_i = t.instance.c
_INSTANCE = db.Statement(
    sa.select(_i.site_id, _i.version_id, _i.frontier, _i.dry_run)
    .join_from(t.instance, t.process_version, _i.version_id == t.process_version.c.id)
    .where(_i.id == sa.bindparam("id"))
)
