"""The flow graph of a scope: what can be reached, through what, and where it runs in circles."""

from collections.abc import Iterable, Mapping, Sequence

from engine.workflow.definition.model import ScopeModel

ENTRY = ""  # no element has an empty id: from here a token comes to what starts a scope


def followers(scope: ScopeModel) -> dict[str, list[str]]:
    """What may come after each element: its flows' targets and its boundary events."""
    return {
        node.id: [f.target for f in node.outgoing] + list(node.boundaries)
        for node in scope.nodes.values()
    }


def entries(scope: ScopeModel) -> list[str]:
    """Where tokens begin: the start events, and the event subprocesses."""
    return [node.id for node in (*scope.starts, *scope.handlers)]


def reachable(scope: ScopeModel) -> set[str]:
    """The elements that a token can come to from a start event."""
    return spread(followers(scope), entries(scope))


def spread(
    after: Mapping[str, Iterable[str]], origins: Iterable[str], walls: Iterable[str] = ()
) -> set[str]:
    """Everything that can be reached from these, themselves included, without entering a wall."""
    shut = set(walls)
    seen = {name for name in origins if name not in shut}
    waiting = list(seen)
    while waiting:
        for name in after.get(waiting.pop(), ()):
            if name not in seen and name not in shut:
                seen.add(name)
                waiting.append(name)
    return seen


def reverse(after: Mapping[str, Iterable[str]]) -> dict[str, list[str]]:
    """The same graph with every arrow turned around."""
    before: dict[str, list[str]] = {name: [] for name in after}
    for name, names in after.items():
        for following in names:
            before.setdefault(following, []).append(name)
    return before


def dominators(after: Mapping[str, Sequence[str]], origins: Iterable[str]) -> dict[str, str]:
    """The immediate dominator of everything that can be reached: the nearest element that every
    way from the origins comes through, `ENTRY` if there is none.

    Source: Cooper, Harvey, Kennedy, A Simple, Fast Dominance Algorithm, 2001.
    """
    rooted = {**after, ENTRY: list(origins)}
    order = _finishing_order(rooted, [ENTRY])
    rank = {name: place for place, name in enumerate(order)}
    before = reverse(rooted)
    found = {ENTRY: ENTRY}
    changed = True
    while changed:
        changed = False
        for name in reversed(order[:-1]):
            known = [b for b in before[name] if b in found and b in rank]
            nearest = known[0]
            for other in known[1:]:
                nearest = _meeting(nearest, other, found, rank)
            if found.get(name) != nearest:
                found[name] = nearest
                changed = True
    del found[ENTRY]
    return found


def _meeting(one: str, other: str, found: Mapping[str, str], rank: Mapping[str, int]) -> str:
    """Where the ways up from two elements meet."""
    while one != other:
        while rank[one] < rank[other]:
            one = found[one]
        while rank[other] < rank[one]:
            other = found[other]
    return one


def loops(scope: ScopeModel) -> list[set[str]]:
    """The strongly connected parts that hold a circle.

    Source: Kosaraju's algorithm, without recursion.
    """
    after = followers(scope)
    before = reverse(after)
    parts: list[set[str]] = []
    placed: set[str] = set()
    for name in reversed(_finishing_order(after, after)):
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


def _finishing_order(after: Mapping[str, Sequence[str]], roots: Iterable[str]) -> list[str]:
    seen: set[str] = set()
    order: list[str] = []
    for root in roots:
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
