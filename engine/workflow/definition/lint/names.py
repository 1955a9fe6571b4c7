"""What a diagram names must exist: forms, decisions, processes, functions, calendars."""

from collections.abc import Iterator

from engine.workflow.definition.bundles import Bundle
from engine.workflow.definition.expressions import Expression, mismatches
from engine.workflow.definition.lint.known import Known
from engine.workflow.definition.model import Finding, Node, ProcessModel, error


def names(node: Node, bundle: Bundle, known: Known) -> Iterator[Finding]:
    """What a node names must come along, be released, or be registered."""
    for kind, key, own in (
        ("form", node.work.form, bundle.forms),
        ("decision", node.work.decision, bundle.decisions),
        ("process", node.work.called, bundle.processes),
    ):
        if key and key not in own and (kind, key) not in known.items:
            yield error(
                f"missing-{kind}",
                node.id,
                f"There is no {kind} {key}.",
                f"Add it to the upload, or release a bundle that brings the {kind}.",
            )
    called = bundle.processes.get(node.work.called or "")
    if called is not None and called.plain_start is None:
        yield error(
            "called-start",
            node.id,
            f"{called.key} has no start event without a trigger.",
            "A called process starts at one.",
        )
    if node.work.function and node.work.function not in known.functions:
        yield error(
            "missing-function",
            node.id,
            f"There is no function {node.work.function}.",
            _listed(known.functions),
        )
    if node.work.calendar and node.work.calendar not in known.calendars:
        yield error(
            "missing-calendar",
            node.id,
            f"There is no calendar {node.work.calendar}.",
            _listed(known.calendars),
        )


def _listed(known: frozenset[str]) -> str:
    return f"Known are {', '.join(sorted(known))}." if known else "None is known here."


def types(process: ProcessModel, bundle: Bundle) -> Iterator[Finding]:
    """Text compared with a number is refused where the forms tell what a variable is."""
    found: dict[str, str] = {}
    for node in process.nodes.values():
        form = bundle.forms.get(node.work.form or "")
        for name, kind in form.variable_types.items() if form else ():
            found[name] = kind if found.get(name, kind) == kind else "?"
    known = {name: kind for name, kind in found.items() if kind != "?"}
    for element, condition in _conditions(process):
        for sentence in mismatches(condition, known):
            yield error("type-mismatch", element, sentence, "Compare values of one kind.")


def _conditions(process: ProcessModel) -> Iterator[tuple[str, Expression]]:
    """Every condition of a process, with the flow or element that asks it."""
    for node in process.nodes.values():
        for flow in node.outgoing:
            if flow.condition is not None:
                yield flow.id, flow.condition
        if node.event is not None and node.event.condition is not None:
            yield node.id, node.event.condition
        if node.loop is not None and node.loop.condition is not None:
            yield node.id, node.loop.condition
