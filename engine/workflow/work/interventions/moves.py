"""Take a token from one element to another."""

from collections.abc import Sequence
from typing import Any

from engine.kernel.actor import Actor
from engine.kernel.errors import Conflict, FieldProblem, Invalid
from engine.kernel.store.uow import Uow
from engine.records.audit import audit
from engine.workflow.definition.layout import shown
from engine.workflow.execution import deviations
from engine.workflow.execution.advance import Advance
from engine.workflow.execution.deviations import Impossible, LeftBehind, drawn, model_of
from engine.workflow.execution.run import Deviation
from engine.workflow.execution.tree import Token
from engine.workflow.work.instances import locked, subject
from engine.workflow.work.queries import instance_item


class MoveRefused(Conflict):
    """A token cannot be taken there."""

    code = "move-refused"
    title = "Move refused"


def move(
    uow: Uow,
    *,
    instance: bytes,
    origin: str,
    to: str,
    reason: str,
    actor: Actor,
    ends: Sequence[str] = (),
    expected: str | None = None,
) -> dict[str, Any]:
    """Take a token from one element to another of its scope, as a recorded deviation.

    Out of a block this ends the block's other tokens, which `ends` must name.

    Raises:
        MoveRefused: naming what stands in the way.
        Invalid: if `ends` names an element where nothing is.
    """
    running = locked(uow, instance, actor, expected)
    advance = running.advance(uow)
    token = _only_token(advance, origin)
    left = _left_behind(token, to)
    _check_ends(token, to, left, ends)
    by = Deviation("move", reason, actor.name)
    deviations.end_left(advance, token, left, by)
    advance.move(token, to, by)
    running.save(uow, advance, actor)
    detail: dict[str, object] = {"from": origin, "to": to, "reason": reason}
    detail |= {"ends": list(ends)} if ends else {}
    audit(uow, actor, "instance.moved", subject(running.id), detail)
    return instance_item(uow, instance=running.id, site=actor.site)


def _only_token(advance: Advance, element: str) -> Token:
    """The token at an element; an activity that runs several times is moved as a whole."""
    tokens = [x for x in advance.root.tokens() if x.workflow.state.loop is None]
    found = [x for x in tokens if shown(x.node.id) == element and x.resting]
    if len(found) == 1:
        return found[0]
    if not found:
        places = ", ".join(sorted({shown(x.node.id) for x in tokens}))
        raise MoveRefused(f"No token rests at {element}; there are tokens at {places}.")
    raise MoveRefused(f"{len(found)} tokens rest at {element}; a move needs exactly one.")


def _left_behind(token: Token, to: str) -> LeftBehind:
    model = model_of(token.workflow)
    target = model.nodes.get(to)
    if target is None or target.triggered or target.type in ("startEvent", "boundaryEvent"):
        raise MoveRefused(f"{to} is no element that a token can be taken to within {model.id}.")
    try:
        return deviations.left_behind(model, drawn(token.node.id), to)
    except Impossible as impossible:
        raise MoveRefused(str(impossible)) from None


def _check_ends(token: Token, to: str, left: LeftBehind, ends: Sequence[str]) -> None:
    scope, origin = token.workflow, shown(token.node.id)
    ended = {shown(x.node.id) for x in left.tokens(token)} | set(left.joins(token))
    missing = sorted(ended - {*ends, origin})
    if missing:
        raise MoveRefused(
            f"From {origin} to {to} leaves a block that still has tokens at "
            f"{', '.join(missing)}. Name them in ends to end them.",
            ends=missing,
        )
    there = {shown(x.node.id) for x in scope.tasks.values()} | set(scope.state.joins)
    empty = [
        FieldProblem(f"/ends/{n}", f"There is no token at {name} in {model_of(scope).id}.")
        for n, name in enumerate(ends)
        if name not in there
    ]
    if empty:
        raise Invalid("Some of ends have nothing to end.", errors=empty)
    staying = sorted(set(ends) - ended - {origin})
    if staying:
        raise MoveRefused(
            f"From {origin} to {to} leaves no block with {', '.join(staying)} in it: what is "
            "there stays. Do not name it in ends."
        )
