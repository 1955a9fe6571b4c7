"""How work flows through a version: where it is now, and what passed in a period."""

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa

from engine.kernel import db
from engine.kernel.clock import from_ms, iso, to_ms
from engine.kernel.store.uow import Uow
from engine.workflow import tables as t
from engine.workflow.definition.layout import shown
from engine.workflow.definition.model import Node
from engine.workflow.definition.plan import Plan
from engine.workflow.definition.times import TimeRefused, add, read_duration
from engine.workflow.execution.deviations import drawn
from engine.workflow.execution.frontier import read_places
from engine.workflow.work.overview import passages
from engine.workflow.work.overview.passages import Tally
from engine.workflow.work.versions import queries as versions
from engine.workflow.work.versions.plans import plan_of

Item = dict[str, Any]


class _Here:
    """What is at an element now."""

    __slots__ = ("held", "number", "since")

    def __init__(self) -> None:
        self.number = self.held = 0
        self.since: int | None = None

    def add(self, since: int, suspended: bool) -> None:
        self.number += 1
        self.held += suspended
        if self.since is None or since < self.since:
            self.since = since

    def join(self, other: "_Here") -> None:
        self.number += other.number
        self.held += other.held
        known = [since for since in (self.since, other.since) if since is not None]
        self.since = min(known, default=None)


def flow(uow: Uow, *, key: str, version: int, site: int, start: int, end: int) -> Item:
    """A version's elements with what is there now and what passed in a period, and its flows.

    What passed is counted in the background, a minute later at most, by whole hours; medians are
    right within a twentieth.

    Args:
        start, end: milliseconds since 1970; the hours that they touch count.

    Raises:
        VersionNotFound: if there is none on this site.
    """
    version_id = versions.version_id(uow, key=key, version=version, site=site)
    plan = plan_of(version_id)
    totals = passages.totals(uow, version_id, start, end)
    here, instances = _here(uow, version_id, plan)
    incidents: dict[str, int] = dict(uow.all(_INCIDENTS, version=version_id))
    nothing, nobody = Tally(), _Here()
    return {
        "process": key,
        "version": version,
        "instances": instances,
        "elements": [
            _element(node, here.get(node.id, nobody), totals.get(node.id, nothing))
            | {"incidents": incidents.get(node.id, 0)}
            for node in plan.model.nodes.values()
        ],
        "flows": [
            {"flow": name, "taken": totals[name].times if name in totals else 0}
            for name in _flows(plan)
        ],
    }


def _element(node: Node, here: _Here, total: Tally) -> Item:
    return {
        "element": node.id,
        "name": node.name,
        "operation": node.work.operation,
        "here": here.number,
        "held": here.held,
        "oldest_since": iso(here.since),
        "waited_seconds_median": passages.median(total.waited),
        "took_seconds_median": passages.median(total.took),
        "planned_seconds": planned_seconds(node),
        "done": total.times,
    }


def planned_seconds(node: Node) -> int | None:
    """The standard time of an element, if its diagram tells one for all."""
    value = node.work.duration
    if value is None or value.expression is not None:
        return None
    try:
        return to_ms(add(from_ms(0), read_duration(value.text))) // 1000
    except TimeRefused:
        return None


def _here(uow: Uow, version_id: bytes, plan: Plan) -> tuple[dict[str, _Here], int]:
    """What is at each element of the diagram, and how many instances run."""
    places: dict[str, _Here] = {}
    number = 0
    for state in ("active", "suspended"):
        for (frontier,) in uow.all(_RUNNING[state], v=version_id):
            number += 1
            for element, since in read_places(bytes(frontier)):
                here = places.get(element)
                if here is None:
                    here = places[element] = _Here()
                here.add(since, state == "suspended")
    found: dict[str, _Here] = {}
    for element, here in places.items():
        if (name := drawn(shown(element))) in plan.model.nodes:
            found.setdefault(name, _Here()).join(here)
    return found, number


def _flows(plan: Plan) -> Iterator[str]:
    return (flow.id for node in plan.model.nodes.values() for flow in node.outgoing)


_i, _n = t.instance.c, t.incident.c
_RUNNING = {
    state: db.Statement(
        sa.select(_i.frontier).where(
            _i.version_id == sa.bindparam("v"),
            _i.state == sa.literal_column(f"'{state}'"),
            _i.dry_run == sa.false(),
        )
    )
    for state in ("active", "suspended")
}
_INCIDENTS = db.Statement(
    sa.select(_n.element, sa.func.count())
    .join_from(t.incident, t.instance, _n.instance_id == _i.id)
    .where(
        _n.state == sa.literal_column("'open'"),
        _i.version_id == sa.bindparam("version"),
        _i.dry_run == sa.false(),
    )
    .group_by(_n.element)
)
