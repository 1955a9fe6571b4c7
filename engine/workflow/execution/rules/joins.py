"""When a join has waited long enough: an inclusive one passes, a parallel one is an incident.

Source: BPMN 2.0.2 section 13.4.3, within the block that the gateway closes. What a token can reach
inside the block was worked out when the diagram was read; nothing is walked here.
"""

from collections.abc import Mapping

from engine.workflow.execution.deviations import drawn
from engine.workflow.execution.run import Run, label
from engine.workflow.execution.tree import Branch, Root, Token


def pass_or_give_up(run: Run) -> bool:
    """Let the first inclusive gateway that nothing holds up any more pass, oldest scope first.

    If there is none, parallel joins in scopes without a token wait in vain; inclusive ones go on
    with them. Only where something moved: what is in a scope alone says what its joins may do.
    """
    found = [scope for scope in run.stirred if scope.state.joins]
    if found:
        found = sorted((s for s in found if _is_open(run, s)), key=lambda s: s.state.number)
        if any(scope.layout.blocks and _pass_one(scope) for scope in found):
            return True
    run.stirred.clear()
    for scope in found:
        if not scope.tasks:
            _give_up(run, scope)
    return False


def _is_open(run: Run, scope: Root | Branch) -> bool:
    return run.root.scope(scope.state.number) is scope


def _give_up(run: Run, scope: Root | Branch) -> None:
    for name in sorted(scope.state.joins):
        if scope.layout.nodes[name].type == "parallelGateway":
            token = scope.place_resting(name)
            token.stuck = True
            in_vain(run, token)
            run.stirred.add(scope)


def in_vain(run: Run, token: Token) -> None:
    """A token that stands for a join whose other tokens can no longer come is an incident."""
    gateway = token.node
    arrived = token.workflow.state.joins.get(gateway.id, {})
    missing = ", ".join(f for f in gateway.incoming if not arrived.get(f))
    run.trouble(
        token,
        "problem",
        f"{label(gateway)} waits for a token on {missing}, which can no longer come. "
        "Complete it to go on without, or move the token.",
    )


def unblock(token: Token) -> None:
    """A join that waits in vain gives up the tokens that did arrive."""
    if token.stuck:
        token.workflow.state.joins.pop(token.node.id, None)


def _pass_one(scope: Root | Branch) -> bool:
    for gateway, block in scope.layout.blocks.items():
        arrived = scope.state.joins.get(gateway)
        if arrived and not _held_up(scope, gateway, frozenset(arrived), block.reach):
            scope.join(gateway)
            scope.place_at(gateway)
            return True
    return False


def _held_up(
    scope: Root | Branch, gateway: str, brought: frozenset[str], reach: Mapping[str, frozenset[str]]
) -> bool:
    """Whether a token can still come along a flow that has brought none."""
    places = {drawn(token.node.id) for token in scope.tasks.values()}
    places |= scope.state.joins.keys() - {gateway}
    for place in places:
        flows = reach.get(place, frozenset())
        # A token that can also take a flow that brought one is not waited for: clause (iv) to (vi).
        if flows and not flows & brought:
            return True
    return False
