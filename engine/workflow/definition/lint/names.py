"""What a diagram names must exist: forms, decisions, functions, calendars, equipment."""

from collections.abc import Iterator

from engine.workflow.definition.bundles import Bundle
from engine.workflow.definition.expressions import Expression, mismatches
from engine.workflow.definition.lint.known import Known
from engine.workflow.definition.model import Finding, Node, ProcessModel, error, warning
from engine.workflow.definition.times import TimeRefused, read_cycle, read_duration


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
    yield from _equipment(node, known)
    yield from _working_time(node)


def _equipment(node: Node, known: Known) -> Iterator[Finding]:
    """What the plant does not have it may get before the diagram runs: a warning."""
    name = node.work.equipment
    if name and known.equipment is not None and name not in known.equipment:
        yield warning(
            "equipment-unknown",
            node.id,
            f"There is no equipment and no equipment class {name}.",
            "Create it under /equipment before this runs, or correct mes:equipment.",
        )


def _working_time(node: Node) -> Iterator[Finding]:
    """A calendar counts hours, not days, which are of different length in it."""
    if node.work.calendar is None:
        return
    timer = node.event.timer if node.event is not None else None
    for value in (timer.value if timer else None, node.work.due, node.work.follow_up):
        if value is None or value.expression is not None:
            continue
        kind = value.text.strip()[:1]
        try:
            if kind == "P":
                read_duration(value.text, node.work.calendar)
            elif kind == "R":
                read_cycle(value.text, calendar=node.work.calendar)
        except TimeRefused as refused:
            yield error("time", node.id, str(refused), "Write hours, such as PT8H.")


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
