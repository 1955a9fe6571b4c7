"""Parallel blocks of a diagram: whether a move from one element to another leaves one."""

from engine.workflow.definition.layout import Layout


def leaves_block(scope: Layout, origin: str, to: str) -> bool:
    """Whether a way from one element to the other, either direction, crosses a parallel gateway.

    What is joined by flows without a parallel gateway between belongs to one branch of one block,
    so a token moved there arrives at the same join as before.
    """
    neighbours: dict[str, set[str]] = {name: set() for name in scope.nodes}
    for node in scope.nodes.values():
        following = [f.target for f in node.outgoing] + list(node.boundaries)
        for name in following:
            neighbours[node.id].add(name)
            neighbours[name].add(node.id)
    seen, waiting = {origin}, [origin]
    while waiting:
        name = waiting.pop()
        if name != origin and scope.nodes[name].type == "parallelGateway":
            continue
        for other in neighbours[name] - seen:
            seen.add(other)
            waiting.append(other)
    inside = {n for n in seen if scope.nodes[n].type != "parallelGateway"}
    return to not in inside
