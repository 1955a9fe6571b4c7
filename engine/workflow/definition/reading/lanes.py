"""Lanes give the tasks in them their role."""

from lxml import etree

from engine.workflow.definition.model import warning
from engine.workflow.definition.reading.values import BPMN, MES, Report, text_of


def read_lanes(
    holder: etree._Element, roles: frozenset[str], report: Report
) -> dict[str, str | None]:
    """The role of each node: `mes:role` of its innermost lane, else that lane's name."""
    found: dict[str, str | None] = {}
    for lane in holder.iterfind(f"{BPMN}laneSet//{BPMN}lane"):
        role = _role(lane, roles, report)
        for ref in lane.findall(f"{BPMN}flowNodeRef"):
            found[text_of(ref)] = role
    return found


def own_role(
    node: etree._Element, around: str | None, roles: frozenset[str], report: Report
) -> str | None:
    """The role of a task: its own `mes:role`, else that of its lane."""
    given = (node.get(MES + "role") or "").strip()
    if given and given not in roles:
        report(
            warning(
                "unknown-role",
                node.get("id", ""),
                f"No role is called {given}; nobody can complete this task.",
                f"Known roles are {', '.join(sorted(roles))}.",
            )
        )
    return given or around


def _role(lane: etree._Element, roles: frozenset[str], report: Report) -> str | None:
    given = (lane.get(MES + "role") or "").strip()
    named = (lane.get("name") or "").strip()
    role = given or named.lower().replace(" ", "_").replace("-", "_")
    if role in roles:
        return role
    name = lane.get("id", "")
    if given:
        report(
            warning(
                "unknown-role",
                name,
                f"No role is called {given}; nobody can complete the tasks of this lane.",
                f"Known roles are {', '.join(sorted(roles))}.",
            )
        )
    elif named:
        report(
            warning(
                "unknown-role",
                name,
                f"The lane {named!r} names no role; its tasks are open to everybody.",
                "Write mes:role on the lane.",
            )
        )
    return given or None
