"""Sequence flows: where they lead, in which order they are tried; links stand for some."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from lxml import etree

from engine.workflow.definition.model import Flow, Node, error
from engine.workflow.definition.reading.values import (
    BPMN,
    Report,
    read_condition,
    reference,
    text_of,
)

LINK = "#link"  # no id of a diagram can end so


@dataclass(frozen=True, slots=True)
class Flows:
    """The flows of one scope, by the node they leave and the node they enter."""

    leaving: dict[str, list[Flow]] = field(default_factory=dict)
    entering: dict[str, list[str]] = field(default_factory=dict)


def read_flows(
    holder: etree._Element, elements: Mapping[str, etree._Element], report: Report
) -> Flows:
    """The flows between elements of one process or subprocess."""
    flows = Flows()
    for child in holder.findall(f"{BPMN}sequenceFlow"):
        source, target = reference(child.get("sourceRef")), reference(child.get("targetRef"))
        name = child.get("id") or _unnamed(source, target, flows)
        if source not in elements or target not in elements:
            report(
                error(
                    "dangling-flow",
                    name,
                    f"The flow {name} does not join two elements of one process or subprocess.",
                    "Draw it again between two elements of the same level.",
                )
            )
            continue
        asked = text_of(child.find(f"{BPMN}conditionExpression"))
        condition = read_condition(asked, name, report) if asked else None
        flow = Flow(name, source, target, child.get("name") or "", condition)
        flows.leaving.setdefault(source, []).append(flow)
        flows.entering.setdefault(target, []).append(name)
    return flows


def _unnamed(source: str, target: str, flows: Flows) -> str:
    """An id for a flow without one; BPMN 2.0.2 asks for none."""
    same = sum(flow.target == target for flow in flows.leaving.get(source, ()))
    return f"{source}#to#{target}" + (f"#{same + 1}" if same else "")


def ordered(node: etree._Element, flows: Flows, report: Report) -> tuple[Flow, ...]:
    """A node's flows in the order of its `<outgoing>` children, the others after them."""
    mine = {f.id: f for f in flows.leaving.get(node.get("id", ""), ())}
    listed: list[Flow] = []
    for ref in node.findall(f"{BPMN}outgoing"):
        named = reference(ref.text)
        flow = mine.pop(named, None)
        if flow is not None:
            listed.append(flow)
        elif named not in {f.id for f in listed}:
            report(
                error(
                    "dangling-flow",
                    node.get("id", ""),
                    f"The flow {named} listed as outgoing does not start here.",
                    "Remove the entry, or draw the flow again.",
                )
            )
    return (*listed, *mine.values())


def join_links(nodes: dict[str, Node], report: Report) -> None:
    """Give each link that throws a flow to the one of its name that catches.

    Source: OMG BPMN 2.0.2, section 10.5.4, link events.
    """
    catching: dict[str, list[Node]] = {}
    for node in _links(nodes, "intermediateCatchEvent"):
        catching.setdefault(_name(node), []).append(node)
    for name, those in catching.items():
        for other in those[1:]:
            message = f"Two links that catch are called {name}."
            report(error("link", other.id, message, "Keep one, or choose another name."))
    for node in _links(nodes, "intermediateThrowEvent"):
        target = catching.get(_name(node))
        if target is None:
            message = f"No link that catches is called {_name(node)} here."
            report(error("link", node.id, message, "Draw one in the same process or subprocess."))
        elif not node.outgoing:
            _connect(nodes, node, target[0].id)


def _connect(nodes: dict[str, Node], node: Node, target: str) -> None:
    flow = Flow(node.id + LINK, node.id, target)
    nodes[node.id] = replace(node, outgoing=(flow,))
    caught = nodes[target]
    nodes[target] = replace(caught, incoming=(*caught.incoming, flow.id))


def _links(nodes: Mapping[str, Node], kind: str) -> list[Node]:
    return [
        n
        for n in nodes.values()
        if n.type == kind and n.event is not None and n.event.kind == "link" and n.event.name
    ]


def _name(node: Node) -> str:
    return node.event.name if node.event is not None else ""
