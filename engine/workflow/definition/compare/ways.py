"""Sequence flows of two versions: where they lead and on which condition."""

from collections.abc import Iterator, Mapping

from engine.workflow.definition.compare.change import Change, Kind, Subject
from engine.workflow.definition.compare.words import NOTHING, arrow, label, quoted
from engine.workflow.definition.model import Flow, Node

Nodes = Mapping[str, Node]


def compare_ways(old: Nodes, new: Nodes) -> Iterator[Change]:
    """Every change of a flow; those that come and go with a step are implied by it."""
    before, after = _flows(old), _flows(new)
    pairs = _paired(before, after)
    known = {was.id for was, _ in pairs}
    for was, now in pairs:
        yield from _changes(was, now, old, new)
    paired = {now.id for _, now in pairs}
    for flow in after.values():
        if flow.id not in paired:
            implied = flow.source not in old or flow.target not in old
            yield _said(flow, new, Kind.ADDED, implied)
    for flow in before.values():
        if flow.id not in known:
            implied = flow.source not in new or flow.target not in new
            implied = implied or _bridged(flow, after, old)
            yield _said(flow, old, Kind.REMOVED, implied)
    yield from _defaults(old, new)


def _flows(nodes: Nodes) -> dict[str, Flow]:
    return {flow.id: flow for node in nodes.values() for flow in node.outgoing}


def _paired(before: Mapping[str, Flow], after: Mapping[str, Flow]) -> list[tuple[Flow, Flow]]:
    """The same flow in both: by its id, else by the two elements that it joins."""
    pairs = [(before[name], flow) for name, flow in after.items() if name in before]
    left = [flow for name, flow in before.items() if name not in after]
    for name, flow in after.items():
        if name not in before:
            same = [o for o in left if (o.source, o.target) == (flow.source, flow.target)]
            if same:
                left.remove(same[0])
                pairs.append((same[0], flow))
    return pairs


def _bridged(flow: Flow, after: Mapping[str, Flow], old: Nodes) -> bool:
    """Whether new steps stand where this flow was: its ends are joined by way of them."""
    reached, waiting = set(), [flow.source]
    while waiting:
        here = waiting.pop()
        for way in after.values():
            if way.source != here or way.target in reached:
                continue
            if way.target == flow.target:
                return True
            if way.target not in old:
                reached.add(way.target)
                waiting.append(way.target)
    return False


def _said(flow: Flow, nodes: Nodes, kind: Kind, implied: bool) -> Change:
    way = _way(flow, nodes)
    asked = f", on {flow.condition.text}" if flow.condition else ""
    was, now = (None, way) if kind is Kind.ADDED else (way, None)
    sentence = f"{way} {kind}{asked}."
    return Change(
        flow.id, kind, Subject.FLOW, sentence, flow.name or way, "", was, now, implied=implied
    )


def _way(flow: Flow, nodes: Nodes) -> str:
    return f"Way from {quoted(nodes[flow.source])} to {quoted(nodes[flow.target])}"


def _changes(was: Flow, now: Flow, old: Nodes, new: Nodes) -> Iterator[Change]:
    before, after = _way(was, old), _way(now, new)
    named = now.name or after
    if (was.source, was.target) != (now.source, now.target):
        sentence = f"{before} now goes from {quoted(new[now.source])} to {quoted(new[now.target])}."
        yield Change(now.id, Kind.CHANGED, Subject.FLOW, sentence, named, "", before, after)
    asked = (_asked(was), _asked(now))
    if asked[0] != asked[1]:
        sentence = f"{after}: condition {arrow(*asked)}."
        yield Change(now.id, Kind.CHANGED, Subject.CONDITION, sentence, named, "", *asked)
    if was.name != now.name:
        sentence = f"{after}: label {arrow(was.name or None, now.name or None)}."
        told = (was.name or None, now.name or None)
        yield Change(now.id, Kind.CHANGED, Subject.FLOW, sentence, named, "", *told)


def _asked(flow: Flow) -> str | None:
    return None if flow.condition is None else " ".join(flow.condition.text.split())


def _defaults(old: Nodes, new: Nodes) -> Iterator[Change]:
    """Which way is taken when no condition is true, and in which order they are tried."""
    for name in [name for name in new if name in old]:
        was, now = _default(old[name], old), _default(new[name], new)
        if was != now:
            sentence = f"{label(new[name])}: otherwise to {arrow(was, now)}."
            yield Change(name, Kind.CHANGED, Subject.FLOW, sentence, label(new[name]), "", was, now)
        order = _tried(old[name], new[name], old, new)
        if order is not None:
            sentence = f"{label(new[name])}: ways are tried in another order: {order[1]}."
            yield Change(name, Kind.CHANGED, Subject.FLOW, sentence, label(new[name]), "", *order)


def _default(node: Node, nodes: Nodes) -> str | None:
    targets = [f.target for f in node.outgoing if f.id == node.default]
    return quoted(nodes[targets[0]]) if targets else None


def _tried(was: Node, now: Node, old: Nodes, new: Nodes) -> tuple[str, str] | None:
    """The order of conditions before and after, where the same flows stand in another one."""
    before = [f.id for f in was.outgoing if f.condition is not None]
    after = [f.id for f in now.outgoing if f.condition is not None]
    if was.type != "exclusiveGateway" or before == after or set(before) != set(after):
        return None
    return _named(was, before, old), _named(now, after, new)


def _named(node: Node, order: list[str], nodes: Nodes) -> str:
    targets = {f.id: f.target for f in node.outgoing}
    return ", ".join(quoted(nodes[targets[name]]) for name in order) or NOTHING
