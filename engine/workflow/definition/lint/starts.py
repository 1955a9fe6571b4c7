"""Where a process, a subprocess and an event subprocess begin."""

from collections.abc import Iterator

from engine.workflow.definition.model import Finding, Node, ScopeModel, error


def starts(scope: ScopeModel, holder: Node | None) -> Iterator[Finding]:
    """What is wrong with the start events of a scope; `holder` is its activity, if it has one."""
    if holder is not None and holder.triggered:
        yield from _event_subprocess(scope, holder)
        return
    plain = [n for n in scope.starts if _kind(n) == "none"]
    typed = [n for n in scope.starts if _kind(n) != "none"]
    if not scope.starts:
        yield error("no-start", scope.id, "Nothing starts here.", "Draw a start event.")
    if len(plain) > 1:
        yield error(
            "several-starts",
            plain[1].id,
            "There are several start events without a trigger.",
            "Keep one; begin parallel work with a parallel gateway.",
        )
    if holder is None:
        yield from _triggers(scope, typed)
    elif typed:
        yield error(
            "subprocess-start",
            typed[0].id,
            "A subprocess starts when its activity is reached, not by a trigger.",
            "Use a start event without a trigger, or an event subprocess.",
        )


def _kind(node: Node) -> str:
    return "none" if node.event is None else node.event.kind


def _event_subprocess(scope: ScopeModel, holder: Node) -> Iterator[Finding]:
    problem = ""
    if holder.incoming or holder.outgoing:
        problem = "Flows lead to or from an event subprocess, but its start event starts it."
    elif len(scope.starts) != 1 or _kind(scope.starts[0]) == "none":
        problem = "An event subprocess needs exactly one start event, with a trigger."
    elif holder.loop is not None:
        problem = "An event subprocess runs once for each time its event happens, not in a loop."
    if problem:
        yield error(
            "event-subprocess",
            holder.id,
            problem,
            "Draw it apart, without flows and markers, with one typed start event.",
        )


def _triggers(scope: ScopeModel, typed: list[Node]) -> Iterator[Finding]:
    seen = set()
    for node in typed:
        assert node.event is not None
        timer = node.event.timer
        if timer is not None and timer.value.expression and timer.value.expression.names:
            yield error(
                "timer",
                node.id,
                "A process that is not started yet has no variables for its timer to read.",
                "Write the time itself, such as R/PT1H.",
            )
        trigger = (node.event.kind, node.event.name)
        if node.event.name and trigger in seen:
            yield error(
                "trigger-twice",
                scope.id,
                f"Two start events wait for the {node.event.kind} {node.event.name}.",
                f"One {node.event.kind} starts a process at one place.",
            )
        seen.add(trigger)
