"""Steps of two versions: added, removed, and what about them changed."""

from collections.abc import Callable, Iterator, Mapping

from engine.workflow.definition.compare.change import Change, Kind, Subject
from engine.workflow.definition.compare.words import (
    TYPES,
    arrow,
    label,
    looped,
    quoted,
    said,
    timed,
    titled,
)
from engine.workflow.definition.model import Event, Mapped, Node

Nodes = Mapping[str, Node]
Read = Callable[[Node], str | None]


def compare_steps(old: Nodes, new: Nodes) -> Iterator[Change]:
    """Every change of a step, in the order of the new drawing, removed ones last."""
    for name, node in new.items():
        before = old.get(name)
        if before is None:
            sentence = f"{titled(node)} added{_between(node, new)}."
            yield Change(name, Kind.ADDED, Subject.STEP, sentence, label(node), after=titled(node))
        else:
            yield from _changes(before, node)
    for name, node in old.items():
        if name not in new:
            sentence = f"{titled(node)} removed{_between(node, old)}."
            yield Change(
                name, Kind.REMOVED, Subject.STEP, sentence, label(node), before=titled(node)
            )


def _between(node: Node, nodes: Nodes) -> str:
    """Where a step stands, in words."""
    if node.attached_to in nodes:
        return f" on {quoted(nodes[node.attached_to or ''])}"
    flows = {f.id: (n, f) for n in nodes.values() for f in n.outgoing}
    comes = [quoted(flows[name][0]) for name in node.incoming if name in flows]
    goes = [quoted(nodes[f.target]) for f in node.outgoing if f.target in nodes]
    if comes and goes:
        return f" between {' or '.join(comes)} and {' or '.join(goes)}"
    if comes:
        return f" after {' or '.join(comes)}"
    return f" before {' or '.join(goes)}" if goes else ""


def _changes(before: Node, after: Node) -> Iterator[Change]:
    for subject, what, read in _SEEN:
        was, now = read(before), read(after)
        if was != now:
            sentence = f"{label(before)}: {what} {arrow(was, now)}."
            yield Change(
                after.id, Kind.CHANGED, subject, sentence, label(after), before=was, after=now
            )


# ---- what is looked at ----


def _about(read: Callable[[Event], str | None]) -> Read:
    return lambda node: None if node.event is None else read(node.event)


def _parameters(node: Node) -> str | None:
    return ", ".join(f"{name} = {value.text}" for name, value in node.work.parameters) or None


def _mapped(pairs: tuple[Mapped, ...]) -> str | None:
    return ", ".join(f"{pair.source} to {pair.target}" for pair in pairs) or None


def _interrupts(node: Node) -> str | None:
    held = node.type == "boundaryEvent" and node.event is not None
    return None if not held or node.event is None else said(node.event.interrupting)


def _code(event: Event) -> str | None:
    return f"{event.kind} {event.code or 'of any code'}" if event.code else None


def _attached(node: Node) -> str | None:
    return node.attached_to


_SEEN: tuple[tuple[Subject, str, Read], ...] = (
    (Subject.STEP, "name", label),
    (Subject.STEP, "what it is", lambda n: TYPES.get(n.type, n.type)),
    (Subject.STEP, "operation", lambda n: n.work.operation),
    (Subject.STEP, "the activity it is drawn on", _attached),
    (Subject.STEP, "the subprocess it is in", lambda n: n.scope),
    (Subject.ROLE, "role", lambda n: n.work.role),
    (Subject.ROLE, "qualification", lambda n: n.work.qualification),
    (Subject.ROLE, "signature", lambda n: n.work.signature),
    (Subject.FORM, "form", lambda n: n.work.form),
    (Subject.FORM, "instruction", lambda n: said(n.documentation)),
    (Subject.WORK, "equipment", lambda n: n.work.equipment),
    (Subject.WORK, "topic", lambda n: n.work.topic),
    (Subject.WORK, "action", lambda n: n.work.action),
    (Subject.WORK, "function", lambda n: n.work.function),
    (Subject.WORK, "parameters", _parameters),
    (Subject.WORK, "retries", lambda n: said(n.work.retries)),
    (Subject.WORK, "priority", lambda n: said(n.work.priority)),
    (Subject.DECISION, "decision", lambda n: n.work.decision),
    (Subject.CALL, "process it calls", lambda n: n.work.called),
    (Subject.CALL, "what it copies in", lambda n: _mapped(n.work.ins)),
    (Subject.CALL, "what it copies out", lambda n: _mapped(n.work.outs)),
    (Subject.TIME, "standard time", lambda n: said(n.work.duration)),
    (Subject.TIME, "due", lambda n: said(n.work.due)),
    (Subject.TIME, "reminder", lambda n: said(n.work.follow_up)),
    (Subject.TIME, "calendar", lambda n: n.work.calendar),
    (Subject.TIME, "timer", _about(lambda e: timed(e.timer))),
    (Subject.EVENT, "what it is about", _about(lambda e: e.kind)),
    (Subject.EVENT, "name it waits for or throws", _about(lambda e: e.name or None)),
    (Subject.EVENT, "code", _about(_code)),
    (Subject.EVENT, "condition", _about(lambda e: e.condition.text if e.condition else None)),
    (Subject.EVENT, "interrupts", _interrupts),
    (Subject.EVENT, "message key", lambda n: said(n.work.correlation)),
    (Subject.EVENT, "nobody needs to receive it", lambda n: said(n.work.optional)),
    (Subject.LOOP, "how often it runs", lambda n: looped(n.loop)),
    (Subject.LOOP, "most passes", lambda n: said(n.work.maximum)),
)
