"""What the next version would change for instances that run."""

from collections.abc import Callable, Mapping

from engine.workflow.definition.model import Finding, Node, ProcessModel, warning

CURE = "Let these instances finish on their version, or move their tokens first."
# What a token that stands at an element would see change, in the words of a sentence.
_SEEN: Mapping[str, Callable[[Node], object]] = {
    "what it is": lambda n: n.type,
    "the subprocess it is in": lambda n: n.scope,
    "its form": lambda n: n.work.form,
    "its role": lambda n: n.work.role,
    "its qualification": lambda n: n.work.qualification,
    "its topic": lambda n: n.work.topic,
    "its action": lambda n: n.work.action,
    "its function": lambda n: n.work.function,
    "its decision": lambda n: n.work.decision,
    "the process it calls": lambda n: n.work.called,
    "its parameters": lambda n: n.work.parameters,
    "what it maps": lambda n: (n.work.ins, n.work.outs),
    "its times": lambda n: (n.work.due, n.work.follow_up, n.work.duration, n.work.calendar),
    "its cap": lambda n: n.work.maximum,
    "what it waits for": lambda n: (n.event, n.work.correlation),
    "how often it runs": lambda n: n.loop,
    "its boundary events": lambda n: n.boundaries,
    "where it leads": lambda n: (tuple(_way(n)), n.default),
    "what leads to it": lambda n: frozenset(n.incoming) if n.type.endswith("Gateway") else None,
}


def changes(
    old: ProcessModel, new: ProcessModel, occupied: Mapping[str, int]
) -> tuple[Finding, ...]:
    """Warnings for elements at which tokens stand: `occupied` says at which, and how many."""
    found = []
    for name, count in occupied.items():
        before, after = old.nodes.get(name), new.nodes.get(name)
        if count < 1 or before is None:
            continue
        stand = f"{count} token{'s stand' if count > 1 else ' stands'} here"
        if after is None:
            message = f"{stand}, but the new version has no such element."
            found.append(warning("running-gone", name, message, CURE))
            continue
        changed = [what for what, seen in _SEEN.items() if seen(before) != seen(after)]
        if changed:
            message = f"{stand}; the new version changes {', '.join(changed)}."
            found.append(warning("running-changed", name, message, CURE))
    return tuple(found)


def _way(node: Node) -> list[tuple[str, str | None]]:
    return [(f.target, f.condition.text if f.condition else None) for f in node.outgoing]
