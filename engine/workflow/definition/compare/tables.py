"""Decision tables of two versions: columns and rules."""

from collections.abc import Iterator, Mapping, Sequence

from engine.workflow.definition.compare.change import Change, Kind, Subject
from engine.workflow.definition.compare.words import arrow, short
from engine.workflow.definition.decisions import Decision
from engine.workflow.definition.decisions.tables import Rule

User = tuple[str, str]
Decisions = Mapping[str, Decision]


def compare_decisions(
    old: Decisions, new: Decisions, users: Mapping[str, Sequence[User]]
) -> Iterator[Change]:
    """Changes of decisions; `users` are (element, label) of the tasks that ask each."""
    for key in [*new, *(k for k in old if k not in new)]:
        decision = new[key] if key in new else old[key]
        name = f"Decision '{decision.name}'"
        elements = [element for element, _ in users.get(key) or [("", "")]]
        for element in elements:
            if key in old and key in new:
                yield from _changes(old[key], new[key], element, name)
            elif element == "":
                kind = Kind.ADDED if key in new else Kind.REMOVED
                yield Change("", kind, Subject.DECISION, f"{name} {kind}.", name, key)


def _changes(old: Decision, new: Decision, element: str, name: str) -> Iterator[Change]:
    for what, was, now in _heads(old, new):
        if was != now:
            sentence = f"{name}: {what} {arrow(was, now)}."
            yield Change(element, Kind.CHANGED, Subject.DECISION, sentence, name, "", was, now)
    before, after = _rules(old), _rules(new)
    for key in dict.fromkeys([*after, *before]):
        was_row = _row(old, before[key]) if key in before else None
        now_row = _row(new, after[key]) if key in after else None
        if was_row != now_row:
            number = (after[key] if key in after else before[key]).number
            sentence = f"{name}: rule {number} {_told(was_row, now_row)}."
            yield Change(
                element, Kind.CHANGED, Subject.DECISION, sentence, name, key, was_row, now_row
            )


def _told(was: str | None, now: str | None) -> str:
    if was is None or now is None:
        return f"added: {now}" if was is None else f"removed: {was}"
    return f"changed: {arrow(was, now)}"


def _heads(old: Decision, new: Decision) -> Iterator[tuple[str, str | None, str | None]]:
    yield "name", old.name, new.name
    yield "hit policy", _policy(old), _policy(new)
    yield "inputs", _inputs(old), _inputs(new)
    yield "outputs", _outputs(old), _outputs(new)
    yield "order of its rules", *_orders(_rules(old), _rules(new))


def _orders(old: Mapping[str, Rule], new: Mapping[str, Rule]) -> tuple[str, str]:
    """The old numbers of the rules that are in both, in the old and in the new order."""
    was, now = [k for k in old if k in new], [k for k in new if k in old]
    return (
        ", ".join(str(old[key].number) for key in was),
        ", ".join(str(old[key].number) for key in now),
    )


def _policy(decision: Decision) -> str:
    return " ".join(filter(None, (decision.hit_policy, decision.aggregation)))


def _inputs(decision: Decision) -> str:
    return ", ".join(
        f"{i.label} = {i.expression.text}" if i.label != i.expression.text else i.label
        for i in decision.inputs
    )


def _outputs(decision: Decision) -> str:
    return ", ".join(
        f"{o.name} (else {o.default.text})" if o.default else o.name for o in decision.outputs
    )


def _rules(decision: Decision) -> dict[str, Rule]:
    return {rule.id: rule for rule in decision.rules}


def _row(decision: Decision, rule: Rule) -> str:
    """A rule in words: `if severity >= 5 and kind is "scratch" then action = "scrap"`."""
    asked = [
        f"{column.label} {cell.text}"
        for column, cell in zip(decision.inputs, rule.cells, strict=False)
        if cell.text.strip() not in ("", "-")
    ]
    given = [
        f"{column.name} = {result.text}"
        for column, result in zip(decision.outputs, rule.results, strict=False)
    ]
    return short(f"if {' and '.join(asked) or 'anything'} then {', '.join(given)}")
