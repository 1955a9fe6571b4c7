"""What happened in an instance, step by step; written once, never changed.

A row holds the steps of one advance: what came in and what changed. What a step saw is the sum of
the changes before it; every hundred steps a snapshot keeps that sum short.
"""

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple, Protocol

import sqlalchemy as sa

from engine.kernel import db, json_text
from engine.kernel.clock import iso
from engine.kernel.store.uow import Uow
from engine.workflow import tables as t
from engine.workflow.definition.model import Node
from engine.workflow.definition.plan import Plan
from engine.workflow.execution.outcome import Step

SNAPSHOT_EVERY = 100
MAX_STEP = 2**31 - 1
NOTHING = b"{}"
CHANGE = "variablesChanged"
WHOLE = {"split": "instanceSplit", "merge": "instanceMerged"}  # steps that name another instance
INSERTED = "userTask"  # work that the diagram does not show
Walls = dict[str, dict[str, object]]


class Row(NamedTuple):
    """A row of the history: the number of its first step, its instant, its steps."""

    step: int
    at: int
    steps: list[dict[str, Any]]


class Recorded(Protocol):
    """The instance a history belongs to."""

    id: bytes
    steps: int

    @property
    def plan(self) -> Plan:
        """The definition the instance runs on."""
        ...


def append(uow: Uow, instance: Recorded, steps: list[Step], variables: bytes) -> None:
    """Write the steps of one advance, which `instance.steps` counts already.

    `variables` are those before the advance; now and then they become the row's snapshot.
    """
    if not steps:
        return
    main, before = instance.plan.model.key, instance.steps - len(steps)
    crossed = before // SNAPSHOT_EVERY != instance.steps // SNAPSHOT_EVERY
    begun = before == 0 and variables != NOTHING  # part of another, whose history is elsewhere
    back = steps[0].undoes is not None  # what was undone is not undone step by step
    uow.write(
        _INSERT,
        {
            "instance_id": instance.id,
            "step": before + 1,
            "at": uow.now_ms,
            "steps": json_text.write([_packed(step, uow.now_ms, main) for step in steps]),
            "snapshot": variables if crossed or begun or back else None,
        },
    )


def page(
    uow: Uow, *, instance: bytes, plan: Plan, after: int, limit: int
) -> list[dict[str, object]]:
    """Steps `after + 1` to `after + limit`, each with the variables it saw at its end."""
    start = uow.one(_SNAPSHOT, instance=instance, step=after + 1)
    first, snapshot = (start[0], start[1]) if start else (0, None)
    walls: Walls = json_text.read(snapshot) if snapshot else {}
    rows = uow.all(_ROWS, instance=instance, first=first, last=after + limit)
    found = []
    for number, at, packed, whole in _steps(rows):
        if whole is not None:
            walls = json_text.read(whole)
        walls.setdefault(str(packed.get("w", 0)), {}).update(packed.get("c", {}))
        if after < number <= after + limit:
            found.append(_item(number, at, packed, walls, plan))
    return found


def _packed(step: Step, now: int, main: str) -> dict[str, object] | str:
    """A step with one-letter keys, leaving out what is as usual (docs/reference/history.md).

    A step of which nothing is left but its element is that element's id.
    """
    told = {
        "p": None if step.process == main else step.process,
        "w": step.wall,
        "s": None if step.state == "completed" else step.state,
        "b": now - step.started,
        "c": step.changed,
        "a": step.answers,
        "u": step.actor,
        "d": step.deviation,
        "k": step.kind,
        "x": step.inner,
        "l": step.seen,
        "n": step.name,
        "o": step.undoes,
        "m": step.automatic,
    }
    kept: dict[str, object] = {letter: value for letter, value in told.items() if value}
    if step.begun is not None:
        kept["t"] = now - step.begun
    return {"e": step.element, **kept} if kept or not step.element else step.element


def _steps(
    rows: Iterable[tuple[Any, ...]],
) -> Iterator[tuple[int, int, dict[str, Any], bytes | None]]:
    """(number, instant, step, all variables before it if they are stored) of each step."""
    for first, at, steps, snapshot in rows:
        for offset, packed in enumerate(unpacked(steps)):
            yield first + offset, at, packed, None if offset else snapshot


def unpacked(steps: bytes) -> list[dict[str, Any]]:
    """The steps of a row, each as a dictionary of its one-letter keys."""
    return [x if isinstance(x, dict) else {"e": x} for x in json_text.read(steps)]


def steps_of(uow: Uow, instance: bytes) -> Iterator[tuple[int, int, dict[str, Any]]]:
    """(number, instant, letters) of every step of an instance."""
    rows = uow.all(_ROWS, instance=instance, first=0, last=MAX_STEP)
    return ((number, at, packed) for number, at, packed, _ in _steps(rows))


def last(uow: Uow, instance: bytes) -> Row:
    """The steps of the last advance that took any."""
    row = uow.one(_LAST, instance=instance)
    assert row is not None, "every instance has begun"
    return Row(row[0], row[1], unpacked(row[2]))


def answers(plan: Plan, row: Row) -> dict[str, object]:
    """What was answered in the first step of a row."""
    packed = row.steps[0]
    node = plan.find(packed.get("p", plan.model.key), packed["e"]) if packed["e"] else None
    return _answers(packed, plan, node)


def _item(
    number: int, at: int, packed: dict[str, Any], walls: Walls, plan: Plan
) -> dict[str, object]:
    element = packed["e"]
    node = plan.find(packed.get("p", plan.model.key), element) if element else None
    item: dict[str, object] = {
        "step": number,
        "element": element or None,
        "name": packed.get("n", node.name if node else "") if element else "",
        "type": _type(packed, node),
        "state": packed.get("s", "completed"),
        "started": iso(at - int(packed.get("b", 0))),
        "ended": iso(at),
        "actor": packed.get("u"),
        "variables": walls.get(str(packed.get("w", 0)), {}) | packed.get("l", {}),
        "changed": _changed(packed),
        "answers": _answers(packed, plan, node),
    }
    if "d" in packed:
        item["deviation"] = packed["d"]
    if "k" in packed:
        item["deviation_kind"] = packed["k"]
    if "n" in packed and not element:
        item["other"] = packed["n"]
    if "t" in packed:
        item["begun"] = iso(at - int(packed["t"]))
    if "o" in packed:
        item["undoes"] = int(packed["o"])
    if "m" in packed:
        item["automatic"] = packed["m"]
    return item


def _type(packed: dict[str, Any], node: Node | None) -> str:
    if node is not None:
        return node.type
    return INSERTED if packed["e"] else WHOLE.get(packed.get("k", ""), CHANGE)


def _changed(packed: dict[str, Any]) -> dict[str, object]:
    changed: dict[str, object] = packed.get("c", {})
    inner: dict[str, object] = packed.get("x", {})
    return changed | inner


def _answers(packed: dict[str, Any], plan: Plan, node: Node | None) -> dict[str, object]:
    """What was answered: what was kept aside, and what went into variables of the same name."""
    kept: dict[str, object] = packed.get("a", {})
    changed = _changed(packed)
    if not packed["e"] or packed.get("u") is None:
        return {}
    if node is None:  # inserted: which form it had is not known any more
        return changed | kept
    form = plan.form(packed.get("p", plan.model.key), node.work.form)
    if form is None:
        return dict(changed) | kept
    shared = [f.key for f in form.fields if f.variable == f.key and f.key in changed]
    return {key: changed[key] for key in shared} | kept


_h = t.history.c
_INSERT = db.insert(t.history)
# The latest snapshot up to a step; it holds the variables before the steps of its own row.
_SNAPSHOT = db.Statement(
    sa.select(_h.step, _h.snapshot)
    .where(
        _h.instance_id == sa.bindparam("instance"),
        _h.step <= sa.bindparam("step"),
        _h.snapshot.is_not(None),
    )
    .order_by(_h.step.desc())
    .limit(sa.literal_column("1"))
)
_ROWS = db.Statement(
    sa.select(_h.step, _h.at, _h.steps, _h.snapshot)
    .where(
        _h.instance_id == sa.bindparam("instance"),
        _h.step >= sa.bindparam("first"),
        _h.step <= sa.bindparam("last"),
    )
    .order_by(_h.step)
)
_LAST = db.Statement(
    sa.select(_h.step, _h.at, _h.steps)
    .where(_h.instance_id == sa.bindparam("instance"))
    .order_by(_h.step.desc())
    .limit(sa.literal_column("1"))
)
