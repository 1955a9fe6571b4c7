"""The flow graph of a scope: what can be reached, and where it runs in circles."""

from engine.workflow.definition.model import ScopeModel


def followers(scope: ScopeModel) -> dict[str, list[str]]:
    """What may come after each element: its flows' targets and its boundary events."""
    return {
        node.id: [f.target for f in node.outgoing] + list(node.boundaries)
        for node in scope.nodes.values()
    }


def reachable(scope: ScopeModel) -> set[str]:
    """The elements that a token can come to from a start event."""
    after = followers(scope)
    seen = {n.id for n in scope.starts}
    waiting = list(seen)
    while waiting:
        for name in after[waiting.pop()]:
            if name not in seen:
                seen.add(name)
                waiting.append(name)
    return seen


def loops(scope: ScopeModel) -> list[set[str]]:
    """The strongly connected parts that hold a circle.

    Source: Kosaraju's algorithm, without recursion.
    """
    after = followers(scope)
    before: dict[str, list[str]] = {name: [] for name in after}
    for name, names in after.items():
        for following in names:
            before[following].append(name)
    parts: list[set[str]] = []
    placed: set[str] = set()
    for name in reversed(_finishing_order(after)):
        if name not in placed:
            part = _part(name, before, placed)
            placed |= part
            if len(part) > 1 or name in after[name]:
                parts.append(part)
    return parts


def _part(name: str, before: dict[str, list[str]], placed: set[str]) -> set[str]:
    part, waiting = {name}, [name]
    while waiting:
        for other in before[waiting.pop()]:
            if other not in placed and other not in part:
                part.add(other)
                waiting.append(other)
    return part


def _finishing_order(after: dict[str, list[str]]) -> list[str]:
    seen: set[str] = set()
    order: list[str] = []
    for root in after:
        if root in seen:
            continue
        seen.add(root)
        stack = [(root, iter(after[root]))]
        while stack:
            name, names = stack[-1]
            for following in names:
                if following not in seen:
                    seen.add(following)
                    stack.append((following, iter(after[following])))
                    break
            else:
                order.append(name)
                stack.pop()
    return order
