"""A process or subprocess as it is read: its elements become nodes, its subprocesses scopes."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from lxml import etree

from engine.workflow.definition.model import (
    ACTIVITIES,
    EVENTS,
    GATEWAYS,
    MESSAGE_TASKS,
    Event,
    Node,
    ScopeModel,
    error,
)
from engine.workflow.definition.reading.attributes import check_meaning
from engine.workflow.definition.reading.data import check_data, own_data
from engine.workflow.definition.reading.elements import check_element, check_inside, is_flow_node
from engine.workflow.definition.reading.events import Declared, read_event, read_task_event
from engine.workflow.definition.reading.flows import Flows, join_links, ordered, read_flows
from engine.workflow.definition.reading.lanes import own_role, read_lanes
from engine.workflow.definition.reading.loops import read_loop
from engine.workflow.definition.reading.values import (
    BPMN,
    TRUE,
    Report,
    children,
    local,
    reference,
    text_of,
)
from engine.workflow.definition.reading.work import read_work

SUPPORTED = ACTIVITIES | GATEWAYS | EVENTS
DOCUMENTATION = f"{BPMN}documentation"


@dataclass(frozen=True, slots=True)
class Context:
    """What all scopes of a document share: declarations, data objects, roles, and who is told."""

    declared: Declared
    data: Mapping[str, str | None]
    roles: frozenset[str]
    report: Report


def read_scopes(process: etree._Element, context: Context) -> dict[str, ScopeModel]:
    """The process and every subprocess in it, by id, those around before those inside."""
    scopes: dict[str, ScopeModel] = {}
    waiting: list[tuple[etree._Element, str | None, str | None]] = [(process, None, None)]
    while waiting:
        holder, parent, role = waiting.pop(0)
        scope, inner = _Scope(holder, parent, role, context).read()
        scopes[scope.id] = scope
        waiting = [(child, scope.id, mine) for child, mine in inner] + waiting
    return scopes


class _Scope:
    """One reading of one process or subprocess."""

    def __init__(
        self, holder: etree._Element, parent: str | None, role: str | None, context: Context
    ) -> None:
        self.holder, self.parent, self.role = holder, parent, role
        self.context, self.report = context, context.report
        self.name = holder.get("id", "")
        triggered = holder.get("triggeredByEvent") in TRUE
        nested = "eventSubProcess" if triggered else "subProcess"
        self.place = "process" if parent is None else nested

    def read(self) -> tuple[ScopeModel, list[tuple[etree._Element, str | None]]]:
        """The scope, and its subprocesses with the role of the lane they stand in."""
        roles = read_lanes(self.holder, self.context.roles, self.report)
        elements: dict[str, etree._Element] = {}
        for child in children(self.holder):
            check_element(child, self.report)
            if is_flow_node(child) and child.get("id"):
                elements[child.get("id", "")] = child
        flows = read_flows(self.holder, elements, self.report)
        nodes: dict[str, Node] = {}
        inner = []
        for name, child in elements.items():
            role = roles.get(name, self.role)
            nodes[name] = self._node(child, role, flows)
            if local(child) == "subProcess":
                inner.append((child, role))
        self._attach(nodes)
        join_links(nodes, self.report)
        data = own_data(self.holder, self.context.data, self.report)
        own = data if self.parent is not None else frozenset()
        return ScopeModel(self.name, self.parent, nodes, own), inner

    def _node(self, child: etree._Element, role: str | None, flows: Flows) -> Node:
        kind, name = local(child), child.get("id", "")
        node = Node(
            id=name,
            type=kind,
            scope=self.name,
            name=(child.get("name") or "").strip(),
            incoming=tuple(flows.entering.get(name, ())),
            outgoing=ordered(child, flows, self.report),
            default=reference(child.get("default")) or None,
            documentation="\n\n".join(filter(None, map(text_of, child.findall(DOCUMENTATION)))),
        )
        if kind not in SUPPORTED:
            return node  # refused already; it stays for what is around it to be judged
        check_inside(child, self.report)
        check_data(child, self.report)
        node = replace(
            node,
            event=self._event(child, kind),
            attached_to=reference(child.get("attachedToRef")) or None,
            work=read_work(
                child, own_role(child, role, self.context.roles, self.report), self.report
            ),
            loop=read_loop(child, self.context.data, self.report) if kind in ACTIVITIES else None,
            triggered=child.get("triggeredByEvent") in TRUE,
        )
        at_start = self.place == "process" and kind == "startEvent"
        check_meaning(node, at_start, self.report)
        return node

    def _event(self, child: etree._Element, kind: str) -> Event | None:
        if kind in MESSAGE_TASKS:
            return read_task_event(child, self.context.declared, self.report)
        if kind not in EVENTS:
            return None
        place = self.place if kind == "startEvent" else kind
        return read_event(child, place, self.context.declared, self.report)

    def _attach(self, nodes: dict[str, Node]) -> None:
        """Tell every activity its boundary events."""
        for node in list(nodes.values()):
            if node.type != "boundaryEvent":
                continue
            host = nodes.get(node.attached_to or "")
            if host is None or host.triggered or host.type in GATEWAYS | EVENTS:
                self.report(
                    error(
                        "boundary",
                        node.id,
                        "The boundary event is attached to no activity of its level.",
                        "Attach it to a task, a subprocess or a call activity.",
                    )
                )
            else:
                nodes[host.id] = replace(host, boundaries=(*host.boundaries, node.id))
