"""Everything that differs between two versions of a bundle."""

from collections.abc import Iterator, Mapping, Sequence

from engine.workflow.definition.compare.asked import compare_forms
from engine.workflow.definition.compare.change import Change, Kind, Side, Subject
from engine.workflow.definition.compare.steps import compare_steps
from engine.workflow.definition.compare.tables import compare_decisions
from engine.workflow.definition.compare.ways import compare_ways
from engine.workflow.definition.compare.words import arrow, label, short
from engine.workflow.definition.model import Node, ProcessModel

# Below this a shape was only snapped to the grid.
MOVED_BY = 1.0


def compare(old: Side, new: Side) -> tuple[Change, ...]:
    """What the new side changes: steps, flows, forms, decisions, called processes, the drawing."""
    found: list[Change] = []
    for key in dict.fromkeys([*new.processes, *old.processes]):
        found += _process(old.processes.get(key), new.processes.get(key), key)
    before, after = _nodes(old), _nodes(new)
    found += compare_forms(old.forms, new.forms, _users(after, before, "form"))
    found += compare_decisions(old.decisions, new.decisions, _users(after, before, "decision"))
    found += _pinned(old, new, _users(after, before, "called"))
    told = {change.element for change in found}
    found += [c for c in _moved(old, new, {**before, **after}) if c.element not in told]
    return tuple(dict.fromkeys(found))


def _process(old: ProcessModel | None, new: ProcessModel | None, key: str) -> Iterator[Change]:
    if old is None or new is None:
        kind = Kind.ADDED if old is None else Kind.REMOVED
        name = (new or old or _NOBODY).name
        yield Change(key, kind, Subject.CALL, f"Process '{name}' {kind}.", name)
        return
    if old.name != new.name:
        sentence = f"Process: name {arrow(old.name, new.name)}."
        yield Change(key, Kind.CHANGED, Subject.STEP, sentence, new.name, "", old.name, new.name)
    yield from compare_steps(old.nodes, new.nodes)
    yield from compare_ways(old.nodes, new.nodes)
    for scope in [name for name in new.scopes if name in old.scopes]:
        was, now = sorted(old.scopes[scope].data), sorted(new.scopes[scope].data)
        if was != now:
            told = ", ".join(was) or None, ", ".join(now) or None
            sentence = f"{_scope_name(new, scope)}: own variables {arrow(*told)}."
            yield Change(scope, Kind.CHANGED, Subject.STEP, sentence, scope, "", *told)


_NOBODY = ProcessModel("", "", {})


def _scope_name(process: ProcessModel, scope: str) -> str:
    node = process.nodes.get(scope)
    return label(node) if node is not None else process.name


def _nodes(side: Side) -> dict[str, Node]:
    return {n.id: n for p in side.processes.values() for n in p.nodes.values()}


def _users(
    new: Mapping[str, Node], old: Mapping[str, Node], attribute: str
) -> dict[str, Sequence[tuple[str, str]]]:
    """(element, label) of the steps that name each form, decision or process in both versions."""
    found: dict[str, list[tuple[str, str]]] = {}
    for name, node in new.items():
        key = getattr(node.work, attribute)
        if key and name in old and getattr(old[name].work, attribute) == key:
            found.setdefault(key, []).append((name, label(node)))
    return {key: tuple(users) for key, users in found.items()}


def _pinned(
    old: Side, new: Side, callers: Mapping[str, Sequence[tuple[str, str]]]
) -> Iterator[Change]:
    """Called processes that come in another version."""
    for key, users in callers.items():
        was, now = old.pinned.get(("process", key)), new.pinned.get(("process", key))
        if was is None or now is None or was == now:
            continue
        for element, name in users:
            sentence = f"{name}: calls {arrow(was, now)}."
            yield Change(element, Kind.CHANGED, Subject.CALL, sentence, name, key, was, now)


def _moved(old: Side, new: Side, nodes: Mapping[str, Node]) -> Iterator[Change]:
    for name, place in new.places.items():
        before = old.places.get(name)
        if before is None or _same(before, place):
            continue
        node = nodes.get(name)
        named = label(node) if node is not None else name
        sentence = f"{short(named)}: only its place on the drawing."
        yield Change(name, Kind.MOVED, Subject.LAYOUT, sentence, named)


def _same(before: Sequence[float], after: Sequence[float]) -> bool:
    return all(abs(a - b) < MOVED_BY for a, b in zip(before, after, strict=True))
