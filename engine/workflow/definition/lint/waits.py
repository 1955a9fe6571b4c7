"""Events at boundaries and behind event-based gateways: that they can happen, and be waited for."""

from collections.abc import Iterator

from engine.workflow.definition.model import Finding, Node, ScopeModel, error, warning

AWAITED = ("timer", "message", "signal", "conditional")
RAISES = ("serviceTask", "subProcess", "callActivity")
ESCALATES = ("subProcess", "callActivity")


def waits(node: Node, scope: ScopeModel) -> Iterator[Finding]:
    """What is wrong with a boundary event, or with what an event-based gateway waits for."""
    if node.type == "boundaryEvent":
        yield from _boundary(node, scope)
    elif node.type == "eventBasedGateway":
        yield from _gateway(node, scope)


def _gateway(node: Node, scope: ScopeModel) -> Iterator[Finding]:
    if not node.outgoing:
        yield error(
            "event-gateway",
            node.id,
            "The gateway waits for nothing.",
            "Draw a flow to each event it is to wait for.",
        )
    for flow in node.outgoing:
        target = scope.nodes[flow.target]
        if problem := _unfit(target):
            yield error(
                "event-gateway",
                target.id,
                f"An event-based gateway leads here, but {problem}.",
                "Behind it stand message, timer, signal and conditional events, and receive tasks.",
            )


def _unfit(target: Node) -> str:
    """Why an event-based gateway cannot wait for this element."""
    kind = target.event.kind if target.event is not None else ""
    if target.type not in ("intermediateCatchEvent", "receiveTask") or kind not in AWAITED:
        return "it is no event that could be waited for"
    if len(target.incoming) != 1:
        return "other flows do, too"
    if target.boundaries:
        return "it has boundary events"
    return "it runs several times" if target.loop is not None else ""


def _boundary(node: Node, scope: ScopeModel) -> Iterator[Finding]:
    host = scope.nodes.get(node.attached_to or "")
    if host is None or node.event is None:
        return
    if problem := _never(node, host) or _shadowed(node, host, scope):
        yield warning("never-fires", node.id, problem, "Remove the event.")


def _never(node: Node, host: Node) -> str:
    kind = node.event.kind if node.event is not None else ""
    if kind in AWAITED and _instant(host):
        return f"{host.id} takes no time, so the {kind} event never happens."
    raises = host.type in RAISES or (host.type == "sendTask" and host.work.topic is not None)
    if kind == "error" and not raises:
        return f"Nothing in {host.id} raises an error."
    if kind == "escalation" and host.type not in ESCALATES:
        return f"Nothing in {host.id} escalates."
    return ""


def _instant(host: Node) -> bool:
    """Whether an activity is over at once."""
    sends = host.type == "sendTask" and host.work.topic is None
    return host.type == "businessRuleTask" or host.work.function is not None or sends


def _shadowed(node: Node, host: Node, scope: ScopeModel) -> str:
    """Whether another event of the same activity always comes first."""
    assert node.event is not None
    if node.event.kind not in ("error", "escalation"):
        return ""
    for name in host.boundaries[: host.boundaries.index(node.id)]:
        other = scope.nodes[name].event
        if other is not None and (other.kind, other.code) == (node.event.kind, node.event.code):
            return f"{name} takes the same, and comes first."
    return ""
