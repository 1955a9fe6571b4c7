"""Whether signatures still say what the history says."""

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa

from engine.kernel import db, json_text
from engine.kernel.store.uow import Uow
from engine.records import signatures
from engine.records.signatures import Item
from engine.workflow import tables as t


def broken_signatures(uow: Uow) -> Iterator[str]:
    """A sentence for each signature that does not fit itself or its record any more."""
    for item in signatures.all_signatures(uow):
        found = signatures.fault(item) or _unlike_history(uow, item)
        if found is not None:
            yield (
                f"The signature {item['id']} of {item['user']} on {item['subject']} is broken: "
                f"{found}."
            )


def _unlike_history(uow: Uow, item: Item) -> str | None:
    """What the history of an instance says differently; None if nothing."""
    said = json_text.read(item["content"])
    if item["instance"] is None or "step" not in said:
        return None
    row = uow.one(_STEP, instance=signatures.key_of(item), step=int(said["step"]))
    if row is None:
        return "its step is not in the history"
    first = json_text.read(row[0])[0]
    step: dict[str, Any] = first if isinstance(first, dict) else {"e": first}
    if step["e"] != said["element"] or step.get("u") != said["completed_by"]:
        return "its step in the history is another one"
    kept = step.get("c", {}) | step.get("x", {}) | step.get("a", {})
    wrong = [key for key, value in said["answers"].items() if _text(kept.get(key)) != _text(value)]
    return f"the history has another answer for {', '.join(wrong)}" if wrong else None


def _text(value: object) -> bytes:
    """Values with their digits: 25.0 is not what was signed as 25.00."""
    return signatures.canonical(value)


_h = t.history.c
_STEP = db.Statement(
    sa.select(_h.steps).where(
        _h.instance_id == sa.bindparam("instance"),
        _h.step == sa.bindparam("step", type_=sa.Integer),
    )
)
